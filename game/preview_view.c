#include "game/preview_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/modal.h"
#include "game/sanitise.h"

enum { WIDE = 100 /* columns from which the two stand side by side */ };

/* Where one side is drawn. */
typedef struct pane {
    int y, x, rows, columns;
} pane;

/* Puts part of a text, clean. */
static int put(fd_terminal *terminal, int y, int x, int limit, const char *text, size_t length) {
    char *clean = fd_sanitise(text, length, NULL);
    int after = clean ? fd_terminal_put(terminal, y, x, limit, clean, strlen(clean)) : x;
    free(clean);
    return after;
}

static void put_line(fd_terminal *terminal, const pane *at, int row, fd_look look,
                     const char *text) {
    char *clean = fd_sanitise_line(text, NULL);
    fd_terminal_use(terminal, look);
    if (clean)
        (void)fd_terminal_put_cut(terminal, at->y + row, at->x, at->x + at->columns, clean);
    free(clean);
}

static bool put_part(fd_terminal *terminal, const pane *at, int row, const char *from,
                     const char *to, fd_error *error) {
    fd_buffer line = FD_BUFFER(4096);
    bool ok = fd_buffer_add(&line, from, (size_t)(to - from), error);
    if (ok)
        put_line(terminal, at, row, FD_LOOK_FAINT, fd_buffer_text(&line));
    fd_buffer_free(&line);
    return ok;
}

/* What is below both sides: as much of the hint as one line takes whole, or a notice in as many
 * lines as it takes, but few; the last is cut. */
static bool draw_bottom(fd_terminal *terminal, const fd_desk_view *view, int *rows,
                        fd_error *error) {
    int height = fd_terminal_height(terminal), width = fd_terminal_width(terminal);
    int margin = width > 30 ? 2 : 0, most = height / 3 > 1 ? height / 3 : 1;
    const char *hint = view->hint, *notice = view->notice;
    pane at = {height - 1, margin, 1, width - 2 * margin};
    fd_lines lines = {0};
    *rows = 1;
    if (!*notice)
        return put_part(terminal, &at, 0, hint, fd_second_row(hint, at.columns), error);
    bool ok = fd_wrap(notice, strlen(notice), (size_t)at.columns, &lines, error);
    *rows = (int)lines.count < most ? (int)lines.count : most;
    at.y = height - *rows;
    for (int i = 0; ok && i < *rows; i++) {
        size_t end = i + 1 < *rows ? lines.items[i].end : strlen(notice);
        ok = put_part(terminal, &at, i, notice + lines.items[i].start, notice + end, error);
    }
    free(lines.items);
    return ok;
}

static void divide(const fd_terminal *terminal, int bottom, pane *left, pane *right) {
    int height = fd_terminal_height(terminal), width = fd_terminal_width(terminal);
    int body = height - bottom > 1 ? height - bottom : 1;
    if (width >= WIDE) {
        int part = width * 2 / 5;
        *left = (pane){0, 2, body, part - 4};
        *right = (pane){0, part, body, width - part - 2};
    } else {
        int part = body / 3 > 2 ? body / 3 : 2, margin = width > 30 ? 2 : 0;
        *left = (pane){0, margin, part, width - 2 * margin};
        *right = (pane){part, margin, body - part > 1 ? body - part : 1, width - 2 * margin};
    }
}

/* The end of what was told: that is what the candidates go on from. */
static bool draw_told(fd_terminal *terminal, const fd_desk_view *view, const pane *at,
                      fd_error *error) {
    fd_lines lines = {0};
    size_t room = at->rows > 2 ? (size_t)at->rows - 2 : 0;
    char *way = fd_sanitise_line(view->way, error);
    if (!way)
        return false;
    fd_terminal_use(terminal, FD_LOOK_STRONG);
    int x = put(terminal, at->y, at->x, at->x + at->columns, view->title, strlen(view->title));
    fd_terminal_use(terminal, FD_LOOK_FAINT);
    if (x + 8 < at->x + at->columns)
        (void)fd_terminal_put_cut(terminal, at->y, x, at->x + at->columns, way);
    free(way);
    if (!fd_wrap(view->told, strlen(view->told), (size_t)at->columns, &lines, error))
        return false;
    size_t first = lines.count > room ? lines.count - room : 0;
    fd_terminal_use(terminal, FD_LOOK_PLAIN);
    for (size_t i = first; i < lines.count; i++)
        (void)put(terminal, at->y + 1 + (int)(i - first), at->x, at->x + at->columns,
                  view->told + lines.items[i].start, lines.items[i].end - lines.items[i].start);
    free(lines.items);
    return true;
}

/* ---- cards ---- */

typedef struct cards {
    fd_terminal *terminal;
    const fd_desk_view *view;
    pane at;
    size_t top;  /* rows that are not seen */
    size_t word; /* the row of the word looked into */
} cards;

/* The screen's row of a row of the cards, or -1 when it is not seen. */
static int seen(const cards *self, size_t row) {
    size_t room = self->at.rows > 2 ? (size_t)self->at.rows - 2 : 1;
    return row >= self->top && row < self->top + room ? self->at.y + 1 + (int)(row - self->top)
                                                      : -1;
}

