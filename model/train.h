/* train.h - training a GPT-2 on tokens: random windows, gradients from several threads, AdamW or
 * Muon, and what that takes. */
#ifndef FD_MODEL_TRAIN_H
#define FD_MODEL_TRAIN_H

#include <stdint.h>

#include "model/optimiser.h"
#include "model/trainee.h"

typedef struct fd_train_plan {
    const int32_t *tokens; /* the training text */
    size_t count;          /* more than `length` */
    uint64_t steps;        /* the optimiser's step to stop after */
    uint64_t warmup;
    size_t batch;      /* windows at a time */
    size_t accumulate; /* batches whose gradients make one step, at least 1 */
    size_t length;     /* tokens in a window, at most the model's context */
    size_t threads;    /* at least 1; another number changes the order of sums, so the last bits */
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

/* Trains what moves of the trainee, from the step at which `optimiser` stands: stopping, saving
 * both, loading both and going on is the same as not stopping. A loss that is no longer a number
 * stops it (FD_FAILED). */
bool fd_train(const fd_trainee *trainee, const fd_train_plan *plan, fd_optimiser *optimiser,
              fd_train_observer *observer, void *context, fd_error *error);

/* What a plan's training takes, in bytes. */
typedef struct fd_train_memory {
    size_t parameters; /* the model, and adapters */
    size_t gradients;
    size_t optimiser;
    size_t activations; /* and working memory, fd_evaluate's on the way included */
    size_t total;
} fd_train_memory;

/* Of training `moving` parameters of a model, with adapters of `rank` (0: none); from a plan only
 * batch, length and threads are read. */
fd_train_memory fd_train_memory_of(const fd_config *config, size_t moving, size_t rank,
                                   const fd_train_plan *plan);

/* How well the model predicts a text: the sum of -log p in nats of tokens[0..count) in windows of
 * the full context without overlap, the first token of each window given; *predicted is how many
 * tokens that sum is over. */
bool fd_evaluate(const fd_trainee *trainee, const int32_t *tokens, size_t count, size_t threads,
                 double *nll, size_t *predicted, fd_error *error);

#endif
