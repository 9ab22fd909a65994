/* The story as lines: what is printed, and how lines are understood. */
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

#include "game/frontend.h"

typedef struct fixture {
    const fd_frontend *table;
    void *self;
    int write_end, read_end;
    char *output, *hints;
    size_t output_length, hints_length;
    FILE *out, *hint;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    int ends[2];
    assert_non_null(f);
    assert_int_equal(pipe(ends), 0);
    f->read_end = ends[0];
    f->write_end = ends[1];
    f->out = open_memstream(&f->output, &f->output_length);
    f->hint = open_memstream(&f->hints, &f->hints_length);
    f->self = fd_plain_open_on(f->read_end, f->out, f->hint, &f->table, NULL);
    assert_non_null(f->self);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    f->table->close(f->self);
    (void)fclose(f->out);
    (void)fclose(f->hint);
    (void)close(f->read_end);
    if (f->write_end >= 0)
        (void)close(f->write_end);
    free(f->output);
    free(f->hints);
    free(f);
    return 0;
}

static char door[] = "The door is open.\n\nIt was \x1b[31mnot\x1b[m.\n",
            dream[] = "\nIt breathes.\n\n";
static const fd_stretch stretches[] = {{FD_AUTHORED, door}, {FD_DREAMED, dream}};
static const char *const choices[] = {"Go in", "Go away", "Écoute"};
static const fd_status_line status = {"The House", "1", "", 1};

static fd_scene scene_of(bool typing, bool question) {
    fd_scene scene = {.action = "", .stretches = stretches, .stretch_count = 2};
    if (question) {
        scene.question = "Who?";
        scene.fallback = "Anna";
    } else {
        scene.choices = choices;
        scene.choice_count = 3;
        scene.typing = typing ? "Speak" : NULL;
    }
    return scene;
}

static void tell(fixture *f, fd_scene scene) {
    fd_error error = {FD_OK, ""};
    assert_true(f->table->tell(f->self, &scene, &status, &error));
}

static void send(fixture *f, const char *text) {
    assert_int_equal(write(f->write_end, text, strlen(text)), strlen(text));
}

static fd_event read_event(fixture *f) {
    fd_event event;
    fd_error error = {FD_OK, ""};
    assert_true(f->table->read(f->self, 1000, &event, &error));
    return event;
}

static void is_chosen(fixture *f, size_t choice) {
    fd_event event = read_event(f);
    assert_int_equal(event.kind, FD_EVENT_CHOOSE);
    assert_int_equal(event.choice, choice);
}

static void is_typed(fixture *f, const char *text) {
    fd_event event = read_event(f);
    assert_int_equal(event.kind, FD_EVENT_TYPE);
    assert_string_equal(event.text, text);
}

static void scenes_are_printed_as_lines(void **state) {
    fixture *f = *state;
    bool quit = true;
    assert_true(f->table->title(f->self, &status, "A note.", &quit, NULL));
    assert_false(quit);
    tell(f, scene_of(true, false));
    tell(f, scene_of(false, true));
    fd_scene end = scene_of(false, false);
    end.choice_count = 0;
    end.ending = true;
    end.stretch_count = 0;
    tell(f, end);
    const char *text = "\nThe door is open.\n\nIt was not.\n\nIt breathes.\n\n";
    char expected[512];
    (void)snprintf(expected, sizeof expected,
                   "The House\nA note.\n%s1) Go in\n2) Go away\n3) Écoute\n(or type: Speak)\n%s"
                   "Who? [Anna]\n\n-- The end --\n",
                   text, text);
    assert_string_equal(f->output, expected);
}

static void lines_choose(void **state) {
    fixture *f = *state;
    tell(f, scene_of(false, false));
    send(f, "2\n  1 \ngo in\nÉCOUTE\r\ngo a\n");
    is_chosen(f, 1);
    is_chosen(f, 0);
    is_chosen(f, 0);
    is_chosen(f, 2);
    is_chosen(f, 1);
}

static void lines_that_mean_nothing_get_a_hint(void **state) {
    fixture *f = *state;
    tell(f, scene_of(false, false));
    send(f, "go\n0\n4\n99999999999999999999999\n\nundo\nretry\nsave\nquit\n");
    assert_int_equal(read_event(f).kind, FD_EVENT_UNDO);
    size_t lines = 0;
    for (const char *at = f->hints; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 4);
    assert_int_equal(read_event(f).kind, FD_EVENT_RETRY);
    assert_int_equal(read_event(f).kind, FD_EVENT_SAVE);
    assert_int_equal(read_event(f).kind, FD_EVENT_QUIT);
}

static void words_act(void **state) {
    fixture *f = *state;
    static const struct {
        const char *line;
        fd_event_kind kind;
        const char *text;
    } lines[] = {{"do open  the lid", FD_EVENT_DO, "open  the lid"},
                 {"say  who is there?", FD_EVENT_SAY, "who is there?"},
                 {"go", FD_EVENT_GO_ON, ""},
                 {"go on", FD_EVENT_GO_ON, ""},
                 {"redo", FD_EVENT_REDO, ""},
                 {"others", FD_EVENT_OTHERS, ""},
                 {"edit", FD_EVENT_EDIT, ""},
                 {"memory", FD_EVENT_MEMORY, ""},
                 {"context", FD_EVENT_CONTEXT, ""},
                 {"map", FD_EVENT_MAP, ""},
                 {"saves", FD_EVENT_SAVES, ""},
                 {"export", FD_EVENT_EXPORT, ""},
                 {"settings", FD_EVENT_SETTINGS, ""}};
    fd_scene scene = scene_of(false, false);
    scene.free = true;
    tell(f, scene);
    send(f, "help\n");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        send(f, lines[i].line);
        send(f, "\n");
        fd_event event = read_event(f);
        assert_int_equal(event.kind, lines[i].kind);
        assert_string_equal(event.text, lines[i].text);
    }
    assert_non_null(strstr(f->hints, "say TEXT"));
}

