/* kernel_tile.h - the exact product in tiles of registers, for kernel files. Before including it a
 * file defines
 *   sums, wide       registers of int32 sums and of int16 factors
 *   STEP             how many factors a register holds
 *   ROWS             rows of a tile; OUTS * ROWS registers of sums and OUTS of weights must fit
 *   no_sums()        sums that are all 0
 *   widen(w)         STEP weights
 *   load(x)          STEP activations
 *   multiply_add(s, a, b)   s with the products of a and b added, wherever in s
 *   add_up(s)        a register of OUTS int32: the sum of everything in each of s[OUTS]
 * No such sum may saturate. It cannot overflow: see FD_ACTIVATION_MAX. */
#include "model/kernels.h"

enum { OUTS = 4, CHUNK = 1024, ROW_BLOCK = 48, PREFETCH = 8192 };

typedef int32_t ints __attribute__((vector_size(16)));
typedef double doubles __attribute__((vector_size(32)));
typedef float floats __attribute__((vector_size(16), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

/* totals[r][o] += x[r] . w[o], exact in a double as well, over elements from <= i < to, whole steps
 * and at most CHUNK. */
INLINE void add_chunk(const int16_t *x, const int8_t *const w[OUTS], size_t inner, size_t from,
                      size_t to, size_t rows, doubles totals[ROWS]) {
    sums lanes[ROWS][OUTS];
    for (size_t r = 0; r < rows; r++)
        for (size_t o = 0; o < OUTS; o++)
            lanes[r][o] = no_sums();
    for (size_t i = from; i < to; i += STEP) {
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
    for (size_t r = 0; r < rows; r++)
        totals[r] += __builtin_convertvector((ints)add_up(lanes[r]), doubles);
}

/* The same for the elements after the last whole step. */
static void add_rest(const int16_t *x, const int8_t *const w[OUTS], size_t inner, size_t rows,
                     doubles totals[ROWS]) {
    for (size_t r = 0; r < rows; r++)
        for (size_t o = 0; o < OUTS; o++)
            for (size_t i = inner - inner % STEP; i < inner; i++)
                totals[r][o] += x[r * inner + i] * w[o][i];
}

/* fd_int_result for OUTS outputs at once, or for those that there are. */
INLINE void give_results(const fd_int_product *p, size_t r, size_t o, size_t outs, doubles totals) {
    float *y = p->y[r] + o;
    if (outs < OUTS) {
        for (size_t n = 0; n < outs; n++)
            y[n] = fd_int_result(p, r, o + n, totals[n]);
        return;
    }
    doubles scales = __builtin_convertvector(*(const floats *)(p->w_scale + o), doubles);
    floats results = __builtin_convertvector(totals * (scales * (double)p->x_scale[r]), floats);
    if (p->bias)
        results += *(const floats *)(p->bias + o);
    *(floats *)y = results;
}

/* Outputs o to o + outs of rows r to r + rows. Where fewer than OUTS are left, the last stands in
 * for those beyond it. */
INLINE void multiply_tile(const fd_int_product *p, size_t r, size_t rows, size_t o, size_t outs) {
    const int16_t *x = p->x + r * p->inner;
    size_t whole = p->inner - p->inner % STEP;
    doubles totals[ROWS] = {{0}};
    const int8_t *w[OUTS];
    for (size_t k = 0; k < OUTS; k++)
        w[k] = p->w + (o + (k < outs ? k : outs - 1)) * p->inner;
    for (size_t from = 0; from < whole; from += CHUNK)
        add_chunk(x, w, p->inner, from, whole - from < CHUNK ? whole : from + CHUNK, rows, totals);
    if (whole < p->inner)
        add_rest(x, w, p->inner, rows, totals);
    for (size_t k = 0; k < rows; k++)
        give_results(p, r + k, o, outs, totals[k]);
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
