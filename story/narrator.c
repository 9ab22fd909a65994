#include "story/narrator.h"

#include <stdlib.h>
#include <string.h>

#include "model/digest.h"
#include "story/dream.h"
#include "story/player.h"

/* What random numbers are drawn for, beside the seed, the path and the attempt. */
enum { PURPOSE_WEAVE = 1, PURPOSE_EXAMPLE = 2, PURPOSE_DREAM = 16 };

static bool copy_segments(const fd_path *path, fd_situation *situation, fd_error *error) {
    situation->segments = fd_alloc(path->count, sizeof(char *), "the path", error);
    for (size_t i = 0; situation->segments && i < path->count; i++) {
        if (path->turns[i]->stretch_count == 0)
            continue;
        char *text = fd_turn_text(path->turns[i], error);
        if (!text)
            return false;
        situation->segments[situation->segment_count++] = text;
    }
    return situation->segments != NULL;
}

bool fd_situation_of(const fd_path *path, fd_situation *situation, fd_error *error) {
    const fd_turn *last = fd_path_last(path);
    *situation = (fd_situation){0};
    bool ok = copy_segments(path, situation, error) &&
              (!path->pinned || (situation->pinned = fd_copy_text(path->pinned, error)) != NULL);
    if (ok && last) {
        memcpy(situation->key, last->key, sizeof situation->key);
        memcpy(situation->check, last->check, sizeof situation->check);
        situation->passage = last->passage;
        ok = fd_state_copy(&last->state, &situation->state, error) &&
             fd_choices_copy(last->choices, last->choice_count, &situation->choices,
                             &situation->choice_count, error) &&
             (!last->question ||
              (situation->question = fd_copy_text(last->question->name, error)) != NULL);
    }
    if (!ok)
        fd_situation_free(situation);
    return ok;
}

void fd_situation_free(fd_situation *situation) {
    fd_state_free(&situation->state);
    for (size_t i = 0; i < situation->choice_count; i++)
        free(situation->choices[i].label);
    free(situation->choices);
    free(situation->question);
    free(situation->pinned);
    for (size_t i = 0; i < situation->segment_count; i++)
        free(situation->segments[i]);
    free(situation->segments);
    *situation = (fd_situation){0};
}

bool fd_narrator_key(const fd_narrator *narrator, const fd_situation *situation,
                     const fd_action *action, size_t attempt, char key[65], fd_error *error) {
    fd_buffer text = FD_BUFFER((size_t)1 << 20);
    fd_digest digest;
    const char *root = narrator->root && *narrator->root ? narrator->root : narrator->story->hash;
    bool ok = situation->key[0]
                  ? fd_buffer_add_text(&text, situation->key, error)
                  : fd_buffer_addf(&text, error, "feverdream 1\n%s\n%s", root, narrator->seed);
    ok = ok &&
         fd_buffer_addf(&text, error, "\n%d %zu %zu", (int)action->kind, action->choice, attempt) &&
         (!situation->pinned || fd_buffer_addf(&text, error, " pinned %zu %s",
                                               strlen(situation->pinned), situation->pinned)) &&
         fd_buffer_addf(&text, error, "\n%s", action->text ? action->text : "") &&
         fd_digest_of(fd_buffer_text(&text), text.length, &digest, error);
    if (ok)
        fd_digest_hex(&digest, key);
    fd_buffer_free(&text);
    return ok;
}

static fd_random_key random_key(const char key[65], uint64_t purpose) {
    char first[17];
    memcpy(first, key, 16);
    first[16] = '\0';
    return (fd_random_key){strtoull(first, NULL, 16), purpose};
}

/* One telling under way. */
typedef struct telling {
    const fd_narrator *narrator;
    const fd_situation *situation;
    fd_progress *progress;
    fd_turn *turn;
    const fd_turn *from; /* whose dreams it has, or NULL */
    size_t next;         /* stretch of that to be looked at */
} telling;

static bool observe(void *context, size_t done, size_t wanted) {
    fd_progress *progress = context;
    if (!progress)
        return true;
    atomic_store(&progress->done, done);
    atomic_store(&progress->wanted, wanted);
    return !atomic_load(&progress->cancel);
}

/* The passage so far. */
static bool add_passage(const telling *self, fd_buffer *text, fd_error *error) {
    bool ok = true;
    for (size_t i = 0; ok && i < self->turn->stretch_count; i++)
        ok = fd_buffer_add_text(text, self->turn->stretches[i].text, error);
    return ok;
}

