#include "game/replay_screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/layout.h"
#include "game/loop.h"
#include "game/modal.h"
#include "game/rows_draw.h"
#include "model/clock.h"

enum { FRAME_MS = 30, BREATH = 8 /* words of time before the next turn */ };

#define MOST_PASSED_S 0.5

/* Words a minute; most people read silently at 250 or so (Brysbaert 2019: 238). */
static const unsigned speeds[] = {60, 100, 150, 200, 250, 300, 400, 550, 750, 1000, 2000};
enum { SPEEDS = sizeof speeds / sizeof speeds[0], SPEED_AT_FIRST = 4 };

typedef struct replay {
    fd_terminal *terminal;
    fd_told *scenes; /* every turn of the story */
    size_t count, capacity;
    size_t turn;   /* the one being told, from 0 */
    size_t shown;  /* bytes of it */
    double credit; /* words to be shown since the last one was */
    double looked; /* when the clock was looked at last */
    size_t speed;
    bool paused, leaving;
    bool jumping; /* a turn's number is being typed */
    size_t number;
    fd_rows rows;
    fd_window window;
    int left, columns;
} replay;

/* --- collecting the scenes: the front end that fd_loop_tell_again tells them to --- */

static bool collect(void *self, const fd_scene *scene, const fd_status_line *status,
                    fd_error *error) {
    replay *r = self;
    (void)status;
    return fd_grow((void **)&r->scenes, &r->capacity, r->count + 1, sizeof *r->scenes, "the turns",
                   error) &&
           fd_told_copy(memset(&r->scenes[r->count++], 0, sizeof *r->scenes), scene, error);
}

static const fd_frontend collector = {.tell = collect};

/* --- where the reader is --- */

static const char *text_of(const replay *r) {
    return r->scenes[r->turn].text;
}

static bool is_whole(const replay *r) {
    return text_of(r)[r->shown] == '\0';
}

static bool at_last(const replay *r) {
    return r->turn + 1 == r->count;
}

static bool lay_out(replay *r, fd_error *error) {
    int visible = fd_terminal_height(r->terminal) - 3;
    fd_measure(r->terminal, &r->left, &r->columns);
    r->window.visible = visible > 1 ? (size_t)visible : 1;
    return fd_rows_make(&r->rows, r->scenes, r->turn + 1, r->columns, error);
}

/* Shows what is being told: as much of the turn as there is room for above its last shown row. */
static void follow(replay *r) {
    size_t row = r->rows.newest;
    for (size_t i = r->rows.newest; i < r->rows.count; i++)
        if (r->rows.items[i].kind <= FD_ROW_TEXT && r->rows.items[i].start <= r->shown)
            row = i;
    if (is_whole(r))
        row = r->rows.count - 1;
    fd_window_place(&r->window, &r->rows);
    fd_window_see(&r->window, row, row + 1);
    r->window.strayed = false;
}

/* Begins to tell a turn, or shows the whole of it. */
static bool go(replay *r, size_t turn, bool whole, fd_error *error) {
    r->turn = turn < r->count ? turn : r->count - 1;
    r->shown = whole ? strlen(text_of(r)) : 0;
    r->credit = 0.0;
    if (!lay_out(r, error))
        return false;
    follow(r);
    return true;
}

static void show_word(replay *r) {
    const char *text = text_of(r);
    r->shown += strspn(text + r->shown, " \n");
    r->shown += strcspn(text + r->shown, " \n");
}

/* Words of what the turn leaves to choose from, which is read, too. */
static double offered_words(const fd_told *told) {
    double words = BREATH;
    for (size_t i = 0; i < told->choice_count; i++)
        for (const char *at = told->choices[i]; *at; at++)
            words += *at == ' ';
    return words;
}

/* Lets the time pass that went by since the last look. */
static bool pass(replay *r, fd_error *error) {
    double now = fd_clock_seconds(), passed = now - r->looked;
    r->looked = now;
    if (r->paused || passed > MOST_PASSED_S) /* the program was stopped, or help was read */
        return true;
    r->credit += passed * speeds[r->speed] / 60.0;
    for (; r->credit >= 1.0 && !is_whole(r); r->credit -= 1.0)
        show_word(r);
    if (!r->window.strayed)
        follow(r);
    bool over = is_whole(r) && r->credit >= offered_words(&r->scenes[r->turn]);
    if (over && at_last(r))
        r->paused = true;
    return !over || at_last(r) || go(r, r->turn + 1, false, error);
}

