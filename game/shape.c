#define _POSIX_C_SOURCE 200809L
#include "game/shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/file.h"
#include "model/random.h"
#include "model/safetensors.h"

static const struct shape {
    const char *name;
    fd_config config;
} shapes[] = {
    {"124M", {12, 12, 768, 1024, 50257, FD_GPT2_EPSILON}},
    {"355M", {24, 16, 1024, 1024, 50257, FD_GPT2_EPSILON}},
    {"774M", {36, 20, 1280, 1024, 50257, FD_GPT2_EPSILON}},
    {"1558M", {48, 25, 1600, 1024, 50257, FD_GPT2_EPSILON}},
};

bool fd_shape_find(const char *name, fd_config *config, fd_error *error) {
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (strcmp(name, shapes[i].name) == 0) {
            *config = shapes[i].config;
            return true;
        }
    return fd_fail(error, FD_USAGE, "--shape is 124M, 355M, 774M or 1558M, not \"%s\".", name);
}

/* What all tensors are made of: each reads as much of one of these as it needs. */
typedef struct stuff {
    int8_t *weights;
    float *ones, *small;
} stuff;

static bool make_stuff(const fd_config *config, stuff *made, fd_error *error) {
    size_t weights = config->vocab * config->width; /* the largest matrix */
    size_t floats = weights / sizeof(float);        /* more than any vector or the positions */
    made->weights = fd_alloc(weights, 1, "random weights", error);
    made->ones = fd_alloc(floats, sizeof(float), "random weights", error);
    made->small = fd_alloc(floats, sizeof(float), "random weights", error);
    if (!made->weights || !made->ones || !made->small)
        return false;
    for (size_t i = 0; i < weights; i++)
        made->weights[i] = (int8_t)((int)fd_random_below((fd_random_key){1, 1}, i, 255) - 127);
    for (size_t i = 0; i < floats; i++) {
        made->ones[i] = 1.0f;
        made->small[i] = 2.7e-4f; /* as a scale, it gives GPT-2's deviation of 0.02 */
    }
    return true;
}

/* The matrices come first, so that every row of them begins with a cache line, then their scales
 * and the vectors. `tensors` has room for two of each parameter. */
static size_t list_tensors(const fd_config *config, const stuff *made, fd_tensor *tensors) {
    size_t matrices = 0, count = 1 + 4 * config->layers; /* the table, four in a layer */
    for (size_t t = 0; t < fd_parameter_count(config); t++) {
        fd_parameter wanted = fd_parameter_at(config, t);
        bool table = strcmp(wanted.name, "wte.weight") == 0;
        bool gain = !wanted.shape[1] && strstr(wanted.name, "ln_") && strstr(wanted.name, "weight");
        if (wanted.linear || table) {
            char scale[96];
            size_t outs = wanted.shape[!table];
            (void)snprintf(scale, sizeof scale, "%s.scale", wanted.name);
            tensors[matrices++] =
                fd_tensor_of(wanted.name, FD_I8, outs, wanted.shape[table], made->weights);
            tensors[count++] = fd_tensor_of(scale, FD_F32, outs, 0, made->small);
        } else {
            tensors[count++] = fd_tensor_of(wanted.name, FD_F32, wanted.shape[0], wanted.shape[1],
                                            gain ? made->ones : made->small);
        }
    }
    return count;
}

bool fd_shape_write(const fd_config *config, const char *directory, fd_error *error) {
    char path[PATH_MAX];
    stuff made = {0};
    if (!fd_file_path(path, error, "%s/model.safetensors", directory))
        return false;
    fd_tensor *tensors =
        fd_alloc(2 * fd_parameter_count(config), sizeof *tensors, "random weights", error);
    bool ok = tensors && make_stuff(config, &made, error);
    if (ok)
        ok = fd_safetensors_write(path, tensors, list_tensors(config, &made, tensors), NULL,
                                  error) &&
             fd_config_save(config, directory, error);
    free(made.weights);
    free(made.ones);
    free(made.small);
    free(tensors);
    return ok;
}
