/* foreign_parts.c - the stretch of a passage under a reader, and what comes of it. */
#include "story/foreign_parts.h"

#include <ctype.h>
#include <string.h>

#include "story/clean.h"
#include "story/markup.h"

#define BLANK " \t\n"
enum { RANGES = 48, CHANCES = FD_MARKUP_DEPTH / 2 };

/* ---- looking ---- */

bool fd_over_at(const fd_over *self, size_t at, size_t end, const char *here) {
    size_t length = strlen(here);
    return at <= end && end - at >= length && memcmp(self->text + at, here, length) == 0;
}

bool fd_over_line_begins(const fd_over *self, size_t at) {
    return at == 0 || self->text[at - 1] == '\n';
}

size_t fd_over_find(const fd_over *self, size_t at, size_t end, const char *close) {
    size_t stop = end - at > FD_OVER_LONGEST ? at + FD_OVER_LONGEST : end;
    for (; at < stop; at++)
        if (fd_over_at(self, at, end, close))
            return at + strlen(close);
    return 0;
}

static bool is_name(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

size_t fd_over_name(const fd_over *self, size_t at, size_t end) {
    if (at < end && isdigit((unsigned char)self->text[at]))
        return at;
    while (at < end && is_name(self->text[at]))
        at++;
    return at;
}

/* An apostrophe inside a word begins no string. */
size_t fd_over_string(const fd_over *self, size_t at, size_t end) {
    char quote = at < end ? self->text[at] : '\0';
    if ((quote != '"' && quote != '\'') || (quote == '\'' && at && is_name(self->text[at - 1])))
        return at;
    for (size_t to = at + 1; to < end; to++) {
        if (self->text[to] == '\\')
            to++;
        else if (self->text[to] == quote)
            return to + 1;
    }
    return at;
}

static fd_stretch trim(const fd_over *self, fd_stretch it) {
    while (it.from < it.to && strchr(BLANK, self->text[it.from]))
        it.from++;
    while (it.from < it.to && strchr(BLANK, self->text[it.to - 1]))
        it.to--;
    return it;
}

/* The insides of an argument that is one string. */
static fd_stretch unquote(const fd_over *self, fd_stretch it) {
    it = trim(self, it);
    if (it.from < it.to && fd_over_string(self, it.from, it.to) == it.to)
        return (fd_stretch){it.from + 1, it.to - 1, true};
    return it;
}

/* Where the argument that begins there ends. */
static size_t end_of_argument(const fd_over *self, size_t at, size_t end, bool commas) {
    for (size_t depth = 0; at < end; at++) {
        char c = self->text[at];
        size_t string = fd_over_string(self, at, end);
        if (string > at)
            at = string - 1;
        else if (strchr("([{", c))
            depth++;
        else if (strchr(")]}", c) && depth)
            depth--;
        else if (!depth && (commas ? c == ',' : strchr(BLANK, c) != NULL))
            break;
    }
    return at;
}

size_t fd_over_arguments(const fd_over *self, size_t at, size_t end, bool commas,
                         fd_stretch arguments[FD_OVER_ARGUMENTS]) {
    size_t count = 0;
    for (; at < end; at++) {
        while (at < end && strchr(BLANK, self->text[at]))
            at++;
        if (at == end)
            break;
        size_t to = end_of_argument(self, at, end, commas);
        if (count < FD_OVER_ARGUMENTS)
            arguments[count] = unquote(self, (fd_stretch){at, to, false});
        count++;
        at = to;
    }
    return count;
}

bool fd_over_is(const fd_over *self, fd_stretch name, const char *const *names) {
    for (; *names; names++)
        if (strlen(*names) == name.to - name.from &&
            memcmp(self->text + name.from, *names, name.to - name.from) == 0)
            return true;
    return false;
}

/* ---- telling ---- */

static void add(fd_over *self, const char *bytes, size_t length) {
    self->ok = self->ok && fd_buffer_add(self->into, bytes, length, self->error);
}

/* A byte that is text and nothing else: for our markup, digits before a colon are a weight. */
static void add_plain(fd_over *self, char c) {
    bool weight = isdigit((unsigned char)c) && self->into->length == self->fresh;
    if (weight || strchr("\\{}[]|", c) || (self->label && strchr("-<>", c)))
        add(self, "\\", 1);
    add(self, &c, 1);
}

void fd_over_text(fd_over *self, const char *text) {
    for (; *text; text++)
        add_plain(self, *text);
}

void fd_over_value(fd_over *self, fd_stretch name, size_t to, size_t end) {
    const char *known =
        fd_constants_find(self->constants, self->text + name.from, name.to - name.from);
    if (known)
        fd_over_text(self, known);
    else
        fd_over_gap(self, to, end);
}

void fd_over_newline(fd_over *self) {
    add(self, "\n", 1);
    self->told++;
}

/* A line end of the text, and those before it that were read over: lines keep their numbers. */
static void add_line_end(fd_over *self, size_t at) {
    for (; self->counted <= at; self->counted++)
        self->seen += self->text[self->counted] == '\n';
    do
        fd_over_newline(self);
    while (self->told < self->seen);
}

/* A backslash makes what would be markup plain; before a line end it joins two lines. */
static size_t take_backslash(fd_over *self, size_t at, size_t end) {
    size_t next = at + 1;
    if (next < end && strchr("\\{}[]|:\"'", self->text[next])) {
        add_plain(self, self->text[next]);
        return next + 1;
    }
    while (next < end && strchr(" \t", self->text[next]))
        next++;
    if (next < end && self->text[next] == '\n')
        return next + 1;
    add_plain(self, '\\');
    return at + 1;
}

void fd_over_gap(fd_over *self, size_t at, size_t end) {
    fd_buffer *into = self->into;
    char next = at < end ? self->text[at] : '\n';
    if (strchr(" .,;:!?", next))
        while (into->length && strchr(next == ' ' ? " " : " ,", into->data[into->length - 1]))
            into->data[--into->length] = '\0';
}

/* ---- our own markup ---- */

static size_t end_of_braces(const fd_over *self, size_t at, size_t end) {
    for (size_t depth = 0; at < end; at++) {
        char c = self->text[at];
        if (c == '\\')
            at++;
        else if (c == '{')
            depth++;
        else if (c == '}' && --depth == 0)
            return at + 1;
    }
    return 0;
}

/* Whether braces hold one of our forms as far as it can be told from its head. */
static bool is_ours(const fd_over *self, size_t at, size_t end) {
    static const struct {
        const char *head, *then; /* what follows the name or number behind it */
    } forms[] = {{"ask ", "\""}, {"set ", "=+"}, {"dream ", "\""}};
    char next = self->text[at + 1];
    size_t name = fd_over_name(self, at + 2, end);
    if (next == '$')
        return name > at + 2 && name + 1 == end;
    if (strchr("~>&!%", next))
        return true;
    if (next == '?')
        return fd_over_find(self, at, end, ":") > 0;
    if (fd_over_at(self, at + 1, end, "type "))
        return fd_over_find(self, at, end, "->") > 0;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t here = at + 1 + strlen(forms[i].head);
        if (!fd_over_at(self, at + 1, end, forms[i].head))
            continue;
        while (here < end && (is_name(self->text[here]) || self->text[here] == ' '))
            here++;
        return here < end && strchr(forms[i].then, self->text[here]);
    }
    return false;
}

