/* backprop.h - the loss of a GPT-2 over a batch of token windows, and its gradient.
 *
 * GPT-2 as published: pre-norm blocks, GELU in its tanh form (Hendrycks and Gimpel 2016), output
 * matrix tied to the token embedding. Kept for the way back, for each token and layer: the stream
 * before attention and before the MLP, query, key and value, what attention gave, and the MLP
 * before its GELU (10 widths in all). Norms, GELUs and attention weights are computed again: they
 * cost little beside the matrix products, and would double the memory. Logits exist for 256 tokens
 * at a time. All threads work on all windows together, so one window occupies every core. */
#ifndef FD_MODEL_BACKPROP_H
#define FD_MODEL_BACKPROP_H

#include <stdint.h>

#include "model/trainee.h"

/* Working memory for `batch` windows of `length` tokens. */
typedef struct fd_backprop fd_backprop;

/* `rank` is that of the adapters, 0 for none. Without `learns` there is no way back, and layers
 * share one stretch of memory. */
fd_backprop *fd_backprop_new(const fd_config *config, size_t batch, size_t length, size_t rank,
                             size_t threads, bool learns, fd_error *error);
void fd_backprop_free(fd_backprop *work);

/* What fd_backprop_new takes, in floats. */
size_t fd_backprop_size(const fd_config *config, size_t batch, size_t length, size_t rank,
                        size_t threads, bool learns);

/* The sum of -log p(target) over the batch * length tokens, in nats.
 *   inputs, targets  [batch][length] ids below vocab; a negative target counts for nothing
 *   starts           [batch] position of each window's first token (start + length <= context)
 *   scale            what the loss is multiplied by before it is differentiated
 *   gradient         laid out as the trainee's moving parameters, added to; NULL to compute the
 *                    loss alone, as it has to be when `work` does not learn
 * The same bits every time, for one number of threads. */
double fd_backprop_run(fd_backprop *work, const fd_trainee *trainee, const int32_t *inputs,
                       const int32_t *targets, const size_t *starts, float scale, float *gradient);

/* The logits [vocab] of what follows row (token) `row`, which stay in `work` until it is used
 * again. */
const float *fd_backprop_predict(fd_backprop *work, const fd_trainee *trainee,
                                 const int32_t *inputs, const size_t *starts, size_t row);

#endif
