/* kernel_float.h - the floating-point half of fd_kernels. A kernel file includes it, so that the
 * compiler widens these loops for its instruction set; the order of operations stays as written. */
#include <math.h>
#include <string.h>

#include "model/kernels.h"
#include "model/lanes.h"
#include "model/ops.h"

static void quantise(const float *values, size_t count, int16_t *x, float *scale) {
    const float magic = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number */
    int32_t bits = 0; /* of the largest size: those of floats without a sign are in their order */
    for (size_t i = 0; i < count; i++) {
        int32_t size;
        memcpy(&size, &values[i], sizeof size);
        size &= INT32_MAX;
        bits = size > bits ? size : bits;
    }
    float largest;
    memcpy(&largest, &bits, sizeof largest);
    largest = largest > 1e-30f ? largest : 1e-30f;
    float inverse = (float)FD_ACTIVATION_MAX / largest;
    for (size_t i = 0; i < count; i++) {
        float whole = values[i] * inverse + magic - magic;
        whole = whole > (float)FD_ACTIVATION_MAX ? (float)FD_ACTIVATION_MAX : whole;
        whole = whole < -(float)FD_ACTIVATION_MAX ? -(float)FD_ACTIVATION_MAX : whole;
        x[i] = (int16_t)(int32_t)whole;
    }
    *scale = largest / (float)FD_ACTIVATION_MAX;
}

static void layer_norm(const float *in, const float *gain, const float *bias, float epsilon,
                       size_t count, float *out) {
    float mean = fd_sum_lanes(in, count) / (float)count;
    for (size_t i = 0; i < count; i++)
        out[i] = in[i] - mean;
    float variance = fd_dot_lanes(out, out, count) / (float)count;
    float inverse = 1.0f / sqrtf(variance + epsilon); /* IEEE 754 rounds both correctly */
    for (size_t i = 0; i < count; i++)
        out[i] = out[i] * inverse * gain[i] + bias[i];
}

static void gelu(float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        values[i] = values[i] * fd_gelu_gate(values[i]);
}

static void softmax(float *values, size_t count) {
    float largest = fd_largest_lanes(values, count);
    for (size_t i = 0; i < count; i++)
        values[i] = fd_exp(values[i] - largest);
    float inverse = 1.0f / fd_sum_lanes(values, count);
    for (size_t i = 0; i < count; i++)
        values[i] *= inverse;
}

static double log_sum_exp(const float *values, size_t count) {
    double lanes[FD_LANES] = {0}, sum = 0.0;
    float largest = fd_largest_lanes(values, count);
    size_t whole = count - count % FD_LANES;
    for (size_t i = 0; i < whole; i += FD_LANES)
        for (size_t l = 0; l < FD_LANES; l++)
            lanes[l] += (double)fd_exp(values[i + l] - largest);
    for (size_t i = whole; i < count; i++)
        lanes[i - whole] += (double)fd_exp(values[i] - largest);
    for (size_t l = 0; l < FD_LANES; l++)
        sum += lanes[l];
    return (double)largest + fd_log(sum);
}

/* ---- attention: of one row, or of FD_TOGETHER with the same keys and values ---------------- */

#define FD_INLINE static inline __attribute__((always_inline))

typedef struct several {
    fd_lanes of[FD_TOGETHER];
} several;

FD_INLINE several add_several(several a, several b, size_t rows) {
    for (size_t r = 0; r < rows; r++)
        a.of[r] += b.of[r];
    return a;
}

/* One lane of every row's product with each of a block of keys. */
FD_INLINE several one_lane(const float *const *queries, size_t rows, const float *keys, size_t head,
                           size_t lane) {
    several sums;
    for (size_t r = 0; r < rows; r++)
        sums.of[r] = (fd_lanes){0};
    for (size_t i = lane; i < head; i += FD_LANES) {
        fd_lanes key = *(const fd_lanes *)(keys + i * FD_BLOCK);
        for (size_t r = 0; r < rows; r++)
            sums.of[r] += queries[r][i] * key;
    }
    return sums;
}