static size_t take_ours(fd_over *self, size_t at, size_t end) {
    if (self->plain || self->text[at] != '{' || at + 2 >= end)
        return 0;
    size_t close = end_of_braces(self, at, end);
    if (!close || !is_ours(self, at, close))
        return 0;
    for (size_t i = at; i < close; i++)
        self->told += self->text[i] == '\n';
    add(self, self->text + at, close - at);
    return close;
}

/* ---- links ---- */

static const fd_passage *find_target(const fd_over *self, fd_stretch target) {
    fd_stretch it = unquote(self, target);
    for (size_t i = 0; i < self->twee->count; i++) {
        const fd_passage *passage = &self->twee->passages[i];
        if (strlen(passage->name) == it.to - it.from &&
            memcmp(passage->name, self->text + it.from, it.to - it.from) == 0 &&
            fd_format_tells(self->format, passage))
            return passage;
    }
    return NULL;
}

bool fd_over_leads(const fd_over *self, fd_stretch target) {
    return find_target(self, target) != NULL;
}

/* Whether a target is worked out when the story is played, or is an address. */
static bool is_expression(const fd_over *self, fd_stretch target) {
    size_t call = fd_over_find(self, target.from, target.to, "(");
    return target.from == target.to || strchr("$_\"'`", self->text[target.from]) ||
           fd_over_find(self, target.from, target.to, "$") ||
           fd_over_find(self, target.from, target.to, "://") ||
           (call > target.from + 1 && is_name(self->text[call - 2]));
}

