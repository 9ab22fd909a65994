/* optimiser.h - what a gradient does to the parameters: AdamW (Loshchilov and Hutter 2019)
 * everywhere, or Muon for the matrices inside blocks (Jordan et al. 2024, scaled as by Liu et al.
 * 2025, so that both take the same learning rate); the schedule and clipping. */
#ifndef FD_MODEL_OPTIMISER_H
#define FD_MODEL_OPTIMISER_H

#include <stdint.h>

#include "model/config.h"

typedef struct fd_optimiser {
    fd_parameter *tensors; /* [count] what is trained: the parameters' layout */
    size_t count, total;   /* tensors; their elements */
    bool muon;
    float *first;  /* [total] running mean of gradients */
    float *second; /* [total] running mean of squared gradients (not of Muon's) */
    uint64_t step; /* updates made */
} fd_optimiser;

/* `tensors` [count] are copied; their offsets follow one another from 0. */
bool fd_optimiser_init(fd_optimiser *state, const fd_parameter *tensors, size_t count, bool muon,
                       fd_error *error);
void fd_optimiser_free(fd_optimiser *state);

/* One update with `shrink` times the gradient. AdamW: beta 0.9 and 0.95, epsilon 1e-8. Muon:
 * momentum 0.95 (Nesterov), five Newton-Schulz steps, query, key and value apart. `decay`
 * (decoupled weight decay) applies to matrices only, not to gains, biases and positions.
 * `threads` changes the speed and no bit. */
bool fd_optimiser_update(fd_optimiser *state, float *parameters, const float *gradient,
                         float shrink, float rate, float decay, size_t threads, fd_error *error);

/* Linear warm-up over `warmup` steps, then a cosine from `peak` to a tenth of it at `steps`.
 * `step` counts from 0. */
float fd_learning_rate(uint64_t step, uint64_t warmup, uint64_t steps, float peak);

/* The gradient's L2 norm; the sum's order depends on `threads`. */
bool fd_gradient_norm(const float *gradient, size_t count, size_t threads, double *norm,
                      fd_error *error);

#endif