/* Lanes are added as in fd_add_lanes, each as soon as its partner is there: few wait. */
FD_INLINE several two_lanes(const float *const *queries, size_t rows, const float *keys,
                            size_t head, size_t lane) {
    return add_several(one_lane(queries, rows, keys, head, lane),
                       one_lane(queries, rows, keys, head, lane + 8), rows);
}

FD_INLINE several four_lanes(const float *const *queries, size_t rows, const float *keys,
                             size_t head, size_t lane) {
    return add_several(two_lanes(queries, rows, keys, head, lane),
                       two_lanes(queries, rows, keys, head, lane + 4), rows);
}

FD_INLINE several eight_lanes(const float *const *queries, size_t rows, const float *keys,
                              size_t head, size_t lane) {
    return add_several(four_lanes(queries, rows, keys, head, lane),
                       four_lanes(queries, rows, keys, head, lane + 2), rows);
}

/* A block of keys at a time, a key in each element of a register. */
FD_INLINE void score_rows(const float *const *queries, size_t rows, const float *keys, size_t count,
                          size_t head, float scale, float *const *scores) {
    for (size_t t = 0; t < count; t += FD_BLOCK, keys += head * FD_BLOCK) {
        several sums = add_several(eight_lanes(queries, rows, keys, head, 0),
                                   eight_lanes(queries, rows, keys, head, 1), rows);
        for (size_t r = 0; r < rows; r++)
            *(fd_lanes *)(scores[r] + t) = sums.of[r] * scale;
    }
}

static void score(const float *const *queries, size_t rows, const float *keys, size_t count,
                  size_t head, float scale, float *const *scores) {
    if (rows == FD_TOGETHER)
        score_rows(queries, FD_TOGETHER, keys, count, head, scale, scores);
    else
        for (size_t r = 0; r < rows; r++)
            score_rows(queries + r, 1, keys, count, head, scale, scores + r);
}

/* `wide` times FD_LANES elements at a time stay in registers while all tokens are added to them. */
FD_INLINE void gather_rows(const float *const *weights, size_t rows, size_t wide,
                           const float *values, size_t count, size_t head, float *const *out) {
    enum { WIDEST = 4 };
    size_t at = 0, step = wide * FD_LANES;
    for (; at + step <= head; at += step) {
        fd_lanes sums[FD_TOGETHER][WIDEST];
        for (size_t r = 0; r < rows; r++)
            for (size_t n = 0; n < wide; n++)
                sums[r][n] = ((const fd_lanes *)(out[r] + at))[n];
        for (size_t t = 0; t < count; t++) {
            const fd_lanes *v = (const fd_lanes *)(values + t * head + at);
            for (size_t r = 0; r < rows; r++)
                for (size_t n = 0; n < wide; n++)
                    sums[r][n] += weights[r][t] * v[n];
        }
        for (size_t r = 0; r < rows; r++)
            for (size_t n = 0; n < wide; n++)
                ((fd_lanes *)(out[r] + at))[n] = sums[r][n];
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t t = 0; t < count; t++)
            for (size_t i = at; i < head; i++)
                out[r][i] += weights[r][t] * values[t * head + i];
}

#ifdef __AVX512F__
enum { WIDE_TOGETHER = 4 }; /* 16 of 32 registers */
#else
enum { WIDE_TOGETHER = 1 };
#endif

static void gather(const float *const *weights, size_t rows, const float *values, size_t count,
                   size_t head, float *const *out) {
    if (rows == FD_TOGETHER)
        gather_rows(weights, FD_TOGETHER, WIDE_TOGETHER, values, count, head, out);
    else
        for (size_t r = 0; r < rows; r++)
            gather_rows(weights + r, 1, 4, values, count, head, out + r);
}
