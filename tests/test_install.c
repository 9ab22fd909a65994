/* Fetched models: there whole or not at all, also when they come while somebody plays. */
#define _GNU_SOURCE /* mount, pipe2 */
#include "tests/fetch_server.h"

#include <sys/file.h>
#include <time.h>

#include "game/background.h"
#include "model/checkpoint.h"
#include "model/digest.h"
#include "model/file.h"
#include "model/install.h"

static char models[160];

static int set_up_models(void **state) {
    if (set_up(state) != 0)
        return -1;
    (void)snprintf(models, sizeof models, "%s/models", folder);
    return 0;
}

/* The tokenizer that comes with the program, and a model of its size with made-up weights. */
static void publish(fd_remote *remote, char sums[FD_REMOTE_FILES][65]) {
    static const char *const names[] = {"config.json", "vocab.json", "merges.txt",
                                        "model.safetensors"};
    fd_config config;
    char root[160], path[256];
    (void)snprintf(root, sizeof root, "%s/root", folder);
    assert_true(fd_checkpoint_copy_tokenizer("assets/model", root, NULL));
    assert_true(fd_config_load("assets/model", &config, NULL));
    config = (fd_config){2, 2, 16, 12, config.vocab, FD_GPT2_EPSILON};
    float *values = calloc(fd_parameter_total(&config), sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < fd_parameter_total(&config); i++)
        values[i] = (float)(i * 7919 % 1000) / 500.0f - 1.0f;
    assert_true(fd_checkpoint_save(root, &config, values, NULL));
    free(values);
    *remote = (fd_remote){"tiny", "some/body", "0123", fd_parameter_total(&config), {{0}}};
    for (size_t i = 0; i < FD_REMOTE_FILES; i++) {
        fd_digest digest;
        (void)snprintf(path, sizeof path, "%s/%s", root, names[i]);
        assert_true(fd_digest_of_file(path, &digest, NULL));
        fd_digest_hex(&digest, sums[i]);
        remote->files[i] = (fd_remote_file){names[i], (uint64_t)size_of(path), sums[i], 0};
    }
}

static bool install(const char *how, const fd_remote *remote, bool keep_float, fd_error *error) {
    char host[HOST_SIZE];
    const fd_fetch_options options = {.host = host, .attempts = 3, .wait_ms = 1, .stall_s = 20};
    send_to(host, "http", how);
    return fd_install(&options, remote, models, keep_float, error);
}

static size_t entries_in_models(void) {
    char list[256], text[32] = "";
    (void)snprintf(list, sizeof list, "ls -A %s | wc -l", models);
    FILE *pipe = popen(list, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(text, sizeof text, pipe));
    pclose(pipe);
    return (size_t)strtoul(text, NULL, 10);
}

