/* map_html.c - the map as one page: the drawing, the passages' texts as JSON, and a script that
 * moves, searches and opens them. It loads nothing. */
#include <string.h>

#include "story/map.h"

/* The page's own parts, in pieces that a C compiler need not take longer than the standard asks. */
static const char *const head[] = {
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>",
    "</title>\n<style>html,body{margin:0;height:100%;overflow:hidden;background:#fbfaf7;"
    "color:#1c1c22;font:15px/1.45 Georgia,serif}"
    "#view{position:absolute;inset:0;overflow:hidden;cursor:grab;touch-action:none}"
    "#view.held{cursor:grabbing}#view svg{transform-origin:0 0;position:absolute}"
    ".passage{cursor:pointer;outline:none}.passage:focus .box,.passage.open .box{stroke:#0b57a4;"
    "stroke-width:3}.passage.found .box{fill:#ffe9a8}.dim .passage:not(.found){opacity:.3}"
    ".near .link:not(.on){opacity:.08}.link.on{opacity:1!important;stroke:#0b57a4!important}"
    "#bar{position:absolute;left:10px;top:10px;display:flex;gap:6px;align-items:center;"
    "background:#fffffff0;border:1px solid #b9b4a8;border-radius:4px;padding:6px}"
    "#bar input{font:inherit;width:13em;padding:2px 6px}#bar button{font:inherit}",
    "#side{position:absolute;right:0;top:0;bottom:0;width:min(26em,90vw);box-sizing:border-box;"
    "overflow:auto;background:#fff;border-left:1px solid #b9b4a8;padding:1em 1.2em}"
    "#side[hidden]{display:none}#side h2{margin:0 1.5em .2em 0;font-size:1.2em}"
    "#side .what{color:#55555f;font-size:.85em}#side pre{white-space:pre-wrap;"
    "overflow-wrap:anywhere;font:inherit;border-top:1px solid #ddd8cc;padding-top:.6em}"
    "#side ul{padding-left:1.1em;margin:.3em 0}#side a{color:#0b57a4}#close{position:absolute;"
    "right:.6em;top:.6em}</style></head>\n<body><div id=\"view\">\n"};

static const char *const middle[] = {
    "</div>\n<div id=\"bar\"><input id=\"find\" type=\"search\" placeholder=\"Search names and "
    "texts\" aria-label=\"Search names and texts\"><span id=\"hits\" role=\"status\"></span>"
    "<button id=\"more\" title=\"Nearer (+)\">+</button><button id=\"less\" "
    "title=\"Farther (-)\">\xe2\x88\x92</button><button id=\"all\" title=\"All of it (0)\">"
    "All</button></div>\n<aside id=\"side\" hidden aria-live=\"polite\"></aside>\n<script>\n"
    "'use strict';\nconst map="};

