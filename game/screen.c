/* screen.c - the story on a terminal: the table of its functions, and how its state changes as
 * scenes come and time passes. */
#include "game/screen.h"

#include <stdlib.h>
#include <string.h>

#include "game/sanitise.h"
#include "model/clock.h"

enum {
    REVEAL_PER_SECOND = 250, /* bytes: about 45 words */
    TICK_MS = 25,
    DUSK = 120,        /* bytes of a dream that are dusky while it appears */
    AWAY_SECONDS = 60, /* without a key: the reader looks away */
    RETURNS = 3        /* to the newest page, of which one finds a word changed */
};

/* --- the state --- */

static bool set_line(char **line, const char *text, fd_error *error) {
    char *clean = fd_sanitise_line(text, error);
    if (!clean)
        return false;
    free(*line);
    *line = clean;
    return true;
}

bool fd_screen_status(fd_screen *s, const fd_status_line *status, fd_error *error) {
    s->turn = status->turn;
    return set_line(&s->title, status->title, error) && set_line(&s->seed, status->seed, error) &&
           set_line(&s->model, status->model, error);
}

const fd_told *fd_screen_newest(const fd_screen *s) {
    return s->scene_count ? &s->scenes[s->scene_count - 1] : NULL;
}

size_t fd_screen_options(const fd_screen *s) {
    const fd_told *now = fd_screen_newest(s);
    return now ? fd_told_options(now) : 0;
}

bool fd_screen_only_typing(const fd_screen *s) {
    const fd_told *now = fd_screen_newest(s);
    return now && (now->question || (now->typing && now->choice_count == 0));
}

bool fd_screen_thinking(const fd_screen *s) {
    return s->done < s->wanted;
}

void fd_screen_open_editor(fd_screen *s, fd_entry entry) {
    s->editing = true;
    s->entry = entry;
    fd_screen_measure_window(s);
    s->window.top = fd_window_last(&s->window, &s->rows); /* where the prompt is */
    s->dirty = true;
}

void fd_screen_close_editor(fd_screen *s) {
    s->editing = false;
    s->left_editor = true;
    fd_screen_measure_window(s);
    size_t last = fd_window_last(&s->window, &s->rows);
    s->window.top = s->window.top < last ? s->window.top : last;
    s->dirty = true;
}

/* The match stays where it is in the text, whose rows are others now. */
static void find_again(fd_screen *s) {
    fd_found *found = &s->found;
    for (size_t i = 0; found->any && i < s->rows.count; i++)
        if (s->rows.items[i].text == found->text && s->rows.items[i].start <= found->match.start)
            found->row = i;
}

static bool lay_out(fd_screen *s, fd_error *error) {
    const fd_row top = s->window.top < s->rows.count ? s->rows.items[s->window.top] : (fd_row){0};
    fd_measure(s->terminal, &s->left, &s->column);
    fd_screen_measure_window(s);
    bool ok = fd_rows_make(&s->rows, s->scenes, s->scene_count, s->column, error);
    find_again(s);
    if (!s->window.strayed)
        fd_window_place(&s->window, &s->rows);
    else if (top.kind > FD_ROW_QUESTION)
        s->window.top = fd_window_last(&s->window, &s->rows);
    else
        fd_window_return(&s->window, &s->rows, top.scene, top.start);
    s->stale = !ok;
    return ok;
}

/* Where there is nothing but typing, the editor opens once the reader has seen everything. */
void fd_screen_offer_editor(fd_screen *s) {
    if (fd_screen_only_typing(s) && !s->editing && !s->left_editor && !s->answered &&
        !s->revealing && fd_window_at_end(&s->window, &s->rows))
        fd_screen_open_editor(s, FD_ENTRY_TEXT);
}

static void reveal(fd_screen *s) {
    if (!s->revealing && !s->dawning)
        return;
    size_t length = strlen(fd_screen_newest(s)->text);
    s->shown = (size_t)((fd_clock_seconds() - s->reveal_start) * REVEAL_PER_SECOND);
    s->revealing = s->revealing && s->shown < length;
    s->dawning = s->dawning && s->shown < length + DUSK;
    s->dirty = true;
}

