/* What int8 costs: the perplexity of the embedded model, expanded to floats, before and after
 * quantising, as it is and with the outlier channels that published GPT-2 models have. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/checkpoint.h"
#include "model/evaluate.h"
#include "model/quantize.h"

#define EMBEDDED "assets/model"
#define TEXT "assets/stories/the-well-house.twee"

enum { TOKENS = 1500 };

static char folder[64], floats[96], small[96];
static fd_config config;
static float *parameters;

static int set_up(void **state) {
    (void)state;
    char make[256];
    (void)snprintf(folder, sizeof folder, "/tmp/feverdream-quantize.%ld", (long)getpid());
    (void)snprintf(floats, sizeof floats, "%s/f32", folder);
    (void)snprintf(small, sizeof small, "%s/i8", folder);
    (void)snprintf(make, sizeof make, "mkdir -p %s %s", floats, small);
    return system(make) || !(parameters = fd_checkpoint_load(EMBEDDED, &config, NULL)) ||
           !fd_checkpoint_copy_tokenizer(EMBEDDED, floats, NULL);
}

static int tear_down(void **state) {
    (void)state;
    char clear[128];
    free(parameters);
    (void)snprintf(clear, sizeof clear, "rm -rf %s", folder);
    return system(clear);
}

/* Mean negative log likelihood of the first tokens of the text. */
static double nll_of(const char *directory) {
    fd_buffer text = FD_BUFFER(1 << 20);
    fd_tokens tokens = {0};
    double nll;
    size_t predicted;
    fd_model *model = fd_model_load(directory, NULL, NULL);
    assert_non_null(model);
    assert_true(fd_file_read(TEXT, &text, NULL));
    assert_true(fd_tokenizer_encode(fd_model_tokenizer(model), text.data, text.length, false,
                                    &tokens, NULL));
    assert_true(tokens.count > TOKENS);
    assert_true(fd_model_evaluate(model, tokens.ids, TOKENS, 2, &nll, &predicted, NULL));
    fd_tokens_free(&tokens);
    fd_buffer_free(&text);
    fd_model_free(model);
    return nll / (double)predicted;
}

static float *tensor(size_t layer, const char *part) {
    char name[80];
    (void)snprintf(name, sizeof name, "h.%zu.%s", layer, part);
    for (size_t i = 0; i < fd_parameter_count(&config); i++) {
        fd_parameter here = fd_parameter_at(&config, i);
        if (strcmp(here.name, name) == 0)
            return parameters + here.offset;
    }
    fail_msg("no tensor %s", name);
    return NULL;
}

static void scale(float *values, size_t count, size_t stride, float by) {
    for (size_t i = 0; i < count; i++)
        values[i * stride] *= by;
}

/* Makes a channel after a layer norm `by` times larger, and the weights that meet it smaller. */
static void scale_norm(size_t layer, size_t channel, float by, bool undo) {
    size_t width = config.width;
    float back = undo ? by : 1.0f / by, there = undo ? 1.0f / by : by;
    tensor(layer, "ln_1.weight")[channel] *= there;
    tensor(layer, "ln_1.bias")[channel] *= there;
    scale(tensor(layer, "attn.c_attn.weight") + channel * 3 * width, 3 * width, 1, back);
    tensor(layer, "ln_2.weight")[channel] *= there;
    tensor(layer, "ln_2.bias")[channel] *= there;
    scale(tensor(layer, "mlp.c_fc.weight") + channel * 4 * width, 4 * width, 1, back);
}

/* A channel of a layer's queries (0), keys (1) or values (2). */
static void scale_column(size_t layer, size_t which, size_t channel, float by) {
    size_t width = config.width, column = which * width + channel;
    scale(tensor(layer, "attn.c_attn.weight") + column, width, 3 * width, by);
    tensor(layer, "attn.c_attn.bias")[column] *= by;
}

/* A channel of attention's values larger, and the weights that meet it smaller. */
static void scale_value(size_t layer, size_t channel, float by, bool undo) {
    size_t width = config.width;
    scale_column(layer, 2, channel, undo ? 1.0f / by : by);
    scale(tensor(layer, "attn.c_proj.weight") + channel * width, width, 1, undo ? by : 1.0f / by);
}

/* A channel of the keys larger, and that of the queries smaller. */
static void scale_key(size_t layer, size_t channel, float by, bool undo) {
    scale_column(layer, 0, channel, undo ? by : 1.0f / by);
    scale_column(layer, 1, channel, undo ? 1.0f / by : by);
}

