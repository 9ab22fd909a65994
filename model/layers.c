#include "model/layers.h"

#include <math.h>
#include <string.h>

#include "model/clones.h"
#include "model/matmul.h"
#include "model/ops.h"

/* ---- elementwise ------------------------------------------------------------------------ */

FD_CLONES static void gelu(const float *restrict in, float *restrict out, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = in[i] * fd_gelu_gate(in[i]);
}

/* GELU(x) = x * s with s = sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3): the tanh form. */
FD_CLONES static void gelu_back(const float *restrict in, float *restrict gradient, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float x = in[i], s = fd_gelu_gate(x);
        float slope = 1.59576912f * (1.0f + 3.0f * 0.044715f * x * x);
        gradient[i] *= s + x * s * (1.0f - s) * slope;
    }
}

/* out = bias + residual, which may be NULL. */
FD_CLONES static void fill(const float *bias, const float *residual, float *restrict out,
                           size_t count) {
    if (residual)
        for (size_t i = 0; i < count; i++)
            out[i] = bias[i] + residual[i];
    else
        memcpy(out, bias, count * sizeof *out);
}

FD_CLONES static void add(const float *restrict values, float *restrict sum, size_t count) {
    for (size_t i = 0; i < count; i++)
        sum[i] += values[i];
}

typedef struct elements {
    const float *in;
    float *out;
    size_t count;
} elements;

static void gelu_share(void *context, size_t share, size_t threads) {
    elements *self = context;
    fd_tile tile = fd_tile_of(self->count, 1, share, threads);
    gelu(self->in + tile.row, self->out + tile.row, tile.rows);
}

void fd_gelu_shared(const float *in, float *out, size_t count, fd_crew crew) {
    elements self = {in, out, count};
    fd_pool_share(crew.pool, crew.count, gelu_share, &self);
}

/* ---- linear ----------------------------------------------------------------------------- */

/* inner = in * a' */
static void adapter_in_share(void *context, size_t share, size_t threads) {
    fd_dense *self = context;
    fd_adapter *low = &self->adapter;
    fd_matmul_tile(fd_tile_of(self->rows, low->rank, share, threads), self->ins, 1.0f,
                   fd_matrix_of(self->in, self->ins), fd_transpose_of(low->a, self->ins), 0.0f,
                   low->inner, low->rank);
}

static void dense_share(void *context, size_t share, size_t threads) {
    fd_dense *self = context;
    fd_adapter *low = &self->adapter;
    fd_tile tile = fd_tile_of(self->rows, self->outs, share, threads);
    size_t end = tile.row + tile.rows;
    for (size_t r = tile.row; r < end; r++) {
        size_t at = r * self->outs + tile.column;
        fill(self->bias + tile.column, self->residual ? self->residual + at : NULL, self->out + at,
             tile.columns);
    }
    fd_matmul_tile(tile, self->ins, 1.0f, fd_matrix_of(self->in, self->ins),
                   fd_matrix_of(self->weight, self->outs), 1.0f, self->out, self->outs);
    if (low->rank)
        fd_matmul_tile(tile, low->rank, low->scale, fd_matrix_of(low->inner, low->rank),
                       fd_transpose_of(low->b, low->rank), 1.0f, self->out, self->outs);
    for (size_t r = tile.row; self->activated && r < end; r++) {
        size_t at = r * self->outs + tile.column;
        gelu(self->out + at, self->activated + at, tile.columns);
    }
}

static void share_out(fd_dense *self, fd_share *run) {
    fd_pool_share(self->crew.pool, self->crew.count, run, self);
}

void fd_dense_forward(fd_dense *self) {
    if (self->adapter.rank)
        share_out(self, adapter_in_share);
    share_out(self, dense_share);
}

/* inner again, and its gradient. */
static void adapter_back_share(void *context, size_t share, size_t threads) {
    fd_dense *self = context;
    fd_adapter *low = &self->adapter;
    adapter_in_share(self, share, threads);
    fd_matmul_tile(fd_tile_of(self->rows, low->rank, share, threads), self->outs, low->scale,
                   fd_matrix_of(self->d_out, self->outs), fd_matrix_of(low->b, low->rank), 0.0f,
                   low->d_inner, low->rank);
}

static void adapter_gradients(const fd_dense *self, size_t share, size_t threads) {
    const fd_adapter *low = &self->adapter;
    fd_matmul_tile(fd_tile_of(low->rank, self->ins, share, threads), self->rows, 1.0f,
                   fd_transpose_of(low->d_inner, low->rank), fd_matrix_of(self->in, self->ins),
                   1.0f, low->d_a, self->ins);
    fd_matmul_tile(fd_tile_of(self->outs, low->rank, share, threads), self->rows, low->scale,
                   fd_transpose_of(self->d_out, self->outs), fd_matrix_of(low->inner, low->rank),
                   1.0f, low->d_b, low->rank);
}

static void matrix_gradients(const fd_dense *self, size_t share, size_t threads) {
    fd_matmul_tile(fd_tile_of(self->ins, self->outs, share, threads), self->rows, 1.0f,
                   fd_transpose_of(self->in, self->ins), fd_matrix_of(self->d_out, self->outs),
                   1.0f, self->d_weight, self->outs);
    fd_tile band = fd_tile_of(1, self->outs, share, threads);
    for (size_t r = 0; r < self->rows; r++)
        add(self->d_out + r * self->outs + band.column, self->d_bias + band.column, band.columns);
}

