#include "game/rows.h"

#include <stdlib.h>
#include <string.h>

#include "game/layout.h"

static bool add(fd_rows *rows, fd_row new, fd_error *error) {
    if (!fd_grow((void **)&rows->items, &rows->capacity, rows->count + 1, sizeof *rows->items,
                 "the page", error))
        return false;
    rows->items[rows->count++] = new;
    return true;
}

/* One blank row, never two, and none at the very top. */
static bool add_blank(fd_rows *rows, size_t scene, size_t offset, fd_error *error) {
    if (rows->count == 0 || rows->items[rows->count - 1].kind == FD_ROW_BLANK)
        return true;
    return add(rows, (fd_row){FD_ROW_BLANK, "", offset, offset, scene, 0}, error);
}

static bool add_text(fd_rows *rows, fd_row like, int columns, fd_error *error) {
    fd_lines lines = {NULL, 0, 0};
    bool ok =
        fd_wrap(like.text, strlen(like.text), columns > 1 ? (size_t)columns : 1, &lines, error);
    for (size_t i = 0; ok && i < lines.count; i++) {
        like.start = lines.items[i].start;
        like.end = lines.items[i].end;
        ok = like.start < like.end ? add(rows, like, error)
                                   : add_blank(rows, like.scene, like.start, error);
    }
    free(lines.items);
    return ok;
}

static bool add_scene(fd_rows *rows, const fd_told *told, size_t index, int columns,
                      fd_error *error) {
    if (!add_blank(rows, index, 0, error))
        return false;
    rows->newest = rows->count;
    bool ok =
        add_text(rows, (fd_row){FD_ROW_ACTION, told->action, 0, 0, index, 0}, columns, error) &&
        add_blank(rows, index, 0, error) &&
        add_text(rows, (fd_row){FD_ROW_TEXT, told->text, 0, 0, index, 0}, columns, error);
    if (!ok || !told->question)
        return ok;
    return add_blank(rows, index, strlen(told->text), error) &&
           add_text(rows, (fd_row){FD_ROW_QUESTION, told->question, 0, 0, index, 0}, columns,
                    error);
}

static bool add_offers(fd_rows *rows, const fd_told *now, size_t index, int columns,
                       fd_error *error) {
    if (fd_told_options(now) == 0 && !now->ending)
        return true;
    if (!add_blank(rows, index, strlen(now->text), error))
        return false;
    for (size_t i = 0; i < fd_told_options(now); i++) {
        const char *label = i < now->choice_count ? now->choices[i] : now->typing;
        if (!add_text(rows, (fd_row){FD_ROW_OFFER, label, 0, 0, index, i}, columns - FD_LABEL,
                      error))
            return false;
    }
    const char *end_mark = "— The end —";
    return !now->ending ||
           add(rows, (fd_row){FD_ROW_ENDING, end_mark, 0, strlen(end_mark), index, 0}, error);
}

bool fd_rows_make(fd_rows *rows, const fd_told *scenes, size_t count, int columns,
                  fd_error *error) {
    bool ok = true;
    rows->count = rows->newest = 0;
    for (size_t i = 0; ok && i < count; i++)
        ok = add_scene(rows, &scenes[i], i, columns, error);
    return ok && (count == 0 || add_offers(rows, &scenes[count - 1], count - 1, columns, error));
}

bool fd_row_goes_on(const fd_row *row) {
    size_t at = row->end + strspn(row->text + row->end, " ");
    return row->kind == FD_ROW_TEXT && row->text[at] != '\0' && row->text[at] != '\n';
}

static size_t spaces(const char *text, size_t length) {
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += text[i] == ' ';
    return count;
}

size_t fd_row_stretch(const fd_row *row, size_t columns, size_t at) {
    const char *start = row->text + row->start;
    size_t length = row->end - row->start, width = fd_text_width(start, length);
    size_t gaps = spaces(start, length), lacking = width < columns ? columns - width : 0;
    if (gaps == 0 || lacking > 2 * gaps || lacking > columns / 4 || !fd_row_goes_on(row))
        return 0;
    return lacking * spaces(start, at - row->start) / gaps;
}

size_t fd_window_last(const fd_window *w, const fd_rows *rows) {
    return rows->count > w->visible ? rows->count - w->visible : 0;
}

bool fd_window_at_end(const fd_window *w, const fd_rows *rows) {
    return w->top >= fd_window_last(w, rows);
}

void fd_window_scroll(fd_window *w, const fd_rows *rows, bool down, size_t by) {
    size_t last = fd_window_last(w, rows);
    if (down)
        w->top = w->top > last || last - w->top < by ? last : w->top + by;
    else
        w->top = w->top < by ? 0 : w->top - by;
    w->strayed = true;
}

void fd_window_place(fd_window *w, const fd_rows *rows) {
    size_t last = fd_window_last(w, rows);
    w->top = rows->newest < last ? rows->newest : last;
    w->strayed = false;
}

void fd_window_see(fd_window *w, size_t first, size_t end) {
    if (end > w->top + w->visible)
        w->top = end - w->visible;
    if (first < w->top)
        w->top = first;
    w->strayed = true;
}

void fd_window_return(fd_window *w, const fd_rows *rows, size_t scene, size_t offset) {
    w->top = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const fd_row *r = &rows->items[i];
        if (r->kind > FD_ROW_QUESTION || r->scene > scene ||
            (r->scene == scene && r->start > offset))
            break;
        w->top = i;
    }
    size_t last = fd_window_last(w, rows);
    w->top = w->top < last ? w->top : last;
}

bool fd_rows_of_option(const fd_rows *rows, size_t option, size_t *first, size_t *end) {
    *end = 0;
    for (size_t i = 0; i < rows->count; i++)
        if (rows->items[i].kind == FD_ROW_OFFER && rows->items[i].option == option) {
            *first = *end ? *first : i;
            *end = i + 1;
        }
    return *end > 0;
}
