/* preview_draw.c - the model's work for the writer's desk: candidates drawn and drawn again, words
 * looked into. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/modal.h"
#include "game/preview_screen.h"

bool fd_desk_idle(fd_desk_screen *self) {
    size_t done, wanted;
    if (fd_work_look(self->work, &done, &wanted) == FD_WORK_IDLE)
        return true;
    fd_desk_say(self, "The model is still writing; Esc stops it.");
    return false;
}

bool fd_desk_draw_missing(fd_desk_screen *self, fd_error *error) {
    fd_writing *on = self->writing;
    const fd_preview plan = fd_writing_plan(on);
    size_t first = self->count;
    if (self->stopped || first >= on->samples)
        return true;
    for (; self->count < on->samples; self->count++) {
        fd_card *card = &self->cards[self->count];
        *card = (fd_card){.candidate = {.number = self->count, .draft = FD_SCRIPT},
                          .live = FD_BUFFER(FD_SCRIPT_LIMIT)};
        if (!fd_script_copy(&on->opening, &card->opening, error))
            return false;
    }
    self->first = first;
    self->replacing = false;
    return fd_work_draw(self->work, &plan, first, on->samples - first, error);
}

bool fd_desk_draw_again(fd_desk_screen *self, size_t index, const fd_script *opening,
                        fd_error *error) {
    fd_preview plan = fd_writing_plan(self->writing);
    plan.opening = opening;
    fd_script_free(&self->from);
    self->first = index;
    self->replacing = true;
    return fd_script_copy(opening, &self->from, error) &&
           fd_work_draw(self->work, &plan, self->cards[index].candidate.number, 1, error);
}

static bool pick_word(fd_desk_screen *self, const fd_weighing *weighing, fd_error *error);

/* Whether a candidate that was drawn again is what it was drawn from. */
static bool adds_nothing(const fd_card *card, const fd_candidate *again) {
    return card->drawn && strcmp(fd_buffer_text(&card->candidate.draft.text),
                                 fd_buffer_text(&again->draft.text)) == 0;
}

bool fd_desk_collect(fd_desk_screen *self, fd_error *error) {
    fd_work_result result;
    bool ok = fd_work_take(self->work, &result, error);
    size_t count = result.count;
    bool stopped = !ok && error->status == FD_CANCELLED;
    if (self->stale) {
        self->stale = false;
        ok = fd_desk_forgive(self, true, error);
    } else if (stopped) { /* what was under way is not there */
        while (!self->replacing && self->count && !self->cards[self->count - 1].drawn)
            fd_card_free(&self->cards[--self->count]);
        self->stopped = !self->weighing && !self->labelling;
        fd_desk_say(self, "Stopped. + goes on drawing.");
        ok = fd_desk_forgive(self, true, error);
    } else if (ok && self->weighing) {
        self->weighing = false;
        return pick_word(self, &result.weighing, error);
    } else if (ok && self->labelling && self->first < self->count) {
        self->labelling = false;
        self->selected = self->first;
        return fd_desk_keep(self, result.label, error);
    }
    if (ok && self->replacing && count && self->first < self->count &&
        adds_nothing(&self->cards[self->first], &result.all[0])) {
        fd_desk_say(self, "The model would end there.");
        count = 0;
    }
    for (size_t i = 0; ok && i < count && self->first + i < self->count; i++)
        ok = fd_desk_put(self, self->first + i, &result.all[i],
                         self->replacing ? &self->from : &self->writing->opening, error);
    if (result.all)
        fd_candidates_free(result.all, result.count);
    free(result.all);
    self->weighing = self->labelling = self->replacing = false;
    return ok;
}

bool fd_desk_look_live(fd_desk_screen *self, fd_error *error) {
    bool ok = true;
    for (size_t i = self->first; ok && !self->replacing && i < self->count; i++)
        if (!self->cards[i].drawn) {
            fd_buffer_clear(&self->cards[i].live);
            ok = fd_work_live(self->work, i - self->first, &self->cards[i].live, error);
        }
    return ok;
}

/* ---- words ---- */

bool fd_desk_weigh(fd_desk_screen *self, fd_error *error) {
    const fd_candidate *it = &self->cards[self->selected].candidate;
    const fd_likely_word *word = &it->words[self->word];
    const fd_preview plan = fd_writing_plan(self->writing);
    fd_buffer before = FD_BUFFER(FD_SCRIPT_LIMIT), text = FD_BUFFER(FD_SCRIPT_LIMIT);
    size_t end = word->end;
    while (end > word->start + 1 && strchr(".,;:!?\"", it->draft.text.data[end - 1]))
        end--;
    bool ok = fd_buffer_add(&before, it->draft.text.data, word->start, error) &&
              fd_buffer_add(&text, it->draft.text.data + word->start, end - word->start, error);
    self->weighing = ok;
    ok = ok &&
         fd_work_weigh(self->work, &plan, fd_buffer_text(&before), fd_buffer_text(&text), error);
    fd_buffer_free(&before);
    fd_buffer_free(&text);
    return ok;
}

/* Shows what was weighed, and goes on from another word if one is picked. */
static bool pick_word(fd_desk_screen *self, const fd_weighing *weighing, fd_error *error) {
    fd_item items[FD_WEIGHED] = {0};
    char details[FD_WEIGHED][24], title[96], key;
    size_t picked;
    for (size_t i = 0; i < weighing->count; i++) {
        (void)snprintf(details[i], sizeof details[i], "%.1f %%",
                       100.0 * weighing->others[i].probability);
        items[i] = (fd_item){weighing->others[i].text, "", details[i], 0, false};
    }
    const fd_candidate *it = &self->cards[self->selected].candidate;
    const fd_likely_word *here = &it->words[self->word];
    (void)snprintf(title, sizeof title, "\"%.*s\" stands there at %.2g %%. In its place:",
                   here->end - here->start > 40 ? 40 : (int)(here->end - here->start),
                   it->draft.text.data + here->start, 100.0 * weighing->probability);
    const fd_list list = {
        title, "Enter takes the word and goes on from it   q back", "", items, weighing->count, 0,
        NULL};
    if (!fd_modal_pick(self->terminal, &list, &picked, &key, error))
        return false;
    if (picked >= weighing->count)
        return true;
    fd_script opening;
    size_t at = here->start;
    const char *word = weighing->others[picked].text;
    const char *text = fd_buffer_text(&it->draft.text);
    bool ok = fd_script_copy(&it->draft, &opening, error);
    while (at && *word == ' ' && text[at - 1] == ' ')
        at--;
    fd_script_cut(&opening, at);
    if (!at)
        fd_script_free(&opening);
    ok = ok &&
         fd_script_add(&opening, word + (*word == ' ' && !at), strlen(word) - (*word == ' ' && !at),
                       FD_HAND_EDIT, error) &&
         fd_desk_draw_again(self, self->selected, &opening, error);
    fd_script_free(&opening);
    self->word = FD_DESK_NOWHERE;
    return ok;
}

/* ---- a label ---- */

bool fd_desk_label(fd_desk_screen *self, fd_error *error) {
    const fd_preview plan = fd_writing_plan(self->writing);
    const fd_script *draft = &self->cards[self->selected].candidate.draft;
    self->first = self->selected;
    self->labelling = true;
    return fd_work_label(self->work, &plan, fd_buffer_text(&draft->text), error);
}
