/* kernels.h - the arithmetic of inference, once for each instruction set, the same bits in all.
 *
 * The heart is the exact matrix product: int8 weights times 15-bit activations, summed in integers,
 * which do not round, so no order of summation can change a result. The 15 bits stay in one 16-bit
 * number: multiply-and-add of 16-bit pairs is one pass over them, for one row and for many. Two
 * int8 planes through OpenBLAS, whole numbers in floats, would be exact as well; on two Zen 4 cores
 * it takes 2.3 times as long for the products of a layer of GPT-2 and 64 rows, before any weight is
 * made a float.
 *
 * Attention is exact in the same way: queries, keys, values and the weights of the values are whole
 * numbers, each row of them with a scale.
 *
 * What stands between the products are floats, in the fixed order of lanes that lanes.h describes;
 * every instruction set compiles the same source (kernel_float.h), some with wider registers. */
#ifndef FD_MODEL_KERNELS_H
#define FD_MODEL_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "model/error.h"

/* Activations are whole numbers from -FD_ACTIVATION_MAX to FD_ACTIVATION_MAX: the sum of 1024
 * products with int8 weights then fits 32 bits. */
enum { FD_ACTIVATION_MAX = 16256 };

/* What attention multiplies is as large as lets every sum fit 32 bits. Queries and keys have at
 * most this Euclidean norm, which bounds their products (Cauchy and Schwarz); values are
 * activations, and the weights of all that a row looks at are together no more than lets those be
 * added up. */
enum { FD_NORM_MAX = 46340, FD_WEIGHTS_MAX = INT32_MAX / FD_ACTIVATION_MAX };

typedef struct fd_int_product {
    const int16_t *x;     /* [rows][inner] */
    const float *x_scale; /* [rows] */
    size_t rows, inner;
    const int8_t *w;      /* [outs][inner], each from -127 to 127 */
    const float *w_scale; /* [outs] */
    const float *bias;    /* [outs] or NULL */
    size_t outs;
    float *const *y; /* [rows] pointers to [outs] */
} fd_int_product;

/* What becomes of a sum of products, exact in a double. */
static inline float fd_int_result(const fd_int_product *product, size_t row, size_t out,
                                  double sum) {
    double scale = (double)product->w_scale[out] * (double)product->x_scale[row];
    float result = (float)(sum * scale);
    return product->bias ? result + product->bias[out] : result;
}

/* For kernels' functions: they are fast where their arguments are known. */
#define FD_INLINE static inline __attribute__((always_inline))

/* How many numbers a query or key of one head takes: they lie in pairs, a 0 being the last where
 * head is odd. */
static inline size_t fd_paired(size_t head) {
    return head + head % 2;
}

enum {
    FD_BLOCK = 16,  /* tokens whose keys lie together */
    FD_TOGETHER = 8 /* rows that look at the same keys and values at a time */
};

typedef struct fd_kernels {
    const char *name;

    /* y = x w + bias for outputs from <= o < to of every row. */
    void (*multiply)(const fd_int_product *product, size_t from, size_t to);

    /* Quantises one row: values[i] is about scale * x[i], the largest FD_ACTIVATION_MAX. */
    void (*quantise)(const float *values, size_t count, int16_t *x, float *scale);

    /* The same for a query or key, whose norm is then at most FD_NORM_MAX, and for attention's
     * weights, none below 0, whose sum is at most FD_WEIGHTS_MAX. */
    void (*quantise_by_norm)(const float *values, size_t count, int16_t *x, float *scale);
    void (*quantise_by_sum)(const float *weights, size_t count, int16_t *x, float *scale);

    /* out = (in - mean) / sqrt(variance + epsilon) * gain + bias (Ba et al. 2016). */
    void (*layer_norm)(const float *in, const float *gain, const float *bias, float epsilon,
                       size_t count, float *out);

    /* GELU in its tanh form, in place. */
    void (*gelu)(float *values, size_t count);

    void (*softmax)(float *values, size_t count);

    /* log(sum(exp(values))). */
    double (*log_sum_exp)(const float *values, size_t count);

    /* scores[r][t] = query_scales[r] * key_scales[t] * (queries[r] . key t) for t < count, rounded
     * up to whole blocks, and r < rows, at most FD_TOGETHER. Queries and keys come in pairs: keys
     * [blocks][pairs][FD_BLOCK][2]. What the surplus gives is meaningless. */
    void (*score)(const int16_t *const *queries, const float *query_scales, size_t rows,
                  const int16_t *keys, const float *key_scales, size_t count, size_t head,
                  float *const *scores);

    /* sums[r][head] += sum of weights[r][t] * value t for t < count and r < rows, at most
     * FD_TOGETHER. Values lie as pairs of tokens, [pairs][head][2]. */
    void (*gather)(const int16_t *const *weights, size_t rows, const int16_t *values, size_t count,
                   size_t head, int32_t *const *sums);
} fd_kernels;

/* The fastest kernels of this machine, or those called `isa` (portable, avx2, avx512, neon); NULL
 * and FD_USAGE when this machine lacks them. */
const fd_kernels *fd_kernels_choose(const char *isa, fd_error *error);

/* What a machine has beside the portable ones; each in the file of its name. */
extern const fd_kernels fd_kernels_portable;
#if defined(__x86_64__)
extern const fd_kernels fd_kernels_avx2, fd_kernels_avx512;
#elif defined(__aarch64__)
extern const fd_kernels fd_kernels_neon;
#endif

#endif