typedef struct outliers {
    float norm, value, key; /* the largest factors; 1: none */
} outliers;

/* Five channels of every layer, each a different one and by a different factor. */
static void apply(outliers kind, bool undo) {
    for (size_t layer = 0; layer < config.layers; layer++)
        for (size_t i = 1; i <= 5; i++) {
            size_t channel = (41 * i + 11 * layer) % config.width;
            scale_norm(layer, channel, powf(kind.norm, (float)i / 5.0f), undo);
            scale_value(layer, channel, powf(kind.value, (float)i / 5.0f), undo);
            scale_key(layer, channel, powf(kind.key, (float)i / 5.0f), undo);
        }
}

static void int8_costs_at_most_half_a_percent_of_perplexity(void **state) {
    (void)state;
    static const outliers kinds[] = {{1.0f, 1.0f, 1.0f},          {300.0f, 1.0f, 1.0f},
                                     {1.0f / 300.0f, 1.0f, 1.0f}, {1.0f, 300.0f, 1.0f},
                                     {1.0f, 1.0f, 100.0f},        {1.0f, 1.0f, 1.0f / 100.0f},
                                     {300.0f, 300.0f, 30.0f}};
    double before = 0.0, exact = nll_of(EMBEDDED);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        apply(kinds[i], false);
        assert_true(fd_checkpoint_save(floats, &config, parameters, NULL));
        apply(kinds[i], true);
        assert_true(fd_quantize(floats, small, NULL));
        if (i < 2) { /* the same function, indeed */
            before = nll_of(floats);
            assert_true(fabs(before - exact) < 2e-3);
        }
        double after = nll_of(small);
        if (exp(after - before) > 1.005)
            fail_msg("outliers %g, %g and %g: perplexity %g became %g", (double)kinds[i].norm,
                     (double)kinds[i].value, (double)kinds[i].key, exp(before), exp(after));
    }
}

static void matrices_come_first_and_begin_with_cache_lines(void **state) {
    (void)state;
    char path[160];
    fd_safetensors file;
    const uint8_t *matrices_end = NULL, *floats_begin = NULL;
    assert_true(fd_checkpoint_save(floats, &config, parameters, NULL));
    assert_true(fd_quantize(floats, small, NULL));
    (void)snprintf(path, sizeof path, "%s/model.safetensors", small);
    assert_true(fd_safetensors_open(path, &file, NULL));
    for (size_t i = 0; i < file.count; i++) {
        const fd_tensor *one = &file.tensors[i];
        if (one->dtype == FD_I8) {
            assert_int_equal((uintptr_t)one->data % 64, 0);
            if (!matrices_end || one->data + one->bytes > matrices_end)
                matrices_end = one->data + one->bytes;
        } else if (!floats_begin || one->data < floats_begin) {
            floats_begin = one->data;
        }
    }
    assert_non_null(matrices_end);
    assert_ptr_equal(matrices_end, floats_begin);
    fd_safetensors_close(&file);
}

static size_t count_files(const char *directory) {
    size_t count = 0;
    DIR *files = opendir(directory);
    assert_non_null(files);
    while (readdir(files))
        count++;
    closedir(files);
    return count;
}

static void a_failure_leaves_what_was_there(void **state) {
    (void)state;
    char path[160];
    fd_safetensors file;
    assert_true(fd_checkpoint_save(floats, &config, parameters, NULL));
    assert_true(fd_quantize(floats, small, NULL));
    double before = nll_of(small);
    size_t files = count_files(small);
    (void)snprintf(path, sizeof path, "%s/model.safetensors", floats);
    assert_true(fd_safetensors_open(path, &file, NULL));
    for (size_t i = 0; i < file.count; i++) /* found missing when most of it is written */
        if (strcmp(file.tensors[i].name, "ln_f.bias") == 0)
            (void)snprintf(file.tensors[i].name, sizeof file.tensors[i].name, "elsewhere");
    assert_true(fd_safetensors_write(path, file.tensors, file.count, NULL, NULL));
    fd_safetensors_close(&file);
    fd_error error = {FD_OK, ""};
    assert_false(fd_quantize(floats, small, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    assert_non_null(strstr(error.message, "ln_f.bias"));
    assert_int_equal(count_files(small), files);
    assert_true(nll_of(small) == before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(int8_costs_at_most_half_a_percent_of_perplexity),
        cmocka_unit_test(matrices_come_first_and_begin_with_cache_lines),
        cmocka_unit_test(a_failure_leaves_what_was_there),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
