/* kernel_attend.h - attention in whole numbers, for kernel files, whose registers hold a token in
 * each lane (scores) or an element of the head (values). Beside what kernel_tile.h asks for, a file
 * defines
 *   add_pairs(s, a, b)   s with the products of elements 2n and 2n + 1 added in lane n
 *   every_lane(pair)     those two factors in every lane
 * No sum can overflow: see FD_NORM_MAX. */
#include <string.h>

#include "model/kernels.h"

enum {
    AT_ONCE = 4, /* rows whose sums stay in registers */
    BLOCK_REGISTERS = FD_BLOCK / LANES,
    STRIP = LANES == 8 ? 2 : 4, /* registers of a row; AVX2 has 16 for everything */
    FEW_TOKENS = 16             /* whose values stay in the first level of cache until all rows met
                                   them; whole pairs */
};

typedef int32_t ints __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef float lane_floats __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

/* Asks for memory that will be wanted soon: `bytes` of it, so far ahead that they are there in
 * time, and beyond the end those of what is looked at next. */
FD_INLINE void prefetch(const int16_t *from, size_t bytes) {
    enum { LINE = 64, AHEAD = 4096 };
    for (size_t at = 0; at < bytes; at += LINE)
        __builtin_prefetch((const char *)from + AHEAD + at);
}

FD_INLINE int32_t pair_at(const int16_t *two) {
    int32_t pair;
    memcpy(&pair, two, sizeof pair);
    return pair;
}

/* Every row's scores of a block of keys. */
FD_INLINE void score_block(const int16_t *const *queries, const float *query_scales, size_t rows,
                           const int16_t *keys, const float *key_scales, size_t head,
                           float *const *scores, size_t t) {
    sums totals[AT_ONCE][BLOCK_REGISTERS];
    for (size_t r = 0; r < rows; r++)
        for (size_t n = 0; n < BLOCK_REGISTERS; n++)
            totals[r][n] = no_sums();
    for (size_t i = 0; i < head; i += 2)
        for (size_t n = 0; n < BLOCK_REGISTERS; n++) {
            wide key = load(keys + i * FD_BLOCK + n * 2 * LANES);
            for (size_t r = 0; r < rows; r++)
                totals[r][n] = add_pairs(totals[r][n], key, every_lane(pair_at(queries[r] + i)));
        }
    for (size_t r = 0; r < rows; r++)
        for (size_t n = 0; n < BLOCK_REGISTERS; n++) {
            lane_floats dots = __builtin_convertvector((ints)totals[r][n], lane_floats);
            *(lane_floats *)(scores[r] + t + n * LANES) =
                dots * (*(const lane_floats *)(key_scales + t + n * LANES) * query_scales[r]);
        }
}

static void score(const int16_t *const *queries, const float *query_scales, size_t rows,
                  const int16_t *keys, const float *key_scales, size_t count, size_t head,
                  float *const *scores) {
    size_t block = fd_paired(head) * FD_BLOCK;
    for (size_t t = 0; t < count; t += FD_BLOCK, keys += block) {
        size_t r = 0;
        prefetch(keys, block * sizeof *keys);
        for (; r + AT_ONCE <= rows; r += AT_ONCE)
            score_block(queries + r, query_scales + r, AT_ONCE, keys, key_scales, head, scores + r,
                        t);
        for (; r < rows; r++)
            score_block(queries + r, query_scales + r, 1, keys, key_scales, head, scores + r, t);
    }
}

/* `strip` registers of every row, from element `at` on, stay while tokens are added to them. */
FD_INLINE void gather_strip(const int16_t *const *weights, size_t rows, size_t strip, size_t at,
                            const int16_t *values, size_t from, size_t to, size_t head,
                            int32_t *const *out) {
    sums totals[AT_ONCE][STRIP];
    for (size_t r = 0; r < rows; r++)
        for (size_t n = 0; n < strip; n++)
            totals[r][n] = (sums)((const ints *)(out[r] + at))[n];
    for (size_t t = from; t < to; t += 2) {
        wide value[STRIP];
        for (size_t n = 0; n < strip; n++)
            value[n] = load(values + t * head + 2 * (at + n * LANES));
        for (size_t r = 0; r < rows; r++) {
            int32_t pair = t + 1 < to ? pair_at(weights[r] + t) : (uint16_t)weights[r][t];
            for (size_t n = 0; n < strip; n++)
                totals[r][n] = add_pairs(totals[r][n], value[n], every_lane(pair));
        }
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t n = 0; n < strip; n++)
            ((ints *)(out[r] + at))[n] = (ints)totals[r][n];
}

FD_INLINE void gather_rows(const int16_t *const *weights, size_t rows, const int16_t *values,
                           size_t from, size_t to, size_t head, int32_t *const *out) {
    size_t at = 0;
    for (; at + STRIP * LANES <= head; at += STRIP * LANES)
        gather_strip(weights, rows, STRIP, at, values, from, to, head, out);
    for (; at + LANES <= head; at += LANES)
        gather_strip(weights, rows, 1, at, values, from, to, head, out);
    for (size_t r = 0; r < rows && at < head; r++)
        for (size_t t = from; t < to; t++)
            for (size_t i = at; i < head; i++)
                out[r][i] += weights[r][t] * values[(t / 2 * head + i) * 2 + t % 2];
}

static void gather(const int16_t *const *weights, size_t rows, const int16_t *values, size_t count,
                   size_t head, int32_t *const *out) {
    for (size_t from = 0; from < count; from += FEW_TOKENS) {
        size_t to = count - from < FEW_TOKENS ? count : from + FEW_TOKENS, r = 0;
        prefetch(values + from * head, FEW_TOKENS * head * sizeof *values);
        for (; r + AT_ONCE <= rows; r += AT_ONCE)
            gather_rows(weights + r, AT_ONCE, values, from, to, head, out + r);
        for (; r < rows; r++)
            gather_rows(weights + r, 1, values, from, to, head, out + r);
    }
}
