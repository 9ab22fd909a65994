/* modal_write.c - a text of many lines to be written or changed. */
#include <stdlib.h>
#include <string.h>

#include "game/draft.h"
#include "game/modal.h"
#include "game/sanitise.h"

typedef struct writer {
    fd_terminal *terminal;
    char *title;
    fd_draft draft;
    fd_lines lines;           /* of the draft, for `columns` */
    int left, columns, first; /* first: the row that the text begins in */
    size_t top, visible;
    size_t column; /* where up and down aim at */
    bool changed;  /* something to ask about before it is given up */
    bool asking;   /* whether to keep it */
    bool done, keep;
} writer;

static bool lay_out(writer *w, fd_error *error) {
    fd_measure(w->terminal, &w->left, &w->columns);
    fd_modal_rows(w->terminal, &w->first, &w->visible);
    w->lines.count = 0;
    return fd_draft_wrap(&w->draft, w->columns > 2 ? (size_t)w->columns - 1 : 1, &w->lines, error);
}

static void draw(writer *w) {
    size_t column, line = fd_draft_line(&w->draft, &w->lines, &column);
    const char *text = fd_buffer_text(&w->draft.text);
    int limit = w->left + w->columns;
    w->top = line < w->top ? line : w->top;
    w->top = line >= w->top + w->visible ? line + 1 - w->visible : w->top;
    fd_modal_frame(w->terminal, w->title,
                   w->asking ? "Keep the changes? y keeps, n does not, Esc goes on"
                             : "Ctrl-S keeps   Esc leaves   Ctrl-Y undoes");
    fd_terminal_use(w->terminal, FD_LOOK_PLAIN);
    for (size_t i = 0; i < w->visible && w->top + i < w->lines.count; i++) {
        const fd_line *at = &w->lines.items[w->top + i];
        (void)fd_terminal_put(w->terminal, w->first + (int)i, w->left, limit, text + at->start,
                              at->end - at->start);
    }
    int x = w->left + (int)column;
    fd_terminal_show(w->terminal, w->asking ? -1 : w->first + (int)(line - w->top),
                     x < limit ? x : limit - 1);
}

static bool cut(writer *w, size_t from, size_t to, fd_error *error) {
    w->changed |= from < to;
    return fd_draft_remove(&w->draft, from, to, error);
}

/* Keys that change the text; *used says whether k was one. */
static bool change(writer *w, fd_key k, bool *used, fd_error *error) {
    fd_draft *d = &w->draft;
    *used = true;
    if (k.kind == FD_KEY_BACKSPACE)
        return cut(w, fd_draft_before(d), d->at, error);
    if (k.kind == FD_KEY_DELETE || fd_key_is_control(k, 'd'))
        return cut(w, d->at, fd_draft_after(d), error);
    if (fd_key_is_control(k, 'k')) /* at the end of a line it takes the newline */
        return cut(w, d->at,
                   d->at < fd_draft_line_end(d) ? fd_draft_line_end(d) : fd_draft_after(d), error);
    if (fd_key_is_control(k, 'u'))
        return cut(w, fd_draft_line_start(d), d->at, error);
    if (fd_key_is_control(k, 'w'))
        return cut(w, fd_draft_word_before(d), d->at, error);
    if (k.kind == FD_KEY_PASTE) {
        w->changed = true;
        return fd_draft_insert(d, k.text, error);
    }
    if (k.kind == FD_KEY_ENTER || (k.kind == FD_KEY_CHAR && k.code >= ' ')) {
        w->changed = true;
        return fd_draft_type(d, k.kind == FD_KEY_ENTER ? '\n' : k.code, error);
    }
    *used = false;
    return true;
}

static void move_lines(writer *w, bool down, size_t by) {
    size_t column, line = fd_draft_line(&w->draft, &w->lines, &column);
    size_t last = w->lines.count - 1;
    if (down)
        line = last - line < by ? last : line + by;
    else
        line = line < by ? 0 : line - by;
    w->draft.at = fd_draft_place(&w->draft, &w->lines, line, w->column);
}

