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

/* ---- attention: rows that look at the same keys and values ------------------------------- */

enum {
    AT_ONCE = 4,    /* rows whose sums stay in registers */
    FEW_TOKENS = 16 /* whose values stay in the first level of cache until all rows met them */
};

typedef struct several {
    fd_lanes of[AT_ONCE];
} several;

/* floats = 16 whole numbers. */
FD_INLINE void widen_floats(const int16_t *whole, fd_lanes *floats) {
    typedef int16_t shorts __attribute__((vector_size(32), aligned(2), may_alias));
    typedef int32_t ints __attribute__((vector_size(64)));
    *floats =
        __builtin_convertvector(__builtin_convertvector(*(const shorts *)whole, ints), fd_lanes);
}

FD_INLINE several add_several(several a, several b, size_t rows) {
    for (size_t r = 0; r < rows; r++)
        a.of[r] += b.of[r];
    return a;
}

/* One lane of every row's product with each of a block of keys. */
FD_INLINE several one_lane(const float *const *queries, size_t rows, const int16_t *keys,
                           size_t head, size_t lane) {
    several sums;
    for (size_t r = 0; r < rows; r++)
        sums.of[r] = (fd_lanes){0};
    for (size_t i = lane; i < head; i += FD_LANES) {
        fd_lanes key;
        widen_floats(keys + i * FD_BLOCK, &key);
        for (size_t r = 0; r < rows; r++)
            sums.of[r] += queries[r][i] * key;
    }
    return sums;
}

/* Lanes are added as in fd_add_lanes, each as soon as its partner is there: few wait. */
FD_INLINE several two_lanes(const float *const *queries, size_t rows, const int16_t *keys,
                            size_t head, size_t lane) {
    return add_several(one_lane(queries, rows, keys, head, lane),
                       one_lane(queries, rows, keys, head, lane + 8), rows);
}

FD_INLINE several four_lanes(const float *const *queries, size_t rows, const int16_t *keys,
                             size_t head, size_t lane) {
    return add_several(two_lanes(queries, rows, keys, head, lane),
                       two_lanes(queries, rows, keys, head, lane + 4), rows);
}

FD_INLINE several eight_lanes(const float *const *queries, size_t rows, const int16_t *keys,
                              size_t head, size_t lane) {
    return add_several(four_lanes(queries, rows, keys, head, lane),
                       four_lanes(queries, rows, keys, head, lane + 2), rows);
}

/* A key in each element of a register. */
FD_INLINE void score_block(const float *const *queries, size_t rows, const int16_t *keys,
                           size_t head, const fd_lanes *scales, float *const *scores, size_t t) {
    several sums = add_several(eight_lanes(queries, rows, keys, head, 0),
                               eight_lanes(queries, rows, keys, head, 1), rows);
    for (size_t r = 0; r < rows; r++)
        *(fd_lanes *)(scores[r] + t) = sums.of[r] * *scales;
}

/* Asks for memory that will be wanted soon: `bytes` of it, so far ahead that they are there in
 * time, and beyond the end those of what is looked at next. */
FD_INLINE void prefetch(const int16_t *from, size_t bytes) {
    enum { LINE = 64, AHEAD = 4096 };
    for (size_t at = 0; at < bytes; at += LINE)
        __builtin_prefetch((const char *)from + AHEAD + at);
}

static void score(const float *const *queries, size_t rows, const int16_t *keys,
                  const float *key_scales, size_t count, size_t head, float scale,
                  float *const *scores) {
    for (size_t t = 0; t < count; t += FD_BLOCK, keys += head * FD_BLOCK) {
        fd_lanes scales = *(const fd_lanes *)(key_scales + t) * scale;
        size_t r = 0;
        prefetch(keys, head * FD_BLOCK * sizeof *keys);
        for (; r + AT_ONCE <= rows; r += AT_ONCE)
            score_block(queries + r, AT_ONCE, keys, head, &scales, scores + r, t);
        for (; r < rows; r++)
            score_block(queries + r, 1, keys, head, &scales, scores + r, t);
    }
}

/* `wide` times FD_LANES elements at a time stay in registers while all tokens are added to them. */
FD_INLINE void gather_rows(float *const *weights, size_t rows, size_t wide, const int16_t *values,
                           size_t from, size_t to, size_t head, float *const *out) {
    enum { WIDEST = 4 };
    size_t at = 0, step = wide * FD_LANES;
    for (; at + step <= head; at += step) {
        fd_lanes sums[AT_ONCE][WIDEST];
        for (size_t r = 0; r < rows; r++)
            for (size_t n = 0; n < wide; n++)
                sums[r][n] = ((const fd_lanes *)(out[r] + at))[n];
        for (size_t t = from; t < to; t++) {
            fd_lanes v[WIDEST];
            for (size_t n = 0; n < wide; n++)
                widen_floats(values + t * head + at + n * FD_LANES, &v[n]);
            for (size_t r = 0; r < rows; r++)
                for (size_t n = 0; n < wide; n++)
                    sums[r][n] += weights[r][t] * v[n];
        }
        for (size_t r = 0; r < rows; r++)
            for (size_t n = 0; n < wide; n++)
                ((fd_lanes *)(out[r] + at))[n] = sums[r][n];
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t t = from; t < to; t++)
            for (size_t i = at; i < head; i++)
                out[r][i] += weights[r][t] * (float)values[t * head + i];
}

#ifdef __AVX512F__
enum { WIDE_AT_ONCE = 4 }; /* 16 of 32 registers */
#else
enum { WIDE_AT_ONCE = 1 };
#endif

static void gather(float *const *weights, size_t rows, const int16_t *values,
                   const float *value_scales, size_t count, size_t head, float *const *out) {
    for (size_t r = 0; r < rows; r++)
        for (size_t t = 0; t < count; t++)
            weights[r][t] *= value_scales[t];
    for (size_t from = 0; from < count; from += FEW_TOKENS) {
        size_t to = count - from < FEW_TOKENS ? count : from + FEW_TOKENS, r = 0;
        prefetch(values + from * head, (to - from) * head * sizeof *values);
        for (; r + AT_ONCE <= rows; r += AT_ONCE)
            gather_rows(weights + r, AT_ONCE, WIDE_AT_ONCE, values, from, to, head, out + r);
        for (; r < rows; r++)
            gather_rows(weights + r, 1, 4, values, from, to, head, out + r);
    }
}