/* Where a dream that appears is still dusky from. */
size_t fd_screen_dusk(const fd_screen *s) {
    return !s->dawning ? (size_t)-1 : s->shown > DUSK ? s->shown - DUSK : 0;
}

/* A word changes after a time without a key, or while the newest page was out of sight. */
static void haunt(fd_screen *s) {
    double now = fd_clock_seconds();
    bool was_away = s->away, idle = now - s->touched > AWAY_SECONDS && !s->haunt.text;
    s->away = !fd_window_at_end(&s->window, &s->rows);
    if (s->options.calm || s->revealing || fd_screen_thinking(s) ||
        !(idle || (was_away && !s->away && fd_haunt_chance(&s->haunt, RETURNS))))
        return;
    s->dirty |= fd_haunt_change(&s->haunt, &s->rows, &s->window);
    s->touched = now;
}

static bool update(fd_screen *s, fd_error *error) {
    if (s->stale && !lay_out(s, error))
        return false;
    reveal(s);
    fd_screen_offer_editor(s);
    haunt(s);
    if (s->dirty)
        fd_screen_draw(s);
    return true;
}

/* --- the table --- */

/* The newest scene is another one now: nothing is selected, typed or answered. */
static void begin_scene(fd_screen *s) {
    s->selected = s->done = s->wanted = 0;
    s->answered = s->editing = s->left_editor = s->window.strayed = false;
    s->searching = s->away = false;
    s->found = (fd_found){0};
    fd_haunt_return(&s->haunt);
    s->line = (fd_editor){"", 0, 0};
    s->stale = s->dirty = true;
}

static bool screen_tell(void *self, const fd_scene *scene, const fd_status_line *status,
                        fd_error *error) {
    fd_screen *s = self;
    fd_told copy = {0};
    if (!fd_screen_status(s, status, error) || !fd_told_copy(&copy, scene, error) ||
        !fd_grow((void **)&s->scenes, &s->scene_capacity, s->scene_count + 1, sizeof *s->scenes,
                 "the story so far", error)) {
        fd_told_free(&copy);
        return false;
    }
    s->scenes[s->scene_count++] = copy;
    s->revealing = !scene->known && !s->options.instant && !s->options.calm;
    s->dawning = s->revealing;
    s->reveal_start = fd_clock_seconds();
    s->shown = 0;
    begin_scene(s);
    return scene->known || update(s, error);
}

static void screen_forget(void *self, size_t count) {
    fd_screen *s = self;
    while (count-- > 0 && s->scene_count > 0)
        fd_told_free(&s->scenes[--s->scene_count]);
    s->revealing = s->dawning = false;
    s->rows.count = 0;
    begin_scene(s);
    (void)update(s, NULL);
}

static void screen_think(void *self, size_t done, size_t wanted) {
    fd_screen *s = self;
    double now = fd_clock_seconds();
    bool before = fd_screen_thinking(s);
    s->done = done;
    s->wanted = wanted;
    if (now - s->thought < 0.05 && before == fd_screen_thinking(s))
        return;
    s->thought = now;
    s->dirty = true;
    (void)update(s, NULL);
}

static void screen_beside(void *self, const char *words) {
    fd_screen *s = self;
    if (s->beside && strcmp(s->beside, words) == 0)
        return;
    (void)set_line(&s->beside, words, NULL);
    s->dirty = true;
    (void)update(s, NULL);
}

static void screen_notice(void *self, const char *sentence) {
    fd_screen *s = self;
    (void)set_line(&s->notice, sentence, NULL);
    if (s->notice && !s->notice[0]) { /* the line is the status again */
        free(s->notice);
        s->notice = NULL;
    }
    s->answered = false;
    s->dirty = true;
    (void)update(s, NULL);
}

static bool screen_pick(void *self, const fd_list *list, size_t *picked, char *key,
                        fd_error *error) {
    fd_screen *s = self;
    s->stale = s->dirty = true;
    return fd_modal_pick(s->terminal, list, picked, key, error);
}

static bool screen_page(void *self, const char *title, const fd_stretch *stretches, size_t count,
                        fd_error *error) {
    fd_screen *s = self;
    s->stale = s->dirty = true;
    return fd_modal_page(s->terminal, title, stretches, count, error);
}

