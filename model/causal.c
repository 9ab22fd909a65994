#include "model/causal.h"

#include <math.h>
#include <string.h>

#include "model/clones.h"
#include "model/matmul.h"
#include "model/ops.h"

/* Queries at a time: two blocks of scores over 1024 keys then fit a core's cache. */
enum { QUERIES = 64 };

/* One head of one window, and a block of its queries: they see `keys` keys. */
typedef struct head {
    size_t size, stride; /* of a head; of a row of qkv */
    float root;          /* what scores are multiplied by */
    const float *query, *key, *value;
    const float *log_sums;
} head;

typedef struct block {
    size_t first, count, keys;
} block;

size_t fd_causal_scratch(size_t length) {
    return 2 * QUERIES * length;
}

static head head_of(const fd_causal *self, size_t pair) {
    size_t window = pair / self->heads, size = self->width / self->heads;
    head h = {.size = size, .stride = 3 * self->width, .root = 1.0f / sqrtf((float)size)};
    h.query = self->qkv + window * self->length * h.stride + pair % self->heads * size;
    h.key = h.query + self->width;
    h.value = h.key + self->width;
    h.log_sums = self->log_sums + pair * self->length;
    return h;
}

static block block_at(size_t first, size_t length) {
    size_t count = length - first < QUERIES ? length - first : QUERIES;
    return (block){first, count, first + count};
}

static void scores_of(const head *h, block b, float *scores) {
    fd_matmul(b.count, b.keys, h->size, h->root,
              fd_matrix_of(h->query + b.first * h->stride, h->stride),
              fd_transpose_of(h->key, h->stride), 0.0f, scores, b.keys);
}

/* Scores to weights; keeps the logarithm of each row's sum. */
FD_CLONES static void softmax_rows(block b, float *scores, float *log_sums) {
    for (size_t q = 0; q < b.count; q++) {
        float *row = scores + q * b.keys;
        size_t seen = b.first + q + 1;
        float largest = fd_largest_lanes(row, seen);
        float sum = fd_clone_exponentials(row, seen, largest), inverse = 1.0f / sum;
        for (size_t i = 0; i < seen; i++)
            row[i] *= inverse;
        memset(row + seen, 0, (b.keys - seen) * sizeof *row);
        log_sums[b.first + q] = largest + logf(sum);
    }
}

/* Scores to the weights they were before. */
FD_CLONES static void weights_again(block b, float *scores, const float *log_sums) {
    for (size_t q = 0; q < b.count; q++) {
        float *row = scores + q * b.keys;
        size_t seen = b.first + q + 1;
        (void)fd_clone_exponentials(row, seen, log_sums[b.first + q]);
        memset(row + seen, 0, (b.keys - seen) * sizeof *row);
    }
}

/* Gradients of weights to gradients of scores; `dots` is each row's sum of weight times gradient,
 * which is the output's dot product with its own gradient. */
FD_CLONES static void scores_back(block b, const float *weights, const float *dots, float *d) {
    for (size_t q = 0; q < b.count; q++)
        for (size_t i = q * b.keys; i < (q + 1) * b.keys; i++)
            d[i] = weights[i] * (d[i] - dots[q]);
}

void fd_causal_share(const fd_causal *self, size_t share, size_t threads) {
    float *scores = self->scratch + share * fd_causal_scratch(self->length);
    for (size_t pair = share; pair < self->batch * self->heads; pair += threads) {
        head h = head_of(self, pair);
        size_t row = pair / self->heads * self->length;
        float *out = self->out + row * self->width + pair % self->heads * h.size;
        for (size_t first = 0; first < self->length; first += QUERIES) {
            block b = block_at(first, self->length);
            scores_of(&h, b, scores);
            softmax_rows(b, scores, self->log_sums + pair * self->length);
            fd_matmul(b.count, h.size, b.keys, 1.0f, fd_matrix_of(scores, b.keys),
                      fd_matrix_of(h.value, h.stride), 0.0f, out + first * self->width,
                      self->width);
        }
    }
}

/* One block's part of the gradient: its own queries', and a share of all keys' and values'. */
static void block_back(const head *h, block b, const float *d_out, size_t width, const float *dots,
                       float *d_query, float *scratch) {
    float *weights = scratch, *d_scores = scratch + QUERIES * b.keys;
    float *d_key = d_query + width, *d_value = d_key + width;
    const float *query = h->query + b.first * h->stride;
    scores_of(h, b, weights);
    weights_again(b, weights, h->log_sums);
    fd_matmul(b.keys, h->size, b.count, 1.0f, fd_transpose_of(weights, b.keys),
              fd_matrix_of(d_out, width), 1.0f, d_value, h->stride);
    fd_matmul(b.count, b.keys, h->size, 1.0f, fd_matrix_of(d_out, width),
              fd_transpose_of(h->value, h->stride), 0.0f, d_scores, b.keys);
    scores_back(b, weights, dots, d_scores);
    fd_matmul(b.count, h->size, b.keys, h->root, fd_matrix_of(d_scores, b.keys),
              fd_matrix_of(h->key, h->stride), 0.0f, d_query + b.first * h->stride, h->stride);
    fd_matmul(b.keys, h->size, b.count, h->root, fd_transpose_of(d_scores, b.keys),
              fd_matrix_of(query, h->stride), 1.0f, d_key, h->stride);
}

void fd_causal_back_share(const fd_causal *self, const float *d_out, float *d_qkv, size_t share,
                          size_t threads) {
    float *scratch = self->scratch + share * fd_causal_scratch(self->length);
    float dots[QUERIES];
    for (size_t pair = share; pair < self->batch * self->heads; pair += threads) {
        head h = head_of(self, pair);
        size_t row = pair / self->heads * self->length, column = pair % self->heads * h.size;
        const float *out = self->out + row * self->width + column;
        const float *d_here = d_out + row * self->width + column;
        float *d_query = d_qkv + row * h.stride + column;
        for (size_t r = 0; r < self->length; r++)
            for (size_t part = 1; part < 3; part++) /* keys and values, which are added to */
                memset(d_query + r * h.stride + part * self->width, 0, h.size * sizeof(float));
        for (size_t first = 0; first < self->length; first += QUERIES) {
            block b = block_at(first, self->length);
            for (size_t q = 0; q < b.count; q++)
                dots[q] = fd_dot(out + (first + q) * self->width,
                                 d_here + (first + q) * self->width, h.size);
            block_back(&h, b, d_here + first * self->width, self->width, dots, d_query, scratch);
        }
    }
}
