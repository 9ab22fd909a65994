/* map_drawing.c - the map as SVG: a column for each number of choices from the start. What a
 * passage is can be told by its outline alone: dreamed dashed, chance with pointed ends, endings
 * doubled, the start thick. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "story/layered.h"
#include "story/map.h"

#define NOWHERE ((size_t)-1)
#define BOX_WIDTH 170.0
#define PITCH 290.0 /* from one column to the next */
#define LINE_HEIGHT 14.0
#define MARGIN 30.0
#define LEGEND 40.0
#define LABELLED 60 /* links at most, for their terms and counts to be written beside them */
enum { COLUMNS = 25, LINES = 3 };

typedef struct drawing {
    const fd_story_map *map;
    fd_layered graph;
    size_t *node;    /* [passages] of the graph */
    size_t *passage; /* [nodes] */
    fd_buffer *page;
    fd_error *error;
} drawing;

bool fd_map_add_xml(fd_buffer *page, const char *text, fd_error *error) {
    bool ok = fd_buffer_add(page, "", 0, error);
    for (size_t at = 0, length = strlen(text); ok && at < length;) {
        utf8proc_int32_t code = 0;
        utf8proc_ssize_t wide = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                 (utf8proc_ssize_t)(length - at), &code);
        size_t step = wide > 0 ? (size_t)wide : 1;
        bool fits =
            wide > 0 && (code >= 0x20 || code == '\n' || code == '\t') && (code & 0xfffe) != 0xfffe;
        if (!fits)
            ok = fd_buffer_add_text(page, "\xef\xbf\xbd", error);
        else if (strchr("&<>\"'", text[at]))
            ok = fd_buffer_addf(page, error, "&#%d;", text[at]);
        else
            ok = fd_buffer_add(page, text + at, step, error);
        at += step;
    }
    return ok;
}

/* ---- the graph ---- */

/* A name on at most LINES lines of about COLUMNS columns. */
typedef struct lines {
    size_t count;
    size_t start[LINES], end[LINES];
    bool cut;
} lines;

static lines wrap(const char *name) {
    lines found = {0};
    size_t at = 0, length = strlen(name);
    while (at < length && found.count < LINES) {
        size_t columns = 0, here = at, space = at;
        while (here < length && columns < COLUMNS) {
            utf8proc_int32_t code = 0;
            utf8proc_ssize_t wide = utf8proc_iterate((const utf8proc_uint8_t *)name + here,
                                                     (utf8proc_ssize_t)(length - here), &code);
            columns += wide > 0 ? (size_t)utf8proc_charwidth(code) : 1;
            if (code == ' ')
                space = here;
            here += wide > 0 ? (size_t)wide : 1;
        }
        if (here < length && space > at)
            here = space;
        found.start[found.count] = at;
        found.end[found.count++] = here;
        at = here + strspn(name + here, " ");
    }
    found.cut = at < length;
    return found;
}

static double height_of(const drawing *self, const fd_map_passage *it) {
    return LINE_HEIGHT * (double)(wrap(it->name).count + (self->map->plays > 0)) + 12.0;
}

static bool make_graph(drawing *self) {
    const fd_story_map *map = self->map;
    size_t count = map->story->twee.count;
    fd_layered *graph = &self->graph;
    self->node = fd_alloc(count, sizeof *self->node, "the map", self->error);
    self->passage = fd_alloc(count, sizeof *self->passage, "the map", self->error);
    graph->nodes = fd_alloc(count, sizeof *graph->nodes, "the map", self->error);
    graph->links = fd_alloc(map->link_count, sizeof *graph->links, "the map", self->error);
    if (!self->node || !self->passage || !graph->nodes || !graph->links)
        return false;
    for (size_t p = 0; p < count; p++) {
        if (!map->passages[p].told)
            continue;
        self->node[p] = graph->node_count;
        self->passage[graph->node_count] = p;
        graph->nodes[graph->node_count++].breadth = height_of(self, &map->passages[p]);
    }
    for (size_t i = 0; i < map->link_count; i++)
        graph->links[i] = (fd_layered_link){.from = self->node[map->links[i].from],
                                            .to = self->node[map->links[i].to]};
    graph->link_count = map->link_count;
    graph->start = self->node[map->story->start];
    graph->gap = 12.0;
    return fd_layered_place(graph, self->error);
}

static double left_of(size_t layer) {
    return MARGIN + PITCH * (double)layer;
}

static double middle_of(double at) {
    return LEGEND + MARGIN + at;
}