/* --- drawing --- */

/* What was chosen is what the next turn says was done, after "> ". */
static bool was_taken(const replay *r, const char *label) {
    const char *action = at_last(r) ? "" : r->scenes[r->turn + 1].action;
    return strlen(action) > 2 && strcmp(action + 2, label) == 0;
}

static void draw_row(const replay *r, const fd_row *row, int y) {
    const fd_told *told = &r->scenes[row->scene];
    bool newest = row->scene == r->turn;
    size_t end = row->end;
    if (row->kind == FD_ROW_TEXT) {
        if (newest && end > r->shown)
            end = r->shown > row->start ? r->shown : row->start;
        fd_row_draw(r->terminal, told, row,
                    &(fd_row_style){.left = r->left,
                                    .columns = r->columns,
                                    .needle = "",
                                    .end = end,
                                    .dusk = (size_t)-1},
                    y);
    } else if (row->kind == FD_ROW_ACTION || (newest && !is_whole(r))) {
        fd_terminal_use(r->terminal, FD_LOOK_PLAYER);
        if (row->kind == FD_ROW_ACTION)
            (void)fd_terminal_put(r->terminal, y, r->left, r->left + r->columns,
                                  row->text + row->start, end - row->start);
    } else if (row->kind == FD_ROW_ENDING) {
        fd_terminal_use(r->terminal, FD_LOOK_DREAD);
        fd_terminal_centre(r->terminal, y, row->text);
    } else if (row->kind != FD_ROW_BLANK) {
        bool offer = row->kind == FD_ROW_OFFER, taken = offer && was_taken(r, row->text);
        fd_terminal_use(r->terminal, !offer  ? FD_LOOK_STRONG
                                     : taken ? FD_LOOK_SELECTED
                                             : FD_LOOK_FAINT);
        if (taken && row->start == 0)
            (void)fd_terminal_put(r->terminal, y, r->left, r->left + r->columns, "›", 3);
        (void)fd_terminal_put(r->terminal, y, r->left + (offer ? FD_LABEL : 0),
                              r->left + r->columns, row->text + row->start, end - row->start);
    }
}

static void draw_status(const replay *r) {
    char left[96];
    const char *keys = "space pause  ←→ step  g turn  +- speed  q";
    int y = fd_terminal_height(r->terminal) - 1, limit = r->left + r->columns;
    if (r->jumping && r->number)
        (void)snprintf(left, sizeof left, "Go to turn %zu", r->number);
    else if (r->jumping)
        (void)snprintf(left, sizeof left, "Go to turn (1 to %zu)", r->count);
    else
        (void)snprintf(left, sizeof left, "turn %zu/%zu · %s", r->turn + 1, r->count,
                       r->paused ? "paused" : "");
    if (!r->jumping && !r->paused)
        (void)snprintf(left + strlen(left), sizeof left - strlen(left), "%u words/min",
                       speeds[r->speed]);
    fd_terminal_use(r->terminal, r->jumping ? FD_LOOK_STRONG : FD_LOOK_FAINT);
    int x = fd_terminal_put_cut(r->terminal, y, r->left, limit, left);
    int wanted = (int)fd_text_width(keys, strlen(keys));
    if (limit - wanted < x + 2)
        keys = "? keys", wanted = 6;
    if (limit - wanted >= x + 2)
        (void)fd_terminal_put(r->terminal, y, limit - wanted, limit, keys, strlen(keys));
}

static void draw(const replay *r) {
    fd_terminal_clear(r->terminal);
    for (size_t i = 0; i < r->window.visible && r->window.top + i < r->rows.count; i++)
        draw_row(r, &r->rows.items[r->window.top + i], 1 + (int)i);
    draw_status(r);
    fd_terminal_show(r->terminal, -1, 0);
}

/* --- keys --- */

