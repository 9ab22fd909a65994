/* foreign_harlowe.c - (macros:)[hooks], $values and the marks of Harlowe. */
#include <ctype.h>
#include <string.h>

#include "story/foreign_parts.h"

/* (name: arguments)[hook]; the name is as it was written. */
typedef struct macro {
    char name[24]; /* small, without - and _ */
    fd_stretch arguments, hook;
    bool hooked;
    size_t end;
} macro;

static size_t skip_blanks(const fd_over *self, size_t at, size_t end) {
    while (at < end && strchr(" \t\n", self->text[at]))
        at++;
    return at;
}

/* Behind the bracket that closes the one that stands there; strings and links are passed over in
 * macros alone: in prose an apostrophe is one. 0 when there is none. */
static size_t end_of_brackets(const fd_over *self, size_t at, size_t end) {
    char open = self->text[at], close = open == '(' ? ')' : ']';
    size_t stop = end - at > FD_OVER_LONGEST ? at + FD_OVER_LONGEST : end;
    for (size_t depth = 0; at < stop; at++) {
        size_t string = open == '(' ? fd_over_string(self, at, end) : at;
        if (string > at)
            at = string - 1;
        else if (self->text[at] == open)
            depth++;
        else if (self->text[at] == close && --depth == 0)
            return at + 1;
    }
    return 0;
}

/* A hook's insides: [text], or [== with all that follows in it. */
static size_t read_hook(const fd_over *self, size_t at, size_t end, fd_stretch *inside) {
    if (!fd_over_at(self, at, end, "["))
        return 0;
    size_t from = at + 1, close;
    while (from < end && self->text[from] == '=')
        from++;
    close = from > at + 1 ? end : end_of_brackets(self, at, end);
    *inside = (fd_stretch){from, from > at + 1 ? end : close - 1, false};
    return close;
}

static bool is_link(const fd_over *self, size_t at, size_t end) {
    return fd_over_at(self, at, end, "[[") && !fd_over_at(self, at, end, "[[[");
}

/* Where the name that a macro begins with ends: before its colon; 0 when it is no macro. */
static size_t end_of_name(const fd_over *self, size_t at, size_t end) {
    size_t to = at + 1 + (at + 1 < end && strchr("$_", self->text[at + 1]));
    size_t from = to;
    while (to < end && (isalnum((unsigned char)self->text[to]) || strchr("-_", self->text[to])))
        to++;
    return self->text[at] == '(' && to > from && to < end && self->text[to] == ':' ? to : 0;
}

/* A macro, and those that are joined to it by a plus: the last one's hook is theirs. */
static bool read_macro(const fd_over *self, size_t at, size_t end, macro *it) {
    size_t colon = end_of_name(self, at, end), close = colon ? end_of_brackets(self, at, end) : 0;
    if (!close)
        return false;
    size_t length = 0;
    for (size_t i = at + 1; i < colon && length + 1 < sizeof it->name; i++)
        if (!strchr("-_", self->text[i]))
            it->name[length++] = (char)tolower((unsigned char)self->text[i]);
    it->name[length] = '\0';
    it->arguments = (fd_stretch){colon + 1, close - 1, false};
    for (size_t plus; (plus = skip_blanks(self, close, end)) < end && self->text[plus] == '+';) {
        size_t next = skip_blanks(self, plus + 1, end), after = 0;
        if (next < end && end_of_name(self, next, end))
            after = end_of_brackets(self, next, end);
        else if (next < end && strchr("$_", self->text[next]))
            after = fd_over_name(self, next + 1, end);
        if (!after)
            break;
        close = after;
    }
    size_t bracket = skip_blanks(self, close, end), hook = 0;
    if (!is_link(self, bracket, end))
        hook = read_hook(self, bracket, end, &it->hook);
    it->hooked = hook > 0;
    it->end = hook ? hook : close;
    return true;
}

static bool is_named(const macro *it, const char *const *names) {
    for (; *names; names++)
        if (strcmp(it->name, *names) == 0)
            return true;
    return false;
}

static const char *const conditions[] = {"if", "unless", NULL};
static const char *const otherwise[] = {"elseif", "else", NULL};
static const char *const jumps[] = {"goto", NULL};

/* (if:)[] and the (else-if:)[] and (else:)[] behind it. */
static size_t take_condition(fd_over *self, macro it, size_t end) {
    fd_stretch branches[FD_OVER_BRANCHES] = {it.hook};
    size_t count = 1, close = it.end;
    for (size_t next; (next = skip_blanks(self, close, end)) < end &&
                      read_macro(self, next, end, &it) && is_named(&it, otherwise) && it.hooked;) {
        if (count < FD_OVER_BRANCHES)
            branches[count++] = it.hook;
        close = it.end;
    }
    fd_over_choice(self, branches, count);
    return close;
}

/* (link-goto: "label", "target"), (link: "label")[hook] and their kin. A hook that leads on is that
 * link; another is told behind the label. */