static void add_loose_end(fd_over *self, fd_stretch target) {
    fd_buffer what = FD_BUFFER(1000);
    size_t shown = target.to - target.from;
    fd_loose_end end = {.passage = (size_t)(self->passage - self->twee->passages),
                        .line = self->passage->line + 1,
                        .dead = !is_expression(self, target)};
    for (size_t i = 0; i < target.from; i++)
        end.line += self->text[i] == '\n';
    for (shown = shown > 60 ? 60 : shown;
         shown && ((unsigned char)self->text[target.from + shown] & 0xc0) == 0x80;)
        shown--;
    self->ok = self->ok &&
               fd_buffer_addf(&what, self->error,
                              "The link leads to \"%.*s\", which %s: its label is told as text.",
                              (int)shown, self->text + target.from,
                              end.dead ? "is no passage" : "cannot be followed here");
    end.what = what.data;
    self->ok = self->ok && fd_loose_ends_add(self->ends, end, self->error);
    fd_buffer_free(&what);
}

void fd_over_link(fd_over *self, fd_stretch label, fd_stretch target) {
    const fd_passage *to = self->label ? NULL : find_target(self, target);
    size_t begun = self->into->length;
    if (!to) {
        fd_over_range(self, label.from, label.to);
        if (!self->label)
            add_loose_end(self, trim(self, target));
        return;
    }
    add(self, "[[", 2);
    self->label = true;
    fd_over_range(self, label.from, label.to);
    const char *told = fd_buffer_text(self->into) + (self->ok ? begun + 2 : 0);
    if (!told[strspn(told, BLANK)])
        fd_over_text(self, to->name);
    add(self, "->", 2);
    fd_over_text(self, to->name);
    self->label = false;
    add(self, "]]", 2);
}

/* [[label->target]], [[target<-label]], [[label|target]], [[target]]; a setter is read over. */
static size_t take_link(fd_over *self, size_t at, size_t end) {
    size_t close = fd_over_at(self, at, end, "[[") && !fd_over_at(self, at, end, "[[[")
                       ? fd_over_find(self, at, end, "]]")
                       : 0;
    if (!close)
        return 0;
    fd_stretch label = {at + 2, close - 2, false}, target = label;
    size_t right = 0, left = 0, bar = 0;
    for (size_t i = at + 2; i < target.to; i++) {
        if (fd_over_at(self, i, target.to, "]["))
            label.to = target.to = i;
        else if (fd_over_at(self, i, target.to, "->"))
            right = i;
        else if (fd_over_at(self, i, target.to, "<-"))
            left = left ? left : i;
        else if (self->text[i] == '|')
            bar = i;
    }
    if (right) {
        label.to = right;
        target.from = right + 2;
    } else if (left) {
        target.to = left;
        label.from = left + 2;
    } else if (bar) {
        label.to = bar;
        target.from = bar + 1;
    }
    fd_over_link(self, label, target);
    return close;
}

/* ---- HTML ---- */

