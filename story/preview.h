/* preview.h - what a model would write after a passage: several candidates of one batch, for a
 * writer to choose from, and what stands behind their words.
 *
 * A candidate is a pure function of the model, the prompt (the texts of the way to the passage and
 * the opening, put together as the story's own dreams are: prompt.h), the seed, the settings and
 * its number: it can be made again, alone or among others, whatever passages are called. */
#ifndef FD_STORY_PREVIEW_H
#define FD_STORY_PREVIEW_H

#include "model/generate.h"
#include "story/script.h"

/* Called before each token with what is drawn of every sample so far, opening not included.
 * Returning false stops (FD_CANCELLED). */
typedef bool fd_preview_observer(void *context, const fd_sample *samples, size_t count, size_t done,
                                 size_t wanted);

enum { FD_CHOICE_MOST = 64 };

typedef struct fd_preview {
    const fd_model *model;
    fd_prefix *kept;             /* or NULL */
    const char *const *segments; /* what is read before, oldest first; empty ones are left out */
    size_t segment_count;
    const char *seed;
    const fd_script *opening; /* what the candidates begin with, or NULL */
    size_t words;             /* to be written beside the opening */
    size_t choice;            /* of so many each sentence is the best (dream.h); 0, 1: as drawn */
    fd_sampling sampling;
    size_t threads;
    fd_preview_observer *observer; /* or NULL */
    void *context;
} fd_preview;

/* A word of a candidate: what stands between two blanks. */
typedef struct fd_likely_word {
    size_t start, end; /* in the draft's text */
    double logprob;    /* natural log of its probability, its tokens' together; NAN where the model
                        * did not write it, or not after what stands before it now */
} fd_likely_word;

typedef struct fd_candidate {
    size_t number; /* from 0 */
    fd_script draft;
    fd_likely_word *words; /* all, in order */
    size_t word_count;
    double per_word; /* mean logprob of those that have one; 0 when none has; NAN once edited */
    double score;    /* of ranking: judge.h; nothing once edited */
    char *faults;    /* what ranking found wrong, in words, or "" */
    bool whole;      /* it ends with a sentence; else the text is as it was drawn */
} fd_candidate;

/* Draws candidates first .. first + count - 1 into candidates[0..count), which the caller frees
 * with fd_candidates_free whatever happens. `timing` may be NULL; it stays 0 where sentences are
 * chosen. */
bool fd_preview_draw(const fd_preview *plan, size_t first, size_t count, fd_candidate *candidates,
                     fd_timing *timing, fd_error *error);
/* A candidate as it is with another text: *edited, which the caller frees whatever happens. */
bool fd_preview_edit(const fd_preview *plan, const fd_candidate *candidate, const char *text,
                     fd_candidate *edited, fd_error *error);
void fd_candidates_free(fd_candidate *candidates, size_t count);

/* A word and those the model weighed in its place. */
enum { FD_WEIGHED = 10, FD_WEIGHED_SIZE = 48 };
typedef struct fd_weighing {
    double probability; /* of the word as it stands, under the model itself */
    struct {
        char text[FD_WEIGHED_SIZE]; /* with the blank before it, if it has one */
        double probability;         /* of how it begins: its first token's */
    } others[FD_WEIGHED];           /* the likeliest, in order; the word itself may be among them */
    size_t count;
} fd_weighing;

/* Looks into `word` (without blanks) after the text `before` (blanks at its end do not matter, one
 * is meant unless it ends a line). plan->opening and plan->words are not looked at. */
bool fd_preview_weigh(const fd_preview *plan, const char *before, const char *word,
                      fd_weighing *weighing, fd_error *error);

/* What both of them, and labels (label.h), read first: all that is before `open`, and `open`
 * without the blanks at its end, as tokens that leave room for `wanted` more where the model has
 * it. */
bool fd_preview_prompt(const fd_preview *plan, const char *open, size_t wanted, fd_tokens *prompt,
                       fd_error *error);
/* Reads it: the span that ends with it, which the caller frees before plan->kept is used again, and
 * the logits after it, [vocab]. NULL on failure. */
fd_span *fd_preview_read(const fd_preview *plan, const fd_tokens *prompt, float *logits,
                         fd_error *error);

#endif
