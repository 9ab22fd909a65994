/* sampler.h - from logits to the next token: repetition penalty (Keskar et al. 2019), temperature,
 * top-k (Fan et al. 2018), nucleus (Holtzman et al. 2020), in that order. */
#ifndef FD_MODEL_SAMPLER_H
#define FD_MODEL_SAMPLER_H

#include <stdint.h>

#include "model/error.h"
#include "model/random.h"

typedef struct fd_sampling {
    double temperature;        /* above 0 */
    size_t top_k;              /* 0: all */
    double top_p;              /* 1: all */
    double repetition_penalty; /* 1: none */
    size_t repetition_window;  /* how many of the latest tokens it looks at */
    bool greedy;               /* take the likeliest; the rest but the penalty is ignored */
} fd_sampling;

#define FD_SAMPLING ((fd_sampling){0.9, 0, 0.92, 1.1, 64, false})

/* Memory for a vocabulary; used by one thread. */
typedef struct fd_sampler fd_sampler;
fd_sampler *fd_sampler_new(size_t vocab, fd_error *error);
void fd_sampler_free(fd_sampler *sampler);

/* Draws a token with the random number `unit` in [0, 1). `recent` are the tokens so far.
 * Ties go to the lower id, so the draw is a pure function of its arguments. */
int32_t fd_sampler_draw(fd_sampler *sampler, const fd_sampling *sampling, const float *logits,
                        const int32_t *recent, size_t recent_count, double unit);

#endif
