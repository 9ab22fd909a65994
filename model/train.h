/* train.h - training a GPT-2 on tokens: random windows, gradients from several threads, AdamW. */
#ifndef FD_MODEL_TRAIN_H
#define FD_MODEL_TRAIN_H

#include <stdint.h>

#include "model/optimiser.h"

typedef struct fd_train_plan {
    const int32_t *tokens; /* the training text */
    size_t count;          /* more than `length` */
    uint64_t steps;        /* the optimiser's step to stop after */
    uint64_t warmup;
    size_t batch;      /* windows at a time, split between the threads */
    size_t accumulate; /* batches whose gradients make one step, at least 1 */
    size_t length;     /* tokens in a window, at most the model's context */
    size_t threads;    /* 1 to batch; another number changes the order of sums, so the last bits */
    float rate;        /* peak learning rate */
    float decay;       /* weight decay of matrices */
    uint64_t seed;     /* of the windows drawn */
} fd_train_plan;

typedef struct fd_train_progress {
    uint64_t step; /* finished steps */
    double loss;   /* nats per token of this step */
    double gradient_norm;
    double rate;
} fd_train_progress;

/* Called after each step; returning false stops training (FD_CANCELLED). */
typedef bool fd_train_observer(void *context, const fd_train_progress *progress);

/* GPT-2's initialisation: normal of deviation 0.02, projections into the residual stream divided
 * by the root of twice the layers, gains 1, biases 0. */
void fd_train_fresh(const fd_config *config, uint64_t seed, float *parameters);

/* Trains `parameters` in place, from the step at which `optimiser` stands: stopping, saving both,
 * loading both and going on is the same as not stopping. A loss that is no longer a number stops
 * it (FD_FAILED). */
bool fd_train(const fd_config *config, const fd_train_plan *plan, fd_optimiser *optimiser,
              float *parameters, fd_train_observer *observer, void *context, fd_error *error);

/* How well the parameters predict a text, the windows shared between `threads`: the sum of -log p
 * in nats of tokens[0..count) in windows of the full context without overlap, the
 * first token of each window given; *predicted is how many tokens that sum is over. */
bool fd_evaluate(const fd_config *config, const float *parameters, const int32_t *tokens,
                 size_t count, size_t threads, double *nll, size_t *predicted, fd_error *error);

#endif
