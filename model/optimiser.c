#include "model/optimiser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/clones.h"
#include "model/matmul.h"
#include "model/memory.h"
#include "model/parallel.h"

bool fd_optimiser_init(fd_optimiser *state, const fd_parameter *tensors, size_t count, bool muon,
                       fd_error *error) {
    *state = (fd_optimiser){.count = count, .muon = muon};
    state->tensors = fd_alloc(count, sizeof *tensors, "the optimiser", error);
    for (size_t t = 0; state->tensors && t < count; t++) {
        state->tensors[t] = tensors[t];
        state->total += tensors[t].count;
    }
    state->first = fd_alloc(state->total, sizeof(float), "the optimiser", error);
    state->second = fd_alloc(state->total, sizeof(float), "the optimiser", error);
    if (state->tensors && state->first && state->second)
        return true;
    fd_optimiser_free(state);
    return false;
}

void fd_optimiser_free(fd_optimiser *state) {
    free(state->tensors);
    free(state->first);
    free(state->second);
    *state = (fd_optimiser){.step = 0};
}

/* What the shares of one update have in common. */
typedef struct update {
    fd_optimiser *state;
    float *parameters;
    const float *gradient;
    float shrink, rate, decay;
    float correct1, correct2; /* AdamW's corrections of its means' bias */
    float *scratch;           /* [threads][scratch_size] of Muon's products */
    size_t scratch_size;
} update;

FD_CLONES static void adamw(const update *self, size_t from, size_t to, bool decays) {
    const float beta1 = 0.9f, beta2 = 0.95f, epsilon = 1e-8f;
    const float *restrict gradient = self->gradient;
    float *restrict first = self->state->first, *restrict second = self->state->second;
    float *restrict parameters = self->parameters;
    float rate = self->rate, keep = decays ? 1.0f - rate * self->decay : 1.0f;
    float shrink = self->shrink, correct1 = self->correct1, correct2 = self->correct2;
    for (size_t i = from; i < to; i++) {
        float g = gradient[i] * shrink;
        first[i] = beta1 * first[i] + (1.0f - beta1) * g;
        second[i] = beta2 * second[i] + (1.0f - beta2) * g * g;
        float move = first[i] * correct1 / (sqrtf(second[i] * correct2) + epsilon);
        parameters[i] = parameters[i] * keep - rate * move;
    }
}

/* Newton-Schulz: turns x[rows][columns] into nearly the closest matrix with orthonormal rows or
 * columns. `scratch` holds 2 * min(rows, columns)^2 + rows * columns floats. */
static void orthogonalise(float *x, size_t rows, size_t columns, float *scratch) {
    bool wide = rows <= columns;
    size_t small = wide ? rows : columns, large = wide ? columns : rows;
    float *gram = scratch, *polynomial = gram + small * small, *next = polynomial + small * small;
    double squares = 0.0;
    for (size_t i = 0; i < rows * columns; i++)
        squares += (double)x[i] * (double)x[i];
    float inverse = (float)(1.0 / (sqrt(squares) + 1e-7));
    for (size_t i = 0; i < rows * columns; i++)
        x[i] *= inverse;
    for (int step = 0; step < 5; step++) {
        fd_matrix here = {x, columns, false}, there = {x, columns, true};
        fd_matmul(small, small, large, 1.0f, wide ? here : there, wide ? there : here, 0.0f, gram,
                  small);
        memcpy(polynomial, gram, small * small * sizeof(float));
        fd_matrix g = {gram, small, false};
        fd_matmul(small, small, small, 2.0315f, g, g, -4.7750f, polynomial, small);
        fd_matrix p = {polynomial, small, false};
        memcpy(next, x, rows * columns * sizeof(float));
        fd_matmul(rows, columns, small, 1.0f, wide ? p : here, wide ? here : p, 3.4445f, next,
                  columns);
        memcpy(x, next, rows * columns * sizeof(float));
    }
}

static void muon_tensor(const update *self, const fd_parameter *tensor, float *scratch) {
    const float momentum = 0.95f;
    fd_optimiser *state = self->state;
    size_t rows = tensor->shape[0], stride = tensor->shape[1];
    size_t parts = stride == 3 * rows ? 3 : 1;
    size_t columns = stride / parts;
    float *first = state->first + tensor->offset, *weights = self->parameters + tensor->offset;
    const float *gradient = self->gradient + tensor->offset;
    float *direction = scratch, *rest = scratch + rows * columns;
    float scale = 0.2f * sqrtf((float)(rows > columns ? rows : columns)) * self->rate;
    float keep = 1.0f - self->rate * self->decay;
    for (size_t i = 0; i < tensor->count; i++)
        first[i] = momentum * first[i] + self->shrink * gradient[i];
    for (size_t part = 0; part < parts; part++) {
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < columns; c++) {
                size_t i = r * stride + part * columns + c;
                direction[r * columns + c] = self->shrink * gradient[i] + momentum * first[i];
            }
        orthogonalise(direction, rows, columns, rest);
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < columns; c++) {
                size_t i = r * stride + part * columns + c;
                weights[i] = weights[i] * keep - scale * direction[r * columns + c];
            }
    }
}

