/* kernel_tile.h - the exact product in registers, for kernel files. Before including it a file
 * defines
 *   sums, wide       registers of int32 sums and of int16 factors
 *   LANES, STEP      how many sums and how many factors a register holds
 *   ROWS             rows of a tile; OUTS * ROWS registers of sums and OUTS of weights must fit
 *   no_sums()        sums that are all 0
 *   widen(w)         STEP weights
 *   load(x)          STEP activations
 *   multiply_add(s, a, b)   s with the products of a and b added, wherever in s
 *   add_up(s)        OUTS doubles: the sum of everything in each of s[OUTS]; at most four lanes
 *                    are added in 32 bits
 * No such sum may saturate. It cannot overflow: see FD_ACTIVATION_MAX.
 *
 * One row of activations goes at the speed of memory, and memory is fastest when it is read as it
 * lies, one run of weights after the other and nothing asked for ahead (measured: 37 GB/s on two
 * cores; four runs side by side 21, with prefetching 31). More rows go at the speed of
 * multiplication if memory is read meanwhile: the outputs are taken a block at a time, whose
 * weights stay in the second level of cache until all rows met them, while those of the next block
 * are asked for; and of the rows as many at a time as the first level holds. */
#include "model/kernels.h"

enum {
    OUTS = 4,
    CHUNK = LANES / 4 * 1024, /* factors whose products' sums fit 32 bits, by four lanes */
    OUT_BLOCK = 16,
    ROW_BYTES =
        24 << 10 /* of activations that leave room for weights in the first level of cache */
};

typedef float floats __attribute__((vector_size(16), aligned(4), may_alias));

/* fd_int_result for OUTS outputs at once, or for those that there are. */
FD_INLINE void give_results(const fd_int_product *p, size_t r, size_t o, size_t outs,
                            doubles totals) {
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
FD_INLINE double dot(const int16_t *x, const int8_t *w, size_t count) {
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
        totals += add_up(lanes);
    }
    return totals[0] + totals[1] + totals[2] + totals[3] + dot_rest(x, w, count);
}

static void multiply_row(const fd_int_product *p, size_t from, size_t to) {
    for (size_t o = from; o < to; o++)
        p->y[0][o] = fd_int_result(p, 0, o, dot(p->x, p->w + o * p->inner, p->inner));
}

/* ---- several rows -------------------------------------------------------------------------- */

/* Weights that will be wanted soon, and how far to move on with every step. */
typedef struct ahead {
    const int8_t *from;
    size_t stride;
} ahead;

/* totals[r][o] += x[r] . w[o], exact in a double as well, over elements from <= i < to, whole steps
 * and at most CHUNK. */
FD_INLINE void add_chunk(const int16_t *x, const int8_t *const w[OUTS], size_t inner, size_t from,
                         size_t to, size_t rows, ahead *soon, doubles totals[ROWS]) {
    enum { LINE = 64 };
    sums lanes[ROWS][OUTS];
    for (size_t r = 0; r < rows; r++)
        for (size_t o = 0; o < OUTS; o++)
            lanes[r][o] = no_sums();
    for (size_t i = from; i < to; i += STEP) {
        wide factors[OUTS];
        for (size_t o = 0; o < OUTS; o++)
            factors[o] = widen(w[o] + i);
        __builtin_prefetch(soon->from);
        __builtin_prefetch(soon->from + LINE);
        soon->from += soon->stride;
        for (size_t r = 0; r < rows; r++) {
            wide row = load(x + r * inner + i);
            for (size_t o = 0; o < OUTS; o++)
                lanes[r][o] = multiply_add(lanes[r][o], factors[o], row);
        }
    }
    for (size_t r = 0; r < rows; r++)
        totals[r] += add_up(lanes[r]);
}

/* Outputs o to o + outs of rows r to r + rows. Where fewer than OUTS are left, the last stands in
 * for those beyond it. */
FD_INLINE void multiply_tile(const fd_int_product *p, size_t r, size_t rows, size_t o, size_t outs,
                             ahead *soon) {
    const int16_t *x = p->x + r * p->inner;
    size_t whole = p->inner - p->inner % STEP;
    doubles totals[ROWS] = {{0}};
    const int8_t *w[OUTS];
    for (size_t k = 0; k < OUTS; k++)
        w[k] = p->w + (o + (k < outs ? k : outs - 1)) * p->inner;
    for (size_t from = 0; from < whole; from += CHUNK)
        add_chunk(x, w, p->inner, from, whole - from < CHUNK ? whole : from + CHUNK, rows, soon,
                  totals);
    for (size_t k = 0; k < rows; k++) {
        for (size_t n = 0; whole < p->inner && n < outs; n++)
            totals[k][n] += dot_rest(x + k * p->inner, w[n], p->inner);
        give_results(p, r + k, o, outs, totals[k]);
    }
}

/* While a block is multiplied, as many weights are asked for as it has; none after the last. */
static ahead after_block(const fd_int_product *p, size_t to) {
    size_t tiles = p->rows / ROWS + (p->rows % ROWS + 1) / 2;
    return (ahead){p->w + to * p->inner - (to == p->outs), to < p->outs ? OUTS * STEP / tiles : 0};
}

/* Outputs from to `to`, at most OUT_BLOCK, of all rows. */
static void multiply_block(const fd_int_product *p, size_t from, size_t to) {
    size_t fit = ROW_BYTES / (p->inner * sizeof *p->x) / ROWS * ROWS, at_once = fit ? fit : ROWS;
    ahead soon = after_block(p, to);
    for (size_t block = 0; block < p->rows; block += at_once) {
        size_t end = p->rows - block < at_once ? p->rows : block + at_once;
        for (size_t o = from; o < to; o += OUTS) {
            size_t outs = to - o < OUTS ? to - o : OUTS, r = block;
            for (; r + ROWS <= end; r += ROWS)
                multiply_tile(p, r, ROWS, o, outs, &soon);
            for (; r + ROWS / 2 <= end; r += ROWS / 2)
                multiply_tile(p, r, ROWS / 2, o, outs, &soon);
            for (; r < end; r++)
                multiply_tile(p, r, 1, o, outs, &soon);
        }
    }
}

static void multiply_rows(const fd_int_product *p, size_t from, size_t to) {
    for (size_t o = from; o < to; o += OUT_BLOCK)
        multiply_block(p, o, to - o < OUT_BLOCK ? to : o + OUT_BLOCK);
}

static void multiply(const fd_int_product *p, size_t from, size_t to) {
    if (p->rows == 1)
        multiply_row(p, from, to);
    else if (p->rows > 1)
        multiply_rows(p, from, to);
}