static bool help(const replay *r, fd_error *error) {
    static char text[] = "Space pauses and goes on.\n\n"
                         "Right, n: the rest of the turn, then the next one.\n\n"
                         "Left, b: the turn before.\n\n"
                         "g and a number: that turn; g and Enter, Home: the first; G, End: the "
                         "last.\n\n"
                         "+ and -: faster and slower.\n\n"
                         "Up, Down, Page Up, Page Down: read back; Space returns.\n\n"
                         "q leaves.";
    const fd_stretch whole = {FD_AUTHORED, text};
    return fd_modal_page(r->terminal, "Replay", &whole, 1, error);
}

/* A key while a turn's number is typed. */
static bool obey_number(replay *r, fd_key key, fd_error *error) {
    bool digit = fd_key_is(key, "0123456789");
    if (digit && r->number < 100000)
        r->number = r->number * 10 + (key.code - '0');
    else if (key.kind == FD_KEY_BACKSPACE)
        r->number /= 10;
    r->jumping = digit || key.kind == FD_KEY_BACKSPACE || key.kind == FD_KEY_REDRAW ||
                 key.kind == FD_KEY_NONE;
    return key.kind != FD_KEY_ENTER || go(r, r->number ? r->number - 1 : 0, r->paused, error);
}

static void scroll(replay *r, bool down, size_t by) {
    fd_window_scroll(&r->window, &r->rows, down, by);
    r->paused = true;
}

static bool step_on(replay *r, fd_error *error) {
    if (is_whole(r) || r->paused)
        return go(r, is_whole(r) && !at_last(r) ? r->turn + 1 : r->turn, r->paused || at_last(r),
                  error);
    return go(r, r->turn, true, error);
}

static bool obey(replay *r, fd_key key, fd_error *error) {
    size_t leaf = r->window.visible > 2 ? r->window.visible - 1 : 1;
    if (r->jumping)
        return obey_number(r, key, error);
    if (key.kind == FD_KEY_RIGHT || key.kind == FD_KEY_ENTER || fd_key_is(key, "nl"))
        return step_on(r, error);
    if (key.kind == FD_KEY_LEFT || fd_key_is(key, "bh"))
        return go(r, r->turn ? r->turn - 1 : 0, r->paused, error);
    if (key.kind == FD_KEY_HOME)
        return go(r, 0, r->paused, error);
    if (key.kind == FD_KEY_END || fd_key_is(key, "G"))
        return go(r, r->count - 1, true, error);
    if (key.kind == FD_KEY_HELP || fd_key_is(key, "?"))
        return help(r, error) && lay_out(r, error);
    if (fd_key_is(key, " ")) {
        r->paused = !r->paused;
        r->window.strayed = false;
        follow(r);
    } else if (fd_key_is(key, "g")) {
        r->jumping = true;
        r->number = 0;
    } else if (fd_key_is(key, "+=") && r->speed + 1 < SPEEDS) {
        r->speed++;
    } else if (fd_key_is(key, "-_") && r->speed > 0) {
        r->speed--;
    } else if (key.kind == FD_KEY_UP || key.kind == FD_KEY_DOWN || fd_key_is(key, "jk")) {
        scroll(r, key.kind == FD_KEY_DOWN || fd_key_is(key, "j"), 1);
    } else if (key.kind == FD_KEY_PAGE_UP || key.kind == FD_KEY_PAGE_DOWN) {
        scroll(r, key.kind == FD_KEY_PAGE_DOWN, leaf);
    } else if (key.kind == FD_KEY_ESCAPE || fd_key_is(key, "q") || fd_key_is_control(key, 'c')) {
        r->leaving = true;
    }
    return true;
}

bool fd_replay_screen(fd_session *session, fd_terminal *terminal, fd_error *error) {
    replay r = {.terminal = terminal, .speed = SPEED_AT_FIRST, .looked = fd_clock_seconds()};
    bool ok = fd_loop_tell_again(session, &collector, &r, error) && r.count > 0 &&
              go(&r, 0, false, error);
    while (ok && !r.leaving) {
        fd_key key;
        draw(&r);
        r.leaving = !fd_terminal_key(terminal, r.paused ? FD_KEY_WAIT_MS : FRAME_MS, &key);
        ok = obey(&r, key, error) && pass(&r, error);
        if (ok && key.kind == FD_KEY_REDRAW) {
            ok = lay_out(&r, error);
            follow(&r);
        }
    }
    for (size_t i = 0; i < r.count; i++)
        fd_told_free(&r.scenes[i]);
    free(r.scenes);
    free(r.rows.items);
    return ok;
}