static const fd_item items[] = {{"The well", "Old,\nand deep.", "3 turns", 0, false},
                                {"The \x1b[31mstair", "", "", 2, true}};
static const fd_list list = {"Turns", "d deletes", "d", items, 2, 1, NULL};

static void a_list_is_picked_from(void **state) {
    fixture *f = *state;
    size_t picked;
    char key;
    send(f, "9\nd\nx 1\n2\n");
    assert_true(f->table->pick(f->self, &list, &picked, &key, NULL));
    assert_int_equal(picked, 1);
    assert_int_equal(key, '\n');
    assert_string_equal(f->output, "Turns\n1) The well (3 turns)\n   Old,\n   and deep.\n"
                                   "  2) The stair <- here\n(d deletes)\n"
                                   "(a number, a key's letter and a number, or back)\n");
    size_t hints = 0;
    for (const char *at = f->hints; (at = strchr(at, '\n')); at++)
        hints++;
    assert_int_equal(hints, 3);
    send(f, "d 1\nback\n");
    assert_true(f->table->pick(f->self, &list, &picked, &key, NULL));
    assert_int_equal(picked, 0);
    assert_int_equal(key, 'd');
    assert_true(f->table->pick(f->self, &list, &picked, &key, NULL));
    assert_int_equal(picked, list.count);
    (void)close(f->write_end);
    f->write_end = -1;
    assert_true(f->table->pick(f->self, &list, &picked, &key, NULL)); /* the end goes back */
    assert_int_equal(picked, list.count);
    assert_int_equal(read_event(f).kind, FD_EVENT_QUIT);
}

static void a_text_is_written_anew_or_kept(void **state) {
    fixture *f = *state;
    fd_buffer text = FD_BUFFER(1000);
    bool kept;
    assert_true(fd_buffer_add_text(&text, "old", NULL));
    send(f, "The lid\n\nis\x1b[31m off.\n.\n.\nmuch too long\n.\nnever ended\n");
    assert_true(f->table->write(f->self, "Memory", &text, 100, &kept, NULL));
    assert_true(kept);
    assert_string_equal(text.data, "The lid\n\nis off.");
    assert_true(f->table->write(f->self, "Memory", &text, 100, &kept, NULL));
    assert_false(kept);
    assert_true(f->table->write(f->self, "Memory", &text, 5, &kept, NULL));
    assert_false(kept);
    (void)close(f->write_end);
    f->write_end = -1;
    assert_true(f->table->write(f->self, "Memory", &text, 100, &kept, NULL));
    assert_false(kept);
    assert_string_equal(text.data, "The lid\n\nis off.");
    fd_buffer_free(&text);
}

static void a_page_is_printed(void **state) {
    fixture *f = *state;
    assert_true(f->table->page(f->self, "Given", stretches, 2, NULL));
    assert_non_null(strstr(f->output, "Given\n\nThe door is open."));
    assert_non_null(strstr(f->output, "It breathes.\n"));
}

static void typing_and_questions_take_text(void **state) {
    fixture *f = *state;
    tell(f, scene_of(true, false));
    send(f, "Go in quietly\x1b[2J\n3\n");
    is_typed(f, "Go in quietly");
    is_chosen(f, 2);
    tell(f, scene_of(false, true));
    send(f, "3\nundo\n\n");
    is_typed(f, "3");
    is_typed(f, "undo");
    is_typed(f, "");
}

static void waits_and_ends(void **state) {
    fixture *f = *state;
    tell(f, scene_of(true, false));
    assert_int_equal(read_event(f).kind, FD_EVENT_NONE);
    send(f, "half ");
    assert_int_equal(read_event(f).kind, FD_EVENT_NONE);
    send(f, "a line");
    (void)close(f->write_end);
    f->write_end = -1;
    is_typed(f, "half a line");
    assert_int_equal(read_event(f).kind, FD_EVENT_QUIT);
    assert_int_equal(read_event(f).kind, FD_EVENT_QUIT);
}

static void long_lines_are_cut_at_a_character(void **state) {
    fixture *f = *state;
    char line[9003];
    tell(f, scene_of(true, false));
    line[0] = 'x';
    for (size_t i = 1; i + 2 < sizeof line; i += 2)
        memcpy(line + i, "é", 2);
    line[9001] = '\n';
    line[9002] = '\0';
    send(f, line);
    fd_event event = read_event(f);
    assert_int_equal(event.kind, FD_EVENT_TYPE);
    assert_int_equal(strlen(event.text), 999);
    assert_memory_equal(event.text, line, 999);
}

static void a_full_disk_is_an_error(void **state) {
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        skip();
    const fd_frontend *table;
    fd_error error = {FD_OK, ""};
    void *self = fd_plain_open_on(0, full, stderr, &table, &error);
    fd_scene scene = scene_of(false, false);
    assert_false(table->tell(self, &scene, &status, &error));
    assert_int_equal(error.status, FD_FAILED);
    table->close(self);
    (void)fclose(full);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(scenes_are_printed_as_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lines_choose, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lines_that_mean_nothing_get_a_hint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_act, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_list_is_picked_from, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_text_is_written_anew_or_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_page_is_printed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(typing_and_questions_take_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waits_and_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_lines_are_cut_at_a_character, set_up, tear_down),
        cmocka_unit_test(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
