#include "game/modal.h"

#include <string.h>

#include "game/layout.h"

void fd_measure(const fd_terminal *terminal, int *left, int *columns) {
    int width = fd_terminal_width(terminal), margins = width >= 30 ? 4 : 2;
    *columns = width - margins > FD_MEASURE ? FD_MEASURE : width - margins;
    *columns = *columns > 1 ? *columns : 1;
    *left = width > *columns ? (width - *columns) / 2 : 0;
}

/* Whether there is room for a blank row below the title and above the hint. */
static bool has_gaps(const fd_terminal *terminal) {
    return fd_terminal_height(terminal) >= 10;
}

const char *fd_second_row(const char *hint, int columns) {
    const char *rest = hint + strlen(hint);
    if ((int)fd_text_width(hint, strlen(hint)) <= columns)
        return rest;
    for (const char *at = strchr(hint, ' '); at; at = strchr(at + 1, ' ')) {
        bool parts = at > hint && (at[-1] == ',' || at[1] == ' ');
        if (parts && (int)fd_text_width(hint, (size_t)(at - hint)) <= columns)
            rest = at + strspn(at, " ");
    }
    return rest;
}

static void draw_hint(fd_terminal *terminal, const char *hint, int left, int columns) {
    int last = fd_terminal_height(terminal) - 1;
    const char *rest = has_gaps(terminal) ? fd_second_row(hint, columns) : "";
    if (*rest) {
        const char *end = rest;
        while (end > hint && end[-1] == ' ')
            end--;
        (void)fd_terminal_put(terminal, last - 1, left, left + columns, hint, (size_t)(end - hint));
        hint = rest;
    }
    (void)fd_terminal_put_cut(terminal, last, left, left + columns, hint);
}

void fd_modal_frame(fd_terminal *terminal, const char *title, const char *hint) {
    int left, columns;
    fd_measure(terminal, &left, &columns);
    fd_terminal_clear(terminal);
    fd_terminal_use(terminal, FD_LOOK_STRONG);
    (void)fd_terminal_put_cut(terminal, 0, left, left + columns, title);
    fd_terminal_use(terminal, FD_LOOK_FAINT);
    draw_hint(terminal, hint, left, columns);
}

void fd_modal_rows(const fd_terminal *terminal, int *first, size_t *rows) {
    int gap = has_gaps(terminal), room = fd_terminal_height(terminal) - 2 - 2 * gap;
    *first = 1 + gap;
    *rows = room > 1 ? (size_t)room : 1;
}
