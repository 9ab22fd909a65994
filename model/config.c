#define _POSIX_C_SOURCE 200809L
#include "model/config.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/file.h"

enum { TENSORS_PER_BLOCK = 12 };

bool fd_config_check(const fd_config *config, fd_error *error) {
    if (config->layers < 1 || config->layers > 64)
        return fd_fail(error, FD_BAD_FILE, "A model has 1 to 64 layers, not %zu.", config->layers);
    if (config->width < 1 || config->width > 8192)
        return fd_fail(error, FD_BAD_FILE, "A model is 1 to 8192 wide, not %zu.", config->width);
    if (config->heads < 1 || config->width % config->heads != 0)
        return fd_fail(error, FD_BAD_FILE, "The width %zu cannot be shared by %zu heads.",
                       config->width, config->heads);
    if (config->context < 1 || config->context > 4096)
        return fd_fail(error, FD_BAD_FILE, "A model's context is 1 to 4096 tokens, not %zu.",
                       config->context);
    if (config->vocab < 1 || config->vocab > 100000)
        return fd_fail(error, FD_BAD_FILE, "A vocabulary has 1 to 100000 tokens, not %zu.",
                       config->vocab);
    if (!(config->epsilon > 0.0f && config->epsilon < 1.0f))
        return fd_fail(error, FD_BAD_FILE, "layer_norm_epsilon should be between 0 and 1.");
    return true;
}

/* A whole number of the object, which must be there. */
static bool read_count(const cJSON *object, const char *path, const char *field, size_t *value,
                       fd_error *error) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, field);
    if (!cJSON_IsNumber(item) || item->valuedouble < 1.0 || item->valuedouble > 1e9 ||
        item->valuedouble != (double)(size_t)item->valuedouble)
        return fd_fail(error, FD_BAD_FILE, "%s: %s should be a whole number above 0.", path, field);
    *value = (size_t)item->valuedouble;
    return true;
}

/* What GPT-2 computes: the tanh form of GELU, under any of its names, and attention scaled by the
 * root of a head's width alone. */
static bool check_variant(const cJSON *object, const char *path, fd_error *error) {
    static const char *const tanh_gelu[] = {"gelu_new", "gelu_fast", "gelu_pytorch_tanh"};
    const cJSON *kind = cJSON_GetObjectItemCaseSensitive(object, "model_type");
    if (cJSON_IsString(kind) && strcmp(kind->valuestring, "gpt2") != 0)
        return fd_fail(error, FD_BAD_FILE, "%s: model_type should be \"gpt2\", not \"%.40s\".",
                       path, kind->valuestring);
    const cJSON *gelu = cJSON_GetObjectItemCaseSensitive(object, "activation_function");
    bool known = !cJSON_IsString(gelu);
    for (size_t i = 0; !known && i < sizeof tanh_gelu / sizeof tanh_gelu[0]; i++)
        known = strcmp(gelu->valuestring, tanh_gelu[i]) == 0;
    if (!known)
        return fd_fail(error, FD_BAD_FILE,
                       "%s: activation_function should be \"gelu_new\", not \"%.40s\".", path,
                       gelu->valuestring);
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "scale_attn_by_inverse_layer_idx")) ||
        cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(object, "scale_attn_weights")))
        return fd_fail(error, FD_BAD_FILE, "%s: its attention is not scaled as GPT-2's is.", path);
    return true;
}

static bool read_config(const cJSON *object, const char *path, fd_config *config, fd_error *error) {
    if (!cJSON_IsObject(object))
        return fd_fail(error, FD_BAD_FILE, "%s should hold a JSON object.", path);
    const cJSON *epsilon = cJSON_GetObjectItemCaseSensitive(object, "layer_norm_epsilon");
    const char *context =
        cJSON_GetObjectItemCaseSensitive(object, "n_positions") ? "n_positions" : "n_ctx";
    const char *vocab =
        cJSON_GetObjectItemCaseSensitive(object, "n_vocab") ? "n_vocab" : "vocab_size";
    config->epsilon = cJSON_IsNumber(epsilon) ? (float)epsilon->valuedouble : FD_GPT2_EPSILON;
    return check_variant(object, path, error) &&
           read_count(object, path, "n_layer", &config->layers, error) &&
           read_count(object, path, "n_head", &config->heads, error) &&
           read_count(object, path, "n_embd", &config->width, error) &&
           read_count(object, path, context, &config->context, error) &&
           read_count(object, path, vocab, &config->vocab, error) && fd_config_check(config, error);
}

