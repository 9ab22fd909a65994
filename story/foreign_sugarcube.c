/* foreign_sugarcube.c - <<macros>>, $values and the wiki marks of SugarCube and Twine 1. */
#include <ctype.h>
#include <string.h>

#include "story/foreign_parts.h"

/* <<name arguments>>; `name` has the slash of a closing one. */
typedef struct macro {
    fd_stretch name, arguments;
    size_t end;
} macro;

static bool read_macro(const fd_over *self, size_t at, size_t end, macro *it) {
    if (!fd_over_at(self, at, end, "<<"))
        return false;
    size_t from = at + 2, to = from + (from < end && self->text[from] == '/');
    if (to < end && strchr("=-", self->text[to]))
        to++;
    else
        while (to < end && (isalnum((unsigned char)self->text[to]) || self->text[to] == '_'))
            to++;
    if (to == from)
        return false;
    size_t close = to;
    for (size_t next; close < end && !fd_over_at(self, close, end, ">>"); close = next) {
        size_t string = fd_over_string(self, close, end);
        size_t link = fd_over_at(self, close, end, "[[") ? fd_over_find(self, close, end, "]]") : 0;
        next = link ? link : string > close ? string : close + 1;
    }
    if (close >= end) { /* a quote in it was none */
        close = fd_over_find(self, to, end, ">>");
        if (!close)
            return false;
        close -= 2;
    }
    *it = (macro){{from, to, false}, {to, close, false}, close + 2};
    return true;
}

/* What a macro and the one that closes it hold, parted by the macros named in `parts`. */
typedef struct block {
    fd_stretch branches[FD_OVER_BRANCHES];
    size_t count, end;
} block;

static const char *const whole[] = {NULL};

static bool same(const fd_over *self, fd_stretch a, fd_stretch b) {
    return a.to - a.from == b.to - b.from &&
           memcmp(self->text + a.from, self->text + b.from, a.to - a.from) == 0;
}

static bool read_block(const fd_over *self, const macro *open, size_t end, const char *const *parts,
                       block *it) {
    size_t depth = 1, from = open->end;
    size_t stop = end - from > FD_OVER_LONGEST ? from + FD_OVER_LONGEST : end;
    it->count = 0;
    for (size_t at = from; at < stop; at++) {
        macro next;
        if (self->text[at] != '<' || !read_macro(self, at, end, &next))
            continue;
        fd_stretch name = next.name;
        size_t slash = self->text[name.from] == '/'                  ? 1
                       : fd_over_at(self, name.from, name.to, "end") ? 3
                                                                     : 0;
        bool closes =
            slash && same(self, (fd_stretch){name.from + slash, name.to, false}, open->name);
        if (same(self, name, open->name))
            depth++;
        depth -= closes;
        if ((!depth || (depth == 1 && fd_over_is(self, name, parts))) &&
            it->count < FD_OVER_BRANCHES) {
            it->branches[it->count++] = (fd_stretch){from, at, false};
            from = next.end;
        }
        if (!depth) {
            it->end = next.end;
            return true;
        }
        at = next.end - 1;
    }
    return false;
}

/* Where the text leads by <<goto "target">>, if it does. */
static bool find_goto(const fd_over *self, size_t at, size_t end, fd_stretch *target) {
    static const char *const names[] = {"goto", NULL};
    for (; at < end; at++) {
        macro it;
        fd_stretch argument[FD_OVER_ARGUMENTS];
        if (self->text[at] == '<' && read_macro(self, at, end, &it) &&
            fd_over_is(self, it.name, names) &&
            fd_over_arguments(self, it.arguments.from, it.arguments.to, false, argument) == 1) {
            *target = argument[0];
            return true;
        }
    }
    return false;
}

/* <<link "label" "target">> and its kin; what one would reveal is told behind its label. */
static size_t take_link_macro(fd_over *self, const macro *it, size_t end) {
    fd_stretch argument[FD_OVER_ARGUMENTS], target = {0};
    size_t count = fd_over_arguments(self, it->arguments.from, it->arguments.to, false, argument);
    block inside;
    bool closed = read_block(self, it, end, whole, &inside);
    size_t close = closed ? inside.end : it->end;
    if (!count)
        return close;
    bool leads = count > 1 || (closed && find_goto(self, inside.branches[0].from,
                                                   inside.branches[0].to, &target));
    if (count > 1)
        target = argument[1];
    if (leads)
        fd_over_link(self, argument[0], target);
    else
        fd_over_range(self, argument[0].from, argument[0].to);
    if (closed && !leads)
        fd_over_range(self, inside.branches[0].from, inside.branches[0].to);
    return close;
}

