/* rows_draw.h - a row of a told text on a terminal, in its voices. */
#ifndef FD_GAME_ROWS_DRAW_H
#define FD_GAME_ROWS_DRAW_H

#include "game/rows.h"
#include "game/terminal.h"

/* Draws the row's bytes before `end` (the row's own end, or less while they appear). */
void fd_row_draw(fd_terminal *terminal, const fd_told *told, const fd_row *row, size_t end, int y,
                 int left);

#endif
