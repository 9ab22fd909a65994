/* screen.c - the story on a terminal, the only file that knows curses.
 *
 * Scenes are copied (and cleaned) when they are told. From them rows are made, the wrapped lines of
 * everything told plus what the newest scene offers, anew whenever a scene or the width changes; a
 * window over the rows is what is seen. Time passes only inside read() and think(): both look at
 * the clock, so the newest scene appears at the same speed however often they are called. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif
#define NCURSES_NOMACROS
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>
#include <wchar.h>

#include "game/editor.h"
#include "game/frontend.h"
#include "game/layout.h"
#include "game/sanitise.h"
#include "model/clock.h"
#include "model/memory.h"

enum {
    COLUMN = 72,             /* the widest line that reads well */
    REVEAL_PER_SECOND = 250, /* bytes: about 45 words */
    TICK_MS = 25,
    IDLE_MS = 250, /* how late a signal between two looks is noticed */
    LABEL = 5,     /* columns before a choice's label */
    KEY_ESCAPE = 27,
};

#define CONTROL(letter) ((wint_t)(letter)&0x1f)

/* A hang-up reaches a program only through a signal handler, which sees nothing else. */
static volatile sig_atomic_t stop_asked = 0;

typedef struct mark {
    size_t end; /* in the scene's text */
    fd_voice voice;
} mark;

typedef struct told {
    char *action; /* "> what the player did", or "" */
    char *text;
    mark *marks; /* which voice speaks up to where */
    size_t mark_count;
    char **choices;
    size_t choice_count;
    char *typing, *question, *fallback; /* or NULL */
    bool ending;
} told;

typedef enum row_kind {
    ROW_BLANK,
    ROW_ACTION,
    ROW_TEXT,
    ROW_QUESTION,
    ROW_OFFER, /* a choice, or free typing: `option` */
    ROW_ENDING,
} row_kind;

typedef struct row {
    row_kind kind;
    const char *text; /* the whole text that start..end is part of */
    size_t start, end;
    size_t scene, option;
} row;

typedef enum role { PLAIN, DREAM, PLAYER, FAINT, STRONG, SELECTED, DREAD } role;

typedef struct key {
    bool none, special; /* special: `code` is one of curses' KEY_ */
    wint_t code;
} key;

enum { SIGNALS = 3 };
static const int stop_signals[SIGNALS] = {SIGHUP, SIGTERM, SIGINT};

typedef struct screen {
    fd_frontend_options options;
    SCREEN *terminal;
    struct sigaction before[SIGNALS];
    bool italic, dim;

    told *scenes;
    size_t scene_count, scene_capacity;
    row *rows;
    size_t row_count, row_capacity;
    size_t scene_row;  /* the newest scene's first row */
    bool stale, dirty; /* the rows do not fit the scenes; the screen does not fit the state */

    int height, width;   /* of the terminal */
    int left, column;    /* of the text */
    size_t top, visible; /* the window over the rows */
    bool strayed;        /* the reader scrolled: the window is not moved for him */

    size_t shown; /* bytes revealed of the newest scene */
    double reveal_start;
    bool revealing;

    size_t selected;
    bool answered; /* an action went to the game, which has not told yet */
    bool editing, left_editor, helping, leaving;
    fd_editor line;

    char *title, *seed, *model, *notice, *beside;
    size_t turn, done, wanted;
    double thought; /* when think() last drew */
} screen;

/* --- what was told --- */

static void free_told(told *scene) {
    for (size_t i = 0; i < scene->choice_count; i++)
        free(scene->choices[i]);
    free(scene->choices);
    free(scene->action);
    free(scene->text);
    free(scene->marks);
    free(scene->typing);
    free(scene->question);
    free(scene->fallback);
}

static bool copy_line(char **copy, const char *text, fd_error *error) {
    *copy = text ? fd_sanitise_line(text, error) : NULL;
    return !text || *copy;
}

static bool copy_action(char **copy, const char *action, fd_error *error) {
    char *clean = fd_sanitise_line(action, error);
    if (!clean)
        return false;
    size_t size = strlen(clean) + 3;
    *copy = fd_alloc(size, 1, "a scene", error);
    if (*copy)
        (void)snprintf(*copy, size, "%s%s", clean[0] ? "> " : "", clean);
    free(clean);
    return *copy != NULL;
}

static bool copy_text(told *copy, const fd_scene *scene, fd_error *error) {
    copy->marks = fd_alloc(scene->stretch_count, sizeof *copy->marks, "a scene", error);
    if (!copy->marks)
        return false;
    fd_buffer text = FD_BUFFER((size_t)-1);
    bool ok = fd_buffer_add_text(&text, "", error);
    for (size_t i = 0; ok && i < scene->stretch_count; i++) {
        const fd_stretch *stretch = &scene->stretches[i];
        char *clean = fd_sanitise(stretch->text, strlen(stretch->text), error);
        ok = clean && fd_buffer_add_text(&text, clean, error);
        free(clean);
        copy->marks[copy->mark_count++] = (mark){text.length, stretch->voice};
    }
    copy->text = text.data;
    return ok;
}

static bool copy_choices(told *copy, const fd_scene *scene, fd_error *error) {
    copy->choices = fd_alloc(scene->choice_count, sizeof *copy->choices, "a scene", error);
    if (!copy->choices)
        return false;
    for (; copy->choice_count < scene->choice_count; copy->choice_count++)
        if (!copy_line(&copy->choices[copy->choice_count], scene->choices[copy->choice_count],
                       error))
            return false;
    return true;
}