static size_t take_macro(fd_over *self, size_t at, size_t end) {
    static const char *const conditions[] = {"if", "switch", NULL};
    static const char *const parts[] = {"else", "elseif", "case", "default", NULL};
    static const char *const code[] = {"script", "silently",       "silent",
                                       "widget", "createplaylist", NULL};
    static const char *const links[] = {"link",        "button",      "click", "linkappend",
                                        "linkprepend", "linkreplace", NULL};
    static const char *const back[] = {"return", "back", NULL};
    static const char *const print[] = {"print", "=", "-", NULL};
    macro it;
    block inside;
    fd_stretch argument[FD_OVER_ARGUMENTS];
    if (!read_macro(self, at, end, &it))
        return 0;
    if (fd_over_is(self, it.name, links))
        return take_link_macro(self, &it, end);
    if (fd_over_is(self, it.name, conditions) && read_block(self, &it, end, parts, &inside)) {
        bool cases = self->text[it.name.from] == 's' && inside.count > 1;
        fd_over_choice(self, inside.branches + cases, inside.count - cases);
        return inside.end;
    }
    if (fd_over_is(self, it.name, code) && read_block(self, &it, end, whole, &inside))
        return inside.end;
    bool prints = fd_over_is(self, it.name, print);
    size_t count = fd_over_arguments(self, it.arguments.from, it.arguments.to, false, argument);
    if (count == 1 && argument[0].quoted && (prints || fd_over_is(self, it.name, back)))
        fd_over_range(self, argument[0].from, argument[0].to);
    else if (prints && count == 1 && self->text[argument[0].from] == '$')
        fd_over_value(self, (fd_stretch){argument[0].from + 1, argument[0].to, false}, it.end, end);
    else if (prints)
        fd_over_gap(self, it.end, end);
    return it.end;
}

/* $name, $name.part, $name[0], and _name, which is one of a moment. */
static size_t take_value(fd_over *self, size_t at, size_t end) {
    char before = at ? self->text[at - 1] : ' ';
    bool momentary = self->text[at] == '_' && !isalnum((unsigned char)before) && before != '_';
    if (self->text[at] != '$' && !momentary)
        return 0;
    size_t to = fd_over_name(self, at + 1, end);
    if (to == at + 1 || (momentary && (self->text[at + 1] == '_' || self->text[to - 1] == '_')))
        return 0;
    for (bool more = self->format == FD_FORMAT_SUGARCUBE; more && to + 1 < end;) {
        size_t part = to;
        if (self->text[to] == '.' && isalpha((unsigned char)self->text[to + 1]))
            part = fd_over_name(self, to + 1, end);
        else if (self->text[to] == '[' && self->text[to + 1] != '[')
            part = fd_over_find(self, to, end, "]");
        more = part > to;
        to = more ? part : to;
    }
    fd_over_value(self, (fd_stretch){at + !momentary, to, false}, to, end);
    return to;
}

/* Comments, code, verbatim text's marks, @@style;text@@, images, headings, rules. */
static size_t take_wiki(fd_over *self, size_t at, size_t end) {
    static const char *const comments[][2] = {{"/*", "*/"}, {"/%", "%/"}};
    for (size_t i = 0; i < sizeof comments / sizeof comments[0]; i++)
        if (fd_over_at(self, at, end, comments[i][0]))
            return fd_over_find(self, at + 2, end, comments[i][1]);
    static const char *const marks[] = {"{{{", "}}}", "\"\"\"", "==", "^^"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (fd_over_at(self, at, end, marks[i]))
            return at + strlen(marks[i]);
    if (fd_over_at(self, at, end, "@@")) {
        size_t name = at + 2, close = fd_over_find(self, name, end, "@@"), head;
        while (close && (head = fd_over_find(self, name, close, ";")) != 0 &&
               (strchr("#.", self->text[name]) || fd_over_find(self, name, head, ":")))
            name = head;
        return name;
    }
    if (fd_over_at(self, at, end, "[img[") || fd_over_at(self, at, end, "[<img[") ||
        fd_over_at(self, at, end, "[>img[")) {
        size_t close = fd_over_find(self, at, end, "]]");
        size_t link = close ? fd_over_find(self, at, close, "][") : 0;
        fd_stretch target = {link, close - 2, false};
        if (link && fd_over_leads(self, target))
            fd_over_link(self, target, target);
        return close;
    }
    size_t same = at;
    while (same < end && self->text[same] == self->text[at])
        same++;
    if (fd_over_line_begins(self, at) &&
        (strchr("!*#>", self->text[at]) || (self->text[at] == '-' && same - at >= 4))) {
        while (same < end && self->text[same] == ' ')
            same++;
        return same;
    }
    return 0;
}

size_t fd_over_sugarcube(fd_over *self, size_t at, size_t end) {
    if (fd_over_at(self, at, end, "$$")) {
        fd_over_text(self, "$");
        return at + 2;
    }
    size_t next = take_macro(self, at, end);
    if (!next)
        next = take_value(self, at, end);
    if (!next)
        next = take_wiki(self, at, end);
    if (!next)
        next = fd_over_mark(self, at, end);
    return next;
}
