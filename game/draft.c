#include "game/draft.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "game/sanitise.h"

enum { MOST_UNDO = 200 };

static const char *text_of(const fd_draft *d) {
    return fd_buffer_text(&d->text);
}

bool fd_draft_begin(fd_draft *d, const char *text, size_t most, fd_error *error) {
    *d = (fd_draft){.text = FD_BUFFER((size_t)-1), .most = most};
    if (!fd_buffer_add_text(&d->text, text, error))
        return false;
    d->at = d->text.length;
    return true;
}

void fd_draft_free(fd_draft *d) {
    for (size_t i = 0; i < d->before_count; i++)
        free(d->before[i].text);
    free(d->before);
    fd_buffer_free(&d->text);
}

/* Keeps the text as it is for undo; the oldest one gives way. */
static bool keep(fd_draft *d, fd_error *error) {
    if (d->before_count == MOST_UNDO) {
        free(d->before[0].text);
        memmove(d->before, d->before + 1, --d->before_count * sizeof *d->before);
    }
    char *copy = fd_copy_text(text_of(d), error);
    if (!copy || !fd_grow((void **)&d->before, &d->before_capacity, d->before_count + 1,
                          sizeof *d->before, "what can be undone", error)) {
        free(copy);
        return false;
    }
    d->before[d->before_count++] = (fd_draft_state){copy, d->at};
    return true;
}

static bool insert(fd_draft *d, const char *bytes, size_t length, fd_error *error) {
    size_t old = d->text.length;
    if (!fd_buffer_add(&d->text, bytes, length, error))
        return false;
    memmove(d->text.data + d->at + length, d->text.data + d->at, old - d->at);
    memcpy(d->text.data + d->at, bytes, length);
    d->at += length;
    return true;
}

bool fd_draft_type(fd_draft *d, uint32_t character, fd_error *error) {
    char bytes[4];
    utf8proc_ssize_t length =
        utf8proc_encode_char((utf8proc_int32_t)character, (utf8proc_uint8_t *)bytes);
    char *clean = length > 0 ? fd_sanitise(bytes, (size_t)length, error) : NULL;
    size_t size = clean ? strlen(clean) : 0;
    bool fits = size > 0 && size <= d->most && d->text.length <= d->most - size;
    bool joins = d->typing && character != '\n' && character != ' ';
    bool ok = !fits || ((joins || keep(d, error)) && insert(d, clean, size, error));
    d->typing = d->typing || fits;
    free(clean);
    return ok;
}

bool fd_draft_insert(fd_draft *d, const char *text, fd_error *error) {
    size_t room = d->text.length < d->most ? d->most - d->text.length : 0;
    size_t length = fd_text_cut(text, strlen(text), room);
    d->typing = false;
    return length == 0 || (keep(d, error) && insert(d, text, length, error));
}

bool fd_draft_remove(fd_draft *d, size_t from, size_t to, fd_error *error) {
    if (from >= to)
        return true;
    if (!keep(d, error))
        return false;
    memmove(d->text.data + from, d->text.data + to, d->text.length - to + 1);
    d->text.length -= to - from;
    d->at = from;
    d->typing = false;
    return true;
}

void fd_draft_undo(fd_draft *d) {
    if (d->before_count == 0)
        return;
    const fd_draft_state *state = &d->before[--d->before_count];
    size_t length = strlen(state->text);
    fd_buffer_clear(&d->text);
    (void)fd_buffer_add(&d->text, state->text, length, NULL); /* it had room for that before */
    d->at = state->at;
    d->typing = false;
    free(state->text);
}

size_t fd_draft_line_start(const fd_draft *d) {
    size_t at = d->at;
    while (at > 0 && text_of(d)[at - 1] != '\n')
        at--;
    return at;
}

size_t fd_draft_line_end(const fd_draft *d) {
    return d->at + strcspn(text_of(d) + d->at, "\n");
}

size_t fd_draft_before(const fd_draft *d) {
    size_t start = fd_draft_line_start(d);
    if (d->at == start)
        return start > 0 ? start - 1 : 0;
    return start + fd_grapheme_before(text_of(d) + start, d->at - start);
}

size_t fd_draft_after(const fd_draft *d) {
    size_t width;
    return d->at + fd_grapheme(text_of(d) + d->at, d->text.length - d->at, &width);
}

static bool is_space(char byte) {
    return byte == ' ' || byte == '\n';
}

size_t fd_draft_word_before(const fd_draft *d) {
    size_t at = d->at;
    while (at > 0 && is_space(text_of(d)[at - 1]))
        at--;
    while (at > 0 && !is_space(text_of(d)[at - 1]))
        at--;
    return at;
}

size_t fd_draft_word_after(const fd_draft *d) {
    size_t at = d->at;
    while (at < d->text.length && is_space(text_of(d)[at]))
        at++;
    while (at < d->text.length && !is_space(text_of(d)[at]))
        at++;
    return at;
}

bool fd_draft_wrap(const fd_draft *d, size_t columns, fd_lines *lines, fd_error *error) {
    const char *text = text_of(d);
    size_t length = d->text.length;
    if (!fd_wrap(text, length, columns, lines, error))
        return false;
    if (length > 0 && text[length - 1] != '\n')
        return true;
    if (!fd_grow((void **)&lines->items, &lines->capacity, lines->count + 1, sizeof *lines->items,
                 "lines of text", error))
        return false;
    lines->items[lines->count++] = (fd_line){length, length};
    return true;
}

size_t fd_draft_line(const fd_draft *d, const fd_lines *lines, size_t *column) {
    size_t line = 0;
    while (line + 1 < lines->count && lines->items[line + 1].start <= d->at)
        line++;
    size_t start = lines->items[line].start;
    *column = fd_text_width(text_of(d) + start, d->at - start);
    return line;
}

size_t fd_draft_place(const fd_draft *d, const fd_lines *lines, size_t line, size_t column) {
    const fd_line *here = &lines->items[line];
    return here->start + fd_text_fit(text_of(d) + here->start, here->end - here->start, column);
}
