/* foreign_chapbook.c - variables, [modifiers] and {inserts} of Chapbook; Markdown, which is all
 * that Snowman has. */
#include <ctype.h>
#include <string.h>

#include "story/foreign_parts.h"

/* ---- marks inside a line ---- */

size_t fd_over_markdown(fd_over *self, size_t at, size_t end) {
    size_t to = at;
    if (self->text[at] == '`')
        return at + 1;
    while (fd_over_line_begins(self, at) && to < end && self->text[to] == '#')
        to++;
    return to > at ? to : fd_over_mark(self, at, end);
}

/* The string behind `key` in an insert's braces. */
static bool find_value(const fd_over *self, size_t at, size_t end, const char *key,
                       fd_stretch *value) {
    size_t from = fd_over_find(self, at, end, key);
    while (from && from < end && self->text[from] == ' ')
        from++;
    size_t to = from ? fd_over_string(self, from, end) : 0;
    *value = (fd_stretch){from + 1, to ? to - 1 : 0, true};
    return to > from;
}

/* {insert: 'value', key: 'value'}: one that links is a link, or its label and what it reveals. */
size_t fd_over_insert(fd_over *self, size_t at, size_t end) {
    fd_stretch label, target, text;
    size_t close = at;
    if (self->text[at] != '{')
        return fd_over_markdown(self, at, end);
    for (size_t next; close < end && !strchr("}\n", self->text[close]); close = next) {
        next = fd_over_string(self, close, end);
        next = next > close ? next : close + 1;
    }
    if (close == end || self->text[close] != '}' || !isalpha((unsigned char)self->text[at + 1]))
        return 0;
    close++;
    if (find_value(self, at, close, "link to:", &target)) {
        bool labelled = find_value(self, at, close, "label:", &label);
        fd_over_link(self, labelled ? label : target, target);
    } else if (find_value(self, at, close, "reveal link:", &label)) {
        fd_over_range(self, label.from, label.to);
        if (find_value(self, at, close, "text:", &text)) {
            fd_over_text(self, " ");
            fd_over_range(self, text.from, text.to);
        }
    } else if (find_value(self, at, close, "label:", &label)) {
        fd_over_range(self, label.from, label.to);
    } else {
        fd_stretch name = {at + 1, fd_over_name(self, at + 1, close), false};
        name.to = self->text[name.to] == '}' ? name.to : name.from;
        fd_over_value(self, name, close, end);
    }
    return close;
}

/* ---- a passage: variables, and parts that modifiers begin ---- */

static size_t end_of_line(const fd_over *self, size_t at, size_t end) {
    while (at < end && self->text[at] != '\n')
        at++;
    return at;
}

size_t fd_over_variables(const fd_over *self, size_t end) {
    for (size_t at = 0, stop; at < end; at = stop + 1) {
        stop = end_of_line(self, at, end);
        if (stop - at >= 2 && strspn(self->text + at, "- ") >= stop - at)
            return stop;
        size_t name = at, colon = fd_over_find(self, at, stop, ":");
        while (name < stop &&
               (isalnum((unsigned char)self->text[name]) || strchr("._", self->text[name])))
            name++;
        if (stop > at && (name == at || !colon || !strchr(" (:", self->text[name])))
            return 0;
    }
    return 0;
}

/* [one; or several] alone in its line. */
static bool is_modifier(const fd_over *self, size_t at, size_t stop) {
    while (stop > at && self->text[stop - 1] == ' ')
        stop--;
    return stop > at + 2 && self->text[at] == '[' && self->text[at + 1] != '[' &&
           memchr(self->text + at, ']', stop - at) == self->text + stop - 1;
}

/* Whether one of the modifiers in the line begins with one of the words. */
static bool modifies(const fd_over *self, size_t at, size_t stop, const char *const *words) {
    for (at++; at < stop; at++) {
        while (at < stop && self->text[at] == ' ')
            at++;
        for (size_t i = 0; words[i]; i++) {
            size_t length = strlen(words[i]), same = 0;
            while (same < length && at + same < stop &&
                   tolower((unsigned char)self->text[at + same]) == words[i][same])
                same++;
            if (same == length && !isalpha((unsigned char)self->text[at + same]))
                return true;
        }
        while (at < stop && self->text[at] != ';')
            at++;
    }
    return false;
}

/* The next line from `at` on that is a modifier; its end is *stop. */
static size_t next_modifier(const fd_over *self, size_t at, size_t end, size_t *stop) {
    for (; at < end; at = *stop + 1) {
        *stop = end_of_line(self, at, end);
        if (is_modifier(self, at, *stop))
            return at;
    }
    *stop = end;
    return end;
}

void fd_over_chapbook(fd_over *self, size_t end) {
    static const char *const untold[] = {"note", "note to myself", "n.b.", "fixme",
                                         "todo", "javascript",     "css",  NULL};
    static const char *const conditions[] = {"if", "unless", NULL};
    static const char *const otherwise[] = {"else", NULL};
    size_t from = fd_over_variables(self, end), stop;
    size_t at = next_modifier(self, from, end, &stop);
    fd_over_range(self, from, at);
    while (at < end) {
        size_t after, next = next_modifier(self, stop < end ? stop + 1 : end, end, &after);
        fd_stretch branches[2] = {{stop, next, false}, {next, next, false}};
        size_t count = 1;
        if (modifies(self, at, stop, conditions) && next < end &&
            modifies(self, next, after, otherwise)) {
            size_t other = after;
            next = next_modifier(self, after < end ? after + 1 : end, end, &after);
            branches[1] = (fd_stretch){other, next, false};
            count = 2;
        }
        if (!modifies(self, at, stop, untold))
            fd_over_choice(self, branches, count);
        at = next;
        stop = after;
    }
}

const char *fd_foreign_before_line(fd_format format, const char *text) {
    static const char *const go_on[] = {"continue", "cont", NULL};
    const fd_over self = {.text = text};
    bool held = false;
    for (size_t at = 0, stop, end = strlen(text); at < end; at = stop + 1) {
        at = next_modifier(&self, at, end, &stop);
        if (at < end)
            held = !modifies(&self, at, stop, go_on);
    }
    return held && format == FD_FORMAT_CHAPBOOK ? "[continue]\n" : "";
}
