#define _POSIX_C_SOURCE 200809L
#include "model/lora.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/file.h"
#include "model/matmul.h"
#include "model/random.h"
#include "model/safetensors.h"

/* The adapted matrices of a block: their places among its twelve tensors (config.h), their shapes
 * in widths. */
static const struct {
    size_t tensor, ins, outs;
} matrices[FD_LORA_MATRICES] = {{2, 1, 3}, {4, 1, 1}, {8, 1, 4}, {10, 4, 1}};

/* The stream of random numbers for fresh adapters; train.c has others. */
enum { STREAM_ADAPTERS = 3 };

/* Sides of a block's matrices, all ins and outs: what a rank is multiplied by. */
enum { SIDES = 2 + 4 + 5 + 5, TENSORS_PER_BLOCK = 12, PER_LAYER = 2 * FD_LORA_MATRICES };

#define PEFT_PREFIX "base_model.model.transformer."

size_t fd_lora_count(const fd_config *config) {
    return config->layers * PER_LAYER;
}

size_t fd_lora_total(const fd_config *config, size_t rank) {
    return config->layers * SIDES * config->width * rank;
}

size_t fd_lora_adapted(size_t index) {
    size_t layer = index / PER_LAYER, matrix = index % PER_LAYER / 2;
    return 2 + layer * TENSORS_PER_BLOCK + matrices[matrix].tensor;
}

fd_parameter fd_lora_parameter(const fd_config *config, size_t rank, size_t index) {
    size_t layer = index / PER_LAYER, matrix = index % PER_LAYER / 2, b = index % 2;
    size_t sides = layer * SIDES + b * matrices[matrix].ins;
    for (size_t m = 0; m < matrix; m++)
        sides += matrices[m].ins + matrices[m].outs;
    fd_parameter adapted = fd_parameter_at(config, fd_lora_adapted(index));
    fd_parameter parameter = {.linear = true, .offset = sides * config->width * rank};
    int stem = (int)(strlen(adapted.name) - strlen(".weight"));
    (void)snprintf(parameter.name, sizeof parameter.name, "%.*s.lora_%s.weight", stem, adapted.name,
                   b ? "B" : "A");
    parameter.shape[0] = b ? matrices[matrix].outs * config->width : rank;
    parameter.shape[1] = b ? rank : matrices[matrix].ins * config->width;
    parameter.count = parameter.shape[0] * parameter.shape[1];
    return parameter;
}

void fd_lora_fresh(const fd_config *config, size_t rank, uint64_t seed, float *adapters) {
    fd_random_key key = {seed, STREAM_ADAPTERS};
    memset(adapters, 0, fd_lora_total(config, rank) * sizeof *adapters);
    for (size_t t = 0; t < fd_lora_count(config); t += 2) {
        fd_parameter a = fd_lora_parameter(config, rank, t);
        double limit = 1.0 / sqrt((double)a.shape[1]);
        for (size_t i = a.offset; i < a.offset + a.count; i++)
            adapters[i] = (float)((2.0 * fd_random_unit(key, i) - 1.0) * limit);
    }
}

void fd_lora_merge(const fd_config *config, const fd_lora *lora, const float *adapters,
                   float *parameters) {
    float scale = (float)(lora->alpha / (double)lora->rank);
    for (size_t t = 0; t < fd_lora_count(config); t += 2) {
        fd_parameter a = fd_lora_parameter(config, lora->rank, t);
        fd_parameter b = fd_lora_parameter(config, lora->rank, t + 1);
        fd_parameter matrix = fd_parameter_at(config, fd_lora_adapted(t));
        fd_matrix down = {adapters + a.offset, a.shape[1], true};
        fd_matrix up = {adapters + b.offset, lora->rank, true};
        fd_matmul(matrix.shape[0], matrix.shape[1], lora->rank, scale, down, up, 1.0f,
                  parameters + matrix.offset, matrix.shape[1]);
    }
}

/* ---- files ------------------------------------------------------------------------------ */

static char *config_text(const fd_lora *lora) {
    static const char *const targets[] = {"c_attn", "c_proj", "c_fc"};
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "peft_type", "LORA");
    cJSON_AddStringToObject(object, "task_type", "CAUSAL_LM");
    cJSON_AddStringToObject(object, "base_model_name_or_path", lora->base);
    cJSON_AddNumberToObject(object, "r", (double)lora->rank);
    cJSON_AddNumberToObject(object, "lora_alpha", lora->alpha);
    cJSON_AddNumberToObject(object, "lora_dropout", 0.0);
    cJSON_AddStringToObject(object, "bias", "none");
    cJSON_AddBoolToObject(object, "fan_in_fan_out", true);
    cJSON_AddItemToObject(object, "target_modules", cJSON_CreateStringArray(targets, 3));
    char *text = cJSON_Print(object);
    cJSON_Delete(object);
    return text;
}

static bool save_config(const char *directory, const fd_lora *lora, fd_error *error) {
    char path[PATH_MAX], *text = config_text(lora);
    bool ok = text ? fd_file_path(path, error, "%s/adapter_config.json", directory) &&
                         fd_file_replace(path, text, strlen(text), error)
                   : fd_fail_memory(error, "the adapters' description");
    cJSON_free(text);
    return ok;
}

bool fd_lora_save(const char *directory, const fd_config *config, const fd_lora *lora,
                  const float *adapters, fd_error *error) {
    char path[PATH_MAX];
    size_t count = fd_lora_count(config);
    fd_tensor *tensors = fd_alloc(count, sizeof *tensors, "the adapters", error);
    for (size_t i = 0; tensors && i < count; i++) {
        fd_parameter parameter = fd_lora_parameter(config, lora->rank, i);
        char name[sizeof PEFT_PREFIX + sizeof parameter.name];
        (void)snprintf(name, sizeof name, PEFT_PREFIX "%s", parameter.name);
        tensors[i] = fd_tensor_of(name, FD_F32, parameter.shape[0], parameter.shape[1],
                                  adapters + parameter.offset);
    }
    const char *const metadata[] = {"format", "pt", NULL};
    bool ok = tensors && fd_file_path(path, error, "%s/adapter_model.safetensors", directory) &&
              fd_safetensors_write(path, tensors, count, metadata, error) &&
              save_config(directory, lora, error);
    free(tensors);
    return ok;
}

bool fd_lora_load(const char *directory, const fd_config *config, const fd_lora *lora,
                  float *adapters, fd_error *error) {
    char path[PATH_MAX];
    fd_safetensors file;
    if (!fd_file_path(path, error, "%s/adapter_model.safetensors", directory) ||
        !fd_safetensors_open(path, &file, error))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < fd_lora_count(config); i++) {
        fd_parameter wanted = fd_lora_parameter(config, lora->rank, i);
        char name[sizeof wanted.name + sizeof PEFT_PREFIX];
        (void)snprintf(name, sizeof name, PEFT_PREFIX "%s", wanted.name);
        const fd_tensor *tensor = fd_safetensors_find(&file, name);
        ok = tensor && tensor->rank == 2 && tensor->shape[0] == wanted.shape[0] &&
             tensor->shape[1] == wanted.shape[1];
        ok = ok ? fd_tensor_to_f32(tensor, adapters + wanted.offset, wanted.count, error)
                : fd_fail(error, FD_BAD_FILE, "%s: %s should be there, with the shape [%zu, %zu].",
                          path, name, wanted.shape[0], wanted.shape[1]);
    }
    fd_safetensors_close(&file);
    return ok;
}
