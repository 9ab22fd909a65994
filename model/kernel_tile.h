/* kernel_tile.h - the exact product in registers, for kernel files. Before including it a file
 * defines
 *   sums, wide       registers of int32 sums and of int16 factors
 *   STEP             how many factors a register holds
 *   ROWS             rows of a tile; OUTS * ROWS registers of sums and OUTS of weights must fit
 *   no_sums()        sums that are all 0
 *   widen(w)         STEP weights
 *   load(x)          STEP activations
 *   multiply_add(s, a, b)   s with the products of a and b added, wherever in s
 *   add_up(s)        a register of OUTS int32: the sum of everything in each of s[OUTS]
 * No such sum may saturate. It cannot overflow: see FD_ACTIVATION_MAX.
 *
 * One row of activations goes at the speed of memory, and memory is fastest when it is read as it
 * lies, one run of weights after the other and nothing asked for ahead (measured: 37 GB/s on two
 * cores; four runs side by side 21, with prefetching 31). More rows go at the speed of
 * multiplication, which is best when several runs and rows meet in registers. */
#include "model/kernels.h"

enum { OUTS = 4, CHUNK = 1024, ROW_BLOCK = 48, AHEAD = 16384 };

typedef int32_t ints __attribute__((vector_size(16)));
typedef double doubles __attribute__((vector_size(32)));
typedef float floats __attribute__((vector_size(16), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

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

/* The products of the elements after the last whole step. */
static double dot_rest(const int16_t *x, const int8_t *w, size_t count) {
    int32_t sum = 0;
    for (size_t i = count - count % STEP; i < count; i++)
        sum += x[i] * w[i];
    return sum;
}

/* ---- one row ------------------------------------------------------------------------------- */

/* Neighbouring steps go to different sums, so that none waits for the one before. */
INLINE double dot(const int16_t *x, const int8_t *w, size_t count) {
    doubles totals = {0};
    size_t whole = count - count % STEP;
    for (size_t from = 0; from < whole; from += CHUNK) {
        size_t to = whole - from < CHUNK ? whole : from + CHUNK, i = from;
        sums lanes[OUTS];
        for (size_t k = 0; k < OUTS; k++)
            lanes[k] = no_sums();
        for (; i + OUTS * STEP <= to; i += OUTS * STEP)
            for (size_t k = 0; k < OUTS; k++)
                lanes[k] = multiply_add(lanes[k], widen(w + i + k * STEP), load(x + i + k * STEP));
        for (; i < to; i += STEP)
            lanes[0] = multiply_add(lanes[0], widen(w + i), load(x + i));
        totals += __builtin_convertvector((ints)add_up(lanes), doubles);
    }
    return totals[0] + totals[1] + totals[2] + totals[3] + dot_rest(x, w, count);
}

static void multiply_row(const fd_int_product *p, size_t from, size_t to) {
    for (size_t o = from; o < to; o++)
        p->y[0][o] = fd_int_result(p, 0, o, dot(p->x, p->w + o * p->inner, p->inner));
}

/* ---- several rows -------------------------------------------------------------------------- */

/* totals[r][o] += x[r] . w[o], exact in a double as well, over elements from <= i < to, whole steps
 * and at most CHUNK. */
INLINE void add_chunk(const int16_t *x, const int8_t *const w[OUTS], size_t inner, size_t from,
                      size_t to, size_t rows, bool first, doubles totals[ROWS]) {
    sums lanes[ROWS][OUTS];
    for (size_t r = 0; r < rows; r++)
        for (size_t o = 0; o < OUTS; o++)
            lanes[r][o] = no_sums();
    for (size_t i = from; i < to; i += STEP) {
        wide factors[OUTS];
        for (size_t o = 0; o < OUTS; o++)
            factors[o] = widen(w[o] + i);
        for (size_t line = 0; first && line < OUTS * STEP; line += 64)
            __builtin_prefetch(w[0] + AHEAD + OUTS * i + line, 0, 2);
        for (size_t r = 0; r < rows; r++) {
            wide row = load(x + r * inner + i);
            for (size_t o = 0; o < OUTS; o++)
                lanes[r][o] = multiply_add(lanes[r][o], factors[o], row);
        }
    }
    for (size_t r = 0; r < rows; r++)
        totals[r] += __builtin_convertvector((ints)add_up(lanes[r]), doubles);
}

/* Outputs o to o + outs of rows r to r + rows. Where fewer than OUTS are left, the last stands in
 * for those beyond it. The first to use these weights asks for those far ahead, into the second
 * level of cache: the first has no room beside the activations. */
INLINE void multiply_tile(const fd_int_product *p, size_t r, size_t rows, size_t o, size_t outs,
                          bool first) {
    const int16_t *x = p->x + r * p->inner;
    size_t whole = p->inner - p->inner % STEP;
    doubles totals[ROWS] = {{0}};
    const int8_t *w[OUTS];
    for (size_t k = 0; k < OUTS; k++)
        w[k] = p->w + (o + (k < outs ? k : outs - 1)) * p->inner;
    for (size_t from = 0; from < whole; from += CHUNK)
        add_chunk(x, w, p->inner, from, whole - from < CHUNK ? whole : from + CHUNK, rows, first,
                  totals);
    for (size_t k = 0; k < rows; k++) {
        for (size_t n = 0; whole < p->inner && n < outs; n++)
            totals[k][n] += dot_rest(x + k * p->inner, w[n], p->inner);
        give_results(p, r + k, o, outs, totals[k]);
    }
}

static void multiply_rows(const fd_int_product *p, size_t from, size_t to) {
    for (size_t block = 0; block < p->rows; block += ROW_BLOCK) {
        size_t end = p->rows - block < ROW_BLOCK ? p->rows : block + ROW_BLOCK;
        for (size_t o = from; o < to; o += OUTS) {
            size_t outs = to - o < OUTS ? to - o : OUTS, r = block;
            if (r + ROWS <= end) {
                multiply_tile(p, r, ROWS, o, outs, true);
                r += ROWS;
            }
            for (; r + ROWS <= end; r += ROWS)
                multiply_tile(p, r, ROWS, o, outs, false);
            for (; r + ROWS / 2 <= end; r += ROWS / 2)
                multiply_tile(p, r, ROWS / 2, o, outs, r == block);
            for (; r < end; r++)
                multiply_tile(p, r, 1, o, outs, false);
        }
    }
}

static void multiply(const fd_int_product *p, size_t from, size_t to) {
    if (p->rows == 1)
        multiply_row(p, from, to);
    else
        multiply_rows(p, from, to);
}
