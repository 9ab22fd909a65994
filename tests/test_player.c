/* A player who does everything at random, on the plain front end: chooses, types, undoes, redoes,
 * retries, jumps on the map, rewrites, pins, loads and deletes saves. Whatever was done, the save
 * reads back as what is in memory, the tree is whole, and telling the line again gives its words.
 *
 * FEVERDREAM_STORIES in the environment sets how many stories are played. */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "game/loop.h"
#include "game/paths.h"
#include "model/random.h"

static char folder[64];

static int set_up(void **state) {
    (void)state;
    char command[192];
    (void)snprintf(folder, sizeof folder, "/tmp/feverdream-player.%ld", (long)getpid());
    (void)snprintf(command, sizeof command, "rm -rf %s && mkdir -p %s", folder, folder);
    return system(command) || setenv("FEVERDREAM_HOME", folder, 1) ||
           setenv("FEVERDREAM_ASSETS", "assets", 1);
}

static int tear_down(void **state) {
    (void)state;
    char command[192];
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* Lines that mean something somewhere: at a turn, in a list, or while a text is written. */
static void write_script(FILE *script, uint64_t number, size_t lines) {
    static const char *const words[] = {"1",        "1",
                                        "1",        "1",
                                        "2",        "2",
                                        "3",        "4",
                                        "7",        "undo",
                                        "undo",     "redo",
                                        "redo",     "retry",
                                        "others",   "map",
                                        "map",      "edit",
                                        "memory",   "back",
                                        "",         "context",
                                        "export",   "saves",
                                        ".",        "d 1",
                                        "c 1",      "r 2",
                                        "d 2",      "d 3",
                                        "settings", "save",
                                        "do wait",  "say no",
                                        "go",       "Ada",
                                        "help",     "You were \"here\" & \\ <there>.",
                                        "\x1b[2J",  "5"};
    const fd_random_key key = {number, 77};
    for (size_t i = 0; i < lines; i++)
        (void)fprintf(script, "%s\n",
                      words[fd_random_below(key, i, sizeof words / sizeof words[0])]);
}

static void is_whole(const fd_path *path) {
    size_t at = path->here, count = path->count;
    for (; at != FD_NO_STEP; at = path->steps[at].parent)
        assert_ptr_equal(path->turns[--count], path->steps[at].turn);
    assert_int_equal(count, 0);
    for (size_t i = 0; i < path->step_count; i++) {
        const fd_step *step = &path->steps[i];
        assert_true(step->parent == FD_NO_STEP || step->parent < i);
        assert_true(step->later == FD_NO_STEP || path->steps[step->later].parent == i);
        assert_int_equal(fd_path_find(path, step->parent, step->turn->key), i);
    }
}

static void are_the_same(const fd_path *a, const fd_path *b) {
    assert_int_equal(a->step_count, b->step_count);
    assert_int_equal(a->here, b->here);
    assert_int_equal(a->later, b->later);
    assert_string_equal(a->pinned ? a->pinned : "", b->pinned ? b->pinned : "");
    for (size_t i = 0; i < a->step_count; i++) {
        const fd_turn *x = a->steps[i].turn, *y = b->steps[i].turn;
        assert_int_equal(a->steps[i].parent, b->steps[i].parent);
        assert_int_equal(a->steps[i].later, b->steps[i].later);
        assert_string_equal(x->key, y->key);
        assert_string_equal(x->check, y->check);
        assert_string_equal(x->unedited, y->unedited);
        assert_int_equal(x->stretch_count, y->stretch_count);
        for (size_t s = 0; s < x->stretch_count; s++) {
            assert_int_equal(x->stretches[s].voice, y->stretches[s].voice);
            assert_string_equal(x->stretches[s].text, y->stretches[s].text);
        }
    }
}

/* Reads the path back, from the save's file and from what writing it anew gives. */
static void reads_back(const fd_session *session) {
    char file[PATH_MAX];
    fd_path saved, copied, copy = session->path;
    fd_buffer lines = FD_BUFFER((size_t)1 << 28);
    bool torn;
    assert_true(fd_path_open(&saved, session->story, session->save, false, &torn, NULL));
    assert_false(torn);
    are_the_same(&session->path, &saved);
    (void)snprintf(file, sizeof file, "%s/copy", folder);
    copy.file = -1;
    assert_true(fd_path_write(&copy, &lines, NULL));
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    (void)fwrite(lines.data, 1, lines.length, out);
    (void)fclose(out);
    assert_true(fd_path_open(&copied, session->story, file, false, &torn, NULL));
    are_the_same(&session->path, &copied);
    fd_path_free(&saved);
    fd_path_free(&copied);
    fd_buffer_free(&lines);
}

/* Every branch, told anew, has the same words. */
static void tells_again(const fd_session *session, bool dreams) {
    const fd_session_options options = {
        .seed = session->path.header.seed,
        .story = session->path.header.story[0] ? session->path.header.story : NULL,
        .no_dream = !dreams,
        .threads = 1};
    fd_session again;
    fd_error error = {FD_OK, ""};
    assert_true(fd_session_begin(&again, &options, "", &error));
    for (size_t i = 0; i < session->path.count; i++) {
        if (!fd_session_repeat(&again, session->path.turns[i], &error))
            fail_msg("%s", error.message);
        assert_string_equal(fd_path_last(&again.path)->key, session->path.turns[i]->key);
        assert_string_equal(fd_path_last(&again.path)->check, session->path.turns[i]->check);
    }
    fd_session_end(&again);
}

static size_t play(size_t number, const char *story, size_t lines, bool dreams) {
    char seed[32], file[PATH_MAX];
    (void)snprintf(seed, sizeof seed, "player %zu", number);
    (void)snprintf(file, sizeof file, "%s/script", folder);
    FILE *script = fopen(file, "w"), *nowhere = fopen("/dev/null", "w");
    assert_true(script && nowhere);
    write_script(script, number, lines);
    (void)fclose(script);
    int input = open(file, O_RDONLY);
    const fd_session_options options = {
        .story = story, .seed = seed, .no_dream = !dreams, .threads = 1};
    fd_session session;
    fd_error error = {FD_OK, ""};
    const fd_frontend *table;
    assert_true(fd_session_begin(&session, &options, NULL, &error));
    void *screen = fd_plain_open_on(input, nowhere, nowhere, &table, &error);
    assert_non_null(screen);
    if (!fd_loop_run(&session, table, screen, "", NULL, &error))
        fail_msg("story %zu: %s", number, error.message);
    table->close(screen);
    is_whole(&session.path);
    reads_back(&session);
    tells_again(&session, dreams);
    size_t steps = session.path.step_count;
    fd_session_end(&session);
    (void)close(input);
    (void)fclose(nowhere);
    return steps;
}

/* Too many saves would make every look at them slow. */
static size_t clear_saves(void) {
    char command[192];
    (void)snprintf(command, sizeof command, "rm -rf %s/saves", folder);
    assert_int_equal(system(command), 0);
    return 0;
}

static void whatever_is_done_nothing_breaks(void **state) {
    (void)state;
    const char *asked = getenv("FEVERDREAM_STORIES");
    size_t stories = asked ? (size_t)strtoul(asked, NULL, 10) : 60, steps = 0;
    for (size_t i = 0; i < stories; i++)
        steps += play(i, NULL, 20 + i % 120, false) + (i % 10 == 9 ? clear_saves() : 0);
    assert_true(steps > 5 * stories);
}

static void nor_with_dreams(void **state) {
    (void)state;
    static const char text[] =
        ":: Start\nYou wait.\n\n{dream 8 \"You heard\": You heard nothing.}\n\n[[Down->Cellar]]\n"
        "[[Stay->Start]]\n\n:: Cellar [closed]\n{~Dust|Ash}.\n\n[[Up->Start]]\n[[On->End]]\n\n"
        ":: End [ending]\nIt is over. {dream 8 \"You\": You sleep.}\n";
    const char *asked = getenv("FEVERDREAM_STORIES");
    size_t stories = asked ? (size_t)strtoul(asked, NULL, 10) / 20 : 2;
    char file[PATH_MAX], model[PATH_MAX];
    if (!fd_model_path(NULL, model, NULL))
        skip();
    (void)snprintf(file, sizeof file, "%s/short.twee", folder);
    FILE *story = fopen(file, "w");
    assert_non_null(story);
    (void)fputs(text, story);
    (void)fclose(story);
    for (size_t i = 0; i < stories; i++)
        assert_true(play(5000 + i, file, 60, true) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_is_done_nothing_breaks),
                                       cmocka_unit_test(nor_with_dreams)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
