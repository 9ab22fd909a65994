/* TensorFlow checkpoints: what an independent writer writes is read exactly, and what is damaged is
 * refused or read exactly. */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/crc32c.h"
#include "model/openai.h"
#include "model/reader.h"
#include "tests/bundle_writer.h"

static const fd_config shape = {1, 1, 4, 3, 5, FD_GPT2_EPSILON};
enum { MODEL = 16, OTHERS = 3, FLOATS = 300 };

static char folder[64], prefix[96];
static float parameters[FLOATS];
static const uint64_t step = 1000;
static variable variables[MODEL + OTHERS + MODEL];

static const table_layout plain = {.interval = 16, .block = 262144, .shards = 1};

/* The model's variables, an optimiser's beside them, and a counter. */
static size_t make_variables(void) {
    size_t count = gpt2_variables(shape.layers, shape.width, shape.context, shape.vocab, parameters,
                                  variables);
    for (size_t i = 0; i < MODEL; i++) {
        variables[count] = variables[i];
        strcat(variables[count++].name, "/Adam");
    }
    variables[count++] = (variable){"beta1_power", FLOAT, 0, {0}, parameters, sizeof(float)};
    variables[count++] = (variable){"global_step", INT64, 0, {0}, &step, sizeof step};
    variables[count++] = (variable){"z", FLOAT, 2, {2, 3}, parameters, 6 * sizeof(float)};
    return count;
}

static int set_up(void **state) {
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/feverdream-bundle.%ld", (long)getpid());
    (void)snprintf(prefix, sizeof prefix, "%s/model-1000", folder);
    for (size_t i = 0; i < FLOATS; i++)
        parameters[i] = (float)i / 7.0f - 20.0f;
    if (fd_parameter_total(&shape) > FLOATS || mkdir(folder, 0700) != 0)
        return 1;
    write_surroundings(folder, "model-1000", 1, 1, 4, 3, 5);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    char clear[96];
    (void)snprintf(clear, sizeof clear, "rm -rf %s", folder);
    return system(clear);
}

/* Reads the checkpoint: FD_OK when every float is right, else the error's status. Anything wrong
 * that is accepted fails the test. */
static fd_status load(fd_error *error) {
    fd_config read;
    *error = (fd_error){FD_OK, ""};
    float *values = fd_openai_load(folder, prefix, &read, error);
    if (!values) {
        assert_int_not_equal(error->status, FD_OK);
        return error->status;
    }
    assert_memory_equal(values, parameters, fd_parameter_total(&shape) * sizeof *values);
    free(values);
    return FD_OK;
}

static void expect_refusal(const char *words) {
    fd_error error;
    assert_int_equal(load(&error), FD_BAD_FILE);
    if (!strstr(error.message, words) || !strstr(error.message, "model-1000"))
        fail_msg("expected \"%s\": %s", words, error.message);
}

static void checksums_are_castagnolis(void **state) {
    (void)state;
    uint8_t zeros[32] = {0}, ones[32], rising[32];
    for (size_t i = 0; i < 32; i++) {
        ones[i] = 255;
        rising[i] = (uint8_t)i;
    }
    assert_int_equal(fd_crc32c("123456789", 9), 0xe3069283u);
    assert_int_equal(fd_crc32c(zeros, 32), 0x8a9136aau); /* RFC 3720, B.4, and the next two */
    assert_int_equal(fd_crc32c(ones, 32), 0x62a8ab43u);
    assert_int_equal(fd_crc32c(rising, 32), 0x46dd794eu);
    assert_int_equal(fd_crc32c("", 0), 0);
    assert_int_equal(fd_crc32c_masked("123456789", 9), 0xc78ab0e5u);
    assert_int_equal(slow_crc32c((const uint8_t *)"123456789", 9), 0xe3069283u);
}

static void numbers_end_where_they_end(void **state) {
    (void)state;
    static const struct {
        uint8_t bytes[11];
        size_t length;
        bool good;
        uint64_t value;
    } cases[] = {
        {{0}, 1, true, 0},
        {{127}, 1, true, 127},
        {{0x80, 0x01}, 2, true, 128},
        {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 10, true, UINT64_MAX},
        {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}, 10, false, 0},
        {{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, 11, false, 0},
        {{0x80}, 1, false, 0},
        {{0}, 0, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fd_reader reader = {cases[i].bytes, cases[i].length};
        uint64_t value = 0;
        assert_int_equal(fd_read_varint(&reader, &value), cases[i].good);
        assert_true(value == cases[i].value);
        assert_int_equal(reader.left, cases[i].good ? 0 : cases[i].length);
    }
}

static void every_layout_is_read(void **state) {
    (void)state;
    static const table_layout layouts[] = {
        {.interval = 16, .block = 262144, .shards = 1},
        {.interval = 16, .block = 300, .shards = 1},
        {.interval = 1, .block = 1, .shards = 1},
        {.interval = 1000, .block = 700, .shards = 1},
        {.interval = 3, .block = 262144, .shards = 4},
    };
    fd_error error;
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        (void)write_checkpoint(prefix, variables, make_variables(), &layouts[i]);
        if (load(&error) != FD_OK)
            fail_msg("layout %zu: %s", i, error.message);
    }
}

static void halves_are_read(void **state) {
    (void)state;
    const float before[2] = {parameters[0], parameters[1]};
    static uint16_t halves[20];
    size_t count = make_variables();
    for (size_t i = 0; i < 20; i++)
        halves[i] = i % 2 ? 0xc000 : 0x3c00;
    for (size_t i = 0; i < 20; i++)
        parameters[i] = i % 2 ? -2.0f : 1.0f;
    variable *wte = &variables[0];
    assert_string_equal(wte->name, "model/wte");
    wte->dtype = HALF;
    wte->data = halves;
    wte->bytes = sizeof halves;
    (void)write_checkpoint(prefix, variables, count, &plain);
    fd_error error;
    assert_int_equal(load(&error), FD_OK);
    for (size_t i = 0; i < 20; i++)
        parameters[i] = (float)i / 7.0f - 20.0f;
    assert_true(before[0] == parameters[0] && before[1] == parameters[1]);
}