/* ---- links ---- */

static double width_of(const fd_story_map *map, const fd_map_link *it) {
    return map->plays ? 0.7 + 4.0 * sqrt((double)it->taken / (double)map->plays) : 1.0;
}

static bool curve_to(const drawing *self, double from_x, double from_y, double to_x, double to_y) {
    double pull = 0.45 * (to_x - from_x);
    return fd_buffer_addf(self->page, self->error, "C%.1f %.1f %.1f %.1f %.1f %.1f", from_x + pull,
                          from_y, to_x - pull, to_y, to_x, to_y);
}

/* How far an arc within a column stands out from it. */
static double arc_of(double from, double to) {
    return 26.0 + fmin(60.0, 0.12 * fabs(to - from));
}

/* The way of a link: on and back from side to side, within a column around its right side. */
static bool add_way(const drawing *self, const fd_layered_link *link) {
    const fd_layered_node *from = &self->graph.nodes[link->from];
    const fd_layered_node *to = &self->graph.nodes[link->to];
    bool on = from->layer < to->layer;
    double y = middle_of(from->at), end_y = middle_of(to->at);
    if (from->layer == to->layer) {
        double x = left_of(from->layer) + BOX_WIDTH;
        double out = arc_of(y, end_y);
        bool self_link = link->from == link->to;
        return fd_buffer_addf(self->page, self->error, "M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f",
                              x, y - (self_link ? 6.0 : 0.0), x + out, y - (self_link ? 16.0 : 0.0),
                              x + out, end_y + (self_link ? 16.0 : 0.0), x + 2.0,
                              end_y + (self_link ? 6.0 : 0.0));
    }
    double x = left_of(from->layer) + (on ? BOX_WIDTH : 0.0);
    double end_x = left_of(to->layer) + (on ? -2.0 : BOX_WIDTH + 2.0);
    bool ok = fd_buffer_addf(self->page, self->error, "M%.1f %.1f", x, y);
    for (size_t i = 0; ok && i < link->bends; i++) {
        size_t layer = on ? from->layer + 1 + i : from->layer - 1 - i;
        double bend_x = left_of(layer) + (on ? 0.0 : BOX_WIDTH);
        double across = on ? BOX_WIDTH : -BOX_WIDTH, bend_y = middle_of(link->at[i]);
        ok = curve_to(self, x, y, bend_x, bend_y) &&
             fd_buffer_addf(self->page, self->error, "h%.1f", across);
        x = bend_x + across;
        y = bend_y;
    }
    return ok && curve_to(self, x, y, end_x, end_y);
}

/* What a link says of itself: label, terms, how often it was taken. */
static bool add_tooltip(const drawing *self, const fd_map_link *it) {
    const fd_map_passage *passages = self->map->passages;
    bool ok = fd_buffer_add_text(self->page, "<title>", self->error) &&
              fd_map_add_xml(self->page, passages[it->from].name, self->error) &&
              fd_buffer_add_text(self->page, " → ", self->error) &&
              fd_map_add_xml(self->page, passages[it->to].name, self->error) &&
              fd_buffer_add_text(self->page, "&#10;", self->error) &&
              fd_map_add_xml(self->page, fd_buffer_text(&it->label), self->error);
    if (ok && it->terms.length)
        ok = fd_buffer_add_text(self->page, "&#10;", self->error) &&
             fd_map_add_xml(self->page, fd_buffer_text(&it->terms), self->error);
    if (ok && self->map->plays)
        ok = fd_buffer_addf(self->page, self->error, "&#10;taken %zu times in %zu plays", it->taken,
                            self->map->plays);
    return ok && fd_buffer_add_text(self->page, "</title>", self->error);
}

/* Terms and count in the middle of a link, or of its first stretch, where the map is small. */
static bool add_note(const drawing *self, const fd_map_link *it, const fd_layered_link *link) {
    const fd_layered_node *from = &self->graph.nodes[link->from];
    const fd_layered_node *to = &self->graph.nodes[link->to];
    if (self->map->link_count > LABELLED || (!it->terms.length && !self->map->plays))
        return true;
    double gap = PITCH - BOX_WIDTH, right = left_of(from->layer) + BOX_WIDTH;
    double x = from->layer < to->layer   ? right + 0.5 * gap
               : from->layer > to->layer ? left_of(from->layer) - 0.5 * gap
                                         : right + 0.75 * arc_of(from->at, to->at);
    double y = middle_of(0.5 * (from->at + (link->bends ? link->at[0] : to->at))) + 3.0;
    bool ok = fd_buffer_addf(self->page, self->error, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">",
                             x, y) &&
              fd_map_add_xml(self->page, fd_buffer_text(&it->terms), self->error);
    if (ok && self->map->plays)
        ok = fd_buffer_addf(self->page, self->error, "%s%zu", it->terms.length ? " · " : "",
                            it->taken);
    return ok && fd_buffer_add_text(self->page, "</text>\n", self->error);
}

