/* kernel_tile.h - the exact product in tiles of registers, for kernel files. Before including it a
 * file defines
 *   sums, wide       registers of int32 sums and of int16 factors
 *   STEP             how many factors a register holds
 *   ROWS             rows of a tile; OUTS * ROWS registers of sums and OUTS of weights must fit
 *   no_sums()        sums that are all 0
 *   widen(w)         STEP weights
 *   load(x)          STEP activations
 *   multiply_add(s, a, b)   s with the products of a and b added, wherever in s
 *   add_up(s, totals)       totals[o] = the sum of everything in s[o], o < OUTS
 * No such sum may saturate. It cannot overflow: see FD_ACTIVATION_MAX. */
#include "model/kernels.h"

enum { OUTS = 4, CHUNK = 1024, ROW_BLOCK = 48, PREFETCH = 8192 };

#define INLINE static inline __attribute__((always_inline))

/* totals[r][o] += x[r] . w[o] over elements from <= i < to, at most CHUNK of them. */
INLINE void add_chunk(const int16_t *x, const int8_t *const w[OUTS], size_t inner, size_t from,
                      size_t to, size_t rows, int64_t totals[ROWS][OUTS]) {
    sums lanes[ROWS][OUTS];
    size_t i = from;
    for (size_t r = 0; r < rows; r++)
        for (size_t o = 0; o < OUTS; o++)
            lanes[r][o] = no_sums();
    for (; i + STEP <= to; i += STEP) {
        wide factors[OUTS];
        for (size_t o = 0; o < OUTS; o++)
            factors[o] = widen(w[o] + i);
        for (size_t line = 0; line < OUTS * STEP; line += 64)
            __builtin_prefetch(w[0] + PREFETCH + OUTS * i + line);
        for (size_t r = 0; r < rows; r++) {
            wide row = load(x + r * inner + i);
            for (size_t o = 0; o < OUTS; o++)
                lanes[r][o] = multiply_add(lanes[r][o], factors[o], row);
        }
    }
    for (size_t r = 0; r < rows; r++) {
        int32_t chunk[OUTS];
        add_up(lanes[r], chunk);
        for (size_t o = 0; o < OUTS; o++) {
            for (size_t k = i; k < to; k++)
                chunk[o] += x[r * inner + k] * w[o][k];
            totals[r][o] += chunk[o];
        }
    }
}

/* Outputs o to o + outs of rows r to r + rows. Where fewer than OUTS are left, the last stands in
 * for those beyond it. */
INLINE void multiply_tile(const fd_int_product *p, size_t r, size_t rows, size_t o, size_t outs) {
    int64_t totals[ROWS][OUTS] = {{0}};
    const int8_t *w[OUTS];
    for (size_t k = 0; k < OUTS; k++)
        w[k] = p->w + (o + (k < outs ? k : outs - 1)) * p->inner;
    for (size_t from = 0; from < p->inner; from += CHUNK)
        add_chunk(p->x + r * p->inner, w, p->inner, from,
                  p->inner - from < CHUNK ? p->inner : from + CHUNK, rows, totals);
    for (size_t k = 0; k < rows; k++)
        for (size_t n = 0; n < outs; n++)
            p->y[r + k][o + n] = fd_int_result(p, r + k, o + n, totals[k][n]);
}

static void multiply(const fd_int_product *p, size_t from, size_t to) {
    for (size_t block = 0; block < p->rows; block += ROW_BLOCK) {
        size_t end = p->rows - block < ROW_BLOCK ? p->rows : block + ROW_BLOCK;
        for (size_t o = from; o < to; o += OUTS) {
            size_t outs = to - o < OUTS ? to - o : OUTS, r = block;
            for (; r + ROWS <= end; r += ROWS)
                multiply_tile(p, r, ROWS, o, outs);
            for (; r + ROWS / 2 <= end; r += ROWS / 2)
                multiply_tile(p, r, ROWS / 2, o, outs);
            for (; r < end; r++)
                multiply_tile(p, r, 1, o, outs);
        }
    }
}
