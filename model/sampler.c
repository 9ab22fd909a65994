#include "model/sampler.h"

#include <stdlib.h>
#include <string.h>

#include "model/lanes.h"
#include "model/memory.h"
#include "model/ops.h"

typedef struct candidate {
    int32_t id;
    float likelihood; /* that of the likeliest being 1 */
} candidate;

/* The logits are looked through a block at a time. What is e^-20 times as likely as the likeliest
 * is never drawn. */
enum { BLOCK = 64 };
#define NEVER 20.0f

struct fd_sampler {
    size_t vocab, blocks;
    float *values;  /* [vocab] logits after the repetition penalty; likelihoods of candidates */
    float *largest; /* [blocks] of each block's logits */
    candidate *candidates; /* [vocab] */
};

fd_sampler *fd_sampler_new(size_t vocab, fd_error *error) {
    fd_sampler *sampler = fd_alloc(1, sizeof *sampler, "the sampler", error);
    if (!sampler)
        return NULL;
    sampler->vocab = vocab;
    sampler->blocks = (vocab + BLOCK - 1) / BLOCK;
    sampler->values = fd_alloc(vocab, sizeof(float), "the sampler", error);
    sampler->largest = fd_alloc(sampler->blocks, sizeof(float), "the sampler", error);
    sampler->candidates = fd_alloc(vocab, sizeof(candidate), "the sampler", error);
    if (sampler->values && sampler->largest && sampler->candidates)
        return sampler;
    fd_sampler_free(sampler);
    return NULL;
}

void fd_sampler_free(fd_sampler *sampler) {
    if (!sampler)
        return;
    free(sampler->values);
    free(sampler->largest);
    free(sampler->candidates);
    free(sampler);
}

static void penalise(fd_sampler *self, const fd_sampling *sampling, const float *logits,
                     const int32_t *recent, size_t recent_count) {
    float penalty = (float)sampling->repetition_penalty;
    memcpy(self->values, logits, self->vocab * sizeof(float));
    size_t window =
        recent_count < sampling->repetition_window ? recent_count : sampling->repetition_window;
    for (size_t i = recent_count - window; penalty != 1.0f && i < recent_count; i++) {
        float logit = logits[recent[i]]; /* from the source: a token is punished once */
        self->values[recent[i]] = logit > 0.0f ? logit / penalty : logit * penalty;
    }
}

static size_t block_size(const fd_sampler *self, size_t block) {
    return block + 1 < self->blocks ? BLOCK : self->vocab - block * BLOCK;
}

/* The largest logit of each block, and of all. */
static float find_largest(fd_sampler *self) {
    for (size_t b = 0; b < self->blocks; b++)
        self->largest[b] = fd_largest_lanes(self->values + b * BLOCK, block_size(self, b));
    return fd_largest_lanes(self->largest, self->blocks);
}

/* The candidates are those whose logits reach `least`. Their likelihoods gather at the front of
 * `values`, where exponentials are taken of many at a time. */
static size_t find_candidates(fd_sampler *self, float least, float best, float temperature) {
    size_t count = 0;
    for (size_t b = 0; b < self->blocks; b++) {
        size_t from = b * BLOCK, to = from + block_size(self, b);
        for (size_t i = self->largest[b] < least ? to : from; i < to; i++) {
            float logit = self->values[i];
            self->values[count] = logit;
            self->candidates[count].id = (int32_t)i;
            count += logit >= least;
        }
    }
    for (size_t i = 0; i < count; i++)
        self->values[i] = fd_exp((self->values[i] - best) / temperature);
    for (size_t i = 0; i < count; i++)
        self->candidates[i].likelihood = self->values[i];
    return count;
}

/* Likelihoods as whole numbers, which add up to the same in any order. */
static uint64_t mass_of(const candidate *one) {
    return (uint64_t)(int64_t)(one->likelihood * 0x1p46f);
}

static uint64_t count_of(const candidate *one) {
    (void)one;
    return 1;
}

typedef uint64_t measure(const candidate *one);

/* The likeliest come first; of equals, the lower id. */
static bool precedes(const candidate *a, const candidate *b) {
    return (a->likelihood > b->likelihood) | ((a->likelihood == b->likelihood) & (a->id < b->id));
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

/* Where, in the order of likelihood, the measures added up pass `target`, which is below their sum.
 * Every candidate before that index is then likelier, every one after it less likely; *before is
 * the measure of the former together. (Hoare's selection, 1961, by weight.) */
static inline __attribute__((always_inline)) size_t select_at(candidate *candidates, size_t count,
                                                              measure *measure_of, uint64_t target,
                                                              uint64_t *before) {
    size_t low = 0, high = count;
    *before = 0;
    while (high - low > 1) {
        uint64_t sum = 0;
        size_t at = low;
        choose_pivot(candidates + low, high - low);
        candidate pivot = candidates[high - 1];
        for (size_t i = low; i < high - 1; i++) { /* without branches: they could not be guessed */
            candidate one = candidates[i];
            uint64_t first = precedes(&one, &pivot);
            candidates[i] = candidates[at];
            candidates[at] = one;
            sum += measure_of(&one) & -first;
            at += first;
        }
        swap(&candidates[at], &candidates[high - 1]);
        if (target < *before + sum) {
            high = at;
        } else if (target < *before + sum + measure_of(&pivot)) {
            *before += sum;
            return at;
        } else {
            *before += sum + measure_of(&pivot);
            low = at + 1;
        }
    }
    return low;
}

/* No more than the `k` largest logits need be looked at, and of as many blocks each has one that
 * reaches the k-th largest of the blocks' largest: that is how much it takes at least. */
static float least_of(fd_sampler *self, size_t k, float least) {
    uint64_t before;
    if (k == 0 || k > self->blocks)
        return least;
    for (size_t b = 0; b < self->blocks; b++)
        self->candidates[b] = (candidate){(int32_t)b, self->largest[b]};
    float kth =
        self->candidates[select_at(self->candidates, self->blocks, count_of, k - 1, &before)]
            .likelihood;
    return kth > least ? kth : least;
}

static int32_t likeliest(const fd_sampler *self, float best) {
    size_t id = 0;
    while (id + 1 < self->vocab && self->values[id] != best)
        id++;
    return (int32_t)id;
}

int32_t fd_sampler_draw(fd_sampler *self, const fd_sampling *sampling, const float *logits,
                        const int32_t *recent, size_t recent_count, double unit) {
    float temperature = (float)sampling->temperature;
    penalise(self, sampling, logits, recent, recent_count);
    float best = find_largest(self);
    if (sampling->greedy)
        return likeliest(self, best);
    float least = least_of(self, sampling->top_k, best - NEVER * temperature);
    size_t count = find_candidates(self, least, best, temperature);
    candidate *candidates = self->candidates;
    uint64_t before, total = 0;
    if (sampling->top_k && sampling->top_k < count) {
        (void)select_at(candidates, count, count_of, sampling->top_k - 1, &before);
        count = sampling->top_k;
    }
    for (size_t i = 0; i < count; i++)
        total += mass_of(&candidates[i]);
    if (sampling->top_p < 1.0) {
        uint64_t nucleus = (uint64_t)(sampling->top_p * (double)total);
        size_t last = select_at(candidates, count, mass_of, nucleus, &before);
        count = last + 1;
        total = before + mass_of(&candidates[last]);
    }
    uint64_t target = (uint64_t)(unit * (double)total);
    return candidates[select_at(candidates, count, mass_of, target, &before)].id;
}