static bool copy_scene(told *copy, const fd_scene *scene, fd_error *error) {
    copy->ending = scene->ending;
    return copy_action(&copy->action, scene->action, error) && copy_text(copy, scene, error) &&
           copy_choices(copy, scene, error) && copy_line(&copy->typing, scene->typing, error) &&
           copy_line(&copy->question, scene->question, error) &&
           copy_line(&copy->fallback, scene->fallback, error);
}

static bool set_line(char **line, const char *text, fd_error *error) {
    char *clean = fd_sanitise_line(text, error);
    if (!clean)
        return false;
    free(*line);
    *line = clean;
    return true;
}

static bool set_status(screen *s, const fd_status_line *status, fd_error *error) {
    s->turn = status->turn;
    return set_line(&s->title, status->title, error) && set_line(&s->seed, status->seed, error) &&
           set_line(&s->model, status->model, error);
}

static const told *newest(const screen *s) {
    return s->scene_count ? &s->scenes[s->scene_count - 1] : NULL;
}

/* Free typing is offered below the choices, as one more option. */
static size_t option_count(const screen *s) {
    const told *now = newest(s);
    return !now || now->question ? 0 : now->choice_count + (now->typing != NULL);
}

/* Whether typing is all that the newest scene offers. */
static bool only_typing(const screen *s) {
    const told *now = newest(s);
    return now && (now->question || (now->typing && now->choice_count == 0));
}

/* --- rows --- */

static bool add_row(screen *s, row new, fd_error *error) {
    if (!fd_grow((void **)&s->rows, &s->row_capacity, s->row_count + 1, sizeof *s->rows, "the page",
                 error))
        return false;
    s->rows[s->row_count++] = new;
    return true;
}

/* One blank row, never two, and none at the very top. */
static bool add_blank(screen *s, size_t scene, size_t offset, fd_error *error) {
    if (s->row_count == 0 || s->rows[s->row_count - 1].kind == ROW_BLANK)
        return true;
    return add_row(s, (row){ROW_BLANK, "", offset, offset, scene, 0}, error);
}

static bool add_text(screen *s, row like, int columns, fd_error *error) {
    fd_lines lines = {NULL, 0, 0};
    bool ok =
        fd_wrap(like.text, strlen(like.text), columns > 1 ? (size_t)columns : 1, &lines, error);
    for (size_t i = 0; ok && i < lines.count; i++) {
        like.start = lines.items[i].start;
        like.end = lines.items[i].end;
        ok = like.start < like.end ? add_row(s, like, error)
                                   : add_blank(s, like.scene, like.start, error);
    }
    free(lines.items);
    return ok;
}

static bool add_scene(screen *s, size_t index, fd_error *error) {
    const told *scene = &s->scenes[index];
    if (!add_blank(s, index, 0, error))
        return false;
    s->scene_row = s->row_count;
    bool ok = add_text(s, (row){ROW_ACTION, scene->action, 0, 0, index, 0}, s->column, error) &&
              add_blank(s, index, 0, error) &&
              add_text(s, (row){ROW_TEXT, scene->text, 0, 0, index, 0}, s->column, error);
    if (!ok || !scene->question)
        return ok;
    return add_blank(s, index, strlen(scene->text), error) &&
           add_text(s, (row){ROW_QUESTION, scene->question, 0, 0, index, 0}, s->column, error);
}

/* What the newest scene offers. */
static bool add_offers(screen *s, fd_error *error) {
    const told *now = newest(s);
    size_t index = s->scene_count - 1, end = strlen(now->text), options = option_count(s);
    if (now->question)
        return true;
    if (!add_blank(s, index, end, error))
        return false;
    for (size_t i = 0; i < options; i++) {
        const char *label = i < now->choice_count ? now->choices[i] : now->typing;
        if (!add_text(s, (row){ROW_OFFER, label, 0, 0, index, i}, s->column - LABEL, error))
            return false;
    }
    const char *end_mark = "— The end —";
    return !now->ending ||
           add_row(s, (row){ROW_ENDING, end_mark, 0, strlen(end_mark), index, 0}, error);
}

static size_t last_top(const screen *s) {
    return s->row_count > s->visible ? s->row_count - s->visible : 0;
}

static bool at_bottom(const screen *s) {
    return s->top >= last_top(s);
}

/* A new scene is shown whole if it fits, else from its first row on. */
static void place(screen *s) {
    s->top = s->scene_row < last_top(s) ? s->scene_row : last_top(s);
    s->strayed = false;
}

static void measure(screen *s) {
    s->height = getmaxy(stdscr);
    s->width = getmaxx(stdscr);
    int margins = s->width >= 30 ? 4 : 2;
    s->column = s->width - margins > COLUMN ? COLUMN : s->width - margins;
    s->column = s->column > 1 ? s->column : 1;
    s->left = s->width > s->column ? (s->width - s->column) / 2 : 0;
}

static int margin_above(const screen *s) {
    return s->height >= 20;
}

/* How many rows are seen; the status line, the editor and, with room, a gap lie below. */
static void measure_window(screen *s) {
    int rows = s->height - 1 - s->editing - (s->height >= 12) - margin_above(s);
    s->visible = rows > 1 ? (size_t)rows : 1;
}

/* Shows again the row that was on top before the rows were made anew. */
static void return_to(screen *s, size_t scene, size_t offset) {
    s->top = 0;
    for (size_t i = 0; i < s->row_count; i++) {
        const row *r = &s->rows[i];
        if (r->kind > ROW_QUESTION || r->scene > scene || (r->scene == scene && r->start > offset))
            break;
        s->top = i;
    }
    s->top = s->top < last_top(s) ? s->top : last_top(s);
}