static void dense_back_share(void *context, size_t share, size_t threads) {
    fd_dense *self = context;
    fd_adapter *low = &self->adapter;
    fd_tile tile = fd_tile_of(self->rows, self->ins, share, threads);
    fd_matmul_tile(tile, self->outs, 1.0f, fd_matrix_of(self->d_out, self->outs),
                   fd_transpose_of(self->weight, self->outs), 0.0f, self->d_in, self->ins);
    if (low->rank) {
        fd_matmul_tile(tile, low->rank, 1.0f, fd_matrix_of(low->d_inner, low->rank),
                       fd_matrix_of(low->a, self->ins), 1.0f, self->d_in, self->ins);
        adapter_gradients(self, share, threads);
    }
    if (self->d_weight)
        matrix_gradients(self, share, threads);
    for (size_t r = tile.row; self->before && r < tile.row + tile.rows; r++) {
        size_t at = r * self->ins + tile.column;
        gelu_back(self->before + at, self->d_in + at, tile.columns);
    }
}

void fd_dense_back(fd_dense *self) {
    if (self->adapter.rank)
        share_out(self, adapter_back_share);
    share_out(self, dense_back_share);
}

/* ---- norm ------------------------------------------------------------------------------- */

/* Mean and reciprocal deviation of one row. */
static inline void moments(const float *row, size_t width, float epsilon, float *mean,
                           float *rstd) {
    float lanes[FD_LANES] = {0}, rest = 0.0f;
    *mean = fd_sum(row, width) / (float)width;
    size_t whole = width - width % FD_LANES;
    for (size_t i = 0; i < whole; i += FD_LANES)
        for (size_t l = 0; l < FD_LANES; l++)
            lanes[l] += (row[i + l] - *mean) * (row[i + l] - *mean);
    for (size_t i = whole; i < width; i++)
        rest += (row[i] - *mean) * (row[i] - *mean);
    *rstd = 1.0f / sqrtf((fd_add_lanes(lanes) + rest) / (float)width + epsilon);
}

FD_CLONES static void norm_row(const fd_norming *self, size_t row) {
    const float *restrict x = self->in + row * self->width;
    float *restrict y = self->out + row * self->width, mean, rstd;
    moments(x, self->width, self->epsilon, &mean, &rstd);
    for (size_t i = 0; i < self->width; i++)
        y[i] = (x[i] - mean) * rstd * self->gain[i] + self->bias[i];
}

static void norm_share(void *context, size_t share, size_t threads) {
    fd_norming *self = context;
    fd_tile tile = fd_tile_of(self->rows, 1, share, threads);
    for (size_t r = tile.row; r < tile.row + tile.rows; r++)
        norm_row(self, r);
}

void fd_norm_forward(fd_norming *self) {
    fd_pool_share(self->crew.pool, self->crew.count, norm_share, self);
}

/* The gradient through one row; `sums` [2][width] gathers those of gain and bias. */
FD_CLONES static void norm_row_back(const fd_norming *self, size_t row, float *restrict sums) {
    size_t width = self->width, whole = width - width % FD_LANES;
    const float *restrict x = self->in + row * width, *restrict dy = self->d_out + row * width;
    const float *restrict gain = self->gain;
    float *restrict dx = self->d_in + row * width, mean, rstd;
    float ones[FD_LANES] = {0}, dots[FD_LANES] = {0}, one = 0.0f, dot = 0.0f;
    moments(x, width, self->epsilon, &mean, &rstd);
    for (size_t i = 0; i < whole; i += FD_LANES)
        for (size_t l = 0; l < FD_LANES; l++) {
            float d_hat = dy[i + l] * gain[i + l];
            ones[l] += d_hat;
            dots[l] += d_hat * (x[i + l] - mean);
        }
    for (size_t i = whole; i < width; i++) {
        one += dy[i] * gain[i];
        dot += dy[i] * gain[i] * (x[i] - mean);
    }
    one = (one + fd_add_lanes(ones)) / (float)width;
    dot = (dot + fd_add_lanes(dots)) * rstd / (float)width;
    for (size_t i = 0; i < width; i++) {
        float hat = (x[i] - mean) * rstd;
        dx[i] += rstd * (dy[i] * gain[i] - one - hat * dot);
        sums[i] += dy[i] * hat;
        sums[width + i] += dy[i];
    }
}

static void norm_back_share(void *context, size_t share, size_t threads) {
    fd_norming *self = context;
    fd_tile tile = fd_tile_of(self->rows, 1, share, threads);
    float *sums = self->partial + share * 2 * self->width;
    memset(sums, 0, 2 * self->width * sizeof *sums);
    for (size_t r = tile.row; r < tile.row + tile.rows; r++)
        norm_row_back(self, r, sums);
}

void fd_norm_back(fd_norming *self) {
    fd_pool_share(self->crew.pool, self->crew.count, norm_back_share, self);
    for (size_t t = 0; self->d_gain && t < self->crew.count; t++) {
        add(self->partial + t * 2 * self->width, self->d_gain, self->width);
        add(self->partial + (t * 2 + 1) * self->width, self->d_bias, self->width);
    }
}
