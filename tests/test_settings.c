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
#include "game/view_settings.h"
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
    assert_setting("model", "embedded");
    assert_true(fd_setting_put("model", "gpt2", NULL));
    assert_setting("model", "gpt2");
    assert_true(fd_setting_put("model", "my own = model", NULL));
    assert_true(fd_setting_put("fetch", "no", NULL));
    assert_setting("model", "my own = model");
    assert_setting("fetch", "no");
    assert_true(fd_setting_put("model", NULL, NULL));
    assert_setting("model", "embedded");
}

static void other_lines_stay(void **state) {
    (void)state;
    write_file("# mine\n\n  colour= red \nmodel =a\n#model = b\nfetch = x\nnon\tsense");
    assert_setting("model", "a");
    assert_setting("fetch", "x");
    assert_true(fd_setting_put("model", "c", NULL));
    assert_file("# mine\n\n  colour= red \nmodel = c\n#model = b\nfetch = x\nnon\tsense\n");
    assert_true(fd_setting_put("model", NULL, NULL));
    assert_file("# mine\n\n  colour= red \n#model = b\nfetch = x\nnon\tsense\n");
}

static void a_new_line_stands_below_its_comment(void **state) {
    (void)state;
    write_file("# model = embedded\n#   which\n\n# the end\n");
    assert_true(fd_setting_put("model", "gpt2", NULL));
    assert_file("# model = embedded\n#   which\nmodel = gpt2\n\n# the end\n");
    write_file("# model = embedded\n#   which");
    assert_true(fd_setting_put("model", "gpt2", NULL));
    assert_file("# model = embedded\n#   which\nmodel = gpt2\n");
    write_file("# only this\n");
    assert_true(fd_setting_put("network", "never", NULL));
    assert_setting("network", "never");
    fd_buffer read = FD_BUFFER(1 << 16);
    assert_true(fd_file_read(path, &read, NULL));
    assert_non_null(strstr(fd_buffer_text(&read), "# only this\n\n# network = ask\n#   "));
    fd_buffer_free(&read);
}

static void the_last_of_two_lines_holds_and_one_remains(void **state) {
    (void)state;
    write_file("model = 1\nfetch = 2\nmodel = 3\n");
    assert_setting("model", "3");
    assert_true(fd_setting_put("model", "4", NULL));
    assert_file("model = 4\nfetch = 2\n");
}

/* The file that is made names every setting with its value, and setting all of them to it changes
 * nothing that is read. */
static void a_new_file_tells_of_every_setting(void **state) {
    (void)state;
    size_t count;
    const fd_setting *table = fd_settings(&count);
    fd_buffer read = FD_BUFFER(1 << 16), problems = FD_BUFFER(1 << 16);
    bool made;
    assert_true(fd_settings_begin(&made, NULL) && made);
    assert_true(fd_settings_begin(&made, NULL) && !made);
    assert_true(fd_file_read(path, &read, NULL));
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        char comment[FD_SETTING_SIZE];
        (void)snprintf(comment, sizeof comment, "\n# %s = %s\n#   ", table[i].name,
                       table[i].otherwise);
        assert_non_null(strstr(fd_buffer_text(&read), comment));
        assert_setting(table[i].name, table[i].otherwise);
        assert_true(fd_setting_put(table[i].name, table[i].otherwise, NULL));
        assert_setting(table[i].name, table[i].otherwise);
        assert_int_equal(table[i].meaning[strlen(table[i].meaning) - 1] == '.', 0);
    }
    assert_true(fd_settings_problems(&problems, NULL));
    assert_int_equal(problems.length, 0);
    fd_buffer_free(&read);
    fd_buffer_free(&problems);
}

static void values_are_checked(void **state) {
    (void)state;
    static const char *const good[] = {"off", "1", "64", "07"};
    static const char *const bad[] = {"",      "0",    "65", "-1",   "on",
                                      "1.5",   "1 ",   "of", "offf", "18446744073709551617",
                                      "1..64", "off|1"};
    const fd_setting *foresight = fd_setting_find("foresight");
    fd_error error;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(fd_setting_allows(foresight, good[i], NULL));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(fd_setting_allows(foresight, bad[i], &error));
        assert_int_equal(error.status, FD_USAGE);
        assert_non_null(strstr(error.message, "off|1..64"));
        assert_false(fd_setting_put("foresight", bad[i], NULL));
    }
    assert_setting("foresight", "16");
    assert_false(fd_setting_put("model", "two\nlines", NULL));
    assert_false(fd_setting_put("colour", "red", &error));
    assert_int_equal(error.status, FD_USAGE);
}

