#define _POSIX_C_SOURCE 200809L
#include "model/weights.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What every step of loading needs. */
typedef struct loader {
    fd_weights *weights;
    const char *path;
    fd_error *error;
} loader;

/* The tensor of that name and shape; `columns` is 0 for a vector. NULL after saying why not. */
static const fd_tensor *find(const loader *self, const char *name, size_t rows, size_t columns) {
    const fd_tensor *tensor = fd_safetensors_find(&self->weights->file, name);
    size_t rank = columns ? 2 : 1;
    if (!tensor) {
        fd_fail(self->error, FD_BAD_FILE, "%s: the tensor %s is missing.", self->path, name);
        return NULL;
    }
    if (tensor->rank != rank || tensor->shape[0] != rows ||
        (columns && tensor->shape[1] != columns)) {
        fd_fail(self->error, FD_BAD_FILE,
                "%s: the tensor %s should have the shape [%zu%s%.0zu] by config.json.", self->path,
                name, rows, columns ? ", " : "", columns);
        return NULL;
    }
    return tensor;
}

static bool floats_of(const loader *self, const fd_tensor *tensor, const float **values) {
    fd_weights *weights = self->weights;
    if (!tensor)
        return false;
    if (tensor->dtype == FD_F32 && (uintptr_t)tensor->data % sizeof(float) == 0) {
        *values = (const float *)(const void *)tensor->data;
        return true;
    }
    float *copy = fd_alloc(tensor->count, sizeof(float), "the model's weights", self->error);
    if (!copy || !fd_grow((void **)&weights->converted, &weights->converted_capacity,
                          weights->converted_count + 1, sizeof(float *), "the model's weights",
                          self->error)) {
        free(copy);
        return false;
    }
    weights->converted[weights->converted_count++] = copy;
    *values = copy;
    return fd_tensor_to_f32(tensor, copy, tensor->count, self->error);
}

static bool read_vector(const loader *self, const char *name, size_t count, const float **values) {
    return floats_of(self, find(self, name, count, 0), values);
}

/* A matrix called `name`: int8 as [outs][inner] with "NAME.scale" beside it, or floats,
 * [outs][inner] when `rows` and [inner][outs] (GPT-2's way for the matrices inside blocks)
 * otherwise. */
static bool read_matrix(const loader *self, const char *name, size_t inner, size_t outs, bool rows,
                        fd_linear *matrix) {
    const fd_tensor *tensor = fd_safetensors_find(&self->weights->file, name);
    *matrix = (fd_linear){.inner = inner, .outs = outs, .rows = rows};
    if (!tensor || tensor->dtype != FD_I8) {
        tensor = find(self, name, rows ? outs : inner, rows ? inner : outs);
        return floats_of(self, tensor, &matrix->f);
    }
    char scale[96];
    (void)snprintf(scale, sizeof scale, "%s.scale", name);
    self->weights->quantised = true;
    tensor = find(self, name, outs, inner);
    matrix->q = tensor ? (const int8_t *)tensor->data : NULL;
    return tensor && read_vector(self, scale, outs, &matrix->scale);
}

static const char *in_layer(char name[80], size_t layer, const char *part) {
    (void)snprintf(name, 80, "h.%zu.%s", layer, part);
    return name;
}

static bool read_norm(const loader *self, const char *prefix, fd_norm *norm) {
    char gain[96], bias[96];
    size_t width = self->weights->config.width;
    (void)snprintf(gain, sizeof gain, "%s.weight", prefix);
    (void)snprintf(bias, sizeof bias, "%s.bias", prefix);
    return read_vector(self, gain, width, &norm->gain) &&
           read_vector(self, bias, width, &norm->bias);
}

static bool read_linear(const loader *self, const char *prefix, size_t inner, size_t outs,
                        fd_linear *linear) {
    char weight[96], bias[96];
    (void)snprintf(weight, sizeof weight, "%s.weight", prefix);
    (void)snprintf(bias, sizeof bias, "%s.bias", prefix);
    return read_matrix(self, weight, inner, outs, false, linear) &&
           read_vector(self, bias, outs, &linear->bias);
}

static bool read_layer(const loader *self, size_t index, fd_layer *layer) {
    char name[80];
    size_t width = self->weights->config.width;
    return read_norm(self, in_layer(name, index, "ln_1"), &layer->before_attention) &&
           read_linear(self, in_layer(name, index, "attn.c_attn"), width, 3 * width, &layer->qkv) &&
           read_linear(self, in_layer(name, index, "attn.c_proj"), width, width,
                       &layer->projection) &&
           read_norm(self, in_layer(name, index, "ln_2"), &layer->before_mlp) &&
           read_linear(self, in_layer(name, index, "mlp.c_fc"), width, 4 * width, &layer->up) &&
           read_linear(self, in_layer(name, index, "mlp.c_proj"), 4 * width, width, &layer->down);
}

static bool read_all(const loader *self) {
    fd_weights *weights = self->weights;
    const fd_config *config = &weights->config;
    bool ok =
        read_matrix(self, "wte.weight", config->width, config->vocab, true, &weights->tokens) &&
        floats_of(self, find(self, "wpe.weight", config->context, config->width),
                  &weights->positions) &&
        read_norm(self, "ln_f", &weights->last);
    for (size_t l = 0; ok && l < config->layers; l++)
        ok = read_layer(self, l, &weights->layers[l]);
    weights->head = weights->tokens;
    if (ok && fd_safetensors_find(&weights->file, "lm_head.weight"))
        ok =
            read_matrix(self, "lm_head.weight", config->width, config->vocab, true, &weights->head);
    return ok;
}

bool fd_weights_load(const char *directory, fd_weights *weights, fd_error *error) {
    char path[PATH_MAX];
    *weights = (fd_weights){0};
    if (!fd_file_path(path, error, "%s/model.safetensors", directory) ||
        !fd_config_load(directory, &weights->config, error) ||
        !fd_safetensors_open(path, &weights->file, error))
        return false;
    weights->layers = fd_alloc(weights->config.layers, sizeof(fd_layer), "the model", error);
    loader self = {weights, path, error};
    if (weights->layers && read_all(&self))
        return true;
    fd_weights_close(weights);
    return false;
}

void fd_weights_close(fd_weights *weights) {
    for (size_t i = 0; i < weights->converted_count; i++)
        free(weights->converted[i]);
    free(weights->converted);
    free(weights->layers);
    fd_safetensors_close(&weights->file);
    *weights = (fd_weights){0};
}

void fd_weights_embed(const fd_weights *weights, int32_t token, float *values) {
    const fd_linear *table = &weights->tokens;
    size_t width = table->inner, row = (size_t)token;
    for (size_t i = 0; i < width; i++)
        values[i] = table->q ? (float)table->q[row * width + i] * table->scale[row]
                             : table->f[row * width + i];
}
