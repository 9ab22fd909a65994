/* Settings come back and leave other lines alone; progress in words. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "game/progress.h"
#include "game/settings.h"
#include "model/file.h"

static char home[64], path[96];

static int set_up(void **state) {
    (void)state;
    (void)snprintf(home, sizeof home, "build/settings.%ld", (long)getpid());
    (void)snprintf(path, sizeof path, "%s/config", home);
    return setenv("FEVERDREAM_HOME", home, 1);
}

static int clear(void **state) {
    (void)state;
    char command[96];
    (void)snprintf(command, sizeof command, "rm -rf %s", home);
    return system(command);
}

static void write_file(const char *text) {
    assert_true(fd_folder_make(home, NULL));
    assert_true(fd_file_replace(path, text, strlen(text), NULL));
}

static void assert_file(const char *text) {
    fd_buffer read = FD_BUFFER(1 << 16);
    assert_true(fd_file_read(path, &read, NULL));
    assert_string_equal(fd_buffer_text(&read), text);
    fd_buffer_free(&read);
}

static void assert_setting(const char *key, const char *wanted) {
    char value[FD_SETTING_SIZE];
    assert_true(fd_setting_get(key, value, NULL));
    assert_string_equal(value, wanted);
}

static void a_setting_comes_back(void **state) {
    (void)state;
    assert_setting("model", "");
    assert_true(fd_setting_put("model", "gpt2", NULL));
    assert_setting("model", "gpt2");
    assert_true(fd_setting_put("model", "my own = model", NULL));
    assert_true(fd_setting_put("fetch", "no", NULL));
    assert_setting("model", "my own = model");
    assert_setting("fetch", "no");
    assert_setting("mode", "");
}

static void other_lines_stay(void **state) {
    (void)state;
    write_file("# mine\n\n  colour= red \nmodel =a\n#model = b\nlast = x");
    assert_setting("colour", "red");
    assert_setting("model", "a");
    assert_setting("last", "x");
    assert_true(fd_setting_put("model", "c", NULL));
    assert_file("# mine\n\n  colour= red \nmodel = c\n#model = b\nlast = x\n");
    assert_true(fd_setting_put("new", "y", NULL));
    assert_file("# mine\n\n  colour= red \nmodel = c\n#model = b\nlast = x\nnew = y\n");
}

static void the_last_of_two_lines_holds_and_one_remains(void **state) {
    (void)state;
    write_file("a = 1\nb = 2\na = 3\n");
    assert_setting("a", "3");
    assert_true(fd_setting_put("a", "4", NULL));
    assert_file("a = 4\nb = 2\n");
}

static void a_bad_line_is_named(void **state) {
    (void)state;
    static const char *const bad[] = {"a = 1\nnonsense\n", "\n= 3\n", "#\n\x01\n"};
    char value[FD_SETTING_SIZE], longest[400];
    fd_error error;
    for (size_t i = 0; i < 3; i++) {
        write_file(bad[i]);
        assert_false(fd_setting_get("a", value, &error));
        assert_int_equal(error.status, FD_BAD_FILE);
        assert_non_null(strstr(error.message, "config:2:"));
        assert_false(fd_setting_put("a", "1", NULL));
        assert_file(bad[i]);
    }
    (void)snprintf(longest, sizeof longest, "a = %0300d\n", 0);
    write_file(longest);
    assert_false(fd_setting_get("a", value, NULL));
}

static void progress_in_words(void **state) {
    (void)state;
    char words[96];
    fd_rate rate = {0};
    fd_progress_words(&rate, 0, 548000000, words, sizeof words);
    assert_string_equal(words, "0 %, 0 of 548 MB");
    fd_rate_look(&rate, 100000000, 5.0); /* what was here before counts for nothing */
    fd_rate_look(&rate, 110000000, 6.0);
    fd_progress_words(&rate, 110000000, 550000000, words, sizeof words);
    assert_string_equal(words, "20 %, 110 of 550 MB, 10.0 MB/s, 44 s left");
    fd_rate_look(&rate, 110000000, 6.1); /* too soon to say */
    assert_true(rate.per_second > 9.9e6);
    fd_rate_look(&rate, 110000000, 7.0);
    assert_true(rate.per_second < 9.9e6);
    fd_rate_look(&rate, 5, 8.0); /* it began anew */
    fd_progress_words(&rate, 5, 5, words, sizeof words);
    assert_string_equal(words, "100 %, 0 of 0 MB");
    assert_int_equal(fd_progress_percent(999999, 1000000), 99);
    assert_int_equal(fd_progress_percent(0, 0), 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_setting_comes_back, NULL, clear),
        cmocka_unit_test_setup_teardown(other_lines_stay, NULL, clear),
        cmocka_unit_test_setup_teardown(the_last_of_two_lines_holds_and_one_remains, NULL, clear),
        cmocka_unit_test_setup_teardown(a_bad_line_is_named, NULL, clear),
        cmocka_unit_test(progress_in_words),
    };
    return cmocka_run_group_tests(tests, set_up, clear);
}
