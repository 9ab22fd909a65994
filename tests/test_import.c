/* Models from other programs: every layout becomes the same model, and what fails leaves nothing.
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/catalogue.h"
#include "model/checkpoint.h"
#include "model/evaluate.h"
#include "model/export.h"
#include "model/file.h"
#include "model/import.h"
#include "model/safetensors.h"
#include "model/tokenizer_train.h"
#include "model/train.h"
#include "tests/bundle_writer.h"

static const fd_config shape = {2, 2, 16, 8, 260, FD_GPT2_EPSILON};
static char folder[64], models[96], source[96]; /* source: a float Hugging Face directory */
static float *parameters;

/* A path that lasts until the end. */
static const char *in(const char *directory, const char *name) {
    static char paths[256][128];
    static size_t count;
    assert_true(count < 256);
    char *path = paths[count++];
    assert_in_range(snprintf(path, sizeof paths[0], "%s/%s", directory, name), 1, 127);
    return path;
}

static int set_up(void **state) {
    (void)state;
    static const char text[] = "the well keeps what the well was told";
    (void)snprintf(folder, sizeof folder, "/tmp/feverdream-import.%ld", (long)getpid());
    (void)snprintf(models, sizeof models, "%s/models", folder);
    (void)snprintf(source, sizeof source, "%s/source", folder);
    parameters = calloc(fd_parameter_total(&shape), sizeof *parameters);
    if (!parameters || mkdir(folder, 0700) != 0 || mkdir(source, 0700) != 0)
        return 1;
    fd_train_fresh(&shape, 5, parameters);
    return !fd_checkpoint_save(source, &shape, parameters, NULL) ||
           !fd_tokenizer_train(text, strlen(text), 260, source, NULL);
}

static int tear_down(void **state) {
    (void)state;
    char clear[96];
    free(parameters);
    (void)snprintf(clear, sizeof clear, "rm -rf %s", folder);
    return system(clear);
}

/* A new directory with the source's named files (to the first NULL) under new names. */
static const char *directory_with(const char *name, const char *const files[][2]) {
    const char *path = in(folder, name);
    assert_true(fd_folder_make(path, NULL));
    for (; (*files)[0]; files++)
        assert_true(fd_file_copy(in(source, (*files)[0]), in(path, (*files)[1]), NULL));
    return path;
}

static void expect_floats(const char *name) {
    fd_config read;
    float *values = fd_checkpoint_load(in(models, name), &read, NULL);
    assert_non_null(values);
    assert_memory_equal(values, parameters, fd_parameter_total(&shape) * sizeof *values);
    free(values);
    assert_true(fd_catalogue_verify(in(models, name), NULL));
}

static void expect_same_file(const char *a, const char *b) {
    fd_map one, two;
    assert_true(fd_map_open(a, &one, NULL) && fd_map_open(b, &two, NULL));
    assert_int_equal(one.length, two.length);
    assert_memory_equal(one.bytes, two.bytes, one.length);
    fd_map_close(&one);
    fd_map_close(&two);
}

/* Fails with that status and those words, and leaves no model and nothing half made. */
static void expect_failure(const char *path, const char *name, fd_status status,
                           const char *words) {
    fd_error error = {FD_OK, ""};
    char beside[64];
    (void)snprintf(beside, sizeof beside, ".%s.import", name);
    assert_false(fd_import(path, models, name, false, &error));
    if (!strstr(error.message, words))
        fail_msg("expected \"%s\": %s", words, error.message);
    assert_int_equal(error.status, status);
    assert_false(fd_folder_exists(in(models, name)));
    assert_false(fd_folder_exists(in(models, beside)));
}

static void imported(const char *path, const char *name, bool keep_float) {
    fd_error error = {FD_OK, ""};
    if (!fd_import(path, models, name, keep_float, &error))
        fail_msg("%s: %s", name, error.message);
}

