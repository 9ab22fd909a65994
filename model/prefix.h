/* prefix.h - prompts that begin alike are read once: what was read of the last prompt is kept, and
 * the next one goes on where the two part.
 *
 * It is kept in blocks of FD_PREFIX_BLOCK tokens, a span each, at most a context of them. What a
 * model computes does not depend on how its tokens were fed (gpt2.h), so the words stay the same;
 * a float model is fed in the same blocks either way. */
#ifndef FD_MODEL_PREFIX_H
#define FD_MODEL_PREFIX_H

#include "model/gpt2.h"

enum { FD_PREFIX_BLOCK = 64 };

typedef struct fd_prefix fd_prefix; /* of one model; belongs to one thread at a time */

fd_prefix *fd_prefix_new(const fd_model *model, fd_error *error);
void fd_prefix_free(fd_prefix *prefix);

/* Called before each block is read; returning false stops (FD_CANCELLED). */
typedef bool fd_prefix_observer(void *context, fd_error *error);

/* Reads as many whole blocks of `tokens` as leave at least one token over, and forgets what the
 * last prompt had beyond them. *read is how many tokens that is; the span that ends with them
 * (NULL for none) holds until the next call. After a failure the blocks read so far are kept. */
bool fd_prefix_read(fd_prefix *prefix, const int32_t *tokens, size_t count, size_t threads,
                    fd_prefix_observer *observer, void *context, const fd_span **span, size_t *read,
                    fd_error *error);

#endif
