/* safetensors and checkpoints: what is written comes back, what is malformed is refused. */
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
#include "model/safetensors.h"

static char folder[64], weights[96];

static int set_up(void **state) {
    (void)state;
    (void)snprintf(folder, sizeof folder, "build/checkpoint.%ld", (long)getpid());
    (void)snprintf(weights, sizeof weights, "%s/model.safetensors", folder);
    char make[96];
    (void)snprintf(make, sizeof make, "mkdir -p %s", folder);
    return system(make);
}

static int tear_down(void **state) {
    (void)state;
    char clear[96];
    (void)snprintf(clear, sizeof clear, "rm -rf %s", folder);
    return system(clear);
}

static void gpt2_has_its_known_size(void **state) {
    (void)state;
    const fd_config small = {12, 12, 768, 1024, 50257, FD_GPT2_EPSILON};
    assert_int_equal(fd_parameter_total(&small), 124439808);
    assert_int_equal(fd_parameter_count(&small), 148);
    assert_string_equal(fd_parameter_at(&small, 4).name, "h.0.attn.c_attn.weight");
}

static void a_checkpoint_comes_back(void **state) {
    (void)state;
    const fd_config tiny = {2, 2, 8, 12, 11, FD_GPT2_EPSILON};
    fd_config read;
    size_t total = fd_parameter_total(&tiny);
    float *values = calloc(total, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < total; i++)
        values[i] = (float)i / 3.0f;
    assert_true(fd_checkpoint_save(folder, &tiny, values, NULL));
    float *back = fd_checkpoint_load(folder, &read, NULL);
    assert_non_null(back);
    assert_memory_equal(back, values, total * sizeof *values);
    assert_int_equal(read.layers, 2);
    assert_int_equal(read.vocab, 11);
    free(back);
    const fd_config wider = {2, 2, 8, 12, 12, FD_GPT2_EPSILON};
    fd_error error = {FD_OK, ""};
    assert_true(fd_config_save(&wider, folder, NULL));
    assert_null(fd_checkpoint_load(folder, &read, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    assert_non_null(strstr(error.message, "wte.weight"));
    free(values);
}

/* Writes a header and `data` bytes after it, and says whether the file is accepted. */
static bool accepts(const char *header, uint64_t claimed, size_t data) {
    FILE *file = fopen(weights, "wb");
    assert_non_null(file);
    for (size_t i = 0; i < 8; i++)
        fputc((int)(claimed >> (8 * i) & 255), file);
    fputs(header, file);
    for (size_t i = 0; i < data; i++)
        fputc(0, file);
    assert_int_equal(fclose(file), 0);
    fd_safetensors read;
    fd_error error = {FD_OK, ""};
    bool ok = fd_safetensors_open(weights, &read, &error);
    if (ok)
        fd_safetensors_close(&read);
    else
        assert_int_equal(error.status, FD_BAD_FILE);
    return ok;
}

#define TENSOR(name, shape, begin, end)                                                            \
    "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"

static void malformed_files_are_refused(void **state) {
    (void)state;
    const char *one = "{" TENSOR("a", "[2]", "0", "8") "}";
    assert_true(accepts(one, strlen(one), 8));
    assert_false(accepts(one, strlen(one), 7));     /* cut short */
    assert_false(accepts(one, strlen(one), 9));     /* bytes after the end */
    assert_false(accepts(one, UINT64_MAX, 8));      /* header length */
    assert_false(accepts(one, strlen(one) - 1, 9)); /* not JSON */
    static const char *const bad[] = {
        "{" TENSOR("a", "[3]", "0", "8") "}",
        "{" TENSOR("a", "[1]", "0", "4") "," TENSOR("b", "[0]", "8", "8") "}",
        "{" TENSOR("a", "[2]", "0", "8") "," TENSOR("b", "[1]", "4", "8") "}",
        "{" TENSOR("a", "[1]", "0", "4") "," TENSOR("a", "[1]", "4", "8") "}",
        "{" TENSOR("a", "[4294967296,4294967296,2]", "0", "8") "}",
        "{" TENSOR("a", "[-2]", "0", "8") "}",
        "{\"a\":{\"dtype\":\"F33\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"a\":7}",
        "[]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (accepts(bad[i], strlen(bad[i]), 8))
            fail_msg("accepted: %s", bad[i]);
}

static void halves_become_floats(void **state) {
    (void)state;
    const uint8_t bytes[] = {0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0xff, 0x7b};
    fd_tensor tensor = {.name = "h", .dtype = FD_F16, .count = 4, .data = bytes, .bytes = 8};
    float values[4];
    assert_true(fd_tensor_to_f32(&tensor, values, 4, NULL));
    assert_true(values[0] == 1.0f && values[1] == -2.0f && values[3] == 65504.0f);
    assert_true(values[2] == 1.0f / 16777216.0f);
    tensor.dtype = FD_BF16;
    tensor.data = (const uint8_t[]){0x80, 0x3f};
    tensor.count = 1;
    assert_true(fd_tensor_to_f32(&tensor, values, 1, NULL) && values[0] == 1.0f);
    assert_false(fd_tensor_to_f32(&tensor, values, 2, NULL));
}

static void names_may_carry_the_prefix(void **state) {
    (void)state;
    const char *header = "{" TENSOR("transformer.wte.weight", "[2]", "0", "8") "}";
    assert_true(accepts(header, strlen(header), 8));
    fd_safetensors file;
    assert_true(fd_safetensors_open(weights, &file, NULL));
    assert_non_null(fd_safetensors_find(&file, "wte.weight"));
    assert_null(fd_safetensors_find(&file, "wpe.weight"));
    fd_safetensors_close(&file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpt2_has_its_known_size),     cmocka_unit_test(a_checkpoint_comes_back),
        cmocka_unit_test(malformed_files_are_refused), cmocka_unit_test(halves_become_floats),
        cmocka_unit_test(names_may_carry_the_prefix),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