bool fd_config_read(const char *path, fd_config *config, fd_error *error) {
    fd_buffer text = FD_BUFFER(1 << 20);
    *config = (fd_config){0};
    bool ok = fd_file_read(path, &text, error);
    if (ok) {
        cJSON *object = cJSON_ParseWithLength(fd_buffer_text(&text), text.length);
        ok = read_config(object, path, config, error);
        cJSON_Delete(object);
    }
    fd_buffer_free(&text);
    return ok;
}

bool fd_config_load(const char *directory, fd_config *config, fd_error *error) {
    char path[PATH_MAX];
    return fd_file_path(path, error, "%s/config.json", directory) &&
           fd_config_read(path, config, error);
}

bool fd_config_save(const fd_config *config, const char *directory, fd_error *error) {
    char path[PATH_MAX];
    fd_buffer text = FD_BUFFER(1 << 16);
    size_t last = config->vocab - 1;
    bool ok = fd_file_path(path, error, "%s/config.json", directory) &&
              fd_buffer_addf(&text, error,
                             "{\n  \"architectures\": [\"GPT2LMHeadModel\"],\n"
                             "  \"model_type\": \"gpt2\",\n"
                             "  \"activation_function\": \"gelu_new\",\n"
                             "  \"n_layer\": %zu,\n  \"n_head\": %zu,\n  \"n_embd\": %zu,\n"
                             "  \"n_positions\": %zu,\n  \"n_ctx\": %zu,\n"
                             "  \"vocab_size\": %zu,\n  \"layer_norm_epsilon\": %g,\n"
                             "  \"bos_token_id\": %zu,\n  \"eos_token_id\": %zu\n}\n",
                             config->layers, config->heads, config->width, config->context,
                             config->context, config->vocab, (double)config->epsilon, last, last) &&
              fd_file_replace(path, text.data, text.length, error);
    fd_buffer_free(&text);
    return ok;
}

size_t fd_parameter_count(const fd_config *config) {
    return 4 + TENSORS_PER_BLOCK * config->layers;
}

/* The tensors of a block; shapes are in multiples of the width, 0 for a vector's second. */
static const struct {
    const char *name;
    size_t rows, columns;
} block_tensors[TENSORS_PER_BLOCK] = {
    {"ln_1.weight", 1, 0},      {"ln_1.bias", 1, 0},          {"attn.c_attn.weight", 1, 3},
    {"attn.c_attn.bias", 3, 0}, {"attn.c_proj.weight", 1, 1}, {"attn.c_proj.bias", 1, 0},
    {"ln_2.weight", 1, 0},      {"ln_2.bias", 1, 0},          {"mlp.c_fc.weight", 1, 4},
    {"mlp.c_fc.bias", 4, 0},    {"mlp.c_proj.weight", 4, 1},  {"mlp.c_proj.bias", 1, 0},
};

/* Elements of the first `count` tensors of a block. */
static size_t block_elements(size_t width, size_t count) {
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += block_tensors[i].rows * width *
               (block_tensors[i].columns ? block_tensors[i].columns * width : 1);
    return sum;
}

fd_parameter fd_parameter_at(const fd_config *config, size_t index) {
    fd_parameter parameter = {.linear = false};
    size_t width = config->width, blocks = TENSORS_PER_BLOCK * config->layers;
    size_t embeddings = (config->vocab + config->context) * width;
    size_t block = block_elements(width, TENSORS_PER_BLOCK);
    if (index < 2) {
        (void)snprintf(parameter.name, sizeof parameter.name, "%s",
                       index == 0 ? "wte.weight" : "wpe.weight");
        parameter.shape[0] = index == 0 ? config->vocab : config->context;
        parameter.shape[1] = width;
        parameter.offset = index == 0 ? 0 : config->vocab * width;
    } else if (index < 2 + blocks) {
        size_t layer = (index - 2) / TENSORS_PER_BLOCK, tensor = (index - 2) % TENSORS_PER_BLOCK;
        (void)snprintf(parameter.name, sizeof parameter.name, "h.%zu.%s", layer,
                       block_tensors[tensor].name);
        parameter.shape[0] = block_tensors[tensor].rows * width;
        parameter.shape[1] = block_tensors[tensor].columns * width;
        parameter.offset = embeddings + layer * block + block_elements(width, tensor);
        parameter.linear = parameter.shape[1] != 0;
    } else {
        (void)snprintf(parameter.name, sizeof parameter.name, "%s",
                       index == 2 + blocks ? "ln_f.weight" : "ln_f.bias");
        parameter.shape[0] = width;
        parameter.offset = embeddings + config->layers * block + (index == 2 + blocks ? 0 : width);
    }
    parameter.count = parameter.shape[0] * (parameter.shape[1] ? parameter.shape[1] : 1);
    return parameter;
}

size_t fd_parameter_total(const fd_config *config) {
    fd_parameter last = fd_parameter_at(config, fd_parameter_count(config) - 1);
    return last.offset + last.count;
}
