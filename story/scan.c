#include "story/scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/memory.h"
#include "story/markup.h"
#include "story/twee.h"

#define NUMBER_MOST INT64_C(1000000000000000)

size_t fd_scan_line(fd_scan *self) {
    while (self->counted < self->at)
        self->line += self->text[self->counted++] == '\n';
    return self->line;
}

bool fd_scan_bad(fd_scan *self, size_t line, const char *format, ...) {
    char message[300];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return fd_twee_fail(self->error, self->source, line, "%s", message);
}

bool fd_scan_malformed(fd_scan *self, size_t began, const char *form) {
    if (self->starved)
        return false;
    if (self->at >= self->end)
        return fd_scan_bad(self, began, "What begins here is never closed; expected %s.", form);
    const char *found = self->text + self->at;
    size_t shown = strcspn(found, "\n");
    shown = shown > self->end - self->at ? self->end - self->at : shown;
    if (shown > 24)
        for (shown = 24; shown > 0 && ((unsigned char)found[shown] & 0xc0) == 0x80;)
            shown--;
    return fd_scan_bad(self, fd_scan_line(self), "Expected %s, but found \"%.*s\".", form,
                       (int)shown, found);
}

bool fd_scan_deeper(fd_scan *self) {
    if (self->depth == FD_MARKUP_DEPTH)
        return fd_scan_bad(self, fd_scan_line(self), "Markup is nested deeper than %d levels here.",
                           FD_MARKUP_DEPTH);
    self->depth++;
    return true;
}

char fd_scan_peek(const fd_scan *self, size_t at) {
    return at < self->end ? self->text[at] : '\0';
}

bool fd_scan_is_one_of(char c, const char *set) {
    return c && strchr(set, c);
}

bool fd_scan_stands_at(const fd_scan *self, size_t at, const char *token) {
    size_t length = strlen(token);
    return at <= self->end && self->end - at >= length &&
           memcmp(self->text + at, token, length) == 0;
}

void fd_scan_skip(fd_scan *self, const char *set) {
    while (fd_scan_is_one_of(fd_scan_peek(self, self->at), set))
        self->at++;
}

bool fd_scan_accept(fd_scan *self, const char *token) {
    fd_scan_skip(self, FD_BLANK);
    if (!fd_scan_stands_at(self, self->at, token))
        return false;
    self->at += strlen(token);
    return true;
}

bool fd_scan_accept_word(fd_scan *self, const char *word) {
    size_t before = self->at;
    if (fd_scan_accept(self, word) &&
        !fd_scan_is_one_of(fd_scan_peek(self, self->at), FD_LETTERS FD_DIGITS))
        return true;
    self->at = before;
    fd_scan_skip(self, FD_BLANK);
    return false;
}

char *fd_scan_text(fd_scan *self, size_t to) {
    fd_buffer text = FD_BUFFER(self->end);
    bool ok = fd_buffer_add(&text, "", 0, self->error);
    for (fd_scan_skip(self, FD_BLANK); ok && self->at < to; self->at++) {
        if (self->text[self->at] == '\\' && self->at + 1 < to)
            self->at++;
        ok = fd_buffer_add(&text, self->text + self->at, 1, self->error);
    }
    while (ok && text.length && fd_scan_is_one_of(text.data[text.length - 1], FD_BLANK))
        text.data[--text.length] = '\0';
    if (!ok)
        fd_buffer_free(&text);
    self->starved = !ok;
    return text.data;
}

size_t fd_scan_find(const fd_scan *self, char wanted) {
    size_t at = self->at;
    while (at < self->end && self->text[at] != wanted)
        at += self->text[at] == '\\' ? 2 : 1;
    return at < self->end ? at : self->end;
}

bool fd_scan_name(fd_scan *self, char **name) {
    static const char *const reserved[] = {"not", "and", "or", "visited"};
    fd_scan_skip(self, FD_BLANK);
    size_t end = self->at;
    if (fd_scan_is_one_of(fd_scan_peek(self, end), FD_LETTERS))
        while (fd_scan_is_one_of(fd_scan_peek(self, end), FD_LETTERS FD_DIGITS))
            end++;
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (end - self->at == strlen(reserved[i]) && fd_scan_stands_at(self, self->at, reserved[i]))
            return false;
    return end > self->at && (*name = fd_scan_text(self, end)) != NULL;
}

bool fd_scan_number(fd_scan *self, int64_t *number) {
    fd_scan_skip(self, FD_BLANK);
    size_t at = self->at + (fd_scan_peek(self, self->at) == '-');
    if (!fd_scan_is_one_of(fd_scan_peek(self, at), FD_DIGITS))
        return false;
    int64_t value = 0;
    for (; fd_scan_is_one_of(fd_scan_peek(self, at), FD_DIGITS); at++)
        if ((value = value * 10 + (self->text[at] - '0')) > NUMBER_MOST)
            return false;
    *number = self->text[self->at] == '-' ? -value : value;
    self->at = at;
    return true;
}

bool fd_scan_quoted(fd_scan *self, char **text) {
    if (!fd_scan_accept(self, "\""))
        return false;
    size_t close = fd_scan_find(self, '"');
    if (close == self->end) {
        self->at = self->end;
        return false;
    }
    fd_buffer quoted = FD_BUFFER(self->end);
    bool ok = fd_buffer_add(&quoted, "", 0, self->error);
    for (; ok && self->at < close; self->at++) {
        if (self->text[self->at] == '\\')
            self->at++;
        ok = fd_buffer_add(&quoted, self->text + self->at, 1, self->error);
    }
    self->at = close + 1;
    *text = quoted.data;
    self->starved = !ok;
    return ok;
}