static bool is_muons(const fd_optimiser *state, const fd_parameter *tensor) {
    return state->muon && tensor->linear;
}

/* AdamW shares elements, Muon whole tensors. */
static void update_share(void *context, size_t share, size_t threads) {
    const update *self = context;
    const fd_optimiser *state = self->state;
    fd_tile mine = fd_tile_of(state->total, 1, share, threads);
    for (size_t t = 0; t < state->count; t++) {
        const fd_parameter *tensor = &state->tensors[t];
        size_t from = tensor->offset, to = from + tensor->count, end = mine.row + mine.rows;
        if (is_muons(state, tensor)) {
            if (t % threads == share)
                muon_tensor(self, tensor, self->scratch + share * self->scratch_size);
            continue;
        }
        from = from > mine.row ? from : mine.row;
        to = to < end ? to : end;
        if (from < to)
            adamw(self, from, to, tensor->linear || strcmp(tensor->name, "wte.weight") == 0);
    }
}

/* For the largest matrix: itself, its successor, two squares of its shorter side. */
static size_t scratch_for(const fd_optimiser *state) {
    size_t largest = 0;
    for (size_t t = 0; t < state->count; t++) {
        const fd_parameter *tensor = &state->tensors[t];
        size_t rows = tensor->shape[0], columns = tensor->shape[1];
        size_t side = rows < columns ? rows : columns;
        size_t size = 2 * rows * columns + 2 * side * side;
        if (is_muons(state, tensor) && size > largest)
            largest = size;
    }
    return largest;
}

bool fd_optimiser_update(fd_optimiser *state, float *parameters, const float *gradient,
                         float shrink, float rate, float decay, size_t threads, fd_error *error) {
    update self = {.state = state, .parameters = parameters, .gradient = gradient};
    self.shrink = shrink;
    self.rate = rate;
    self.decay = decay;
    self.scratch_size = scratch_for(state);
    self.scratch = fd_alloc(threads * self.scratch_size, sizeof(float), "the optimiser", error);
    if (!self.scratch)
        return false;
    state->step++;
    self.correct1 = (float)(1.0 / (1.0 - pow(0.9, (double)state->step)));
    self.correct2 = (float)(1.0 / (1.0 - pow(0.95, (double)state->step)));
    bool ok = fd_parallel(threads, update_share, &self, error);
    free(self.scratch);
    return ok;
}

float fd_learning_rate(uint64_t step, uint64_t warmup, uint64_t steps, float peak) {
    if (step < warmup)
        return peak * (float)(step + 1) / (float)warmup;
    if (step >= steps)
        return 0.1f * peak;
    double way = (double)(step - warmup) / (double)(steps - warmup);
    return peak * (float)(0.1 + 0.9 * 0.5 * (1.0 + cos(3.14159265358979323846 * way)));
}

typedef struct squares {
    const float *gradient;
    size_t count;
    double *sums; /* [threads] */
} squares;

FD_CLONES static double sum_of_squares(const float *values, size_t count) {
    double lanes[FD_LANES] = {0}, sum = 0.0;
    size_t whole = count - count % FD_LANES;
    for (size_t i = 0; i < whole; i += FD_LANES)
        for (size_t l = 0; l < FD_LANES; l++)
            lanes[l] += (double)values[i + l] * (double)values[i + l];
    for (size_t i = whole; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    for (size_t l = 0; l < FD_LANES; l++)
        sum += lanes[l];
    return sum;
}

static void squares_share(void *context, size_t share, size_t threads) {
    squares *self = context;
    fd_tile tile = fd_tile_of(self->count, 1, share, threads);
    self->sums[share] = sum_of_squares(self->gradient + tile.row, tile.rows);
}

bool fd_gradient_norm(const float *gradient, size_t count, size_t threads, double *norm,
                      fd_error *error) {
    squares self = {gradient, count, fd_alloc(threads, sizeof(double), "the gradient", error)};
    bool ok = self.sums && fd_parallel(threads, squares_share, &self, error);
    *norm = 0.0;
    for (size_t t = 0; ok && t < threads; t++)
        *norm += self.sums[t];
    *norm = sqrt(*norm);
    free(self.sums);
    return ok;
}