static const char *const script[] = {
    ";\nconst $=id=>document.getElementById(id),view=$('view'),svg=view.querySelector('svg'),"
    "side=$('side');\n"
    "const W=svg.viewBox.baseVal.width,H=svg.viewBox.baseVal.height;\n"
    "const box={},links=[...svg.querySelectorAll('.link')];\n"
    "svg.querySelectorAll('#passages .passage').forEach(g=>box[g.dataset.p]=g);\n"
    "let x=0,y=0,k=1,width=0,height=0,whole=true;\n"
    "function "
    "draw(){whole=false;width=view.clientWidth;height=view.clientHeight;svg.style.transform=`"
    "translate(${x}px,${y}px) scale(${k})`}\n"
    "function zoom(by,cx=view.clientWidth/2,cy=view.clientHeight/2){"
    "const n=Math.min(6,Math.max(.03,k*by));x=cx-(cx-x)*n/k;y=cy-(cy-y)*n/k;k=n;draw()}\n"
    "function all(){k=Math.min(view.clientWidth/W,(view.clientHeight-50)/H,1.5);"
    "x=(view.clientWidth-W*k)/2;y=50+(view.clientHeight-50-H*k)/2;draw();"
    "whole=true}\n"
    "function centre(p){const b=box[p].getBBox();if(k<.6)k=.9;"
    "const room=view.clientWidth-(side.hidden||view.clientWidth<700?0:side.offsetWidth);"
    "x=room/2-(b.x+b.width/2)*k;y=view.clientHeight/2-(b.y+b.height/2)*k;draw()}\n",
    "function el(tag,text,of){const e=document.createElement(tag);if(text!=null)e.textContent=text;"
    "if(of)of.append(e);return e}\n"
    "function ways(title,list,end){if(!list.length)return;el('b',title,side);"
    "const ul=el('ul',null,side);for(const l of list){const li=el('li',null,ul),"
    "a=el('a',map.passages[l[end]].name,li);a.href='#';"
    "a.onclick=e=>{e.preventDefault();open(l[end])};"
    "let t=l.label&&l.label!==map.passages[l[end]].name?' \\u2014 '+l.label:'';"
    "if(l.terms)t+=' ('+l.terms+')';if(map.plays)t+=' \\u00b7 '+l.taken+'\\u00d7';"
    "li.append(t)}}\n"
    "let shown=null;\n"
    "function open(p,stay){shut();p=String(p);shown=p;const it=map.passages[p];side.hidden=false;"
    "const c=el('button','\\u00d7',side);c.id='close';c.title='Close (Esc)';c.onclick=shut;"
    "el('h2',it.name,side);"
    "const kinds=['start','dreams','chance','ending'].filter(n=>it[n]);"
    "el('div',[kinds.join(', ')||'authored',it.file+':'+it.line].concat("
    "map.plays?[it.visits+' visits in '+map.plays+' plays']:[]).join(' \\u00b7 '),side)"
    ".className='what';",
    "const out=map.links.filter(l=>l.from==p),into=map.links.filter(l=>l.to==p);"
    "el('pre',it.text,side);ways('Leads to',out,'to');ways('Reached from',into,'from');"
    "side.scrollTop=0;box[p].classList.add('open');svg.classList.add('near');"
    "links.forEach(l=>l.classList.toggle('on',l.dataset.from==p||l.dataset.to==p));"
    "if(!stay)centre(p);box[p].focus({preventScroll:true})}\n"
    "function shut(){if(shown===null)return;box[shown].classList.remove('open');"
    "svg.classList.remove('near');links.forEach(l=>l.classList.remove('on'));shown=null;"
    "side.hidden=true;side.textContent=''}\n"
    "let hits=[],at=-1;\n"
    "function search(){const q=$('find').value.trim().toLowerCase();at=-1;"
    "const told=Object.keys(box),has=s=>s.toLowerCase().includes(q);"
    "const named=q?told.filter(p=>has(map.passages[p].name)):[];"
    "hits=named.concat(q?told.filter(p=>!named.includes(p)&&has(map.passages[p].text)):[]);"
    "told.forEach(p=>box[p].classList.toggle('found',hits.includes(p)));"
    "svg.classList.toggle('dim',!!q);$('hits').textContent=q?hits.length+' found':''}\n",
    "function next(by){if(!hits.length)return;at=(at+by+hits.length)%hits.length;open(hits[at]);"
    "$('hits').textContent=at+1+' of '+hits.length;$('find').focus()}\n"
    "$('find').oninput=search;\n"
    "$('find').onkeydown=e=>{if(e.key==='Enter'){e.preventDefault();next(e.shiftKey?-1:1)}"
    "if(e.key==='Escape'){$('find').value='';search();$('find').blur();shut()}"
    "e.stopPropagation()};\n"
    "$('more').onclick=()=>zoom(1.3);$('less').onclick=()=>zoom(1/1.3);$('all').onclick=all;\n"
    "let from=null,moved=false;\n"
    "view.onpointerdown=e=>{if(e.button)return;from=[e.clientX-x,e.clientY-y,e.clientX,e.clientY];"
    "moved=false};\n"
    "window.addEventListener('pointermove',e=>{if(!from)return;"
    "if(Math.hypot(e.clientX-from[2],e.clientY-from[3])>4)moved=true;"
    "if(moved){view.classList.add('held');x=e.clientX-from[0];y=e.clientY-from[1];draw()}});\n"
    "window.addEventListener('pointerup',()=>{from=null;view.classList.remove('held')});\n",
    "view.onclick=e=>{if(moved)return;const g=e.target.closest('#passages .passage');"
    "if(g)open(g.dataset.p,true);else shut()};\n"
    "view.addEventListener('wheel',e=>{e.preventDefault();"
    "zoom(Math.exp(-e.deltaY*(e.deltaMode?.05:.0015)),e.clientX,e.clientY)},{passive:false});\n"
    "view.addEventListener('focusin',e=>{const g=e.target.closest('#passages .passage');"
    "if(g&&g.matches(':focus-visible')&&g.dataset.p!==shown)centre(g.dataset.p)});\n"
    "document.onkeydown=e=>{if(e.ctrlKey||e.metaKey||e.altKey)return;"
    "const step={ArrowLeft:[60,0],ArrowRight:[-60,0],ArrowUp:[0,60],ArrowDown:[0,-60]}[e.key];"
    "const g=document.activeElement;let did=true;"
    "if(step&&!side.contains(g)){x+=step[0];y+=step[1];draw()}"
    "else if(e.key==='+'||e.key==='=')zoom(1.3);else if(e.key==='-')zoom(1/1.3);"
    "else if(e.key==='0')all();else if(e.key==='/'){$('find').focus();$('find').select()}"
    "else if(e.key==='Escape')shut();"
    "else if((e.key==='Enter'||e.key===' ')&&g&&g.dataset&&g.dataset.p)open(g.dataset.p);"
    "else did=false;if(did)e.preventDefault()};\n"
    "window.onresize=()=>{if(whole)return all();x+=(view.clientWidth-width)/2;"
    "y+=(view.clientHeight-height)/2;draw()};all();\n</script></body></html>\n"};