static void hugging_faces_layout_is_imported(void **state) {
    (void)state;
    imported(source, "kept", true);
    expect_floats("kept");
    struct stat about;
    assert_int_equal(lstat(in(models, "kept/model.safetensors"), &about), 0);
    assert_true(S_ISREG(about.st_mode)); /* its own file, and not a link to the source's */
    imported(in(source, "model.safetensors"), "small", false);
    imported(in(models, "small"), "again", false); /* int8 is copied */
    expect_same_file(in(models, "small/model.safetensors"), in(models, "again/model.safetensors"));
    fd_error error = {FD_OK, ""};
    assert_false(fd_import(source, models, "small", false, &error));
    assert_non_null(strstr(error.message, "already"));
}

static void openais_layout_is_imported(void **state) {
    (void)state;
    static const char *const files[][2] = {
        {"vocab.json", "encoder.json"}, {"merges.txt", "vocab.bpe"}, {NULL, NULL}};
    static const table_layout how = {.interval = 16, .block = 500, .shards = 2};
    static variable variables[28];
    const char *path = directory_with("run1", files);
    write_surroundings(path, "model-7", 2, 2, 16, 8, 260);
    size_t count = gpt2_variables(2, 16, 8, 260, parameters, variables);
    (void)write_checkpoint(in(path, "model-7"), variables, count, &how);
    imported(path, "openai", true);
    expect_floats("openai");
    imported(in(path, "model-7.index"), "openai-index", true);
    expect_floats("openai-index");
    imported(in(path, "checkpoint"), "openai-small", false);
    expect_same_file(in(models, "openai-small/model.safetensors"),
                     in(models, "small/model.safetensors"));
    assert_int_equal(truncate(in(path, "model-7.data-00001-of-00002"), 100), 0);
    expect_failure(path, "cut", FD_BAD_FILE, "model-7.index");
    assert_int_equal(unlink(in(path, "model-7.data-00001-of-00002")), 0);
    expect_failure(path, "cut", FD_BAD_FILE, "model-7.data-00001-of-00002");
}

/* The parameters from `first` on, every second one, as a file of their own. */
static void write_shard(const char *path, size_t first) {
    static const char *const none[] = {NULL};
    fd_tensor tensors[32];
    size_t count = 0;
    for (size_t i = first; i < fd_parameter_count(&shape); i += 2) {
        fd_parameter one = fd_parameter_at(&shape, i);
        char name[96];
        (void)snprintf(name, sizeof name, "transformer.%s", one.name);
        tensors[count++] =
            fd_tensor_of(name, FD_F32, one.shape[0], one.shape[1], parameters + one.offset);
    }
    assert_true(fd_safetensors_write(path, tensors, count, none, NULL));
}

static void write_text(const char *path, const char *text) {
    assert_true(fd_file_replace(path, text, strlen(text), NULL));
}

static void models_in_several_files_are_imported(void **state) {
    (void)state;
    static const char *const files[][2] = {{"config.json", "config.json"},
                                           {"vocab.json", "vocab.json"},
                                           {"merges.txt", "merges.txt"},
                                           {NULL, NULL}};
    const char *path = directory_with("sharded", files);
    write_shard(in(path, "model-00001-of-00002.safetensors"), 0);
    write_shard(in(path, "model-00002-of-00002.safetensors"), 1);
    const char *index = in(path, "model.safetensors.index.json");
    write_text(index, "{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\","
                      "\"b\":\"model-00002-of-00002.safetensors\","
                      "\"c\":\"model-00001-of-00002.safetensors\"}}");
    imported(path, "sharded", true);
    expect_floats("sharded");
    write_text(index, "{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\"}}");
    expect_failure(path, "lacking", FD_BAD_FILE, "wpe.weight is missing");
    write_text(index, "{\"weight_map\":{\"a\":\"model-00003-of-00002.safetensors\"}}");
    expect_failure(path, "lacking", FD_BAD_FILE, "model-00003-of-00002.safetensors");
    write_text(index, "{\"weight_map\":{\"a\":\"../source/model.safetensors\"}}");
    expect_failure(path, "lacking", FD_BAD_FILE, "beside it");
}

