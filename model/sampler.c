#include "model/sampler.h"

#include <stdlib.h>
#include <string.h>

#include "model/lanes.h"
#include "model/memory.h"
#include "model/ops.h"

typedef struct candidate {
    int32_t id;
    float logit;
    uint64_t mass; /* its probability, the likeliest's being 2^46: whole numbers add up exactly */
} candidate;

struct fd_sampler {
    size_t vocab;
    float *logits;         /* [vocab] after the repetition penalty */
    candidate *candidates; /* [vocab] */
};

fd_sampler *fd_sampler_new(size_t vocab, fd_error *error) {
    fd_sampler *sampler = fd_alloc(1, sizeof *sampler, "the sampler", error);
    if (!sampler)
        return NULL;
    sampler->vocab = vocab;
    sampler->logits = fd_alloc(vocab, sizeof(float), "the sampler", error);
    sampler->candidates = fd_alloc(vocab, sizeof(candidate), "the sampler", error);
    if (sampler->logits && sampler->candidates)
        return sampler;
    fd_sampler_free(sampler);
    return NULL;
}

void fd_sampler_free(fd_sampler *sampler) {
    if (!sampler)
        return;
    free(sampler->logits);
    free(sampler->candidates);
    free(sampler);
}

static void penalise(fd_sampler *self, const fd_sampling *sampling, const float *logits,
                     const int32_t *recent, size_t recent_count) {
    float penalty = (float)sampling->repetition_penalty;
    memcpy(self->logits, logits, self->vocab * sizeof(float));
    size_t window =
        recent_count < sampling->repetition_window ? recent_count : sampling->repetition_window;
    for (size_t i = recent_count - window; penalty != 1.0f && i < recent_count; i++) {
        float logit = logits[recent[i]]; /* from the source: a token is punished once */
        self->logits[recent[i]] = logit > 0.0f ? logit / penalty : logit * penalty;
    }
}

/* The candidates are those above e^-20 of the likeliest: less is never drawn. */
static size_t find_candidates(fd_sampler *self, float best, float temperature) {
    size_t count = 0;
    for (size_t i = 0; i < self->vocab; i++) {
        self->candidates[count] = (candidate){(int32_t)i, self->logits[i], 1};
        count += self->logits[i] >= best - 20.0f * temperature;
    }
    return count;
}

/* Weighs the candidates; returns the sum. */
static uint64_t weigh(candidate *candidates, size_t count, float best, float temperature) {
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        float p = fd_exp((candidates[i].logit - best) / temperature);
        candidates[i].mass = (uint64_t)(int64_t)(p * 0x1p46f);
        total += candidates[i].mass;
    }
    return total;
}

/* The likeliest come first; of equals, the lower id. */
static bool precedes(const candidate *a, const candidate *b) {
    return (a->logit > b->logit) | ((a->logit == b->logit) & (a->id < b->id));
}

static void swap(candidate *a, candidate *b) {
    candidate c = *a;
    *a = *b;
    *b = c;
}

/* The middle one of the first, the last and the one between them goes last. */
static void choose_pivot(candidate *candidates, size_t count) {
    candidate *a = candidates, *b = candidates + count / 2, *c = candidates + count - 1;
    if (precedes(a, b) != precedes(a, c))
        swap(a, c);
    else if (precedes(b, a) != precedes(b, c))
        swap(b, c);
}

/* Where, in the order of likelihood, the masses added up pass `target`, which is below their sum.
 * Every candidate before that index is then likelier, every one after it less likely; *before is
 * the mass of the former. (Hoare's selection, 1961, by mass.) */
static size_t select_at(candidate *candidates, size_t count, uint64_t target, uint64_t *before) {
    size_t low = 0, high = count;
    *before = 0;
    while (high - low > 1) {
        uint64_t mass = 0;
        size_t at = low;
        choose_pivot(candidates + low, high - low);
        candidate pivot = candidates[high - 1];
        for (size_t i = low; i < high - 1; i++) { /* without branches: they could not be guessed */
            candidate one = candidates[i];
            uint64_t first = precedes(&one, &pivot);
            candidates[i] = candidates[at];
            candidates[at] = one;
            mass += one.mass & -first;
            at += first;
        }
        swap(&candidates[at], &candidates[high - 1]);
        if (target < *before + mass) {
            high = at;
        } else if (target < *before + mass + pivot.mass) {
            *before += mass;
            return at;
        } else {
            *before += mass + pivot.mass;
            low = at + 1;
        }
    }
    return low;
}

static int32_t likeliest(const fd_sampler *self, float best) {
    size_t id = 0;
    while (self->logits[id] != best)
        id++;
    return (int32_t)id;
}

int32_t fd_sampler_draw(fd_sampler *self, const fd_sampling *sampling, const float *logits,
                        const int32_t *recent, size_t recent_count, double unit) {
    float temperature = (float)sampling->temperature;
    uint64_t before;
    penalise(self, sampling, logits, recent, recent_count);
    float best = fd_largest_lanes(self->logits, self->vocab);
    if (sampling->greedy)
        return likeliest(self, best);
    size_t count = find_candidates(self, best, temperature);
    if (sampling->top_k && sampling->top_k < count) {
        (void)select_at(self->candidates, count, sampling->top_k - 1, &before); /* masses are 1 */
        count = sampling->top_k;
    }
    uint64_t total = weigh(self->candidates, count, best, temperature);
    if (sampling->top_p < 1.0) {
        uint64_t nucleus = (uint64_t)(sampling->top_p * (double)total);
        size_t last = select_at(self->candidates, count, nucleus, &before);
        count = last + 1;
        total = before + self->candidates[last].mass;
    }
    uint64_t target = (uint64_t)(unit * (double)total);
    return self->candidates[select_at(self->candidates, count, target, &before)].id;
}