static bool add_pieces(fd_buffer *page, const char *const *pieces, size_t count, fd_error *error) {
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = fd_buffer_add_text(page, pieces[i], error);
    return ok;
}

/* The map as a JavaScript value: a '<' would end the script, two separators its line. */
static bool add_data(const fd_story_map *map, fd_buffer *page, fd_error *error) {
    cJSON *json = fd_map_json(map, true);
    char *text = json ? cJSON_PrintUnformatted(json) : NULL;
    bool ok = text || fd_fail_memory(error, "the map");
    for (const char *at = text; ok && *at; at++) {
        bool separator = strncmp(at, "\xe2\x80\xa8", 3) == 0 || strncmp(at, "\xe2\x80\xa9", 3) == 0;
        if (separator)
            ok = fd_buffer_add_text(page, at[2] == '\xa8' ? "\\u2028" : "\\u2029", error);
        else
            ok = *at == '<' ? fd_buffer_add_text(page, "\\u003c", error)
                            : fd_buffer_add(page, at, 1, error);
        at += separator ? 2 : 0;
    }
    cJSON_free(text);
    cJSON_Delete(json);
    return ok;
}

#define PIECES(list) list, sizeof(list) / sizeof(list)[0]

bool fd_map_write_html(const fd_story_map *map, fd_buffer *page, fd_error *error) {
    return fd_buffer_add_text(page, head[0], error) &&
           fd_map_add_xml(page, map->story->title, error) &&
           add_pieces(page, head + 1, sizeof head / sizeof head[0] - 1, error) &&
           fd_map_add_drawing(map, page, error) && add_pieces(page, PIECES(middle), error) &&
           add_data(map, page, error) && add_pieces(page, PIECES(script), error);
}
