#define _POSIX_C_SOURCE 200809L
#include "model/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A quantised matrix (rows of outputs, quantize.h) as the floats it stands for, in the order the
 * float model keeps them. */
static bool dequantise(const fd_safetensors *file, const char *path, fd_parameter wanted,
                       const fd_tensor *tensor, float *values, fd_error *error) {
    char name[96];
    bool table = !wanted.linear;
    size_t outs = wanted.shape[!table], inner = wanted.shape[table];
    (void)snprintf(name, sizeof name, "%s.scale", wanted.name);
    const fd_tensor *scale = fd_safetensors_find(file, name);
    if (tensor->rank != 2 || tensor->shape[0] != outs || tensor->shape[1] != inner || !scale ||
        scale->dtype != FD_F32 || scale->count != outs)
        return fd_fail(error, FD_BAD_FILE,
                       "%s: the int8 tensor %s should have the shape [%zu, %zu] and scales.", path,
                       wanted.name, outs, inner);
    for (size_t o = 0; o < outs; o++) {
        float step;
        memcpy(&step, scale->data + o * sizeof step, sizeof step);
        for (size_t i = 0; i < inner; i++) {
            float value = (float)(int8_t)tensor->data[o * inner + i] * step;
            values[table ? o * inner + i : i * outs + o] = value;
        }
    }
    return true;
}

bool fd_checkpoint_read(const fd_safetensors *file, const char *path, fd_parameter wanted,
                        float *values, fd_error *error) {
    const fd_tensor *tensor = fd_safetensors_find(file, wanted.name);
    if (!tensor)
        return fd_fail(error, FD_BAD_FILE, "%s: the tensor %s is missing.", path, wanted.name);
    if (tensor->dtype == FD_I8 && wanted.shape[1])
        return dequantise(file, path, wanted, tensor, values, error);
    size_t rank = wanted.shape[1] ? 2 : 1;
    if (tensor->rank != rank || tensor->shape[0] != wanted.shape[0] ||
        (rank == 2 && tensor->shape[1] != wanted.shape[1]))
        return fd_fail(error, FD_BAD_FILE,
                       "%s: the tensor %s should have the shape [%zu%s%.0zu] by config.json.", path,
                       wanted.name, wanted.shape[0], rank == 2 ? ", " : "", wanted.shape[1]);
    return fd_tensor_to_f32(tensor, values, wanted.count, error);
}

/* Training ties the output matrix to the embedding: a file may repeat the embedding as lm_head, but
 * not hold another matrix there. */
static bool check_tied(const fd_safetensors *file, const char *path, fd_error *error) {
    const fd_tensor *head = fd_safetensors_find(file, "lm_head.weight");
    const fd_tensor *table = fd_safetensors_find(file, "wte.weight");
    bool tied = !head || (table && head->dtype == table->dtype && head->bytes == table->bytes &&
                          memcmp(head->data, table->data, head->bytes) == 0);
    return tied || fd_fail(error, FD_BAD_FILE,
                           "%s has an output matrix of its own (lm_head.weight): it can be played "
                           "on, but neither trained on nor exported.",
                           path);
}

float *fd_checkpoint_load(const char *directory, fd_config *config, fd_error *error) {
    char path[PATH_MAX];
    fd_safetensors file;
    if (!fd_config_load(directory, config, error) ||
        !fd_file_path(path, error, "%s/model.safetensors", directory) ||
        !fd_safetensors_open(path, &file, error))
        return NULL;
    float *parameters =
        fd_alloc(fd_parameter_total(config), sizeof(float), "the model's weights", error);
    bool ok = parameters && check_tied(&file, path, error);
    for (size_t i = 0; ok && i < fd_parameter_count(config); i++) {
        fd_parameter wanted = fd_parameter_at(config, i);
        ok = fd_checkpoint_read(&file, path, wanted, parameters + wanted.offset, error);
    }
    fd_safetensors_close(&file);
    if (ok)
        return parameters;
    free(parameters);
    return NULL;
}

bool fd_checkpoint_save(const char *directory, const fd_config *config, const float *parameters,
                        fd_error *error) {
    char path[PATH_MAX];
    if (!fd_config_check(config, error) ||
        !fd_file_path(path, error, "%s/model.safetensors", directory))
        return false;
    size_t count = fd_parameter_count(config);
    fd_tensor *tensors = fd_alloc(count, sizeof *tensors, "the model's tensors", error);
    if (!tensors)
        return false;
    for (size_t i = 0; i < count; i++) {
        fd_parameter parameter = fd_parameter_at(config, i);
        tensors[i] = fd_tensor_of(parameter.name, FD_F32, parameter.shape[0], parameter.shape[1],
                                  parameters + parameter.offset);
    }
    const char *const metadata[] = {"format", "pt", NULL};
    bool ok = fd_safetensors_write(path, tensors, count, metadata, error) &&
              fd_config_save(config, directory, error);
    free(tensors);
    return ok;
}

bool fd_checkpoint_copy_tokenizer(const char *from, const char *to, fd_error *error) {
    static const char *const names[] = {"vocab.json", "merges.txt"};
    bool ok = true;
    for (size_t i = 0; ok && i < 2; i++) {
        char source[PATH_MAX], target[PATH_MAX];
        ok = fd_file_path(source, error, "%s/%s", from, names[i]) &&
             fd_file_path(target, error, "%s/%s", to, names[i]) &&
             fd_file_copy(source, target, error);
    }
    return ok;
}