static void head_words(const cards *self, size_t index, char *words, size_t size) {
    const fd_card *card = &self->view->cards[index];
    const fd_candidate *it = &card->candidate;
    char likely[32] = "edited";
    if (!isnan(it->per_word))
        (void)snprintf(likely, sizeof likely, "%.2f a word", it->per_word);
    if (card->drawn)
        (void)snprintf(words, size, "%s%zu  %zu words  %s%s%s%s%s",
                       index == self->view->selected ? "> " : "  ", index + 1, it->word_count,
                       likely, card->kept ? "  kept" : "",
                       index == self->view->best ? "  ranked first" : "", *it->faults ? "  " : "",
                       it->faults);
    else
        (void)snprintf(words, size, "%s%zu  ...", index == self->view->selected ? "> " : "  ",
                       index + 1);
}

static fd_look look_of(fd_hand hand) {
    return hand == FD_HAND_MODEL  ? FD_LOOK_DREAM
           : hand == FD_HAND_EDIT ? FD_LOOK_PLAYER
                                  : FD_LOOK_PLAIN;
}

/* One line of a script in its hands, the word looked into standing out. */
static void draw_line(const cards *self, const fd_card *card, const fd_script *script,
                      const fd_line *line, int y, bool selected) {
    const char *text = fd_buffer_text(&script->text);
    const fd_likely_word *word = NULL;
    int x = self->at.x + 2, limit = self->at.x + self->at.columns;
    if (selected && card->drawn && self->view->word < card->candidate.word_count)
        word = &card->candidate.words[self->view->word];
    for (size_t at = line->start, run = 0; at < line->end && run < script->count;) {
        size_t end = script->runs[run].end < line->end ? script->runs[run].end : line->end;
        fd_look look = look_of(script->runs[run].hand);
        if (end <= at) {
            run++;
            continue;
        }
        if (word && at < word->start && end > word->start)
            end = word->start;
        else if (word && at >= word->start && at < word->end) {
            end = end < word->end ? end : word->end;
            look = FD_LOOK_SELECTED;
        }
        fd_terminal_use(self->terminal, look);
        x = put(self->terminal, y, x, limit, text + at, end - at);
        at = end;
    }
}

/* Draws a card from `row` on; *row is then the one after it. */
static bool draw_card(cards *self, size_t index, size_t *row, fd_error *error) {
    const fd_card *card = &self->view->cards[index];
    bool selected = index == self->view->selected, ok = true;
    char words[256];
    fd_script live = FD_SCRIPT;
    const fd_script *script = &card->candidate.draft;
    fd_lines lines = {0};
    head_words(self, index, words, sizeof words);
    int y = seen(self, (*row)++);
    if (y >= 0)
        put_line(self->terminal, &self->at, y - self->at.y,
                 selected ? FD_LOOK_STRONG : FD_LOOK_FAINT, words);
    if (!card->drawn) {
        ok = fd_script_copy(&card->opening, &live, error) &&
             fd_script_add(&live, fd_buffer_text(&card->live), card->live.length, FD_HAND_MODEL,
                           error);
        script = &live;
    }
    ok = ok && fd_wrap(fd_buffer_text(&script->text), script->text.length,
                       self->at.columns > 6 ? (size_t)self->at.columns - 2 : 4, &lines, error);
    for (size_t i = 0; ok && i < lines.count; i++) {
        if (selected && self->view->word < card->candidate.word_count &&
            lines.items[i].start <= card->candidate.words[self->view->word].start)
            self->word = *row;
        y = seen(self, (*row)++);
        if (y >= 0)
            draw_line(self, card, script, &lines.items[i], y, selected);
    }
    ++*row; /* a breath between cards */
    free(lines.items);
    fd_script_free(&live);
    return ok;
}

static bool draw_cards(cards *self, size_t *first, size_t *end, size_t *all, fd_error *error) {
    size_t row = 0;
    bool ok = true;
    put_line(self->terminal, &self->at, 0, FD_LOOK_FAINT, self->view->settings);
    *first = *end = 0;
    for (size_t i = 0; ok && i < self->view->count; i++) {
        if (i == self->view->selected)
            *first = row;
        ok = draw_card(self, i, &row, error);
        if (i == self->view->selected)
            *end = row - 1;
    }
    *all = row;
    return ok;
}

/* The top from which the rows first..end are seen, the first of them above all. */
static size_t place(size_t top, size_t room, size_t first, size_t end) {
    if (end > top + room)
        top = end - room;
    return first < top ? first : top;
}

bool fd_desk_draw(fd_terminal *terminal, fd_desk_view *view, int scroll, fd_error *error) {
    pane left, right;
    size_t first, end, all;
    int bottom;
    fd_terminal_clear(terminal);
    if (!draw_bottom(terminal, view, &bottom, error))
        return false;
    divide(terminal, bottom, &left, &right);
    cards self = {terminal, view, right, (size_t)-1, 0}; /* measured before it is drawn */
    size_t room = right.rows > 2 ? (size_t)right.rows - 2 : 1;
    if (!draw_cards(&self, &first, &end, &all, error))
        return false;
    if (scroll < 0)
        view->top -= (size_t)-scroll < view->top ? (size_t)-scroll : view->top;
    else if (scroll > 0)
        view->top += (size_t)scroll;
    else if (view->follow)
        view->top = place(view->top, room, first, end);
    if (view->follow && self.word)
        view->top = place(view->top, room, self.word, self.word + 1);
    if (view->top + room > all)
        view->top = all > room ? all - room : 0;
    self.top = view->top;
    bool ok =
        draw_cards(&self, &first, &end, &all, error) && draw_told(terminal, view, &left, error);
    fd_terminal_show(terminal, -1, 0);
    return ok;
}