static void a_model_is_there_whole_or_not_at_all(void **state) {
    (void)state;
    fd_remote remote;
    char sums[FD_REMOTE_FILES][65], small[200], whole[200];
    fd_error error = {FD_OK, ""};
    uint64_t bytes = 0;
    publish(&remote, sums);
    (void)snprintf(small, sizeof small, "%s/tiny", models);
    (void)snprintf(whole, sizeof whole, "%s/tiny-f32", models);
    assert_false(install("wrong", &remote, false, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    assert_false(fd_folder_exists(small));
    assert_false(install("always-cut=5", &remote, false, &error));
    assert_false(fd_folder_exists(small));
    assert_true(fd_install_begun(&remote, models) > 0);
    if (!install("cut=90", &remote, false, &error))
        fail_msg("%s", error.message);
    assert_true(fd_catalogue_verify(small, NULL));
    assert_int_equal(entries_in_models(), 1);
    assert_int_equal(fd_install_begun(&remote, models), 0);
    assert_true(install("status=404", &remote, false, &error)); /* is here */
    assert_true(install("plain", &remote, true, &error));
    assert_true(fd_catalogue_verify(whole, NULL));
    assert_int_equal(entries_in_models(), 2);
    assert_true(fd_folder_bytes(small) < fd_folder_bytes(whole));
    assert_true(fd_install_remove(models, "tiny", &bytes, NULL));
    assert_true(bytes > 0);
    assert_true(fd_install_remove(models, "tiny-f32", &bytes, NULL));
    assert_int_equal(entries_in_models(), 0);
    assert_false(fd_install_remove(models, "tiny", &bytes, &error));
    assert_int_equal(error.status, FD_FAILED);
}

static void a_damaged_model_is_noticed(void **state) {
    (void)state;
    fd_remote remote;
    char sums[FD_REMOTE_FILES][65], small[200], file[256];
    fd_error error = {FD_OK, ""};
    uint64_t bytes;
    publish(&remote, sums);
    assert_true(install("plain", &remote, false, &error));
    (void)snprintf(small, sizeof small, "%s/tiny", models);
    (void)snprintf(file, sizeof file, "%s/model.safetensors", small);
    int handle = open(file, O_RDWR);
    char byte;
    assert_int_equal(pread(handle, &byte, 1, 20000), 1);
    byte ^= 1;
    assert_int_equal(pwrite(handle, &byte, 1, 20000), 1);
    close(handle);
    assert_false(fd_catalogue_verify(small, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    assert_non_null(strstr(error.message, "model.safetensors is damaged"));
    assert_true(fd_install_remove(models, "tiny", &bytes, NULL));
}

static void two_do_not_fetch_the_same(void **state) {
    (void)state;
    fd_remote remote;
    char sums[FD_REMOTE_FILES][65], on_its_way[200];
    fd_error error = {FD_OK, ""};
    uint64_t bytes;
    publish(&remote, sums);
    (void)snprintf(on_its_way, sizeof on_its_way, "%s/.tiny.fetch", models);
    assert_true(fd_folder_make(on_its_way, NULL));
    int other = open(on_its_way, O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(other, LOCK_EX), 0);
    assert_false(install("plain", &remote, false, &error));
    assert_non_null(strstr(error.message, "Another"));
    close(other);
    assert_true(install("plain", &remote, false, &error));
    assert_true(fd_install_remove(models, "tiny", &bytes, NULL));
}

static void names_are_names(void **state) {
    (void)state;
    static const char *const good[] = {"gpt2", "gpt2-f32", "a", "My_model.2"};
    static const char *const bad[] = {"", ".", "..", ".gpt2.fetch", "a/b", "-x", "a b", "a\n", "ä"};
    fd_error error = {FD_OK, ""};
    uint64_t bytes;
    char longest[66];
    memset(longest, 'a', sizeof longest);
    longest[65] = '\0';
    assert_false(fd_catalogue_is_name(longest));
    longest[64] = '\0';
    assert_true(fd_catalogue_is_name(longest));
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(fd_catalogue_is_name(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(fd_catalogue_is_name(bad[i]));
        assert_false(fd_install_remove(models, bad[i], &bytes, &error));
        assert_int_equal(error.status, FD_USAGE);
    }
    assert_false(fd_install_remove(models, FD_EMBEDDED, &bytes, &error));
    assert_int_equal(error.status, FD_USAGE);
}

static void room_is_looked_for_first(void **state) {
    (void)state;
    fd_remote remote;
    char sums[FD_REMOTE_FILES][65], before[512], after[512];
    fd_error error = {FD_OK, ""};
    publish(&remote, sums);
    assert_true(fd_folder_make(models, NULL));
    small_disk(models, "size=8m");
    last_request(before);
    bool ok = install("plain", &remote, false, &error);
    last_request(after);
    assert_int_equal(umount(models), 0);
    assert_false(ok);
    assert_non_null(strstr(error.message, "MB left; nothing was fetched"));
    assert_string_equal(before, after);
}

/* --- while somebody plays --- */

static fd_background_state wait_for(fd_background *fetch, char *words, size_t size) {
    const struct timespec moment = {0, 5000000L};
    fd_background_state state = FD_FETCHING;
    for (int i = 0; i < 2000 && (state == FD_FETCHING || state == FD_FINISHING); i++) {
        state = fd_background_look(fetch, words, size);
        (void)nanosleep(&moment, NULL);
    }
    return state;
}

static void a_model_comes_in_the_background(void **state) {
    (void)state;
    fd_remote remote;
    char sums[FD_REMOTE_FILES][65], words[640], host[HOST_SIZE];
    const fd_fetch_options options = {.host = host, .attempts = 3, .wait_ms = 1, .stall_s = 20};
    fd_error why;
    uint64_t bytes;
    publish(&remote, sums);
    send_to(host, "http", "pace=4000");
    fd_background *fetch = fd_background_start(&options, &remote, models, NULL);
    assert_non_null(fetch);
    assert_int_equal(fd_background_look(fetch, words, sizeof words), FD_FETCHING);
    assert_non_null(strstr(words, "tiny"));
    assert_int_equal(fd_background_end(fetch, &why), FD_NOT_FETCHED);
    assert_int_equal(why.status, FD_CANCELLED);
    fetch = fd_background_start(&options, &remote, models, NULL);
    assert_int_equal(wait_for(fetch, words, sizeof words), FD_FETCHED);
    assert_string_equal(words, "tiny is here; it tells your next story.");
    assert_int_equal(fd_background_end(fetch, &why), FD_FETCHED);
    assert_true(fd_install_remove(models, "tiny", &bytes, NULL));
    send_to(host, "http", "wrong");
    fetch = fd_background_start(&options, &remote, models, NULL);
    assert_int_equal(wait_for(fetch, words, sizeof words), FD_NOT_FETCHED);
    assert_non_null(strstr(words, "tiny is not fetched: "));
    assert_int_equal(fd_background_end(fetch, &why), FD_NOT_FETCHED);
    assert_int_equal(why.status, FD_BAD_FILE);
}

static void the_catalogue_is_sound(void **state) {
    (void)state;
    size_t published = 0;
    for (size_t i = 0; fd_catalogue_name(i); i++) {
        const fd_remote *remote = fd_catalogue_remote(fd_catalogue_name(i));
        published += remote != NULL;
        for (size_t f = 0; remote && f < FD_REMOTE_FILES; f++) {
            assert_int_equal(strlen(remote->files[f].sha256), 64);
            assert_int_equal(strspn(remote->files[f].sha256, "0123456789abcdef"), 64);
            assert_true(remote->files[f].size > remote->files[f].slack);
        }
        if (remote) {
            assert_int_equal(strlen(remote->revision), 40);
            assert_true(remote->files[3].size > 4 * remote->parameters);
            assert_true(remote->files[3].size < 5 * remote->parameters);
        }
    }
    assert_int_equal(published, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_is_there_whole_or_not_at_all),
        cmocka_unit_test(a_damaged_model_is_noticed),
        cmocka_unit_test(two_do_not_fetch_the_same),
        cmocka_unit_test(a_model_comes_in_the_background),
        cmocka_unit_test(names_are_names),
        cmocka_unit_test(room_is_looked_for_first),
        cmocka_unit_test(the_catalogue_is_sound),
    };
    return cmocka_run_group_tests(tests, set_up_models, tear_down);
}