static void what_is_not_understood_is_told_by_line(void **state) {
    (void)state;
    fd_buffer problems = FD_BUFFER(1 << 16);
    char longest[400];
    write_file("model = a\nnonsense\n= 3\n\x01\ncolour = red\nforesight = many\n# x\n\nfetch = no");
    assert_true(fd_settings_problems(&problems, NULL));
    const char *at = fd_buffer_text(&problems);
    for (unsigned number = 2; number <= 6; number++) {
        char place[FD_SETTING_SIZE];
        (void)snprintf(place, sizeof place, "%s:%u: ", path, number);
        assert_int_equal(strncmp(at, place, strlen(place)), 0);
        at = strchr(at, '\n') + 1;
    }
    assert_int_equal(*at, '\0');
    assert_non_null(strstr(problems.data, "\"colour\""));
    assert_non_null(strstr(problems.data, "off|1..64, not \"many\""));
    fd_buffer_clear(&problems);
    assert_setting("model", "a");
    assert_setting("foresight", "16");
    assert_setting("fetch", "no");
    (void)snprintf(longest, sizeof longest, "model = %0300d\n", 0);
    write_file(longest);
    assert_setting("model", "embedded");
    assert_true(fd_settings_problems(&problems, NULL));
    assert_non_null(strstr(fd_buffer_text(&problems), "config:1: "));
    fd_buffer_free(&problems);
}

/* A reader who picks and writes what a script says, and remembers the last list's hint. */
typedef struct scripted {
    const char *const *steps; /* "2", "d2": picks; "=text": writes; NULL: goes back from now on */
    char hint[512];
} scripted;

static bool scripted_pick(void *self, const fd_list *list, size_t *picked, char *key,
                          fd_error *error) {
    scripted *script = self;
    const char *step = *script->steps;
    (void)error;
    (void)snprintf(script->hint, sizeof script->hint, "%s", list->hint);
    *picked = list->count;
    *key = '\n';
    if (!step)
        return true;
    script->steps++;
    if (*step == 'd')
        *key = *step++;
    *picked = (size_t)atoi(step);
    assert_true(*picked < list->count);
    return true;
}

static bool scripted_write(void *self, const char *title, fd_buffer *text, size_t most, bool *kept,
                           fd_error *error) {
    scripted *script = self;
    (void)title, (void)most;
    assert_true(*script->steps && **script->steps == '=');
    fd_buffer_clear(text);
    *kept = true;
    return fd_buffer_add_text(text, *script->steps++ + 1, error);
}

static size_t place_of(const char *name) {
    size_t count, place = 0;
    const fd_setting *table = fd_settings(&count);
    while (strcmp(table[place].name, name) != 0)
        place++;
    return place;
}

/* What was changed last, and how often anything was. */
typedef struct changes {
    char name[FD_SETTING_SIZE];
    int count;
} changes;

static bool note_change(void *context, const char *name, fd_error *error) {
    changes *noted = context;
    (void)error;
    (void)snprintf(noted->name, sizeof noted->name, "%s", name);
    noted->count++;
    return true;
}

static void the_list_changes_what_is_picked(void **state) {
    (void)state;
    static const fd_frontend table = {.pick = scripted_pick, .write = scripted_write};
    char network[32], foresight[32], back[32];
    changes noted = {"", 0};
    const fd_settings_watch watch = {note_change, &noted};
    (void)snprintf(network, sizeof network, "%zu", place_of("network"));
    (void)snprintf(foresight, sizeof foresight, "%zu", place_of("foresight"));
    (void)snprintf(back, sizeof back, "d%zu", place_of("network"));
    scripted script = {(const char *const[]){network, foresight, "=5 \n", NULL}, ""};
    assert_true(fd_view_settings(&table, &script, &watch, NULL));
    assert_int_equal(noted.count, 2);
    assert_string_equal(noted.name, "foresight");
    assert_setting("network", "never"); /* the other of two words */
    assert_setting("foresight", "5");
    assert_null(strstr(script.hint, "off|1..64"));
    script.steps = (const char *const[]){foresight, "=many", NULL};
    assert_true(fd_view_settings(&table, &script, &watch, NULL));
    assert_int_equal(noted.count, 2); /* refused */
    assert_setting("foresight", "5");
    assert_non_null(strstr(script.hint, "off|1..64, not \"many\"")); /* said, not lost */
    script.steps = (const char *const[]){back, NULL};
    assert_true(fd_view_settings(&table, &script, &watch, NULL));
    assert_string_equal(noted.name, "network");
    assert_setting("network", "ask");
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
        cmocka_unit_test_setup_teardown(a_new_line_stands_below_its_comment, NULL, clear),
        cmocka_unit_test_setup_teardown(a_new_file_tells_of_every_setting, NULL, clear),
        cmocka_unit_test_setup_teardown(values_are_checked, NULL, clear),
        cmocka_unit_test_setup_teardown(what_is_not_understood_is_told_by_line, NULL, clear),
        cmocka_unit_test_setup_teardown(the_list_changes_what_is_picked, NULL, clear),
        cmocka_unit_test(progress_in_words),
    };
    return cmocka_run_group_tests(tests, set_up, clear);
}