static bool lay_out(screen *s, fd_error *error) {
    row on_top = s->top < s->row_count ? s->rows[s->top] : (row){0};
    bool ok = true;
    measure(s);
    measure_window(s);
    s->row_count = 0;
    s->scene_row = 0;
    for (size_t i = 0; ok && i < s->scene_count; i++)
        ok = add_scene(s, i, error);
    ok = ok && (s->scene_count == 0 || add_offers(s, error));
    if (!s->strayed)
        place(s);
    else if (on_top.kind > ROW_QUESTION)
        s->top = last_top(s);
    else
        return_to(s, on_top.scene, on_top.start);
    s->stale = !ok;
    return ok;
}

static void scroll_by(screen *s, bool down, size_t rows) {
    if (down)
        s->top = last_top(s) - s->top < rows ? last_top(s) : s->top + rows;
    else
        s->top = s->top < rows ? 0 : s->top - rows;
    s->strayed = true;
}

/* The rows of the selected option: *first up to, not with, *end. False if there is none. */
static bool selected_rows(const screen *s, size_t *first, size_t *end) {
    *end = 0;
    for (size_t i = 0; i < s->row_count; i++)
        if (s->rows[i].kind == ROW_OFFER && s->rows[i].option == s->selected) {
            *first = *end ? *first : i;
            *end = i + 1;
        }
    return *end > 0;
}

/* Where the selected option stands to the window: -1 above, 0 inside, 1 below. Where there is
 * nothing to select, the end of the page counts. */
static int selected_side(const screen *s) {
    size_t first, end;
    if (!selected_rows(s, &first, &end))
        return at_bottom(s) ? 0 : 1;
    return first < s->top ? -1 : end > s->top + s->visible && first > s->top;
}

/* Moves the window no further than needed. */
static void show_selected(screen *s) {
    size_t first, end;
    if (!selected_rows(s, &first, &end))
        return;
    if (end > s->top + s->visible)
        s->top = end - s->visible;
    if (first < s->top)
        s->top = first;
    s->strayed = true;
}

/* --- drawing --- */

static void use(const screen *s, role what) {
    attr_t faint = s->dim ? A_DIM : A_NORMAL, dream = A_NORMAL;
    if (s->italic)
        dream = A_ITALIC;
    else if (!s->options.colour)
        dream = s->dim ? A_DIM : A_BOLD;
    const attr_t looks[] = {
        [PLAIN] = A_NORMAL, [DREAM] = dream,   [PLAYER] = A_BOLD,
        [FAINT] = faint,    [STRONG] = A_BOLD, [SELECTED] = A_REVERSE | A_BOLD,
        [DREAD] = A_BOLD,
    };
    short pair = (short)(!s->options.colour ? 0 : what == DREAM ? 1 : what == DREAD ? 2 : 0);
    (void)attr_set(looks[what], pair, NULL);
}

/* The cluster in wide characters; what the C library cannot show becomes U+FFFD. */
static int widen(const char *text, size_t length, wchar_t wide[8]) {
    int count = 0;
    for (size_t at = 0; at < length && count < 8;) {
        utf8proc_int32_t code;
        utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                 (utf8proc_ssize_t)(length - at), &code);
        bool good = step > 0 && wcwidth((wchar_t)code) >= 0;
        wide[count++] = good ? (wchar_t)code : (wchar_t)0xfffd;
        at += step > 0 ? (size_t)step : 1;
    }
    return count;
}

/* Draws what fits before column `limit`; returns the column after it. Every cluster is placed by
 * itself, so that a width curses sees differently shifts nothing behind it. */
static int put(int y, int x, int limit, const char *text, size_t length) {
    for (size_t at = 0; at < length;) {
        size_t width, step = fd_grapheme(text + at, length - at, &width);
        wchar_t wide[8];
        if (x + (int)width > limit)
            break;
        int count = widen(text + at, step, wide);
        if (width > 0)
            (void)mvaddnwstr(y, x, wide, count);
        x += (int)width;
        at += step;
    }
    return x;
}

/* The same for a whole text, which is cut with an ellipsis if it must be. */
static int put_cut(int y, int x, int limit, const char *text) {
    size_t length = strlen(text);
    size_t room = limit > x ? (size_t)(limit - x) : 0;
    if (room == 0 || fd_text_width(text, length) <= room)
        return put(y, x, limit, text, length);
    x = put(y, x, limit, text, fd_text_fit(text, length, room - 1));
    return put(y, x, limit, "…", strlen("…"));
}

static void put_centred(int y, int width, const char *text) {
    int columns = (int)fd_text_width(text, strlen(text));
    (void)put_cut(y, columns < width ? (width - columns) / 2 : 0, width, text);
}

static role role_of(fd_voice voice) {
    return voice == FD_DREAMED ? DREAM : voice == FD_PLAYER ? PLAYER : PLAIN;
}

/* A line of story in its voices, as far as it is revealed. */
static void draw_story(const screen *s, int y, const row *r) {
    const told *scene = &s->scenes[r->scene];
    bool newest_scene = r->scene + 1 == s->scene_count;
    size_t at = r->start, end = r->end;
    int x = s->left;
    if (newest_scene && s->revealing && end > s->shown)
        end = at < s->shown ? at + fd_text_cut(r->text + at, r->end - at, s->shown - at) : at;
    for (size_t i = 0; i < scene->mark_count && at < end; i++) {
        size_t stop = scene->marks[i].end < end ? scene->marks[i].end : end;
        if (stop <= at)
            continue;
        use(s, role_of(scene->marks[i].voice));
        x = put(y, x, s->width, r->text + at, stop - at);
        at = stop;
    }
}

