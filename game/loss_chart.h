/* loss_chart.h - the losses of a training to look at: as a picture, and on a terminal. */
#ifndef FD_GAME_LOSS_CHART_H
#define FD_GAME_LOSS_CHART_H

#include "game/loss_log.h"
#include "model/memory.h"

/* Appends an SVG of at least two rows: both losses over the steps, and which model is kept. */
bool fd_loss_svg(const fd_loss_row *rows, size_t count, fd_buffer *page, fd_error *error);

/* Appends a chart of `columns` by `lines` cells, each line ended: bars of the mean loss of each
 * column's steps, an "o" where the held-out loss was measured, the largest and the smallest number
 * to the left. With `colour` the marks are coloured. Nothing for fewer than two rows. */
bool fd_loss_chart(const fd_loss_row *rows, size_t count, size_t columns, size_t lines, bool colour,
                   fd_buffer *into, fd_error *error);

#endif
