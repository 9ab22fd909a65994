/* prompt.h - the path as the model reads it. */
#ifndef FD_STORY_PROMPT_H
#define FD_STORY_PROMPT_H

#include "model/tokenizer.h"

/* What there is to be read. */
typedef struct fd_reading {
    const char *pinned;          /* facts (facts.h), or NULL */
    size_t pinned_most;          /* tokens they may have, the mark after them with them */
    const char *const *segments; /* the texts of earlier turns, oldest first */
    size_t count;
    const char *open; /* the text to be continued */
} fd_reading;

/* What of it was read, in tokens, the mark that ends each part with it. */
typedef struct fd_reading_count {
    size_t facts, pinned; /* how many facts, and their tokens */
    size_t left_out;      /* the oldest segments, of which nothing was read */
    size_t segments, open, open_left_out;
} fd_reading_count;

/* The tokens that one fact has, its end with it. */
bool fd_prompt_count_fact(const fd_tokenizer *tokenizer, const char *fact, size_t length,
                          size_t *tokens, fd_error *error);

/* A mark "<|endoftext|>"; the pinned facts, as many as may be; the segments; both ended by the
 * mark; then `open`. When that is more than `limit` tokens the oldest segments are left out, and at
 * last the beginning of `open`. `counted` may be NULL. */
bool fd_prompt(const fd_tokenizer *tokenizer, const fd_reading *reading, size_t limit,
               fd_tokens *tokens, fd_reading_count *counted, fd_error *error);

#endif