static void draw_offer(const screen *s, int y, const row *r) {
    const told *now = newest(s);
    bool chosen = r->option == s->selected && !s->editing,
         free_typing = r->option >= now->choice_count;
    role look = s->answered && !chosen ? FAINT : chosen ? SELECTED : PLAIN;
    if (r->start == 0) {
        char number[8] = "…";
        if (!free_typing && r->option < 99)
            (void)snprintf(number, sizeof number, "%zu", r->option + 1);
        use(s, chosen ? STRONG : FAINT);
        if (chosen)
            (void)put(y, s->left, s->width, "›", strlen("›"));
        (void)put(y, s->left + (strlen(number) == 2 ? 1 : 2), s->width, number, strlen(number));
    }
    use(s, look);
    int x = put(y, s->left + LABEL, s->width, r->text + r->start, r->end - r->start);
    bool last = r->text[r->end] == '\0';
    if (free_typing && last && x + 6 <= s->width) {
        use(s, FAINT);
        (void)put(y, x, s->width, "  Tab", 5);
    }
}

static void draw_row(const screen *s, int y, const row *r) {
    if (r->kind == ROW_TEXT) {
        draw_story(s, y, r);
    } else if (r->kind == ROW_ACTION) {
        use(s, PLAYER);
        (void)put(y, s->left, s->width, r->text + r->start, r->end - r->start);
    } else if (r->kind == ROW_BLANK || (s->revealing && r->scene + 1 == s->scene_count)) {
        return;
    } else if (r->kind == ROW_OFFER) {
        draw_offer(s, y, r);
    } else if (r->kind == ROW_QUESTION) {
        use(s, STRONG);
        (void)put(y, s->left, s->width, r->text + r->start, r->end - r->start);
    } else {
        use(s, DREAD);
        put_centred(y, s->width, r->text);
    }
}

/* Scrolls sideways by so much that the cursor is seen. Returns the cursor's column. */
static int draw_editor(const screen *s) {
    const fd_editor *e = &s->line;
    const told *now = newest(s);
    int y = s->height - 2, limit = s->left + s->column;
    use(s, STRONG);
    int x = put(y, s->left, limit, "> ", 2);
    size_t room = limit > x + 1 ? (size_t)(limit - x - 1) : 1, from = 0, width;
    while (fd_text_width(e->text + from, e->at - from) > room)
        from += fd_grapheme(e->text + from, e->length - from, &width);
    use(s, PLAYER);
    (void)put(y, x, limit, e->text + from, e->length - from);
    if (e->length == 0 && now->question && now->fallback) {
        use(s, FAINT);
        (void)put_cut(y, x + 1, limit, now->fallback);
    }
    return x + (int)fd_text_width(e->text + from, e->at - from);
}

static bool thinking(const screen *s) {
    return s->done < s->wanted;
}

/* What is hidden or possible right now, at the right end of the status line. */
static void status_hint(const screen *s, char *hint, size_t size) {
    const char spinner[] = "|/-\\";
    if (thinking(s))
        (void)snprintf(hint, size, "%c dreaming… %zu/%zu",
                       spinner[(size_t)(fd_clock_seconds() * 6.0) % 4], s->done, s->wanted);
    else if (!s->revealing && !at_bottom(s))
        (void)snprintf(hint, size, "more ↓");
    else
        (void)snprintf(hint, size, "%s%s%s", s->beside ? s->beside : "",
                       s->beside && s->beside[0] ? " · " : "",
                       s->editing ? "Enter sends" : "? help");
}

/* The facts, as many as fit: the last ones give way first. */
static void draw_facts(const screen *s, int y, int limit) {
    char line[1024];
    for (int facts = 4; facts > 1; facts--) {
        (void)snprintf(line, sizeof line, "%s · turn %zu%s%s%s%s", s->title, s->turn,
                       facts > 2 ? " · seed " : "", facts > 2 ? s->seed : "",
                       facts > 3 && s->model[0] ? " · " : "", facts > 3 ? s->model : "");
        if (s->left + (int)fd_text_width(line, strlen(line)) <= limit)
            break;
        (void)snprintf(line, sizeof line, "%s", s->title);
    }
    (void)put_cut(y, s->left, limit, line);
}

static void draw_status(const screen *s) {
    int y = s->height - 1, limit = s->left + s->column;
    if (s->leaving || s->notice) {
        use(s, STRONG);
        (void)put_cut(y, s->left, limit,
                      !s->leaving      ? s->notice
                      : s->column > 32 ? "Leave? The story is saved. y/n"
                                       : "Leave? y/n");
        return;
    }
    char hint[96];
    status_hint(s, hint, sizeof hint);
    int columns = (int)fd_text_width(hint, strlen(hint));
    use(s, FAINT);
    if (columns <= s->column)
        (void)put(y, limit - columns, limit, hint, strlen(hint));
    if (limit - columns - 2 > s->left)
        draw_facts(s, y, limit - columns - 2);
}

static void draw_help(const screen *s) {
    static const char *const lines[] = {
        "arrows j k    choose",        "Enter Space   take it, read on",
        "1-9 a-f       take that one", "Tab           type your own words",
        "PgUp PgDn     page back, on", "g G           beginning, end",
        "u  r          undo, retry",   "s  q          save, leave",
        "any key closes this",
    };
    int count = (int)(sizeof lines / sizeof lines[0]);
    int width = s->width < 40 ? s->width : 40, left = (s->width - width) / 2;
    int top = s->height > count + 2 ? (s->height - count - 2) / 2 : 0;
    bool framed = s->height > count + 2 && width > 36;
    use(s, PLAIN);
    for (int y = top; y < top + count + 2 && y < s->height; y++)
        for (int x = left; x < left + width; x++)
            (void)mvaddnwstr(y, x, L" ", 1);
    for (int x = left; framed && x < left + width; x++) {
        (void)mvaddnwstr(top, x, L"─", 1);
        (void)mvaddnwstr(top + count + 1, x, L"─", 1);
    }
    for (int i = 0; i < count && top + framed + i < s->height; i++) {
        use(s, i + 1 == count ? FAINT : PLAIN);
        (void)put_cut(top + framed + i, left + (framed ? 3 : 0), left + width, lines[i]);
    }
}

