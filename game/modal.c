#include "game/modal.h"

void fd_measure(const fd_terminal *terminal, int *left, int *columns) {
    int width = fd_terminal_width(terminal), margins = width >= 30 ? 4 : 2;
    *columns = width - margins > FD_MEASURE ? FD_MEASURE : width - margins;
    *columns = *columns > 1 ? *columns : 1;
    *left = width > *columns ? (width - *columns) / 2 : 0;
}

void fd_modal_frame(fd_terminal *terminal, const char *title, const char *hint) {
    int left, columns;
    fd_measure(terminal, &left, &columns);
    fd_terminal_clear(terminal);
    fd_terminal_use(terminal, FD_LOOK_STRONG);
    (void)fd_terminal_put_cut(terminal, 0, left, left + columns, title);
    fd_terminal_use(terminal, FD_LOOK_FAINT);
    (void)fd_terminal_put_cut(terminal, fd_terminal_height(terminal) - 1, left, left + columns,
                              hint);
}

void fd_modal_rows(const fd_terminal *terminal, int *first, size_t *rows) {
    int height = fd_terminal_height(terminal), gap = height >= 10, room = height - 2 - 2 * gap;
    *first = 1 + gap;
    *rows = room > 1 ? (size_t)room : 1;
}