/* Where the element that opens with a tag ends to be told: behind its closing tag, 0 if nowhere. */
static size_t end_of_element(const fd_over *self, size_t at, size_t end, fd_stretch name,
                             size_t *inside) {
    for (size_t to = at; (to = fd_over_find(self, to, end, "</")) != 0;) {
        size_t wide = name.to - name.from;
        if (to + wide < end && memcmp(self->text + to, self->text + name.from, wide) == 0 &&
            self->text[to + wide] == '>') {
            *inside = to - 2;
            return to + wide + 1;
        }
    }
    return 0;
}

/* The value of an attribute, as in data-passage="The Hall". */
static bool find_attribute(const fd_over *self, size_t at, size_t end, const char *name,
                           fd_stretch *value) {
    size_t here = fd_over_find(self, at, end, name);
    size_t to = here ? fd_over_string(self, here, end) : here;
    *value = (fd_stretch){here + 1, to ? to - 1 : 0, true};
    return to > here;
}

static size_t take_tag(fd_over *self, size_t at, size_t end) {
    static const char *const code[] = {"script", "style", NULL};
    static const char *const lines[] = {"br", "p", "div", "li", "hr", "tr", NULL};
    if (fd_over_at(self, at, end, "<!--"))
        return fd_over_find(self, at, end, "-->");
    if (fd_over_at(self, at, end, "<%"))
        return fd_over_find(self, at, end, "%>");
    size_t open = at + 1 + fd_over_at(self, at, end, "</");
    fd_stretch name = {open, open, false}, passage;
    while (name.to < end && (isalnum((unsigned char)self->text[name.to]) ||
                             (name.to > open && self->text[name.to] == '-')))
        name.to++;
    if (self->text[at] != '<' || name.to == open || name.to == end ||
        !isalpha((unsigned char)self->text[open]) || !strchr(" \t\n>/", self->text[name.to]))
        return 0;
    size_t close = name.to, inside, whole;
    for (size_t string; close < end && self->text[close] != '>'; close = string)
        string =
            fd_over_string(self, close, end) > close ? fd_over_string(self, close, end) : close + 1;
    if (close == end)
        return 0;
    close++;
    if (fd_over_is(self, name, lines) && !self->label)
        fd_over_newline(self);
    else if (open == at + 1 && fd_over_is(self, name, code) &&
             (whole = end_of_element(self, close, end, name, &inside)) != 0)
        return whole;
    else if (open == at + 1 && find_attribute(self, at, close, "data-passage=", &passage) &&
             (whole = end_of_element(self, close, end, name, &inside)) != 0) {
        fd_over_link(self, (fd_stretch){close, inside, false}, passage);
        return whole;
    }
    return close;
}

size_t fd_over_mark(fd_over *self, size_t at, size_t end) {
    const char *by;
    size_t mark = fd_clean_mark(self->text, end, at);
    size_t entity = mark ? 0 : fd_clean_entity(self->text, end, at, &by);
    if (entity)
        fd_over_text(self, by);
    return mark + entity ? at + mark + entity : 0;
}

/* ---- ranges ---- */

void fd_over_range(fd_over *self, size_t at, size_t end) {
    static fd_over_take *const shared[] = {take_ours, take_link, take_tag};
    bool deep = self->depth++ >= RANGES;
    while (self->ok && at < end) {
        size_t next = 0;
        for (size_t i = 0; !deep && !next && i < sizeof shared / sizeof shared[0]; i++)
            next = shared[i](self, at, end);
        if (!next && !deep)
            next = self->take(self, at, end);
        if (next)
            at = next;
        else if (self->text[at] == '\\')
            at = take_backslash(self, at, end);
        else if (self->text[at] == '\n')
            add_line_end(self, at++);
        else
            add_plain(self, self->text[at++]);
    }
    self->depth--;
}

void fd_over_choice(fd_over *self, const fd_stretch *branches, size_t count) {
    bool chance = count > 1 && self->chances < CHANCES;
    self->chances++;
    for (size_t i = 0; i < count && (chance || i == 0); i++) {
        if (chance)
            add(self, i ? "|" : "{~", i ? 1 : 2);
        self->fresh = self->into->length;
        fd_over_range(self, branches[i].from, branches[i].to);
    }
    if (chance)
        add(self, "}", 1);
    self->chances--;
}