/* Keys that move sideways; then up and down aim at the column they led to. */
static bool move_across(fd_draft *d, fd_key k) {
    if (k.kind == FD_KEY_LEFT || fd_key_is_control(k, 'b'))
        d->at = fd_draft_before(d);
    else if (k.kind == FD_KEY_RIGHT || fd_key_is_control(k, 'f'))
        d->at = fd_draft_after(d);
    else if (k.kind == FD_KEY_WORD_LEFT)
        d->at = fd_draft_word_before(d);
    else if (k.kind == FD_KEY_WORD_RIGHT)
        d->at = fd_draft_word_after(d);
    else if (k.kind == FD_KEY_HOME || fd_key_is_control(k, 'a'))
        d->at = fd_draft_line_start(d);
    else if (k.kind == FD_KEY_END || fd_key_is_control(k, 'e'))
        d->at = fd_draft_line_end(d);
    else
        return false;
    return true;
}

static bool move_down(writer *w, fd_key k) {
    if (k.kind == FD_KEY_UP || k.kind == FD_KEY_DOWN)
        move_lines(w, k.kind == FD_KEY_DOWN, 1);
    else if (k.kind == FD_KEY_PAGE_UP || k.kind == FD_KEY_PAGE_DOWN)
        move_lines(w, k.kind == FD_KEY_PAGE_DOWN, w->visible);
    else
        return false;
    return true;
}

static void answer(writer *w, fd_key k) {
    w->keep = fd_key_is(k, "yY") || k.kind == FD_KEY_ENTER;
    w->done = w->keep || fd_key_is(k, "nN") || fd_key_is_control(k, 'c');
    w->asking = w->asking && k.kind != FD_KEY_ESCAPE;
}

static bool obey(writer *w, fd_key k, fd_error *error) {
    bool used = false;
    if (k.kind == FD_KEY_NONE)
        return true;
    if (w->asking) {
        answer(w, k);
        return true;
    }
    if (fd_key_is_control(k, 's')) {
        w->done = w->keep = true;
    } else if (k.kind == FD_KEY_ESCAPE || fd_key_is_control(k, 'c')) {
        w->asking = w->changed;
        w->done = !w->changed;
    } else if (fd_key_is_control(k, 'y') || fd_key_is_control(k, '_')) {
        fd_draft_undo(&w->draft);
    } else if (move_down(w, k)) {
        w->draft.typing = false;
        return true;
    } else if (move_across(&w->draft, k)) {
        w->draft.typing = false;
    } else if (!change(w, k, &used, error)) {
        return false;
    }
    if (!lay_out(w, error))
        return false;
    (void)fd_draft_line(&w->draft, &w->lines, &w->column);
    return true;
}

bool fd_modal_write(fd_terminal *terminal, const char *title, fd_buffer *text, size_t most,
                    bool *kept, fd_error *error) {
    writer w = {.terminal = terminal};
    char *clean = fd_sanitise(fd_buffer_text(text), text->length, error);
    bool ok = clean && (w.title = fd_sanitise_line(title, error)) != NULL &&
              fd_draft_begin(&w.draft, clean, most, error) && lay_out(&w, error);
    if (ok)
        (void)fd_draft_line(&w.draft, &w.lines, &w.column);
    while (ok && !w.done) {
        fd_key k;
        draw(&w);
        w.done = !fd_terminal_key(terminal, FD_KEY_WAIT_MS, &k);
        ok = w.done || (obey(&w, k, error) && lay_out(&w, error));
    }
    *kept = ok && w.keep;
    if (*kept) {
        fd_buffer_clear(text);
        ok = fd_buffer_add_text(text, fd_buffer_text(&w.draft.text), error);
    }
    fd_draft_free(&w.draft);
    free(w.lines.items);
    free(w.title);
    free(clean);
    return ok;
}