static void what_cannot_be_read_is_named(void **state) {
    (void)state;
    table_layout how = plain;
    how.compression = 1;
    (void)write_checkpoint(prefix, variables, make_variables(), &how);
    expect_refusal("Snappy");
    how = plain;
    how.big_endian = 1;
    (void)write_checkpoint(prefix, variables, make_variables(), &how);
    expect_refusal("big-endian");
    how = plain;
    how.newer = 1;
    (void)write_checkpoint(prefix, variables, make_variables(), &how);
    expect_refusal("newer");
    how = plain;
    how.sliced = "model/h0/mlp/c_fc/w";
    (void)write_checkpoint(prefix, variables, make_variables(), &how);
    expect_refusal("model/h0/mlp/c_fc/w should hold floats, in one piece");
    size_t count = make_variables();
    variables[2].name[10] = 'G'; /* model/h0/ln_1/g */
    (void)write_checkpoint(prefix, variables, count, &plain);
    expect_refusal("model/h0/ln_1/g is missing");
    count = make_variables();
    variables[1].shape[0] = 4; /* model/wpe; one row of width 4 less */
    variables[1].shape[1] = 3;
    (void)write_checkpoint(prefix, variables, count, &plain);
    expect_refusal("model/wpe should have the shape [3, 4]");
}

/* ---- damage ----------------------------------------------------------------------------- */

static size_t refused, accepted;

static void try_damaged(void) {
    fd_error error;
    fd_status status = load(&error);
    if (status == FD_OK) {
        accepted++;
        return;
    }
    refused++;
    assert_int_equal(status, FD_BAD_FILE);
    if (!strstr(error.message, folder))
        fail_msg("which file? %s", error.message);
}

/* A bit of every byte of the file flipped in turn, then the file cut off at every length. */
static void damage(const char *end) {
    char path[160];
    struct stat about;
    (void)snprintf(path, sizeof path, "%s%s", prefix, end);
    int file = open(path, O_RDWR);
    assert_true(file >= 0 && fstat(file, &about) == 0);
    refused = accepted = 0;
    for (off_t at = 0; at < about.st_size; at++) {
        uint8_t byte;
        assert_int_equal(pread(file, &byte, 1, at), 1);
        uint8_t other = (uint8_t)(byte ^ 1 << at % 8);
        assert_int_equal(pwrite(file, &other, 1, at), 1);
        try_damaged();
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
    }
    fd_error error;
    assert_int_equal(load(&error), FD_OK);
    size_t flips = refused;
    for (off_t length = about.st_size - 1; length >= 0; length--) {
        assert_int_equal(ftruncate(file, length), 0);
        try_damaged();
    }
    close(file);
    assert_true(flips > 0);
    assert_int_equal(refused - flips, about.st_size); /* no cut is accepted */
}

static void a_damaged_index_is_refused(void **state) {
    (void)state;
    const table_layout how = {.interval = 4, .block = 400, .shards = 1};
    (void)write_checkpoint(prefix, variables, make_variables(), &how);
    damage(".index");
    assert_true(accepted < 40); /* the footer's padding means nothing */
}

static void damaged_data_is_refused(void **state) {
    (void)state;
    size_t count = gpt2_variables(shape.layers, shape.width, shape.context, shape.vocab, parameters,
                                  variables);
    (void)write_checkpoint(prefix, variables, count, &plain);
    damage(".data-00000-of-00001");
    assert_int_equal(accepted, 0);
}

/* Damage that the checksums do not show: the structure alone has to be safe. */
static void lies_with_a_right_checksum_are_survived(void **state) {
    (void)state;
    table_layout how = {.interval = 4, .block = 262144, .shards = 1, .lied = 1};
    size_t count = make_variables();
    size_t bits = write_checkpoint(prefix, variables, count, &how);
    assert_true(bits > 4000);
    refused = accepted = 0;
    for (how.lie = 0; how.lie < bits; how.lie++) {
        (void)write_checkpoint(prefix, variables, count, &how);
        try_damaged();
    }
    assert_true(refused > bits / 4);
}

static void the_latest_checkpoint_is_found(void **state) {
    (void)state;
    char found[PATH_MAX], path[160];
    fd_error error = {FD_OK, ""};
    assert_true(fd_openai_latest(folder, found, &error)); /* though the path in it is elsewhere */
    assert_string_equal(found, prefix);
    FILE *file = create(folder, "/checkpoint");
    fputs("model_checkpoint_path: model-7\n", file);
    close_file(file);
    assert_false(fd_openai_latest(folder, found, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    (void)snprintf(path, sizeof path, "%s/checkpoint", folder);
    assert_int_equal(unlink(path), 0);
    assert_true(fd_openai_latest(folder, found, &error));
    assert_string_equal(strrchr(found, '/'), "/model.ckpt");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksums_are_castagnolis),
        cmocka_unit_test(numbers_end_where_they_end),
        cmocka_unit_test(every_layout_is_read),
        cmocka_unit_test(halves_are_read),
        cmocka_unit_test(what_cannot_be_read_is_named),
        cmocka_unit_test(a_damaged_index_is_refused),
        cmocka_unit_test(damaged_data_is_refused),
        cmocka_unit_test(lies_with_a_right_checksum_are_survived),
        cmocka_unit_test(the_latest_checkpoint_is_found),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
