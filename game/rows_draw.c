#include "game/rows_draw.h"

#include <string.h>

#include "game/layout.h"

typedef struct brush {
    fd_terminal *terminal;
    const fd_row *row;
    const fd_row_style *style;
    int y;
} brush;

static fd_look look_of(fd_voice voice, bool dusk) {
    return voice == FD_DREAMED  ? dusk ? FD_LOOK_DUSK : FD_LOOK_DREAM
           : voice == FD_PLAYER ? FD_LOOK_PLAYER
                                : FD_LOOK_PLAIN;
}

/* Where byte `at` of the row's text stands. */
static int column_of(const brush *b, size_t at) {
    const fd_row *row = b->row;
    size_t column = fd_text_width(row->text + row->start, at - row->start);
    if (b->style->justify)
        column += fd_row_stretch(row, (size_t)b->style->columns, at);
    return b->style->left + (int)column;
}

/* Bytes from..to of the row, word by word where spaces are wider than they are. */
static void put(const brush *b, fd_look look, size_t from, size_t to) {
    int width = fd_terminal_width(b->terminal);
    const char *text = b->row->text;
    fd_terminal_use(b->terminal, look);
    while (from < to) {
        size_t end = from;
        while (b->style->justify && end < to && text[end] != ' ')
            end++;
        end = b->style->justify && end < to ? end + 1 : to;
        (void)fd_terminal_put(b->terminal, b->y, column_of(b, from), width, text + from,
                              end - from);
        from = end;
    }
}

static void put_matches(const brush *b, size_t end) {
    fd_match match;
    size_t from = 0; /* a match may begin in a row before */
    while (fd_search(b->row->text, from, b->style->needle, &match) && match.start < end) {
        size_t start = match.start > b->row->start ? match.start : b->row->start;
        put(b, FD_LOOK_FOUND, start, match.end < end ? match.end : end);
        from = match.end;
    }
}

static void put_other(const brush *b, const fd_told *told, size_t end) {
    const fd_match at = b->style->other_at;
    size_t i = 0;
    if (!b->style->other || at.start < b->row->start || at.end > end)
        return;
    while (i + 1 < told->mark_count && told->marks[i].end <= at.start)
        i++;
    fd_terminal_use(b->terminal, look_of(told->marks[i].voice, false));
    (void)fd_terminal_put(b->terminal, b->y, column_of(b, at.start), fd_terminal_width(b->terminal),
                          b->style->other, strlen(b->style->other));
}

void fd_row_draw(fd_terminal *terminal, const fd_told *told, const fd_row *row,
                 const fd_row_style *style, int y) {
    const brush b = {terminal, row, style, y};
    size_t at = row->start, end = row->end < style->end ? row->end : style->end;
    for (size_t i = 0; i < told->mark_count && at < end; i++) {
        size_t stop = told->marks[i].end < end ? told->marks[i].end : end;
        size_t light = style->dusk > at && style->dusk < stop ? style->dusk : stop;
        if (stop <= at)
            continue;
        put(&b, look_of(told->marks[i].voice, at >= style->dusk), at, light);
        if (light < stop)
            put(&b, look_of(told->marks[i].voice, true), light, stop);
        at = stop;
    }
    put_other(&b, told, end);
    if (style->needle[0])
        put_matches(&b, end);
}