/* All text the reader has read up to here. */
static bool add_told(const telling *self, fd_buffer *told, fd_error *error) {
    bool ok = true;
    for (size_t i = 0; ok && i < self->situation->segment_count; i++)
        ok = fd_buffer_addf(told, error, "%s\n\n", self->situation->segments[i]);
    return ok && add_passage(self, told, error);
}

/* ---- dreams ---- */

/* The dreams that the story's author wrote out, and those of them but one. */
typedef struct examples {
    const char *but;
    size_t skip; /* before the one that is taken */
    const char *taken;
    size_t count;
} examples;

static bool look_at(void *context, const fd_node *node) {
    examples *self = context;
    const fd_branch *written = node->kind == FD_NODE_DREAM ? &node->branches[1] : NULL;
    if (!written || written->count != 1 || written->nodes[0].kind != FD_NODE_TEXT)
        return true;
    const char *text = written->nodes[0].text + strspn(written->nodes[0].text, " \n");
    if (strcmp(text, self->but) == 0)
        return true;
    if (self->count++ == self->skip)
        self->taken = text;
    return true;
}

static examples look_for(const fd_story *story, const char *but, size_t skip) {
    examples all = {but, skip, NULL, 0};
    for (size_t p = 0; p < story->twee.count; p++)
        (void)fd_branch_walk(&story->bodies[p], look_at, &all);
    return all;
}

/* Another dream of the story, in its author's words: what the model reads last before its own, so
 * that it goes on in that voice and not in the passage's. NULL when there is none. */
static const char *example_for(const telling *self, const fd_piece *piece, size_t index) {
    const fd_story *story = self->narrator->story;
    if (!*piece->text)
        return NULL;
    size_t count = look_for(story, piece->fallback, 0).count;
    return count ? look_for(story, piece->fallback,
                            (size_t)fd_random_below(random_key(self->turn->key, PURPOSE_EXAMPLE),
                                                    index, count))
                       .taken
                 : NULL;
}

size_t fd_narrator_pinned_most(const fd_narrator *narrator) {
    return narrator->model ? fd_model_config(narrator->model)->context / 4 : 0;
}

/* What is read before a dream of `words` words, at most *limit tokens of it. */
static bool read_before(const fd_narrator *narrator, const char *pinned,
                        const char *const *segments, size_t count, const char *open, size_t words,
                        fd_tokens *tokens, size_t *limit, fd_reading_count *counted,
                        fd_error *error) {
    size_t context = fd_model_config(narrator->model)->context, wanted = fd_dream_tokens(words);
    const fd_reading reading = {pinned, fd_narrator_pinned_most(narrator), segments, count, open};
    *limit = context > 2 * wanted ? context - wanted : context / 2;
    return fd_prompt(fd_model_tokenizer(narrator->model), &reading, *limit, tokens, counted, error);
}

bool fd_narrator_prompt(const fd_narrator *narrator, const fd_situation *situation,
                        const char *open, size_t words, fd_tokens *tokens, size_t *limit,
                        fd_reading_count *counted, fd_error *error) {
    return read_before(narrator, situation->pinned, (const char *const *)situation->segments,
                       situation->segment_count, open, words, tokens, limit, counted, error);
}

/* The story up to the dream's opening: the turns, the passage so far, and where there is one the
 * example, each ended by the mark; without an example the passage goes on into the opening. */
static bool read_up_to(const telling *self, const fd_piece *piece, const char *passage,
                       const char *example, fd_tokens *prompt, fd_error *error) {
    const fd_situation *here = self->situation;
    size_t count = here->segment_count, limit;
    fd_buffer open = FD_BUFFER((size_t)1 << 24);
    const char **segments = fd_alloc(count + 2, sizeof *segments, "the prompt", error);
    for (size_t i = 0; segments && i < count; i++)
        segments[i] = here->segments[i];
    if (segments && example && *passage)
        segments[count++] = passage;
    if (segments && example)
        segments[count++] = example;
    const char *gap = !*passage || example ? "" : piece->joined ? " " : "\n\n";
    bool ok = segments &&
              fd_buffer_addf(&open, error, "%s%s%s", example ? "" : passage, gap, piece->text) &&
              read_before(self->narrator, here->pinned, segments, count, fd_buffer_text(&open),
                          piece->words, prompt, &limit, NULL, error);
    fd_buffer_free(&open);
    free(segments);
    return ok;
}

