/* adamw.h - AdamW (Loshchilov and Hutter 2019), the warm-up and cosine schedule, and clipping. */
#ifndef FD_MODEL_ADAMW_H
#define FD_MODEL_ADAMW_H

#include <stdint.h>

#include "model/config.h"

typedef struct fd_adamw {
    fd_config config;
    float *first;  /* [fd_parameter_total] running mean of gradients */
    float *second; /* [fd_parameter_total] running mean of squared gradients */
    uint64_t step; /* updates made */
} fd_adamw;

bool fd_adamw_init(fd_adamw *state, const fd_config *config, fd_error *error);
void fd_adamw_free(fd_adamw *state);

/* One update with beta 0.9 and 0.95, epsilon 1e-8; `decay` (decoupled weight decay) applies to
 * matrices only, not to gains, biases and positions. */
void fd_adamw_update(fd_adamw *state, float *parameters, const float *gradient, float rate,
                     float decay);

/* Linear warm-up over `warmup` steps, then a cosine from `peak` to a tenth of it at `steps`.
 * `step` counts from 0. */
float fd_learning_rate(uint64_t step, uint64_t warmup, uint64_t steps, float peak);

/* Scales the gradient to `limit` if its L2 norm is larger; returns the norm before. */
double fd_clip_gradient(float *gradient, size_t count, double limit);

#endif