static bool screen_write(void *self, const char *title, fd_buffer *text, size_t most, bool *kept,
                         fd_error *error) {
    fd_screen *s = self;
    s->stale = s->dirty = true;
    return fd_modal_write(s->terminal, title, text, most, kept, error);
}

static bool screen_adopt(void *self, const char *name, fd_error *error) {
    fd_screen *s = self;
    fd_frontend_options now, *held = &s->options;
    if (!fd_frontend_options_read(&now, error))
        return false;
    if (strcmp(name, "theme") == 0)
        held->terminal.theme = now.terminal.theme;
    else if (strcmp(name, "mouse") == 0)
        held->terminal.mouse = now.terminal.mouse;
    else if (strcmp(name, "calm") == 0)
        held->calm = now.calm;
    else if (strcmp(name, "justify") == 0)
        held->justify = now.justify;
    fd_terminal_adopt(s->terminal, &held->terminal);
    s->revealing = s->dawning = false;
    return true;
}

/* How long to wait for a key: no longer than asked, and no longer than something moves. */
static int patience(const fd_screen *s, int wait_ms, double start) {
    int most = s->revealing || s->dawning ? TICK_MS : FD_KEY_WAIT_MS;
    if (wait_ms < 0)
        return most;
    double left = wait_ms - (fd_clock_seconds() - start) * 1000.0;
    return left <= 0.0 ? 0 : left < most ? (int)left + 1 : most;
}

/* Whatever was changed is as it was, now that somebody looks. */
static bool obey(fd_screen *s, fd_key k, fd_event *event, fd_error *error) {
    s->touched = fd_clock_seconds();
    fd_haunt_return(&s->haunt);
    return fd_screen_obey(s, k, event, error);
}

static bool screen_read(void *self, int wait_ms, fd_event *event, fd_error *error) {
    fd_screen *s = self;
    double start = fd_clock_seconds();
    *event = (fd_event){FD_EVENT_NONE, 0, ""};
    while (event->kind == FD_EVENT_NONE) {
        fd_key k;
        if (!update(s, error))
            return false;
        int wait = patience(s, wait_ms, start);
        if (!fd_terminal_key(s->terminal, wait, &k))
            event->kind = FD_EVENT_QUIT;
        else if (k.kind != FD_KEY_NONE && !obey(s, k, event, error))
            return false;
        else if (k.kind == FD_KEY_NONE && wait == 0)
            break;
    }
    return event->kind == FD_EVENT_QUIT || update(s, error);
}

static void screen_close(void *self) {
    fd_screen *s = self;
    fd_terminal_close(s->terminal);
    while (s->scene_count > 0)
        fd_told_free(&s->scenes[--s->scene_count]);
    free(s->scenes);
    free(s->rows.items);
    free(s->title);
    free(s->seed);
    free(s->model);
    free(s->notice);
    free(s->beside);
    free(s);
}

static const fd_frontend screen_table = {.title = fd_screen_title,
                                         .ask = fd_screen_ask,
                                         .tell = screen_tell,
                                         .forget = screen_forget,
                                         .think = screen_think,
                                         .pick = screen_pick,
                                         .page = screen_page,
                                         .write = screen_write,
                                         .read = screen_read,
                                         .beside = screen_beside,
                                         .adopt = screen_adopt,
                                         .notice = screen_notice,
                                         .close = screen_close};

void *fd_screen_open(const fd_frontend_options *options, const fd_frontend **table,
                     fd_error *error) {
    fd_terminal *terminal = fd_terminal_open(&options->terminal, error);
    if (!terminal)
        return NULL;
    fd_screen *s = fd_alloc(1, sizeof *s, "the screen", error);
    if (!s) {
        fd_terminal_close(terminal);
        return NULL;
    }
    s->options = *options;
    s->terminal = terminal;
    s->stale = true;
    s->touched = fd_clock_seconds();
    fd_haunt_begin(&s->haunt, (uint64_t)(s->touched * 1e6)); /* no two sittings alike */
    *table = &screen_table;
    if (fd_screen_status(s, &(fd_status_line){"", "", "", 0}, error))
        return s;
    screen_close(s);
    return NULL;
}
