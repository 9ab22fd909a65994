/* narrator.h - what happens next: a pure function of story, model, seed and path.
 *
 * A passage is woven; where it dreams, the model continues the path (prompt.h) sentence by
 * sentence (dream.h), each the best of several: whole, no loops, second person, no strangers'
 * names, and likely here rather than anywhere.
 *
 * Where a turn offers choices the player may also do or say something, or let the narrator go on:
 * what was done is told in the player's voice, the model dreams some sentences after it, and the
 * choices stay those of the turn before. A story forbids it with the tag [closed] on a passage, or
 * with "closed": true in StoryData. */
#ifndef FD_STORY_NARRATOR_H
#define FD_STORY_NARRATOR_H

#include <stdatomic.h>

#include "model/prefix.h"
#include "model/sampler.h"
#include "story/path.h"
#include "story/prompt.h"

typedef struct fd_narrator {
    const fd_story *story;
    const fd_model *model; /* NULL: fallbacks are told where dreams would be */
    const char *seed;
    size_t candidates; /* samples a sentence of a dream is chosen from */
    fd_sampling sampling;
    size_t threads;
    fd_prefix
        *kept; /* what was read of the last prompt, or NULL; then one thread tells at a time */
    const char *root; /* hash of the edition the story was begun with; NULL or "": of this one */
} fd_narrator;

/* How dreams are drawn and from how many samples their sentences are chosen: from the table in
 * assets/model/MODEL_CARD.md. */
enum { FD_CANDIDATES = 8 };
#define FD_DREAMING ((fd_sampling){0.95, 40, 0.9, 1.05, 96, false})

enum { FD_FREE_WORDS = 45 }; /* of a dream after what the player did */

/* All that the next turn depends on, copied from the path. */
typedef struct fd_situation {
    fd_state state;
    size_t passage;
    fd_choice *choices;
    size_t choice_count;
    char *question; /* name of the value being asked for, or NULL */
    char *pinned;   /* facts (facts.h), or NULL */
    char key[65];   /* of the last turn; "" before the first */
    char check[17];
    char **segments; /* the texts of earlier turns, oldest first */
    size_t segment_count;
} fd_situation;

bool fd_situation_of(const fd_path *path, fd_situation *situation, fd_error *error);
void fd_situation_free(fd_situation *situation);

/* How far a telling is, shared with whoever waits. Start from {0}. */
typedef struct fd_progress {
    atomic_size_t done, wanted; /* tokens */
    atomic_bool cancel;         /* set it to stop the telling (FD_CANCELLED) */
} fd_progress;

/* The SHA-256 key of the turn that `action` would lead to. */
bool fd_narrator_key(const fd_narrator *narrator, const fd_situation *situation,
                     const fd_action *action, size_t attempt, char key[65], fd_error *error);

/* Whether the player may do, say or go on after a turn. Without a model, nobody could answer. */
bool fd_narrator_may_act(const fd_narrator *narrator, const fd_turn *turn);

/* The tokens that pinned facts may have together, their ends with them: a quarter of what the model
 * can hold. */
size_t fd_narrator_pinned_most(const fd_narrator *narrator);

/* What the model reads before it dreams about `words` words that follow `open`, as tokens; at most
 * *limit of them. `counted` may be NULL. */
bool fd_narrator_prompt(const fd_narrator *narrator, const fd_situation *situation,
                        const char *open, size_t words, fd_tokens *tokens, size_t *limit,
                        fd_reading_count *counted, fd_error *error);

/* Tells it. NULL on failure; an action the situation does not offer is FD_USAGE. The caller frees
 * the turn with fd_turn_free and free (or gives it to a path). */
fd_turn *fd_narrator_tell(const fd_narrator *narrator, const fd_situation *situation,
                          const fd_action *action, size_t attempt, fd_progress *progress,
                          fd_error *error);

/* The same without dreaming: what is dreamed in it has the words it has in `from`, a turn told of
 * the same action and attempt under an earlier edition of the story, or carried so; where that has
 * none, the author's. */
fd_turn *fd_narrator_carry(const fd_narrator *narrator, const fd_situation *situation,
                           const fd_action *action, const fd_turn *from, fd_error *error);

/* A copy of a turn told in `situation` with one stretch rewritten: a turn of its own, with a key
 * and check of its own. The caller frees it like one that was told. */
fd_turn *fd_narrator_edit(const fd_narrator *narrator, const fd_situation *situation,
                          const fd_turn *turn, size_t stretch, const char *text, fd_error *error);

#endif
