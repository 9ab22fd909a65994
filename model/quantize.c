#define _POSIX_C_SOURCE 200809L
#include "model/quantize.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/checkpoint.h"
#include "model/weights.h"

/* The tensors of the file to be written, and the memory of those that are new. */
typedef struct writer {
    fd_tensor *tensors;
    size_t count, capacity;
    void **owned;
    size_t owned_count, owned_capacity;
} writer;

static void *new_memory(writer *self, size_t count, size_t size, fd_error *error) {
    void *memory = fd_alloc(count, size, "the quantised model", error);
    if (!memory || !fd_grow((void **)&self->owned, &self->owned_capacity, self->owned_count + 1,
                            sizeof(void *), "the quantised model", error)) {
        free(memory);
        return NULL;
    }
    return self->owned[self->owned_count++] = memory;
}

static bool add(writer *self, const char *name, fd_dtype dtype, size_t rows, size_t columns,
                const void *data, fd_error *error) {
    if (!fd_grow((void **)&self->tensors, &self->capacity, self->count + 1, sizeof(fd_tensor),
                 "the quantised model", error))
        return false;
    fd_tensor *tensor = &self->tensors[self->count++];
    *tensor = (fd_tensor){.dtype = dtype, .rank = columns ? 2 : 1, .shape = {rows, columns}};
    (void)snprintf(tensor->name, sizeof tensor->name, "%s", name);
    tensor->count = rows * (columns ? columns : 1);
    tensor->bytes = tensor->count * (dtype == FD_I8 ? 1 : sizeof(float));
    tensor->data = data;
    return true;
}

/* One row of outputs: element i is values[i * stride]. Returns the scale. */
static float quantise_row(const float *values, size_t stride, size_t count, int8_t *row) {
    float largest = 0.0f;
    for (size_t i = 0; i < count; i++)
        largest = fmaxf(largest, fabsf(values[i * stride]));
    float scale = largest > 0.0f ? largest / 127.0f : 1.0f;
    for (size_t i = 0; i < count; i++)
        row[i] = (int8_t)lrintf(values[i * stride] / scale);
    return scale;
}

static bool add_matrix(writer *self, const char *name, const fd_linear *matrix, fd_error *error) {
    char scale_name[96];
    (void)snprintf(scale_name, sizeof scale_name, "%s.scale", name);
    size_t inner = matrix->inner, outs = matrix->outs;
    int8_t *rows = new_memory(self, outs * inner, 1, error);
    float *scales = rows ? new_memory(self, outs, sizeof(float), error) : NULL;
    if (!scales)
        return false;
    for (size_t o = 0; o < outs; o++)
        scales[o] = matrix->rows ? quantise_row(matrix->f + o * inner, 1, inner, rows + o * inner)
                                 : quantise_row(matrix->f + o, outs, inner, rows + o * inner);
    return add(self, name, FD_I8, outs, inner, rows, error) &&
           add(self, scale_name, FD_F32, outs, 0, scales, error);
}

/* Every tensor of the model in file order. */
static bool add_all(writer *self, const fd_weights *weights, fd_error *error) {
    const fd_config *config = &weights->config;
    bool ok = true;
    for (size_t t = 0; ok && t < fd_parameter_count(config); t++) {
        fd_parameter wanted = fd_parameter_at(config, t);
        const fd_tensor *tensor = fd_safetensors_find(&weights->file, wanted.name);
        bool table = strcmp(wanted.name, "wte.weight") == 0;
        float *values = new_memory(self, wanted.count, sizeof(float), error);
        ok = values && fd_tensor_to_f32(tensor, values, wanted.count, error);
        if (ok && (wanted.linear || table)) {
            fd_linear matrix = {.inner = wanted.shape[table],
                                .outs = wanted.shape[!table],
                                .f = values,
                                .rows = table};
            ok = add_matrix(self, wanted.name, &matrix, error);
        } else if (ok) {
            ok = add(self, wanted.name, FD_F32, wanted.shape[0], wanted.shape[1], values, error);
        }
    }
    if (ok && weights->head.f != weights->tokens.f)
        ok = add_matrix(self, "lm_head.weight", &weights->head, error);
    return ok;
}

bool fd_quantize(const char *from, const char *to, fd_error *error) {
    char path[PATH_MAX];
    fd_weights weights;
    writer self = {0};
    if (snprintf(path, sizeof path, "%s/model.safetensors", to) >= PATH_MAX)
        return fd_fail(error, FD_FAILED, "The path %s is too long.", to);
    if (!fd_weights_load(from, &weights, error))
        return false;
    bool ok = !weights.quantised ||
              fd_fail(error, FD_BAD_FILE, "%s is quantised already: its weights are I8.", from);
    const char *const metadata[] = {"format", "pt", NULL};
    ok = ok && add_all(&self, &weights, error) &&
         fd_safetensors_write(path, self.tensors, self.count, metadata, error) &&
         fd_config_save(&weights.config, to, error) &&
         fd_checkpoint_copy_tokenizer(from, to, error);
    for (size_t i = 0; i < self.owned_count; i++)
        free(self.owned[i]);
    free(self.owned);
    free(self.tensors);
    fd_weights_close(&weights);
    return ok;
}