/* What Hugging Face's newer tokenizers save, made of the source's two files. */
static void write_tokenizer_json(const char *path, bool pairs) {
    fd_buffer text = FD_BUFFER(1 << 20), vocabulary = FD_BUFFER(1 << 20),
              merges = FD_BUFFER(1 << 20);
    assert_true(fd_file_read(in(source, "vocab.json"), &vocabulary, NULL) &&
                fd_file_read(in(source, "merges.txt"), &merges, NULL) &&
                fd_buffer_addf(&text, NULL,
                               "{\"added_tokens\":[{\"id\":259,\"content\":\"<|endoftext|>\"}],"
                               "\"model\":{\"type\":\"BPE\",\"vocab\":%s,\"merges\":[",
                               vocabulary.data));
    char *rest = merges.data;
    const char *comma = "";
    for (char *line; (line = strtok_r(rest, "\n", &rest)) != NULL;) {
        char left[64], right[64];
        if (sscanf(line, "%63s %63s", left, right) != 2 || line[0] == '#')
            continue;
        assert_true(fd_buffer_addf(&text, NULL, pairs ? "%s[\"%s\",\"%s\"]" : "%s\"%s %s\"", comma,
                                   left, right));
        comma = ",";
    }
    assert_string_equal(comma, ","); /* there are merges */
    assert_true(fd_buffer_add_text(&text, "]}}", NULL) &&
                fd_file_replace(path, text.data, text.length, NULL));
    fd_buffer_free(&text);
    fd_buffer_free(&vocabulary);
    fd_buffer_free(&merges);
}

static void expect_same_tokens(const char *a, const char *b) {
    static const char text[] = "The well keeps what it was told.<|endoftext|>the well, told";
    fd_tokenizer *one = fd_tokenizer_load(a, NULL), *two = fd_tokenizer_load(b, NULL);
    fd_tokens ours = {0}, theirs = {0};
    assert_true(one && two && fd_tokenizer_encode(one, text, strlen(text), true, &ours, NULL) &&
                fd_tokenizer_encode(two, text, strlen(text), true, &theirs, NULL));
    assert_int_equal(ours.count, theirs.count);
    assert_memory_equal(ours.ids, theirs.ids, ours.count * sizeof *ours.ids);
    fd_tokens_free(&ours);
    fd_tokens_free(&theirs);
    fd_tokenizer_free(one);
    fd_tokenizer_free(two);
}

static void a_tokenizer_in_one_file_is_split(void **state) {
    (void)state;
    static const char *const files[][2] = {
        {"config.json", "config.json"}, {"model.safetensors", "model.safetensors"}, {NULL, NULL}};
    const char *path = directory_with("newer", files);
    expect_failure(path, "newer", FD_BAD_FILE, "has no tokenizer");
    write_tokenizer_json(in(path, "tokenizer.json"), false);
    imported(path, "newer", false);
    expect_same_tokens(source, in(models, "newer"));
    write_tokenizer_json(in(path, "tokenizer.json"), true);
    imported(path, "newest", false);
    expect_same_tokens(source, in(models, "newest"));
    write_text(in(path, "tokenizer.json"), "{\"model\":{\"vocab\":{}}}");
    expect_failure(path, "none", FD_BAD_FILE, "merges");
}

static void what_is_no_model_is_refused(void **state) {
    (void)state;
    static const char *const files[][2] = {{"config.json", "config.json"},
                                           {"vocab.json", "vocab.json"},
                                           {"merges.txt", "merges.txt"},
                                           {NULL, NULL}};
    const char *path = directory_with("pickle", files);
    expect_failure(path, "none", FD_BAD_FILE, "holds no model");
    write_text(in(path, "pytorch_model.bin"), "?");
    expect_failure(path, "none", FD_BAD_FILE, "pickle");
    expect_failure(in(path, "vocab.json"), "none", FD_BAD_FILE, "is no model");
    expect_failure(in(path, "nothing"), "none", FD_FAILED, "cannot be read");
    write_text(in(path, "model.safetensors"), "?");
    expect_failure(path, "none", FD_BAD_FILE, "safetensors");
    assert_true(fd_file_copy(in(source, "model.safetensors"), in(path, "model.safetensors"), NULL));
    write_text(in(path, "config.json"), "{\"n_layer\":2,\"n_head\":2,\"n_embd\":16,\"n_ctx\":8,"
                                        "\"vocab_size\":260,\"activation_function\":\"relu\"}");
    expect_failure(path, "none", FD_BAD_FILE, "activation_function");
    fd_error error = {FD_OK, ""};
    static const char *const names[] = {"gpt2", "embedded", "", ".hidden", "a/b", "-x", "na me"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_false(fd_import(source, models, names[i], false, &error));
        assert_int_equal(error.status, FD_USAGE);
    }
}

