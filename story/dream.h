/* dream.h - a dream, sentence by sentence: of the many that the model draws next the best is kept
 * (judge.h), and the next ones are drawn after it.
 *
 * A small model loses its way within one sentence or between two; choosing at every full stop
 * costs the tokens of whole dreams chosen from once, and leaves fewer of the bad ones standing. The
 * choice is a pure function of model, prompt, sampling and key. */
#ifndef FD_STORY_DREAM_H
#define FD_STORY_DREAM_H

#include "model/generate.h"

typedef struct fd_dream {
    const fd_model *model;
    const fd_tokens *prompt; /* all that is read before; it ends with the opening */
    const char *opening;     /* the first sentence goes on from it; or "" */
    const char *told;        /* as the judge wants it */
    size_t words;            /* about as many, the opening's with them */
    size_t candidates;       /* for each sentence */
    fd_sampling sampling;
    fd_random_key key;
    size_t threads;
    fd_generate_observer *observer; /* or NULL: of the whole dream's tokens, about */
    void *context;
    fd_prefix *kept; /* generate.h; or NULL */
} fd_dream;

enum { FD_SENTENCE_TOKENS = 40 }; /* a sentence has at most */

/* Tokens enough for a dream of so many words. */
size_t fd_dream_tokens(size_t words);

/* The opening and what was dreamed after it, into an empty `text`: from three fifths to five
 * quarters of the words wanted, where the model finds so many. Nothing when none of what it wrote
 * is fit. The sentences that stand, as they come to, are added to `drawn`, or NULL. */
bool fd_dream_draw(const fd_dream *plan, fd_buffer *text, fd_sample *drawn, fd_error *error);

#endif
