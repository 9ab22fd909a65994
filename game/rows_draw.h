/* rows_draw.h - a row of a told text on a terminal, in its voices. */
#ifndef FD_GAME_ROWS_DRAW_H
#define FD_GAME_ROWS_DRAW_H

#include "game/rows.h"
#include "game/search.h"
#include "game/terminal.h"

typedef struct fd_row_style {
    int left, columns;
    bool justify;
    const char *needle; /* every match of it stands out; "" for none */
    size_t end;         /* of the row's text no more is shown: its own end, or less */
    size_t dusk;        /* dreamed words from this byte of the scene's text on are dusky */
    const char *other;  /* shown instead of other_at..end, which are as wide; or NULL */
    fd_match other_at;
} fd_row_style;

/* Draws a row of kind FD_ROW_TEXT. */
void fd_row_draw(fd_terminal *terminal, const fd_told *told, const fd_row *row,
                 const fd_row_style *style, int y);

#endif