/* The model's best, or nothing when none of what it wrote is fit. */
static bool compose(const telling *self, const fd_piece *piece, size_t index, fd_buffer *best,
                    fd_error *error) {
    const fd_narrator *narrator = self->narrator;
    fd_buffer told = FD_BUFFER((size_t)1 << 26), passage = FD_BUFFER((size_t)1 << 24);
    fd_tokens prompt = {0};
    const char *example = piece->joined ? NULL : example_for(self, piece, index);
    bool ok = add_told(self, &told, error) && add_passage(self, &passage, error) &&
              (!example || fd_buffer_addf(&told, error, "\n\n%s", example)) &&
              read_up_to(self, piece, fd_buffer_text(&passage), example, &prompt, error);
    const fd_dream plan = {.model = narrator->model,
                           .prompt = &prompt,
                           .opening = piece->text,
                           .told = fd_buffer_text(&told),
                           .words = piece->words,
                           .candidates = narrator->candidates,
                           .sampling = narrator->sampling,
                           .key = random_key(self->turn->key, PURPOSE_DREAM + index),
                           .threads = narrator->threads,
                           .observer = observe,
                           .context = self->progress,
                           .kept = narrator->kept};
    ok = ok && fd_dream_draw(&plan, best, NULL, error);
    fd_tokens_free(&prompt);
    fd_buffer_free(&passage);
    fd_buffer_free(&told);
    return ok;
}

/* The words of a stretch without the gap before them. */
static const char *words_of(const fd_stretch *stretch) {
    return stretch->text + strspn(stretch->text, " \n");
}

/* The stretch of the turn carried over that this dream, one of `count` pieces, has its words from,
 * or NULL: the one in its place; in a passage that has more or fewer now, the next one that was
 * rewritten or has its opening. */
static const fd_stretch *recall(telling *self, const char *opening, size_t count) {
    const fd_turn *from = self->from;
    bool same = from->stretch_count == count;
    for (size_t i = same ? self->turn->stretch_count : self->next; i < from->stretch_count; i++) {
        const fd_stretch *kept = &from->stretches[i];
        bool opens = same || strncmp(words_of(kept), opening, strlen(opening)) == 0;
        self->next = i + 1;
        if (kept->voice == FD_EDITED || (kept->voice == FD_DREAMED && opens))
            return kept;
        if (same)
            break;
    }
    return NULL;
}

static bool add_carried(telling *self, const fd_piece *piece, size_t count, fd_error *error) {
    size_t next = self->next;
    const fd_stretch *kept = recall(self, piece->text, count);
    if (!kept)
        self->next = next;
    return fd_turn_add_stretch(self->turn, kept ? kept->voice : FD_AUTHORED, piece->joined,
                               kept ? words_of(kept) : piece->fallback, error);
}

/* Tells one dream: the model's best, or the author's fallback. */
static bool dream(const telling *self, const fd_piece *piece, size_t index, fd_error *error) {
    if (!self->narrator->model || piece->words == 0)
        return fd_turn_add_stretch(self->turn, FD_AUTHORED, piece->joined, piece->fallback, error);
    fd_buffer best = FD_BUFFER((size_t)1 << 20);
    bool ok = compose(self, piece, index, &best, error), dreamed = best.length > 0;
    ok = ok && fd_turn_add_stretch(self->turn, dreamed ? FD_DREAMED : FD_AUTHORED, piece->joined,
                                   dreamed ? fd_buffer_text(&best) : piece->fallback, error);
    fd_buffer_free(&best);
    return ok;
}

static bool answer(fd_state *state, const char *name, const char *text, fd_error *error) {
    fd_buffer told = FD_BUFFER((size_t)1 << 20);
    bool ok = fd_player_answers(text, &told, error) &&
              fd_state_set_text(state, name, fd_buffer_text(&told), error);
    fd_buffer_free(&told);
    return ok;
}

/* Where the action leads; sets what the player said. */
static bool arrive(const telling *self, const fd_action *action, fd_error *error) {
    const fd_situation *here = self->situation;
    fd_turn *turn = self->turn;
    turn->passage = action->kind == FD_ACT_START ? self->narrator->story->start : here->passage;
    if (action->kind == FD_ACT_START)
        return !here->key[0] || fd_fail(error, FD_USAGE, "The story has begun already.");
    if (fd_action_is_free(action))
        return true;
    if (action->kind == FD_ACT_ANSWER) {
        if (!here->question)
            return fd_fail(error, FD_USAGE, "Nothing was asked here.");
    } else {
        size_t i = action->choice;
        if (i >= here->choice_count || here->choices[i].typed != (action->kind == FD_ACT_TYPE))
            return fd_fail(error, FD_USAGE, "There is no choice %zu here.", i + 1);
        turn->passage = here->choices[i].target;
    }
    if (action->kind == FD_ACT_CHOOSE)
        return true;
    if (!action->text)
        return fd_fail(error, FD_USAGE, "Something should have been typed here.");
    return action->kind == FD_ACT_ANSWER
               ? answer(&turn->state, here->question, action->text, error)
               : fd_state_set_text(&turn->state, "typed", action->text, error);
}

