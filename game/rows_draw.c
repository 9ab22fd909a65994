#include "game/rows_draw.h"

static fd_look look_of(fd_voice voice) {
    return voice == FD_DREAMED  ? FD_LOOK_DREAM
           : voice == FD_PLAYER ? FD_LOOK_PLAYER
                                : FD_LOOK_PLAIN;
}

void fd_row_draw(fd_terminal *terminal, const fd_told *told, const fd_row *row, size_t end, int y,
                 int left) {
    size_t at = row->start;
    int x = left, width = fd_terminal_width(terminal);
    for (size_t i = 0; i < told->mark_count && at < end; i++) {
        size_t stop = told->marks[i].end < end ? told->marks[i].end : end;
        if (stop <= at)
            continue;
        fd_terminal_use(terminal, look_of(told->marks[i].voice));
        x = fd_terminal_put(terminal, y, x, width, row->text + at, stop - at);
        at = stop;
    }
}
