/* preview_screen.c - the writer's desk on a terminal. The model works in a thread of its own
 * (preview_work.h): keys are answered while it writes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/frontend.h"
#include "game/preview.h"
#include "game/preview_screen.h"

enum { LIVE_MS = 40, IDLE_MS = 250 };

void fd_desk_say(fd_desk_screen *self, const char *sentence) {
    (void)snprintf(self->notice, sizeof self->notice, "%s", sentence);
}

/* A failure that the writer reads and goes on from; others end the desk. */
bool fd_desk_forgive(fd_desk_screen *self, bool ok, fd_error *error) {
    if (!ok && error->status != FD_CANCELLED)
        fd_desk_say(self, error->message);
    *error = (fd_error){FD_OK, ""};
    return true;
}

bool fd_desk_open(fd_desk_screen *self, fd_error *error) {
    fd_frontend_options options;
    if (!fd_frontend_options_read(&options, error))
        return false;
    self->terminal =
        fd_terminal_open(&(fd_terminal_options){.theme = options.terminal.theme}, error);
    return self->terminal != NULL;
}

/* ---- the desk as it stands ---- */

/* What the last line says of a word that is pointed at. */
static void tell_word(const fd_candidate *it, size_t word, char *line, size_t size) {
    const fd_likely_word *here = &it->words[word];
    char likely[16] = "";
    if (!isnan(here->logprob))
        (void)snprintf(likely, sizeof likely, " %.2g %%", 100.0 * exp(here->logprob));
    (void)snprintf(line, size, "\"%.*s\"%s   arrows choose a word   Enter looks into it   Esc back",
                   here->end - here->start > 40 ? 40 : (int)(here->end - here->start),
                   it->draft.text.data + here->start, likely);
}

/* Of the cards that stand as they were drawn, once all are drawn. */
static size_t find_best(const fd_desk_screen *self) {
    size_t best = FD_DESK_NOWHERE;
    for (size_t i = 0; i < self->count; i++) {
        const fd_candidate *it = &self->cards[i].candidate;
        if (!self->cards[i].drawn)
            return FD_DESK_NOWHERE;
        if (!isnan(it->per_word) &&
            (best == FD_DESK_NOWHERE || it->score > self->cards[best].candidate.score))
            best = i;
    }
    return best;
}

bool fd_desk_show(fd_desk_screen *self, fd_error *error) {
    const fd_writing *on = self->writing;
    char title[256], settings[256], hint[256];
    size_t done, wanted;
    fd_buffer told = FD_BUFFER((size_t)1 << 26), way = FD_BUFFER((size_t)1 << 20);
    bool busy = fd_work_look(self->work, &done, &wanted) == FD_WORK_BUSY, ok = true;
    for (size_t i = 0; ok && i < on->route.count; i++)
        ok = fd_buffer_addf(&told, error, "%s%s", i ? "\n\n" : "", on->route.texts[i]);
    for (size_t i = on->route.count - 1; ok && i-- > 0;)
        ok = fd_buffer_addf(&way, error, "  < %s", on->names[i]);
    (void)snprintf(title, sizeof title, "%.120s", on->at);
    char choice[32] = "";
    if (on->choice > 1)
        (void)snprintf(choice, sizeof choice, ", best of %zu", on->choice);
    (void)snprintf(settings, sizeof settings, "%zu of %zu words at %.2f%s  seed \"%.60s\"  %.60s",
                   on->samples, on->words, on->sampling.temperature, choice, on->seed,
                   on->model_name);
    if (self->word != FD_DESK_NOWHERE)
        tell_word(&self->cards[self->selected].candidate, self->word, hint, sizeof hint);
    else if (busy)
        (void)snprintf(hint, sizeof hint, "writing, %zu %%   Esc stops   ? keys",
                       wanted ? 100 * done / wanted : 0);
    else
        (void)snprintf(hint, sizeof hint,
                       "? keys  q leave  K keep  > go on  w words  e edit  o opening  t tree  "
                       "b better  s seed  h c heat  l L length");
    fd_desk_view view = {.cards = self->cards,
                         .count = self->count,
                         .selected = self->selected,
                         .best = find_best(self),
                         .word = self->word,
                         .top = self->top,
                         .follow = !self->scrolled,
                         .told = fd_buffer_text(&told),
                         .title = title,
                         .way = fd_buffer_text(&way),
                         .settings = settings,
                         .hint = hint,
                         .notice = self->notice};
    ok = ok && fd_desk_draw(self->terminal, &view, self->scroll, error);
    self->top = view.top;
    fd_buffer_free(&told);
    fd_buffer_free(&way);
    return ok;
}

/* ---- the desk ---- */

/* What was asked for while the model wrote, now that it does not. */
static bool settle(fd_desk_screen *self, fd_error *error) {
    fd_writing *on = self->writing;
    if (self->opening_changed) {
        fd_script_free(&on->opening);
        on->opening = self->opening_next;
        self->opening_changed = false;
    }
    if (self->seed_next[0]) {
        (void)snprintf(self->seed, sizeof self->seed, "%s", self->seed_next);
        self->seed_next[0] = '\0';
        on->seed = self->seed;
        if (!fd_writing_look(on, error))
            return false;
    }
    bool ok =
        self->reread ? fd_desk_reread(self, error) : !self->watch || fd_desk_follow(self, error);
    self->reread = false;
    return ok && fd_desk_draw_missing(self, error);
}

static bool turn(fd_desk_screen *self, fd_error *error) {
    size_t done, wanted;
    fd_key k;
    fd_work_state state = fd_work_look(self->work, &done, &wanted);
    bool ok = state != FD_WORK_DONE || fd_desk_collect(self, error);
    state = fd_work_look(self->work, &done, &wanted);
    if (ok && state == FD_WORK_IDLE)
        ok = settle(self, error);
    ok = ok && fd_desk_look_live(self, error) && fd_desk_show(self, error);
    if (!ok)
        return false;
    bool idle = fd_work_look(self->work, &done, &wanted) == FD_WORK_IDLE;
    if (!fd_terminal_key(self->terminal, idle ? IDLE_MS : LIVE_MS, &k)) {
        self->left = true;
        return true;
    }
    return fd_desk_obey(self, k, error);
}

bool fd_preview_screen(fd_writing *writing, bool watch, fd_error *error) {
    fd_error own = {FD_OK, ""};
    fd_desk_screen *self = fd_alloc(1, sizeof *self, "the desk", error);
    if (!self)
        return false;
    *self = (fd_desk_screen){
        .writing = writing, .watch = watch, .from = FD_SCRIPT, .word = FD_DESK_NOWHERE};
    (void)snprintf(self->at, sizeof self->at, "%s", writing->at);
    writing->at = self->at;
    writing->samples = writing->samples < FD_DESK_CARDS ? writing->samples : FD_DESK_CARDS;
    bool ok =
        fd_desk_open(self, &own) || fd_fail(&own, FD_USAGE,
                                            "This terminal cannot be drawn on; --plain prints the "
                                            "candidates.");
    ok = ok && (self->work = fd_work_new(&own)) != NULL;
    fd_desk_seen(self);
    while (ok && !self->left)
        ok = turn(self, &own);
    fd_work_free(self->work);
    if (self->terminal)
        fd_terminal_close(self->terminal);
    fd_desk_clear(self);
    fd_script_free(&self->from);
    writing->via = NULL;
    free(self->way);
    if (self->opening_changed)
        fd_script_free(&self->opening_next);
    free(self);
    if (!ok && error)
        *error = own;
    return ok;
}