/* A passage that asks is not told before it is answered: the first question is the turn. */
static bool ask(fd_turn *turn, fd_woven *woven, const fd_state *before, fd_error *error) {
    turn->question = fd_alloc(1, sizeof(fd_question), "a question", error);
    if (!turn->question)
        return false;
    *turn->question = woven->questions[0];
    woven->questions[0] = (fd_question){0};
    fd_state_free(&turn->state);
    return fd_state_copy(before, &turn->state, error);
}

static bool tell_woven(telling *self, fd_woven *woven, fd_error *error) {
    fd_turn *turn = self->turn;
    bool ok = true;
    for (size_t i = 0; ok && i < woven->piece_count; i++) {
        const fd_piece *piece = &woven->pieces[i];
        turn->dreams += piece->dream;
        ok = !piece->dream
                 ? fd_turn_add_stretch(turn, FD_AUTHORED, piece->joined, piece->text, error)
             : self->from ? add_carried(self, piece, woven->piece_count, error)
                          : dream(self, piece, i, error);
    }
    if (!ok)
        return false;
    turn->choices = woven->choices;
    turn->choice_count = woven->choice_count;
    woven->choices = NULL;
    woven->choice_count = 0;
    turn->ending = turn->choice_count == 0;
    turn->picked = woven->picked;
    turn->picked_count = woven->picked_count;
    woven->picked = NULL;
    woven->picked_count = 0;
    return true;
}

static bool tell_passage(telling *self, const fd_action *action, fd_error *error) {
    fd_turn *turn = self->turn;
    fd_state before = {0};
    fd_woven woven = {0};
    bool ok = arrive(self, action, error) && fd_state_copy(&turn->state, &before, error) &&
              fd_weave(self->narrator->story, turn->passage, random_key(turn->key, PURPOSE_WEAVE),
                       &turn->state, &woven, error);
    ok = ok && (woven.question_count ? ask(turn, &woven, &before, error)
                                     : tell_woven(self, &woven, error));
    fd_woven_free(&woven);
    fd_state_free(&before);
    return ok;
}

/* ---- the player's own accord ---- */

static bool is_open(const fd_story *story, size_t passage, size_t choices) {
    return choices > 0 && !fd_story_is_closed(story, passage);
}

bool fd_narrator_may_act(const fd_narrator *narrator, const fd_turn *turn) {
    return narrator->model && turn && !turn->question &&
           is_open(narrator->story, turn->passage, turn->choice_count);
}

static bool tell_deed(const telling *self, const fd_action *action, fd_error *error) {
    if (action->kind == FD_ACT_GO_ON)
        return true;
    fd_buffer deed = FD_BUFFER((size_t)1 << 20);
    bool ok = action->text && *action->text;
    if (!ok)
        fd_fail(error, FD_USAGE, "Something should have been typed here.");
    ok =
        ok &&
        (action->kind == FD_ACT_DO ? fd_player_does : fd_player_says)(action->text, &deed, error) &&
        fd_turn_add_stretch(self->turn, FD_PLAYER, false, fd_buffer_text(&deed), error);
    fd_buffer_free(&deed);
    return ok;
}

/* What the player did, and some sentences that the model dreams after it. */
static bool tell_free(telling *self, const fd_action *action, fd_error *error) {
    enum { ROUNDS = 3 }; /* of candidates, before nothing comes of it */
    static char nothing[] = "", silence[] = "Nothing answers.";
    const fd_situation *here = self->situation;
    fd_turn *turn = self->turn;
    const fd_piece piece = {true, false, nothing, silence, FD_FREE_WORDS};
    fd_buffer best = FD_BUFFER((size_t)1 << 20);
    turn->passage = here->passage;
    if ((!self->narrator->model && !self->from) || here->question ||
        !is_open(self->narrator->story, here->passage, here->choice_count))
        return fd_fail(error, FD_USAGE, "Here only the story goes on.");
    bool ok = tell_deed(self, action, error);
    for (size_t round = 0; ok && !self->from && round < ROUNDS && best.length == 0; round++)
        ok = compose(self, &piece, round, &best, error);
    bool dreamed = best.length > 0;
    ok = ok &&
         (self->from ? add_carried(self, &piece, turn->stretch_count + 1, error)
                     : fd_turn_add_stretch(turn, dreamed ? FD_DREAMED : FD_AUTHORED, false,
                                           dreamed ? fd_buffer_text(&best) : silence, error)) &&
         fd_choices_copy(here->choices, here->choice_count, &turn->choices, &turn->choice_count,
                         error);
    turn->dreams = 1;
    fd_buffer_free(&best);
    return ok;
}

