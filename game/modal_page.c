/* modal_page.c - a text to be read and scrolled. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/modal.h"
#include "game/rows_draw.h"
#include "game/sanitise.h"

typedef struct page {
    fd_terminal *terminal;
    char *title;
    fd_told told;
    fd_rows rows;
    fd_window window;
    int left;
} page;

static bool lay_out(page *p, fd_error *error) {
    int columns, visible = fd_terminal_height(p->terminal) - 4;
    const fd_row top = p->window.top < p->rows.count ? p->rows.items[p->window.top] : (fd_row){0};
    fd_measure(p->terminal, &p->left, &columns);
    if (!fd_rows_make(&p->rows, &p->told, 1, columns, error))
        return false;
    p->window.visible = visible > 1 ? (size_t)visible : 1;
    fd_window_return(&p->window, &p->rows, 0, top.start);
    return true;
}

static void draw(page *p) {
    char hint[96];
    size_t last = fd_window_last(&p->window, &p->rows);
    (void)snprintf(hint, sizeof hint, "q back   arrows, Page Down%s",
                   fd_window_at_end(&p->window, &p->rows) ? "" : "   more ↓");
    fd_modal_frame(p->terminal, p->title, last ? hint : "q back");
    for (size_t i = 0; i < p->window.visible && p->window.top + i < p->rows.count; i++) {
        const fd_row *row = &p->rows.items[p->window.top + i];
        if (row->kind == FD_ROW_TEXT)
            fd_row_draw(p->terminal, &p->told, row, row->end, 2 + (int)i, p->left);
    }
    fd_terminal_show(p->terminal, -1, 0);
}

/* Returns whether the reader goes back. */
static bool obey(page *p, fd_key k) {
    size_t leaf = p->window.visible > 2 ? p->window.visible - 1 : 1;
    if (k.kind == FD_KEY_UP || fd_key_is(k, "k"))
        fd_window_scroll(&p->window, &p->rows, false, 1);
    else if (k.kind == FD_KEY_DOWN || k.kind == FD_KEY_ENTER || fd_key_is(k, "j"))
        fd_window_scroll(&p->window, &p->rows, true, 1);
    else if (k.kind == FD_KEY_PAGE_UP || fd_key_is_control(k, 'b'))
        fd_window_scroll(&p->window, &p->rows, false, leaf);
    else if (k.kind == FD_KEY_PAGE_DOWN || fd_key_is_control(k, 'f') || fd_key_is(k, " "))
        fd_window_scroll(&p->window, &p->rows, true, leaf);
    else if (k.kind == FD_KEY_HOME || fd_key_is(k, "g"))
        p->window.top = 0;
    else if (k.kind == FD_KEY_END || fd_key_is(k, "G"))
        p->window.top = fd_window_last(&p->window, &p->rows);
    return k.kind == FD_KEY_ESCAPE || k.kind == FD_KEY_HELP || fd_key_is(k, "q?") ||
           fd_key_is_control(k, 'c');
}

bool fd_modal_page(fd_terminal *terminal, const char *title, const fd_stretch *stretches,
                   size_t count, fd_error *error) {
    page p = {.terminal = terminal};
    const fd_scene scene = {.stretches = stretches, .stretch_count = count};
    bool ok = (p.title = fd_sanitise_line(title, error)) != NULL &&
              fd_told_copy(&p.told, &scene, error) && lay_out(&p, error);
    for (bool done = false; ok && !done;) {
        fd_key k;
        draw(&p);
        done = !fd_terminal_key(terminal, FD_KEY_WAIT_MS, &k) || obey(&p, k);
        if (k.kind == FD_KEY_REDRAW)
            ok = lay_out(&p, error);
    }
    free(p.title);
    free(p.rows.items);
    fd_told_free(&p.told);
    return ok;
}
