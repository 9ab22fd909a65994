/* backprop.h - the loss of a GPT-2 over a batch of token windows, and its gradient.
 *
 * Parameters and gradients are one array of fd_parameter_total floats each, in the order of
 * fd_parameter_at. GPT-2 as published: pre-norm blocks, GELU in its tanh form (Hendrycks and
 * Gimpel 2016), output matrix tied to the token embedding. Attention matrices and GELU outputs
 * are computed again on the way back instead of being kept. */
#ifndef FD_MODEL_BACKPROP_H
#define FD_MODEL_BACKPROP_H

#include <stdint.h>

#include "model/config.h"

/* Working memory for windows of up to `length` tokens, `batch` of them; used by one thread. */
typedef struct fd_backprop fd_backprop;

fd_backprop *fd_backprop_new(const fd_config *config, size_t batch, size_t length, fd_error *error);
void fd_backprop_free(fd_backprop *work);

/* Sum of -log p(target) over the batch * length tokens, in nats.
 *   inputs, targets  [batch][length] ids below vocab; a negative target counts for nothing
 *   starts           [batch] position of each window's first token (start + length <= context)
 *   scale            what the loss is multiplied by before it is differentiated
 *   gradient         added to; NULL to compute the loss alone */
double fd_backprop_run(fd_backprop *work, const float *parameters, const int32_t *inputs,
                       const int32_t *targets, const size_t *starts, float scale, float *gradient);

#endif