static bool add_link(const drawing *self, size_t i) {
    const fd_map_link *it = &self->map->links[i];
    const fd_layered_link *link = &self->graph.links[i];
    bool on = self->graph.nodes[link->from].layer < self->graph.nodes[link->to].layer;
    const char *kind = self->map->plays && !it->taken ? " never" : on ? "" : " back";
    return fd_buffer_addf(self->page, self->error,
                          "<path class=\"link%s\" data-from=\"%zu\" data-to=\"%zu\" "
                          "stroke-width=\"%.2f\" marker-end=\"url(#end)\" d=\"",
                          kind, it->from, it->to, width_of(self->map, it)) &&
           add_way(self, link) && fd_buffer_add_text(self->page, "\">", self->error) &&
           add_tooltip(self, it) && fd_buffer_add_text(self->page, "</path>\n", self->error);
}

/* ---- passages ---- */

/* The outline of a box `inset` within its place. */
static bool add_outline(const drawing *self, const fd_map_passage *it, double x, double y,
                        double height, double inset) {
    double left = x + inset, right = x + BOX_WIDTH - inset, top = y + inset;
    double low = y + height - inset, point = it->chance ? 10.0 : 0.0;
    return fd_buffer_addf(self->page, self->error,
                          "<path class=\"box\" d=\"M%.1f %.1fH%.1fL%.1f %.1fL%.1f %.1fH%.1fL%.1f "
                          "%.1fz\"/>",
                          left + point, top, right - point, right, 0.5 * (top + low), right - point,
                          low, left + point, left, 0.5 * (top + low));
}

static bool add_names(const drawing *self, const fd_map_passage *it, double x, double y) {
    lines name = wrap(it->name);
    bool ok = true;
    for (size_t i = 0; ok && i < name.count; i++) {
        char line[8 * COLUMNS + 8];
        size_t length = name.end[i] - name.start[i];
        length = length < sizeof line - 1 ? length : sizeof line - 1;
        memcpy(line, it->name + name.start[i], length);
        line[length] = '\0';
        ok = fd_buffer_addf(self->page, self->error, "<text x=\"%.1f\" y=\"%.1f\">",
                            x + 0.5 * BOX_WIDTH, y + 18.0 + LINE_HEIGHT * (double)i) &&
             fd_map_add_xml(self->page, line, self->error) &&
             fd_buffer_addf(self->page, self->error, "%s</text>",
                            name.cut && i + 1 == name.count ? "…" : "");
    }
    if (ok && self->map->plays)
        ok = fd_buffer_addf(self->page, self->error,
                            "<text class=\"count\" x=\"%.1f\" y=\"%.1f\">%zu in %zu plays</text>",
                            x + 0.5 * BOX_WIDTH, y + 18.0 + LINE_HEIGHT * (double)name.count,
                            it->visits, self->map->plays);
    return ok;
}

/* Everything of a passage but its outline's place. */
static bool add_box(const drawing *self, size_t passage, double x, double middle, double height) {
    const fd_map_passage *it = &self->map->passages[passage];
    double y = middle - 0.5 * height;
    return fd_buffer_addf(self->page, self->error,
                          "<g class=\"passage%s%s%s%s%s\" data-p=\"%zu\" tabindex=\"0\" "
                          "role=\"button\"><title>",
                          it->start ? " start" : "", it->ending ? " ending" : "",
                          it->dreams ? " dreams" : "", it->chance ? " chance" : "",
                          self->map->plays && !it->visits ? " never" : "", passage) &&
           fd_map_add_xml(self->page, it->name, self->error) &&
           fd_buffer_add_text(self->page, "</title>", self->error) &&
           add_outline(self, it, x, y, height, 0.0) &&
           (!it->ending || add_outline(self, it, x, y, height, 3.5)) && add_names(self, it, x, y) &&
           fd_buffer_add_text(self->page, "</g>\n", self->error);
}

/* ---- the whole ---- */