static bool draw(screen *s, fd_error *error) {
    if (s->stale && !lay_out(s, error))
        return false;
    int x = 0;
    (void)erase();
    for (size_t i = 0; i < s->visible && s->top + i < s->row_count; i++)
        draw_row(s, margin_above(s) + (int)i, &s->rows[s->top + i]);
    if (s->editing)
        x = draw_editor(s);
    draw_status(s);
    if (s->helping)
        draw_help(s);
    bool cursor = s->editing && !s->helping && !s->leaving;
    (void)curs_set(cursor);
    (void)move(cursor ? s->height - 2 : s->height - 1, cursor ? x : s->width - 1);
    (void)refresh();
    s->dirty = false;
    return true;
}

/* --- time --- */

static void open_editor(screen *s) {
    s->editing = true;
    measure_window(s);
    s->top = last_top(s); /* where the prompt is */
    s->dirty = true;
}

static void close_editor(screen *s) {
    s->editing = false;
    s->left_editor = true;
    measure_window(s);
    s->top = s->top < last_top(s) ? s->top : last_top(s);
    s->dirty = true;
}

/* Where there is nothing but typing, the editor opens once the reader has seen everything. */
static void offer_editor(screen *s) {
    if (only_typing(s) && !s->editing && !s->left_editor && !s->answered && !s->revealing &&
        at_bottom(s))
        open_editor(s);
}

static void reveal(screen *s) {
    if (!s->revealing)
        return;
    s->shown = (size_t)((fd_clock_seconds() - s->reveal_start) * REVEAL_PER_SECOND);
    s->revealing = s->shown < strlen(newest(s)->text);
    s->dirty = true;
}

static bool update(screen *s, fd_error *error) {
    if (s->stale && !lay_out(s, error))
        return false;
    reveal(s);
    offer_editor(s);
    return (!s->dirty && !s->stale) || draw(s, error);
}

/* --- keys --- */

/* Whether the terminal is gone: hung up, or readable without a byte to read. */
static bool hung_up(void) {
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    int bytes = 0;
    if (poll(&input, 1, 0) <= 0)
        return false;
    return (input.revents & ~POLLIN) != 0 ||
           (ioctl(STDIN_FILENO, FIONREAD, &bytes) == 0 && bytes == 0);
}

/* The next key within `wait_ms`; false when there will be no more. */
static bool next_key(int wait_ms, key *k) {
    wint_t code = 0;
    timeout(wait_ms);
    int got = get_wch(&code);
    *k = (key){got == ERR, got == KEY_CODE_YES, code};
    return !stop_asked && (got != ERR || !hung_up());
}

static bool is_special(key k, int code) {
    return k.special && k.code == (wint_t)code;
}

static bool is_char(key k, const char *set) {
    return !k.special && k.code > 0 && k.code < 0x80 && strchr(set, (int)k.code);
}

static bool is_control(key k, char letter) {
    return !k.special && k.code == CONTROL(letter);
}

static bool is_enter(key k) {
    return is_special(k, KEY_ENTER) || is_char(k, "\r\n");
}

/* curses puts the terminal back before the process stops, and takes it again after. */
static void suspend(screen *s) {
    (void)raise(SIGTSTP);
    (void)clearok(curscr, TRUE);
    s->stale = s->dirty = true;
}

static bool page_key(screen *s, key k) {
    size_t page = s->visible > 2 ? s->visible - 1 : 1;
    bool up = is_special(k, KEY_PPAGE), down = is_special(k, KEY_NPAGE);
    if (!s->editing) {
        up = up || is_control(k, 'b');
        down = down || is_control(k, 'f');
    }
    if (up || down)
        scroll_by(s, down, page);
    return up || down;
}

static bool end_key(screen *s, key k) {
    bool first = is_special(k, KEY_HOME) || is_char(k, "g");
    bool last = is_special(k, KEY_END) || is_char(k, "G");
    if (first || last)
        scroll_by(s, last, s->row_count);
    return first || last;
}

/* Moves the selection where it can be seen, and the page where it cannot or is at its end. */
static void step(screen *s, bool down) {
    int side = selected_side(s);
    bool can_move = down ? s->selected + 1 < option_count(s) : s->selected > 0;
    if (!can_move || s->answered || (down ? side > 0 : side != 0)) {
        scroll_by(s, down, 1);
        return;
    }
    s->selected += down ? 1 : (size_t)-1;
    show_selected(s);
}

static void take(screen *s, size_t option, fd_event *event) {
    if (s->answered || option >= option_count(s))
        return;
    s->selected = option;
    if (option >= newest(s)->choice_count) {
        open_editor(s);
        return;
    }
    event->kind = FD_EVENT_CHOOSE;
    event->choice = option;
    s->answered = true;
}

/* Reads on to what is offered before it takes anything. */
static void accept_key(screen *s, fd_event *event) {
    int side = selected_side(s);
    if (side > 0)
        scroll_by(s, true, s->visible > 2 ? s->visible - 1 : 1);
    else if (side < 0)
        show_selected(s);
    else if (only_typing(s) && !s->answered)
        open_editor(s);
    else
        take(s, s->selected, event);
}

