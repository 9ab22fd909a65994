#include "game/layout.h"

#include <utf8proc.h>

#include "model/memory.h"

/* The code point at text, and its bytes; -1 for a byte that is no UTF-8. */
static size_t code_at(const char *text, size_t length, utf8proc_int32_t *code) {
    utf8proc_ssize_t step =
        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, code);
    if (step > 0)
        return (size_t)step;
    *code = -1;
    return length > 0;
}

size_t fd_grapheme(const char *text, size_t length, size_t *width) {
    utf8proc_int32_t before, code, state = 0;
    size_t at = code_at(text, length, &before);
    *width = at == 0 ? 0 : before < 0 ? 1 : (size_t)utf8proc_charwidth(before);
    while (before >= 0 && at < length) {
        size_t step = code_at(text + at, length - at, &code);
        if (code < 0 || utf8proc_grapheme_break_stateful(before, code, &state))
            break;
        *width += (size_t)utf8proc_charwidth(code);
        before = code;
        at += step;
    }
    return at;
}

size_t fd_grapheme_before(const char *text, size_t at) {
    size_t start = 0, width;
    for (size_t next = 0; next < at; next += fd_grapheme(text + next, at - next, &width))
        start = next;
    return start;
}

size_t fd_text_width(const char *text, size_t length) {
    size_t total = 0, width;
    for (size_t at = 0; at < length; total += width)
        at += fd_grapheme(text + at, length - at, &width);
    return total;
}

size_t fd_text_fit(const char *text, size_t length, size_t columns) {
    size_t at = 0, used = 0;
    while (at < length) {
        size_t width, step = fd_grapheme(text + at, length - at, &width);
        if (used + width > columns)
            break;
        used += width;
        at += step;
    }
    return at;
}

size_t fd_text_cut(const char *text, size_t length, size_t limit) {
    size_t at = 0;
    while (at < length) {
        size_t width, step = fd_grapheme(text + at, length - at, &width);
        if (at + step > limit)
            break;
        at += step;
    }
    return at;
}

typedef struct glyph {
    utf8proc_int32_t code; /* the cluster's first */
    size_t bytes, width;
} glyph;

static glyph glyph_at(const char *text, size_t length) {
    glyph g;
    (void)code_at(text, length, &g.code);
    g.bytes = fd_grapheme(text, length, &g.width);
    return g;
}

static bool is_word(utf8proc_int32_t code) {
    utf8proc_category_t category = utf8proc_category(code);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

static bool is_opening(utf8proc_int32_t code) {
    utf8proc_category_t category = utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_PS || category == UTF8PROC_CATEGORY_PI;
}

/* A dash joins words; it does not begin one ("-5"), and closing marks stay with it. */
static bool breaks_after_dash(glyph before, glyph dash, glyph after) {
    bool is_dash = dash.code == '-' || dash.code == 0x2010 || dash.code == 0x2013;
    return (is_dash && is_word(before.code) && is_word(after.code)) ||
           (dash.code == '-' && before.code == '-' && is_word(after.code)) ||
           (dash.code == 0x2014 && (is_word(after.code) || is_opening(after.code)));
}

/* Between wide characters, but a line does not begin with their punctuation. */
static bool breaks_around_wide(glyph left, glyph right) {
    return (left.width > 1 || right.width > 1) && !is_opening(left.code) &&
           (is_word(right.code) || is_opening(right.code) ||
            utf8proc_category(right.code) == UTF8PROC_CATEGORY_SO);
}

/* The line that starts at `start`; *next is where the one after it does. */
static fd_line take_line(const char *text, size_t length, size_t start, size_t columns,
                         size_t *next) {
    fd_line whole = {start, start}, broken = {start, start};
    size_t at = start, used = 0;
    glyph before = {' ', 0, 0}, last = {' ', 0, 0};
    *next = start;
    while (at < length && text[at] != '\n') {
        glyph g = glyph_at(text + at, length - at);
        bool space = g.code == ' ' && g.bytes == 1;
        if (!space && at > start && last.code != ' ' &&
            (breaks_after_dash(before, last, g) || breaks_around_wide(last, g))) {
            broken = whole;
            *next = at;
        }
        if (!space && used + g.width > columns && at > start) {
            if (*next > start)
                return broken;
            *next = at; /* a word longer than the line */
            return whole;
        }
        at += g.bytes;
        used += g.width;
        if (space) { /* spaces hang over the edge */
            broken = whole;
            *next = at;
        } else {
            whole.end = at;
        }
        before = last;
        last = g;
    }
    *next = at < length ? at + 1 : at;
    return whole;
}

bool fd_wrap(const char *text, size_t length, size_t columns, fd_lines *lines, fd_error *error) {
    for (size_t start = 0; start < length;) {
        if (!fd_grow((void **)&lines->items, &lines->capacity, lines->count + 1,
                     sizeof *lines->items, "lines of text", error))
            return false;
        lines->items[lines->count++] = take_line(text, length, start, columns, &start);
    }
    return true;
}