static bool add_legend(const drawing *self) {
    static const fd_map_passage kinds[] = {{.name = "authored", .told = true},
                                           {.name = "dreams", .told = true, .dreams = true},
                                           {.name = "chance decides", .told = true, .chance = true},
                                           {.name = "ending", .told = true, .ending = true},
                                           {.name = "start", .told = true, .start = true}};
    bool ok = fd_buffer_add_text(self->page, "<g class=\"legend\">", self->error);
    for (size_t i = 0; ok && i < sizeof kinds / sizeof kinds[0]; i++) {
        const fd_map_passage *it = &kinds[i];
        double x = MARGIN + (BOX_WIDTH + 14.0) * (double)i;
        ok = fd_buffer_addf(self->page, self->error, "<g class=\"passage%s%s%s\">",
                            it->start ? " start" : "", it->ending ? " ending" : "",
                            it->dreams ? " dreams" : "") &&
             add_outline(self, it, x, 10.0, 26.0, 0.0) &&
             (!it->ending || add_outline(self, it, x, 10.0, 26.0, 3.5)) &&
             fd_buffer_addf(self->page, self->error, "<text x=\"%.1f\" y=\"27\">%s</text></g>",
                            x + 0.5 * BOX_WIDTH, it->name);
    }
    return ok && fd_buffer_add_text(self->page, "</g>\n", self->error);
}

static bool add_all(const drawing *self) {
    bool ok = add_legend(self) && fd_buffer_add_text(self->page, "<g id=\"links\">\n", self->error);
    for (size_t i = 0; ok && i < self->map->link_count; i++)
        ok = add_link(self, i);
    ok = ok && fd_buffer_add_text(self->page, "</g>\n<g id=\"passages\">\n", self->error);
    for (size_t n = 0; ok && n < self->graph.node_count; n++) {
        const fd_layered_node *it = &self->graph.nodes[n];
        ok = add_box(self, self->passage[n], left_of(it->layer), middle_of(it->at), it->breadth);
    }
    for (size_t i = 0; ok && i < self->map->link_count; i++)
        ok = add_note(self, &self->map->links[i], &self->graph.links[i]);
    return ok && fd_buffer_add_text(self->page, "</g>\n", self->error);
}

static const char style[] =
    "<style>svg{background:#fbfaf7;font:12px Georgia,serif}"
    ".box{fill:#fff;stroke:#2b2b33;stroke-width:1.2}.dreams .box{stroke-dasharray:5 3;fill:#eef1fa}"
    ".ending .box{fill:#f6e9e6}.start .box{stroke-width:3}text{fill:#1c1c22;text-anchor:middle}"
    ".count{font-size:10px;fill:#55555f}.note{font-size:10px;fill:#55555f;"
    "stroke:#fbfaf7;stroke-width:3;paint-order:stroke}"
    ".link{fill:none;stroke:#5a5a66;opacity:.75}.link.back{stroke:#8d7f6a;opacity:.45}"
    ".link.never{stroke:#a33;stroke-dasharray:2 4;opacity:.8}.never .box{stroke:#a33}</style>\n"
    "<defs><marker id=\"end\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
    "markerHeight=\"7\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">"
    "<path d=\"M0 .5L8 4L0 7.5z\" fill=\"#5a5a66\"/></marker></defs>\n";

bool fd_map_add_drawing(const fd_story_map *map, fd_buffer *page, fd_error *error) {
    drawing self = {.map = map, .page = page, .error = error};
    bool ok = make_graph(&self);
    double least = 2.0 * MARGIN + 5.0 * (BOX_WIDTH + 14.0);
    double width = 2.0 * MARGIN + PITCH * (double)(self.graph.layers + (self.graph.layers == 0));
    double height = LEGEND + 2.0 * MARGIN + self.graph.breadth;
    width = width < least ? least : width;
    ok = ok &&
         fd_buffer_addf(page, error,
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
                        "viewBox=\"0 0 %.0f %.0f\">\n<title>",
                        width, height, width, height) &&
         fd_map_add_xml(page, map->story->title, error) &&
         fd_buffer_addf(page, error, "</title>\n%s", style) && add_all(&self) &&
         fd_buffer_add_text(page, "</svg>\n", error);
    free(self.graph.nodes);
    free(self.graph.links);
    free(self.node);
    free(self.passage);
    return ok;
}

bool fd_map_write_svg(const fd_story_map *map, fd_buffer *page, fd_error *error) {
    return fd_buffer_add_text(page, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", error) &&
           fd_map_add_drawing(map, page, error);
}