/* The option that a digit, or one of the first letters, stands for; (size_t)-1 when none does. */
static size_t option_of(key k) {
    if (is_char(k, "123456789"))
        return k.code - '1';
    return is_char(k, "abcdef") ? k.code - 'a' : (size_t)-1;
}

static void command_key(screen *s, key k, fd_event *event) {
    const told *now = newest(s);
    if (end_key(s, k))
        return;
    if (is_special(k, KEY_UP) || is_char(k, "k"))
        step(s, false);
    else if (is_special(k, KEY_DOWN) || is_char(k, "j"))
        step(s, true);
    else if (is_enter(k) || is_special(k, KEY_RIGHT) || is_char(k, " l"))
        accept_key(s, event);
    else if (now && option_of(k) < now->choice_count)
        take(s, option_of(k), event);
    else if (is_char(k, "\t") && now && (now->typing || now->question) && !s->answered)
        open_editor(s);
    else if (is_char(k, "u"))
        event->kind = FD_EVENT_UNDO;
    else if (is_char(k, "r"))
        event->kind = FD_EVENT_RETRY;
    else if (is_char(k, "s"))
        event->kind = FD_EVENT_SAVE;
    else if (is_char(k, "?") || is_special(k, KEY_F(1)))
        s->helping = true;
    else if (is_char(k, "q"))
        s->leaving = true;
}

/* Nothing typed is an answer to a question, but no words of the player's own. */
static void submit(screen *s, fd_event *event) {
    const char *start = s->line.text + strspn(s->line.text, " ");
    size_t length = strlen(start);
    while (length > 0 && start[length - 1] == ' ')
        length--;
    if (length == 0 && !newest(s)->question)
        return;
    event->kind = FD_EVENT_TYPE;
    (void)snprintf(event->text, sizeof event->text, "%.*s", (int)length, start);
    s->answered = true;
    close_editor(s);
}

static void edit_key(screen *s, key k, fd_event *event) {
    fd_editor *e = &s->line;
    if (is_enter(k))
        submit(s, event);
    else if (!k.special && k.code == KEY_ESCAPE)
        close_editor(s);
    else if (is_special(k, KEY_LEFT) || is_control(k, 'b'))
        e->at = fd_editor_before(e);
    else if (is_special(k, KEY_RIGHT) || is_control(k, 'f'))
        e->at = fd_editor_after(e);
    else if (is_special(k, KEY_HOME) || is_control(k, 'a'))
        e->at = 0;
    else if (is_special(k, KEY_END) || is_control(k, 'e'))
        e->at = e->length;
    else if (is_special(k, KEY_BACKSPACE) || is_char(k, "\b\x7f"))
        fd_editor_remove(e, fd_editor_before(e), e->at);
    else if (is_special(k, KEY_DC) || is_control(k, 'd'))
        fd_editor_remove(e, e->at, fd_editor_after(e));
    else if (is_control(k, 'u'))
        fd_editor_remove(e, 0, e->at);
    else if (is_control(k, 'w'))
        fd_editor_remove(e, fd_editor_word(e), e->at);
    else if (!k.special && k.code != '\t')
        fd_editor_type(e, (uint32_t)k.code);
}

/* Keys that mean the same everywhere. Returns whether k was one. */
static bool global_key(screen *s, key k, fd_event *event) {
    if (is_special(k, KEY_RESIZE)) {
        s->stale = true;
    } else if (is_control(k, 'l')) {
        (void)clearok(curscr, TRUE);
    } else if (is_control(k, 'z')) {
        suspend(s);
    } else if (is_control(k, 'c')) {
        if (s->leaving)
            event->kind = FD_EVENT_QUIT;
        s->leaving = true;
    } else {
        return false;
    }
    return true;
}

static void handle_key(screen *s, key k, fd_event *event) {
    s->dirty = true;
    if (global_key(s, k, event))
        return;
    if (s->leaving) {
        s->leaving = false;
        if (is_char(k, "yY"))
            event->kind = FD_EVENT_QUIT;
        return;
    }
    if (s->helping || s->revealing) {
        if (!s->helping)
            s->revealing = false;
        s->helping = false;
        return;
    }
    free(s->notice);
    s->notice = NULL;
    if (page_key(s, k))
        return;
    if (s->editing)
        edit_key(s, k, event);
    else
        command_key(s, k, event);
}

/* --- the title page --- */

/* The word, and below it what remains of it as one falls asleep. */
static int draw_word(const screen *s, int y) {
    static const char *const wide[] = {
        "F  E  V  E  R  D  R  E  A  M", "f  e  v     r  d  r  e     m",
        "   e     .     d     e  .   ", ".        .        .         "};
    int lines = s->height >= 18 ? 4 : 1;
    for (int i = 0; i < lines; i++) {
        use(s, i == 0 ? DREAD : FAINT);
        put_centred(y + i, s->width, s->width >= 32 ? wide[i] : i ? "" : "FEVERDREAM");
    }
    return y + lines;
}

/* Draws the note in the middle and moves *y below it. */
static bool draw_note(const screen *s, int *y, const char *note, fd_error *error) {
    fd_lines lines = {NULL, 0, 0};
    size_t columns = s->column < 60 ? (size_t)s->column : 60;
    bool ok = fd_wrap(note, strlen(note), columns, &lines, error);
    for (size_t i = 0; ok && i < lines.count && *y < s->height - 2; i++, ++*y) {
        size_t length = lines.items[i].end - lines.items[i].start;
        int width = (int)fd_text_width(note + lines.items[i].start, length);
        use(s, PLAIN);
        (void)put(*y, (s->width - width) / 2, s->width, note + lines.items[i].start, length);
    }
    free(lines.items);
    return ok;
}