static bool tell(telling *self, const fd_action *action, fd_error *error) {
    const fd_situation *here = self->situation;
    fd_turn *turn = self->turn;
    return fd_narrator_key(self->narrator, here, action, turn->attempt, turn->key, error) &&
           (!here->pinned || (turn->pinned = fd_copy_text(here->pinned, error)) != NULL) &&
           fd_state_copy(&here->state, &turn->state, error) &&
           (fd_action_is_free(action) ? tell_free : tell_passage)(self, action, error) &&
           fd_turn_seal(turn, here->check, error);
}

/* Tells a turn in a telling that has all but the turn. */
static fd_turn *tell_new(telling *self, const fd_action *action, size_t attempt, fd_error *error) {
    fd_turn *turn = self->turn = fd_alloc(1, sizeof *turn, "a turn", error);
    if (!turn)
        return NULL;
    turn->attempt = attempt;
    turn->action = (fd_action){action->kind, action->choice, NULL};
    bool ok = !action->text || (turn->action.text = fd_copy_text(action->text, error)) != NULL;
    if (ok && tell(self, action, error))
        return turn;
    fd_turn_free(turn);
    free(turn);
    return NULL;
}

fd_turn *fd_narrator_tell(const fd_narrator *narrator, const fd_situation *situation,
                          const fd_action *action, size_t attempt, fd_progress *progress,
                          fd_error *error) {
    telling self = {narrator, situation, progress, NULL, NULL, 0};
    return tell_new(&self, action, attempt, error);
}

/* The key of what was edited continues that of the turn as it was told. */
static bool edited_key(const fd_turn *turn, char key[65], fd_error *error) {
    fd_buffer text = FD_BUFFER((size_t)1 << 24);
    fd_digest digest;
    bool ok = fd_buffer_add_text(&text, key, error);
    for (size_t i = 0; ok && i < turn->stretch_count; i++)
        if (turn->stretches[i].voice == FD_EDITED)
            ok = fd_buffer_addf(&text, error, "\nedited %zu %zu %s", i,
                                strlen(turn->stretches[i].text), turn->stretches[i].text);
    ok = ok && fd_digest_of(fd_buffer_text(&text), text.length, &digest, error);
    if (ok)
        fd_digest_hex(&digest, key);
    fd_buffer_free(&text);
    return ok;
}

fd_turn *fd_narrator_carry(const fd_narrator *narrator, const fd_situation *situation,
                           const fd_action *action, const fd_turn *from, fd_error *error) {
    telling self = {narrator, situation, NULL, NULL, from, 0};
    fd_turn *turn = tell_new(&self, action, from->attempt, error);
    bool ok = turn != NULL, edited = false;
    for (size_t i = 0; ok && i < turn->stretch_count; i++)
        edited = edited || turn->stretches[i].voice == FD_EDITED;
    if (ok && edited)
        memcpy(turn->unedited, from->unedited, sizeof turn->unedited);
    if (ok)
        turn->carried = turn->dreams > 0;
    if (!ok || !edited || edited_key(turn, turn->key, error))
        return turn;
    fd_turn_free(turn);
    free(turn);
    return NULL;
}

fd_turn *fd_narrator_edit(const fd_narrator *narrator, const fd_situation *situation,
                          const fd_turn *turn, size_t stretch, const char *text, fd_error *error) {
    fd_turn *edited = fd_turn_copy(turn, error);
    if (edited && !edited->unedited[0])
        memcpy(edited->unedited, turn->check, sizeof edited->unedited);
    if (edited && fd_turn_rewrite(edited, stretch, text, error) &&
        fd_narrator_key(narrator, situation, &turn->action, turn->attempt, edited->key, error) &&
        edited_key(edited, edited->key, error) && fd_turn_seal(edited, situation->check, error))
        return edited;
    if (edited)
        fd_turn_free(edited);
    free(edited);
    return NULL;
}
