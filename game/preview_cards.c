/* preview_cards.c - what lies on the writer's desk, and what undo goes back to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/preview_screen.h"

void fd_card_free(fd_card *card) {
    fd_candidates_free(&card->candidate, 1);
    fd_script_free(&card->opening);
    fd_buffer_free(&card->live);
    free(card->dreamed);
    *card = (fd_card){0};
}

static void forget_cards(fd_desk_screen *self) {
    size_t kept = 0; /* that something was kept can be taken back all the same */
    for (size_t i = 0; i < self->step_count; i++) {
        if (self->steps[i].kept) {
            self->steps[kept] = self->steps[i];
            self->steps[kept++].index = FD_DESK_NOWHERE;
        } else {
            fd_card_free(&self->steps[i].card);
        }
    }
    self->step_count = kept;
    while (self->count)
        fd_card_free(&self->cards[--self->count]);
    self->word = FD_DESK_NOWHERE;
}

void fd_desk_clear(fd_desk_screen *self) {
    forget_cards(self);
    while (self->step_count)
        fd_card_free(&self->steps[--self->step_count].card);
}

void fd_desk_restart(fd_desk_screen *self) {
    size_t done, wanted;
    self->stale = fd_work_look(self->work, &done, &wanted) != FD_WORK_IDLE;
    self->stopped = false;
    fd_work_stop(self->work);
    forget_cards(self);
}

/* Remembers a card (NULL: that it was kept) to be gone back to. */
static void remember(fd_desk_screen *self, size_t index, fd_card *card) {
    if (self->step_count == FD_DESK_STEPS) {
        fd_card_free(&self->steps[0].card);
        memmove(self->steps, self->steps + 1, --self->step_count * sizeof *self->steps);
    }
    self->steps[self->step_count++] =
        (fd_step){index, card ? *card : (fd_card){.drawn = false}, !card};
}

void fd_desk_kept(fd_desk_screen *self, size_t index) {
    remember(self, index, NULL);
    if (index < self->count)
        self->cards[index].kept = true;
    fd_desk_seen(self);
}

bool fd_desk_put(fd_desk_screen *self, size_t index, fd_candidate *candidate,
                 const fd_script *opening, fd_error *error) {
    fd_card card = {.candidate = *candidate, .opening = FD_SCRIPT, .drawn = true};
    *candidate = (fd_candidate){.draft = FD_SCRIPT};
    bool ok = fd_script_copy(opening, &card.opening, error) &&
              (card.dreamed = fd_copy_text(fd_buffer_text(&card.candidate.draft.text), error));
    if (!ok) {
        fd_card_free(&card);
        return false;
    }
    if (self->replacing)
        remember(self, index, &self->cards[index]);
    else
        fd_card_free(&self->cards[index]);
    self->cards[index] = card;
    return true;
}

bool fd_desk_edited(fd_desk_screen *self, const char *text, fd_error *error) {
    fd_card *card = &self->cards[self->selected];
    fd_card changed = {.opening = FD_SCRIPT, .drawn = true};
    fd_preview plan = fd_writing_plan(self->writing);
    plan.opening = &card->opening;
    if (strcmp(text, fd_buffer_text(&card->candidate.draft.text)) == 0)
        return true;
    bool ok = fd_preview_edit(&plan, &card->candidate, text, &changed.candidate, error) &&
              fd_script_copy(&card->opening, &changed.opening, error) &&
              (changed.dreamed = fd_copy_text(card->dreamed, error)) != NULL;
    if (!ok) {
        fd_card_free(&changed);
        return false;
    }
    remember(self, self->selected, card);
    *card = changed;
    return true;
}

bool fd_desk_undo(fd_desk_screen *self, fd_error *error) {
    fd_buffer names = FD_BUFFER((size_t)1 << 20);
    bool ok = true;
    if (!self->step_count) {
        fd_desk_say(self, "There is nothing to take back.");
        return true;
    }
    fd_step step = self->steps[--self->step_count];
    if (!step.kept) {
        fd_card_free(&self->cards[step.index]);
        self->cards[step.index] = step.card;
        self->selected = step.index;
    } else {
        ok = fd_keep_undo(&self->writing->manuscript, &names, error) &&
             fd_writing_look(self->writing, error);
        if (ok)
            (void)snprintf(self->notice, sizeof self->notice, "Taken back: %.200s.",
                           fd_buffer_text(&names));
        if (ok && step.index < self->count)
            self->cards[step.index].kept = false;
        fd_desk_seen(self);
        ok = fd_desk_forgive(self, ok, error);
    }
    fd_buffer_free(&names);
    return ok;
}

void fd_desk_fewer(fd_desk_screen *self) {
    fd_writing *on = self->writing;
    if (on->samples < 2 || (self->count == on->samples && !fd_desk_idle(self)))
        return;
    on->samples--;
    for (size_t i = 0; i < self->step_count; i++)
        if (!self->steps[i].kept && self->steps[i].index >= on->samples) {
            fd_card_free(&self->steps[i].card);
            memmove(self->steps + i, self->steps + i + 1,
                    (--self->step_count - i) * sizeof *self->steps);
            i--;
        }
    while (self->count > on->samples)
        fd_card_free(&self->cards[--self->count]);
    self->selected = self->selected < on->samples ? self->selected : on->samples - 1;
}
