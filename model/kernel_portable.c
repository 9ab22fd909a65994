/* kernel_portable.c - fd_kernels for any CPU: the plain loops that the others must equal. */
#include "model/kernel_float.h"

static double dot(const int16_t *x, const int8_t *w, size_t count) {
    enum { CHUNK = 1024 }; /* as many products as fit 32 bits, see FD_ACTIVATION_MAX */
    int64_t total = 0;
    for (size_t from = 0; from < count; from += CHUNK) {
        size_t to = count - from < CHUNK ? count : from + CHUNK;
        int32_t sum = 0;
        for (size_t i = from; i < to; i++)
            sum += x[i] * w[i];
        total += sum;
    }
    return (double)total;
}

static void multiply(const fd_int_product *p, size_t from, size_t to) {
    for (size_t o = from; o < to; o++)
        for (size_t r = 0; r < p->rows; r++)
            p->y[r][o] =
                fd_int_result(p, r, o, dot(p->x + r * p->inner, p->w + o * p->inner, p->inner));
}

static void score(const int16_t *const *queries, const float *query_scales, size_t rows,
                  const int16_t *keys, const float *key_scales, size_t count, size_t head,
                  float *const *scores) {
    size_t block = fd_paired(head) * FD_BLOCK;
    for (size_t r = 0; r < rows; r++)
        for (size_t t = 0; t < count; t++) {
            const int16_t *key = keys + t / FD_BLOCK * block + t % FD_BLOCK * 2;
            int32_t sum = 0;
            for (size_t i = 0; i < head; i++)
                sum += queries[r][i] * key[i / 2 * FD_BLOCK * 2 + i % 2];
            scores[r][t] = (float)sum * (key_scales[t] * query_scales[r]);
        }
}

static void gather(const int16_t *const *weights, size_t rows, const int16_t *values, size_t count,
                   size_t head, int32_t *const *sums) {
    for (size_t r = 0; r < rows; r++)
        for (size_t t = 0; t < count; t++)
            for (size_t i = 0; i < head; i++)
                sums[r][i] += weights[r][t] * values[(t / 2 * head + i) * 2 + t % 2];
}

const fd_kernels fd_kernels_portable = {"portable",      multiply,   quantise, quantise_by_norm,
                                        quantise_by_sum, layer_norm, gelu,     softmax,
                                        log_sum_exp,     score,      gather};