static bool draw_title(screen *s, const char *note, fd_error *error) {
    bool roomy = s->height >= 18, tight = s->height < 10;
    char facts[1024];
    (void)erase();
    int y = draw_word(s, tight ? 0 : s->height < 14 ? 1 : s->height / 6) + (tight ? 0 : 1);
    use(s, STRONG);
    put_centred(y, s->width, s->title);
    (void)snprintf(facts, sizeof facts, "seed %s%s%s", s->seed, s->model[0] ? " · " : "", s->model);
    use(s, FAINT);
    y += roomy ? 2 : 1;
    put_centred(y, s->width, facts);
    y += tight ? 1 : 2;
    if (!draw_note(s, &y, note, error))
        return false;
    const char *keys = "Enter begins   ? help   q quits";
    use(s, PLAIN);
    put_centred(s->height - (tight ? 1 : 2), s->width, s->width < 32 ? "Enter  ?  q" : keys);
    if (s->helping)
        draw_help(s);
    (void)move(s->height - 1, s->width - 1);
    (void)refresh();
    return true;
}

/* Returns whether the page is done with. */
static bool title_key(screen *s, key k, bool *quit) {
    fd_event event = {FD_EVENT_NONE, 0, ""};
    if (k.none || (!is_control(k, 'c') && global_key(s, k, &event)))
        return false;
    if (s->helping) {
        s->helping = false;
        return false;
    }
    s->helping = is_char(k, "?") || is_special(k, KEY_F(1));
    *quit = is_char(k, "q") || is_control(k, 'c');
    return *quit || is_enter(k) || is_char(k, " ");
}

static bool screen_title(void *self, const fd_status_line *status, const char *note, bool *quit,
                         fd_error *error) {
    screen *s = self;
    char *clean = fd_sanitise(note, strlen(note), error);
    bool ok = clean && set_status(s, status, error);
    *quit = false;
    (void)curs_set(0);
    for (bool done = false; ok && !done;) {
        key k;
        measure(s);
        ok = draw_title(s, clean, error);
        *quit = !next_key(IDLE_MS, &k);
        done = *quit || title_key(s, k, quit);
    }
    free(clean);
    s->helping = false;
    s->stale = true;
    return ok;
}

/* --- a question about the program --- */

typedef struct inquiry {
    const char *question;
    const char *const *answers;
    size_t count, selected;
} inquiry;

static bool draw_question(screen *s, const inquiry *asked, fd_error *error) {
    bool tight = s->height < 14;
    (void)erase();
    int y = draw_word(s, tight ? 0 : s->height / 8) + (tight ? 0 : 1);
    if (!draw_note(s, &y, asked->question, error))
        return false;
    y += !tight;
    for (size_t i = 0; i < asked->count && y < s->height - 1; i++, y++) {
        char number[32];
        bool chosen = i == asked->selected;
        int left = s->width > 60 ? (s->width - 60) / 2 : 0;
        (void)snprintf(number, sizeof number, "%s %zu", chosen ? "›" : " ", i + 1);
        use(s, chosen ? STRONG : FAINT);
        (void)put(y, left, s->width, number, strlen(number));
        use(s, chosen ? SELECTED : PLAIN);
        (void)put_cut(y, left + LABEL, s->width, asked->answers[i]);
    }
    use(s, FAINT);
    put_centred(s->height - 1, s->width, "Enter takes it   q quits");
    (void)move(s->height - 1, s->width - 1);
    (void)refresh();
    return true;
}

/* Returns whether it is answered, or nobody will. */
static bool question_key(screen *s, key k, inquiry *asked, bool *quit) {
    fd_event event = {FD_EVENT_NONE, 0, ""};
    if (k.none || (!is_control(k, 'c') && global_key(s, k, &event)))
        return false;
    if (is_char(k, "123456789") && k.code - '1' < asked->count) {
        asked->selected = k.code - '1';
        return true;
    }
    bool up = is_special(k, KEY_UP) || is_char(k, "k");
    bool down = is_special(k, KEY_DOWN) || is_char(k, "j");
    if (up && asked->selected > 0)
        asked->selected--;
    if (down && asked->selected + 1 < asked->count)
        asked->selected++;
    *quit = is_char(k, "q") || is_control(k, 'c');
    return *quit || is_enter(k) || is_char(k, " ");
}

static bool screen_ask(void *self, const char *question, const char *const *answers, size_t count,
                       size_t *chosen, bool *quit, fd_error *error) {
    screen *s = self;
    inquiry asked = {question, answers, count, 0};
    bool ok = true;
    *quit = false;
    (void)curs_set(0);
    for (bool done = false; ok && !done;) {
        key k;
        measure(s);
        ok = draw_question(s, &asked, error);
        *quit = !next_key(IDLE_MS, &k);
        done = *quit || question_key(s, k, &asked, quit);
    }
    *chosen = asked.selected;
    return ok;
}

/* --- the table --- */

static bool screen_tell(void *self, const fd_scene *scene, const fd_status_line *status,
                        fd_error *error) {
    screen *s = self;
    told copy = {0};
    if (!set_status(s, status, error) || !copy_scene(&copy, scene, error) ||
        !fd_grow((void **)&s->scenes, &s->scene_capacity, s->scene_count + 1, sizeof *s->scenes,
                 "the story so far", error)) {
        free_told(&copy);
        return false;
    }
    s->scenes[s->scene_count++] = copy;
    s->revealing = !scene->known && !s->options.instant;
    s->reveal_start = fd_clock_seconds();
    s->shown = 0;
    s->selected = s->done = s->wanted = 0;
    s->answered = s->editing = s->left_editor = s->strayed = false;
    s->line = (fd_editor){"", 0, 0};
    s->stale = s->dirty = true;
    if (s->revealing) /* keys of an impatient wait must not answer what was not read */
        (void)flushinp();
    return scene->known || update(s, error);
}