static void what_an_interruption_left_is_removed(void **state) {
    (void)state;
    const char *left = in(models, ".late.import");
    assert_true(fd_folder_make(left, NULL));
    write_text(in(left, "model.safetensors.Xk2aPq"), "half of it");
    imported(source, "late", false);
    assert_false(fd_folder_exists(in(models, ".late.import")));
    assert_int_not_equal(access(in(models, "late/model.safetensors.Xk2aPq"), F_OK), 0);
}

/* Perplexity of the story's first bytes. */
static double perplexity(const char *directory) {
    fd_buffer text = FD_BUFFER(1 << 20);
    fd_tokens tokens = {0};
    double nll;
    size_t predicted;
    fd_model *model = fd_model_load(directory, NULL, NULL);
    assert_true(model && fd_file_read("assets/stories/the-well-house.twee", &text, NULL));
    assert_true(text.length > 4000 && fd_tokenizer_encode(fd_model_tokenizer(model), text.data,
                                                          4000, true, &tokens, NULL));
    assert_true(fd_model_evaluate(model, tokens.ids, tokens.count, 2, &nll, &predicted, NULL));
    fd_tokens_free(&tokens);
    fd_buffer_free(&text);
    fd_model_free(model);
    return exp(nll / (double)predicted);
}

static void a_round_trip_predicts_as_before(void **state) {
    (void)state;
    static const table_layout how = {.interval = 16, .block = 2000, .shards = 1};
    static variable variables[12 * 64 + 4];
    fd_config config;
    const char *exported = in(folder, "float"), *path = in(folder, "embedded");
    assert_true(fd_export("assets/model", exported, NULL));
    fd_error error = {FD_OK, ""};
    assert_false(fd_export("assets/model", exported, &error)); /* it is not empty now */
    assert_int_equal(error.status, FD_FAILED);
    float *values = fd_checkpoint_load(exported, &config, NULL);
    assert_true(values && fd_folder_make(path, NULL));
    write_surroundings(path, "model.ckpt", config.layers, config.heads, config.width,
                       config.context, config.vocab);
    size_t count = gpt2_variables(config.layers, config.width, config.context, config.vocab, values,
                                  variables);
    (void)write_checkpoint(in(path, "model.ckpt"), variables, count, &how);
    free(values);
    assert_true(fd_file_copy(in(exported, "vocab.json"), in(path, "encoder.json"), NULL) &&
                fd_file_copy(in(exported, "merges.txt"), in(path, "vocab.bpe"), NULL));
    imported(path, "returned", false);
    double before = perplexity(exported), after = perplexity(in(models, "returned"));
    if (!(fabs(after / before - 1.0) < 0.005))
        fail_msg("perplexity %.4f became %.4f", before, after);
}

static void a_failed_export_leaves_nothing(void **state) {
    (void)state;
    const char *path = in(folder, "nowhere");
    fd_error error = {FD_OK, ""};
    assert_false(fd_export(in(folder, "pickle"), path, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    assert_false(fd_folder_exists(path));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hugging_faces_layout_is_imported),
        cmocka_unit_test(openais_layout_is_imported),
        cmocka_unit_test(models_in_several_files_are_imported),
        cmocka_unit_test(a_tokenizer_in_one_file_is_split),
        cmocka_unit_test(what_is_no_model_is_refused),
        cmocka_unit_test(what_an_interruption_left_is_removed),
        cmocka_unit_test(a_round_trip_predicts_as_before),
        cmocka_unit_test(a_failed_export_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
