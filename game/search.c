#include "game/search.h"

#include <string.h>

#include <utf8proc.h>

static bool is_space(char byte) {
    return byte == ' ' || byte == '\n';
}

/* The code point at text in lower case, and its bytes. */
static size_t lower_at(const char *text, utf8proc_int32_t *code) {
    utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, code);
    *code = step > 0 ? utf8proc_tolower(*code) : (unsigned char)*text;
    return step > 0 ? (size_t)step : 1;
}

/* The bytes of `text` that begin with the needle; 0 when it does not. */
static size_t matches(const char *text, const char *needle) {
    const char *at = text;
    while (*needle) {
        utf8proc_int32_t wanted, found;
        if (is_space(*needle) && is_space(*at)) {
            needle += strspn(needle, " \n");
            at += strspn(at, " \n");
            continue;
        }
        needle += lower_at(needle, &wanted);
        if (!*at)
            return 0;
        at += lower_at(at, &found);
        if (wanted != found)
            return 0;
    }
    return (size_t)(at - text);
}

bool fd_search(const char *text, size_t from, const char *needle, fd_match *match) {
    for (size_t at = from; needle[0] && text[at];) {
        utf8proc_int32_t code;
        size_t length = matches(text + at, needle);
        if (length > 0) {
            *match = (fd_match){at, at + length};
            return true;
        }
        at += lower_at(text + at, &code);
    }
    return false;
}

/* Where what belongs to row `i` ends: spaces and newlines at its end are its own. */
static size_t end_of(const fd_rows *rows, size_t i) {
    size_t next = i + 1;
    while (next < rows->count && rows->items[next].kind == FD_ROW_BLANK)
        next++;
    bool more = next < rows->count && rows->items[next].text == rows->items[i].text;
    return more ? rows->items[next].start : (size_t)-1;
}

/* The first match that begins in the row after `after` (the last one before `before`). */
static bool in_row(const fd_rows *rows, size_t i, const char *needle, size_t from, size_t before,
                   bool last, fd_found *found) {
    const fd_row *row = &rows->items[i];
    size_t end = end_of(rows, i), at = from > row->start ? from : row->start;
    fd_match match;
    bool any = false;
    while (row->kind != FD_ROW_BLANK && fd_search(row->text, at, needle, &match) &&
           match.start < end && match.start < before && (!any || last)) {
        *found = (fd_found){true, row->text, match, i};
        any = true;
        at = match.start + 1;
        while (((unsigned char)row->text[at] & 0xc0) == 0x80)
            at++;
    }
    return any;
}

fd_found fd_search_rows(const fd_rows *rows, const char *needle, const fd_found *here, size_t row,
                        bool forward, bool *wrapped) {
    fd_found found = {0};
    *wrapped = false;
    if (rows->count == 0)
        return found;
    size_t start = here->any && here->row < rows->count ? here->row : row < rows->count ? row : 0;
    for (size_t step = 0; step <= rows->count; step++) {
        size_t i = forward ? (start + step) % rows->count
                           : (start + rows->count - step % rows->count) % rows->count;
        bool first = step == 0 && here->any;
        *wrapped =
            forward ? i < start || (step > 0 && i == start) : i > start || (step > 0 && i == start);
        if (in_row(rows, i, needle, first && forward ? here->match.start + 1 : 0,
                   first && !forward ? here->match.start : (size_t)-1, !forward, &found))
            return found;
    }
    *wrapped = false;
    return found;
}
