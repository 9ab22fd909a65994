/* modal_page.c - a text to be read, scrolled and searched. */
#include <stdlib.h>
#include <string.h>

#include "game/line.h"
#include "game/modal.h"
#include "game/rows_draw.h"
#include "game/sanitise.h"

typedef struct page {
    fd_terminal *terminal;
    char *title;
    fd_told told;
    fd_rows rows;
    fd_window window;
    int left, columns, first; /* first: the row that the text begins in */
    bool searching;           /* `query` is being typed */
    fd_editor query;
    char needle[FD_TYPED_LIMIT + 1];
    fd_found found;
    const char *notice; /* or NULL */
} page;

static bool lay_out(page *p, fd_error *error) {
    const fd_row top = p->window.top < p->rows.count ? p->rows.items[p->window.top] : (fd_row){0};
    fd_measure(p->terminal, &p->left, &p->columns);
    if (!fd_rows_make(&p->rows, &p->told, 1, p->columns, error))
        return false;
    fd_modal_rows(p->terminal, &p->first, &p->window.visible);
    fd_window_return(&p->window, &p->rows, 0, top.start);
    return true;
}

static void draw(page *p) {
    int y = -1, x = 0;
    bool narrow = p->columns < 50;
    bool ends = fd_window_at_end(&p->window, &p->rows),
         whole = fd_window_last(&p->window, &p->rows) == 0;
    fd_modal_frame(p->terminal, p->title,
                   p->searching ? ""
                   : p->notice  ? p->notice
                   : whole      ? "q back"
                   : narrow     ? ends ? "q back   / search" : "q back   / search   more ↓"
                   : ends       ? "q back   arrows, Page Up   / search"
                                : "q back   arrows, Page Down   / search   more ↓");
    for (size_t i = 0; i < p->window.visible && p->window.top + i < p->rows.count; i++) {
        const fd_row *row = &p->rows.items[p->window.top + i];
        const fd_row_style style = {.left = p->left,
                                    .columns = p->columns,
                                    .needle = p->needle,
                                    .end = row->end,
                                    .dusk = (size_t)-1};
        if (row->kind == FD_ROW_TEXT)
            fd_row_draw(p->terminal, &p->told, row, &style, p->first + (int)i);
    }
    if (p->searching) {
        y = fd_terminal_height(p->terminal) - 1;
        x = fd_line_draw(p->terminal, y, p->left, p->left + p->columns, "/", &p->query, p->needle);
    }
    fd_terminal_show(p->terminal, y, x);
}

static void find(page *p, bool forward) {
    bool wrapped;
    if (!p->needle[0])
        return;
    p->found = fd_search_rows(&p->rows, p->needle, &p->found, p->window.top, forward, &wrapped);
    p->notice = !p->found.any ? "Nothing like that is here."
                : !wrapped    ? NULL
                : forward     ? "On from the beginning."
                              : "On from the end.";
    if (p->found.any)
        fd_window_see(&p->window, p->found.row, p->found.row + 1);
}

static void search_key(page *p, fd_key k) {
    p->searching = k.kind != FD_KEY_ENTER && k.kind != FD_KEY_ESCAPE && !fd_key_is_control(k, 'c');
    if (p->searching) {
        (void)fd_line_obey(&p->query, k);
    } else if (k.kind == FD_KEY_ENTER) {
        if (p->query.length > 0)
            memcpy(p->needle, p->query.text, p->query.length + 1);
        p->found.any = false;
        find(p, true);
    }
}

static void scroll(page *p, bool down, size_t by) {
    fd_window_scroll(&p->window, &p->rows, down, by);
}

/* Returns whether the reader goes back. */
static bool obey(page *p, fd_key k) {
    size_t leaf = p->window.visible > 2 ? p->window.visible - 1 : 1;
    if (k.kind == FD_KEY_NONE || k.kind == FD_KEY_REDRAW)
        return false;
    p->notice = NULL;
    if (p->searching) {
        search_key(p, k);
        return false;
    }
    if (k.kind == FD_KEY_UP || fd_key_is(k, "k"))
        scroll(p, false, 1);
    else if (k.kind == FD_KEY_DOWN || k.kind == FD_KEY_ENTER || fd_key_is(k, "j"))
        scroll(p, true, 1);
    else if (k.kind == FD_KEY_WHEEL_UP || k.kind == FD_KEY_WHEEL_DOWN)
        scroll(p, k.kind == FD_KEY_WHEEL_DOWN, 3);
    else if (k.kind == FD_KEY_PAGE_UP || fd_key_is_control(k, 'b'))
        scroll(p, false, leaf);
    else if (k.kind == FD_KEY_PAGE_DOWN || fd_key_is_control(k, 'f') || fd_key_is(k, " "))
        scroll(p, true, leaf);
    else if (k.kind == FD_KEY_HOME || k.kind == FD_KEY_END || fd_key_is(k, "gG"))
        scroll(p, k.kind == FD_KEY_END || fd_key_is(k, "G"), p->rows.count);
    else if (fd_key_is(k, "nN"))
        find(p, fd_key_is(k, "n"));
    else if (fd_key_is(k, "/")) {
        p->searching = true;
        p->query = (fd_editor){"", 0, 0};
    }
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