static void tell_link(fd_over *self, const macro *it) {
    fd_stretch argument[FD_OVER_ARGUMENTS], target = {0};
    size_t count = fd_over_arguments(self, it->arguments.from, it->arguments.to, true, argument);
    bool leads = strstr(it->name, "goto") != NULL;
    if (!count)
        return;
    if (leads)
        target = argument[count > 1];
    for (size_t at = it->hook.from; !leads && it->hooked && at < it->hook.to; at++) {
        macro jump;
        fd_stretch to[FD_OVER_ARGUMENTS];
        leads = self->text[at] == '(' && read_macro(self, at, it->hook.to, &jump) &&
                is_named(&jump, jumps) &&
                fd_over_arguments(self, jump.arguments.from, jump.arguments.to, true, to) == 1;
        if (leads)
            target = to[0];
    }
    if (leads)
        fd_over_link(self, argument[0], target);
    else if (argument[0].quoted)
        fd_over_range(self, argument[0].from, argument[0].to);
    if (!leads && it->hooked)
        fd_over_range(self, it->hook.from, it->hook.to);
}

static size_t take_macro(fd_over *self, size_t at, size_t end) {
    static const char *const print[] = {"print", NULL};
    static const char *const either[] = {"either", NULL};
    macro it;
    fd_stretch argument[FD_OVER_ARGUMENTS];
    if (self->text[at] != '(' || !read_macro(self, at, end, &it))
        return 0;
    if (is_named(&it, conditions) && it.hooked)
        return take_condition(self, it, end);
    size_t count = fd_over_arguments(self, it.arguments.from, it.arguments.to, true, argument),
           strings = 0;
    while (strings < count && strings < FD_OVER_ARGUMENTS && argument[strings].quoted)
        strings++;
    if (strncmp(it.name, "link", 4) == 0)
        tell_link(self, &it);
    else if (strings &&
             ((is_named(&it, print) && count == 1) || (is_named(&it, either) && strings == count)))
        fd_over_choice(self, argument, count);
    else if (is_named(&it, print) && count == 1 && self->text[argument[0].from] == '$')
        fd_over_value(self, (fd_stretch){argument[0].from + 1, argument[0].to, false}, it.end, end);
    else if (it.hooked)
        fd_over_range(self, it.hook.from, it.hook.to);
    else
        fd_over_gap(self, it.end, end);
    return it.end;
}

/* [hook], |name>[hook], |name)[hook], [hook]<name|: what it holds is told. */
static size_t take_hook(fd_over *self, size_t at, size_t end) {
    size_t from = at, close;
    fd_stretch inside;
    if (self->text[at] == '|') {
        from = fd_over_name(self, at + 1, end);
        if (from == at + 1 || from >= end || !strchr(">)", self->text[from]))
            return 0;
        from++;
    }
    if (is_link(self, from, end) || !(close = read_hook(self, from, end, &inside)))
        return 0;
    fd_over_range(self, inside.from, inside.to);
    if (fd_over_at(self, close, end, "<")) {
        size_t name = fd_over_name(self, close + 1, end);
        if (name > close + 1 && fd_over_at(self, name, end, "|"))
            close = name + 1;
    }
    return close;
}

/* $name and _name. Behind a letter they are text, and _so_ is emphasis. */
static size_t take_value(fd_over *self, size_t at, size_t end) {
    char before = at ? self->text[at - 1] : ' ';
    size_t to = strchr("$_", self->text[at]) ? fd_over_name(self, at + 1, end) : at;
    bool momentary = self->text[at] == '_';
    if (to < at + 2 || (momentary && (isalnum((unsigned char)before) || before == '_' ||
                                      self->text[at + 1] == '_' || self->text[to - 1] == '_')))
        return 0;
    fd_stretch hook;
    size_t close = is_link(self, to, end) ? 0 : read_hook(self, to, end, &hook);
    if (close) /* $style[hook] */
        fd_over_range(self, hook.from, hook.to);
    else
        fd_over_value(self, (fd_stretch){at + !momentary, to, false}, to, end);
    return close ? close : to;
}

/* Headings, rules, aligners and columns, verbatim marks, and the braces that join lines. */
static size_t take_mark(fd_over *self, size_t at, size_t end) {
    size_t to = at;
    if (strchr("{}`", self->text[at]))
        return at + 1;
    if (fd_over_line_begins(self, at)) {
        while (to < end && strchr("=<>|", self->text[to]))
            to++;
        if (to - at >= 2 && (to == end || strchr(" \n", self->text[to])))
            return to;
        for (to = at; to < end && strchr("#-", self->text[to]) && self->text[to] == self->text[at];)
            to++;
        if ((to > at && self->text[at] == '#') || to - at >= 3)
            return to;
    }
    return fd_over_at(self, at, end, "^^") ? at + 2 : fd_over_mark(self, at, end);
}

size_t fd_over_harlowe(fd_over *self, size_t at, size_t end) {
    static fd_over_take *const takes[] = {take_macro, take_hook, take_value, take_mark};
    size_t next = 0;
    for (size_t i = 0; !next && i < sizeof takes / sizeof takes[0]; i++)
        next = takes[i](self, at, end);
    return next;
}
