#include "model/sampler.h"

#include <stdlib.h>

#include "model/memory.h"
#include "model/ops.h"

typedef struct candidate {
    int32_t id;
    float logit;
} candidate;

struct fd_sampler {
    size_t vocab;
    candidate *candidates; /* [vocab] */
};

fd_sampler *fd_sampler_new(size_t vocab, fd_error *error) {
    fd_sampler *sampler = fd_alloc(1, sizeof *sampler, "the sampler", error);
    if (!sampler)
        return NULL;
    sampler->vocab = vocab;
    sampler->candidates = fd_alloc(vocab, sizeof(candidate), "the sampler", error);
    if (sampler->candidates)
        return sampler;
    free(sampler);
    return NULL;
}

void fd_sampler_free(fd_sampler *sampler) {
    if (sampler)
        free(sampler->candidates);
    free(sampler);
}

/* The likeliest first; of equals, the lower id. */
static int by_logit(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    if (x->logit != y->logit)
        return x->logit > y->logit ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void fill(fd_sampler *self, const fd_sampling *sampling, const float *logits,
                 const int32_t *recent, size_t recent_count) {
    float penalty = (float)sampling->repetition_penalty;
    for (size_t i = 0; i < self->vocab; i++)
        self->candidates[i] = (candidate){(int32_t)i, logits[i]};
    size_t window =
        recent_count < sampling->repetition_window ? recent_count : sampling->repetition_window;
    for (size_t i = recent_count - window; penalty != 1.0f && i < recent_count; i++) {
        candidate *seen = &self->candidates[recent[i]];
        float logit = logits[recent[i]]; /* from the source: a token is punished once */
        seen->logit = logit > 0.0f ? logit / penalty : logit * penalty;
    }
}

/* Leaves the `limit` likeliest of `count` candidates in front, in order, and returns how many there
 * are. Few of many are found by insertion: nearly every candidate is below the last one kept. */
static size_t sort_likeliest(candidate *candidates, size_t count, size_t limit) {
    enum { FEW = 128 };
    size_t kept = 0;
    if (limit > FEW) {
        qsort(candidates, count, sizeof(candidate), by_logit);
        return limit < count ? limit : count;
    }
    for (size_t i = 0; i < count; i++) {
        candidate one = candidates[i];
        if (kept == limit && by_logit(&one, &candidates[kept - 1]) > 0)
            continue;
        size_t at = kept < limit ? kept++ : kept - 1;
        for (; at > 0 && by_logit(&one, &candidates[at - 1]) < 0; at--)
            candidates[at] = candidates[at - 1];
        candidates[at] = one;
    }
    return kept;
}

/* Leaves the `top_k` (0: all) likeliest in front, in order. Those far below the best are left out
 * first: below e^-20 of it they are never drawn. */
static size_t keep_likely(fd_sampler *self, float temperature, size_t top_k) {
    float best = self->candidates[0].logit;
    size_t kept = 0;
    for (size_t i = 1; i < self->vocab; i++)
        best = self->candidates[i].logit > best ? self->candidates[i].logit : best;
    for (size_t i = 0; i < self->vocab; i++)
        if (self->candidates[i].logit >= best - 20.0f * temperature)
            self->candidates[kept++] = self->candidates[i];
    return sort_likeliest(self->candidates, kept, top_k ? top_k : kept);
}

int32_t fd_sampler_draw(fd_sampler *self, const fd_sampling *sampling, const float *logits,
                        const int32_t *recent, size_t recent_count, double unit) {
    float temperature = (float)sampling->temperature;
    fill(self, sampling, logits, recent, recent_count);
    size_t kept = keep_likely(self, temperature, sampling->greedy ? 1 : sampling->top_k);
    if (sampling->greedy)
        return self->candidates[0].id;
    double total = 0.0, nucleus = 0.0, passed = 0.0;
    float best = self->candidates[0].logit;
    for (size_t i = 0; i < kept; i++)
        total += (double)fd_exp((self->candidates[i].logit - best) / temperature);
    size_t count = 0;
    while (count < kept && (count == 0 || nucleus < sampling->top_p * total))
        nucleus += (double)fd_exp((self->candidates[count++].logit - best) / temperature);
    for (size_t i = 0; i + 1 < count; i++) {
        passed += (double)fd_exp((self->candidates[i].logit - best) / temperature);
        if (unit * nucleus < passed)
            return self->candidates[i].id;
    }
    return self->candidates[count - 1].id;
}
