#include "model/optimiser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/matmul.h"
#include "model/memory.h"
#include "model/parallel.h"
#include "model/safetensors.h"

bool fd_optimiser_init(fd_optimiser *state, const fd_config *config, bool muon, fd_error *error) {
    size_t total = fd_parameter_total(config);
    *state = (fd_optimiser){.config = *config, .muon = muon};
    state->first = fd_alloc(total, sizeof(float), "the optimiser", error);
    state->second = fd_alloc(total, sizeof(float), "the optimiser", error);
    if (state->first && state->second)
        return true;
    fd_optimiser_free(state);
    return false;
}

void fd_optimiser_free(fd_optimiser *state) {
    free(state->first);
    free(state->second);
    state->first = state->second = NULL;
}

/* What the shares of one update have in common. */
typedef struct update {
    fd_optimiser *state;
    float *parameters;
    const float *gradient;
    float rate, decay;
    float *scratch; /* [threads][scratch_size] of Muon's products */
    size_t scratch_size;
} update;

static void adamw_tensor(const update *self, const fd_parameter *tensor) {
    const float beta1 = 0.9f, beta2 = 0.95f, epsilon = 1e-8f;
    fd_optimiser *state = self->state;
    float correct1 = (float)(1.0 / (1.0 - pow(0.9, (double)state->step)));
    float correct2 = (float)(1.0 / (1.0 - pow(0.95, (double)state->step)));
    bool decays = tensor->linear || strcmp(tensor->name, "wte.weight") == 0;
    float shrink = decays ? 1.0f - self->rate * self->decay : 1.0f;
    for (size_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
        float g = self->gradient[i];
        state->first[i] = beta1 * state->first[i] + (1.0f - beta1) * g;
        state->second[i] = beta2 * state->second[i] + (1.0f - beta2) * g * g;
        float move = state->first[i] * correct1 / (sqrtf(state->second[i] * correct2) + epsilon);
        self->parameters[i] = self->parameters[i] * shrink - self->rate * move;
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
    size_t parts = stride == 3 * state->config.width && rows == state->config.width ? 3 : 1;
    size_t columns = stride / parts;
    float *first = state->first + tensor->offset, *weights = self->parameters + tensor->offset;
    const float *gradient = self->gradient + tensor->offset;
    float *direction = scratch, *rest = scratch + rows * columns;
    float scale = 0.2f * sqrtf((float)(rows > columns ? rows : columns)) * self->rate;
    float shrink = 1.0f - self->rate * self->decay;
    for (size_t i = 0; i < tensor->count; i++)
        first[i] = momentum * first[i] + gradient[i];
    for (size_t part = 0; part < parts; part++) {
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < columns; c++) {
                size_t i = r * stride + part * columns + c;
                direction[r * columns + c] = gradient[i] + momentum * first[i];
            }
        orthogonalise(direction, rows, columns, rest);
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < columns; c++) {
                size_t i = r * stride + part * columns + c;
                weights[i] = weights[i] * shrink - scale * direction[r * columns + c];
            }
    }
}

static void update_share(void *context, size_t share, size_t threads) {
    const update *self = context;
    const fd_config *config = &self->state->config;
    for (size_t t = share; t < fd_parameter_count(config); t += threads) {
        fd_parameter tensor = fd_parameter_at(config, t);
        if (tensor.linear && self->state->muon)
            muon_tensor(self, &tensor, self->scratch + share * self->scratch_size);
        else
            adamw_tensor(self, &tensor);
    }
}

bool fd_optimiser_update(fd_optimiser *state, float *parameters, const float *gradient, float rate,
                         float decay, size_t threads, fd_error *error) {
    size_t width = state->config.width;
    update self = {state, parameters, gradient, rate, decay, NULL, 0};
    /* The largest matrix is width by 4 width: itself, its successor, two squares of its side. */
    self.scratch_size = state->muon ? 10 * width * width : 0;
    self.scratch = fd_alloc(threads * self.scratch_size, sizeof(float), "the optimiser", error);
    if (!self.scratch)
        return false;
    state->step++;
    bool ok = fd_parallel(threads, update_share, &self, error);
    free(self.scratch);
    return ok;
}

bool fd_optimiser_save(const fd_optimiser *state, const char *path, fd_error *error) {
    size_t total = fd_parameter_total(&state->config);
    float step = (float)state->step; /* exact up to 2^24 updates */
    const fd_tensor tensors[] = {{.name = "first",
                                  .dtype = FD_F32,
                                  .rank = 1,
                                  .shape = {total},
                                  .count = total,
                                  .data = (const uint8_t *)state->first,
                                  .bytes = total * sizeof(float)},
                                 {.name = "second",
                                  .dtype = FD_F32,
                                  .rank = 1,
                                  .shape = {total},
                                  .count = total,
                                  .data = (const uint8_t *)state->second,
                                  .bytes = total * sizeof(float)},
                                 {.name = "step",
                                  .dtype = FD_F32,
                                  .rank = 1,
                                  .shape = {1},
                                  .count = 1,
                                  .data = (const uint8_t *)&step,
                                  .bytes = sizeof step}};
    return fd_safetensors_write(path, tensors, 3, NULL, error);
}

static bool read_tensor(const fd_safetensors *file, const char *path, const char *name,
                        float *values, size_t count, fd_error *error) {
    const fd_tensor *tensor = fd_safetensors_find(file, name);
    if (!tensor || tensor->count != count)
        return fd_fail(error, FD_BAD_FILE, "%s: \"%s\" should have %zu numbers.", path, name,
                       count);
    return fd_tensor_to_f32(tensor, values, count, error);
}

bool fd_optimiser_load(fd_optimiser *state, const char *path, fd_error *error) {
    size_t total = fd_parameter_total(&state->config);
    fd_safetensors file;
    float step = 0.0f;
    if (!fd_safetensors_open(path, &file, error))
        return false;
    bool ok = read_tensor(&file, path, "first", state->first, total, error) &&
              read_tensor(&file, path, "second", state->second, total, error) &&
              read_tensor(&file, path, "step", &step, 1, error);
    if (ok && !(step >= 0.0f && step < 16777216.0f))
        ok = fd_fail(error, FD_BAD_FILE, "%s: \"step\" is not a number of updates.", path);
    if (ok)
        state->step = (uint64_t)step;
    fd_safetensors_close(&file);
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

double fd_clip_gradient(float *gradient, size_t count, double limit) {
    double squares = 0.0;
    for (size_t i = 0; i < count; i++)
        squares += (double)gradient[i] * (double)gradient[i];
    double norm = sqrt(squares);
    if (norm > limit) {
        float factor = (float)(limit / norm);
        for (size_t i = 0; i < count; i++)
            gradient[i] *= factor;
    }
    return norm;
}