static void screen_forget(void *self, size_t count) {
    screen *s = self;
    while (count-- > 0 && s->scene_count > 0)
        free_told(&s->scenes[--s->scene_count]);
    s->selected = s->done = s->wanted = 0;
    s->revealing = s->answered = s->editing = s->left_editor = s->strayed = false;
    s->line = (fd_editor){"", 0, 0};
    s->row_count = 0;
    s->stale = s->dirty = true;
    (void)update(s, NULL);
}

static void screen_think(void *self, size_t done, size_t wanted) {
    screen *s = self;
    double now = fd_clock_seconds();
    bool was_thinking = thinking(s);
    s->done = done;
    s->wanted = wanted;
    if (now - s->thought < 0.05 && was_thinking == thinking(s))
        return;
    s->thought = now;
    s->dirty = true;
    (void)update(s, NULL);
}

static void screen_beside(void *self, const char *words) {
    screen *s = self;
    if (s->beside && strcmp(s->beside, words) == 0)
        return;
    (void)set_line(&s->beside, words, NULL);
    s->dirty = true;
    (void)update(s, NULL);
}

static void screen_notice(void *self, const char *sentence) {
    screen *s = self;
    (void)set_line(&s->notice, sentence, NULL);
    s->answered = false;
    s->dirty = true;
    (void)update(s, NULL);
}

/* How long to wait for a key: no longer than asked, and no longer than something moves. */
static int patience(const screen *s, int wait_ms, double start) {
    int most = s->revealing ? TICK_MS : IDLE_MS;
    if (wait_ms < 0)
        return most;
    double left = wait_ms - (fd_clock_seconds() - start) * 1000.0;
    return left <= 0.0 ? 0 : left < most ? (int)left + 1 : most;
}

static bool screen_read(void *self, int wait_ms, fd_event *event, fd_error *error) {
    screen *s = self;
    double start = fd_clock_seconds();
    *event = (fd_event){FD_EVENT_NONE, 0, ""};
    while (event->kind == FD_EVENT_NONE) {
        key k;
        if (!update(s, error))
            return false;
        int wait = patience(s, wait_ms, start);
        if (!next_key(wait, &k))
            event->kind = FD_EVENT_QUIT;
        else if (!k.none)
            handle_key(s, k, event);
        else if (wait == 0)
            break;
    }
    return event->kind == FD_EVENT_QUIT || update(s, error);
}

static void screen_close(void *self) {
    screen *s = self;
    (void)endwin();
    delscreen(s->terminal);
    for (int i = 0; i < SIGNALS; i++)
        (void)sigaction(stop_signals[i], &s->before[i], NULL);
    while (s->scene_count > 0)
        free_told(&s->scenes[--s->scene_count]);
    free(s->scenes);
    free(s->rows);
    free(s->title);
    free(s->seed);
    free(s->model);
    free(s->notice);
    free(s->beside);
    free(s);
}

static const fd_frontend screen_table = {screen_title,  screen_ask,    screen_tell,
                                         screen_forget, screen_think,  screen_read,
                                         screen_beside, screen_notice, screen_close};

static void ask_stop(int number) {
    (void)number;
    stop_asked = 1;
}

/* After curses has set its own handlers, which would end the program. */
static void catch_signals(screen *s) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = ask_stop;
    (void)sigemptyset(&action.sa_mask);
    stop_asked = 0;
    for (int i = 0; i < SIGNALS; i++)
        (void)sigaction(stop_signals[i], &action, &s->before[i]);
}

/* Only characters: numbers in files keep their dots. A bare "C" locale, as containers have, would
 * show nothing but ASCII. */
static void set_characters(void) {
    (void)setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0 && strcmp(setlocale(LC_CTYPE, NULL), "C") == 0)
        (void)setlocale(LC_CTYPE, "C.UTF-8");
}

static void set_modes(screen *s) {
    (void)raw(); /* Ctrl-C is a key */
    (void)noecho();
    (void)nonl();
    (void)keypad(stdscr, TRUE);
    (void)set_escdelay(25);
    s->italic = (termattrs() & A_ITALIC) != 0;
    s->dim = (termattrs() & A_DIM) != 0;
    s->options.colour = s->options.colour && has_colors();
    if (s->options.colour) {
        (void)start_color();
        (void)use_default_colors();
        (void)init_pair(1, COLOR_CYAN, -1);
        (void)init_pair(2, COLOR_RED, -1);
    }
}

/* Without moving the cursor there is no page to draw on. */
static bool can_address(void) {
    char capability[] = "cup";
    const char *value = tigetstr(capability);
    return value && value != (const char *)-1;
}

void *fd_screen_open(const fd_frontend_options *options, const fd_frontend **table,
                     fd_error *error) {
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        fd_fail(error, FD_FAILED, "The screen wants a terminal for input and output.");
        return NULL;
    }
    screen *s = fd_alloc(1, sizeof *s, "the screen", error);
    if (!s)
        return NULL;
    set_characters();
    s->options = *options;
    s->terminal = newterm(NULL, stdout, stdin);
    if (!s->terminal || !can_address()) {
        if (s->terminal) {
            (void)endwin();
            delscreen(s->terminal);
        }
        free(s);
        return NULL;
    }
    catch_signals(s);
    set_modes(s);
    s->stale = true;
    *table = &screen_table;
    if (set_status(s, &(fd_status_line){"", "", "", 0}, error))
        return s;
    screen_close(s);
    return NULL;
}
