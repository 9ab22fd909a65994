/* Foresight is there before a reader, changes no word, and holds what was told for who turns back.
 */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "reader.h"
#include "story/tendency.h"

static int set_up(void **state) {
    (void)state;
    return setenv("FEVERDREAM_ASSETS", "assets", 0);
}

static void begin(fd_session *session, size_t ahead, bool dreams) {
    const fd_session_options options = {
        .seed = "reader", .no_dream = !dreams, .threads = 2, .ahead = ahead};
    assert_true(fd_session_begin(session, &options, "", NULL));
}

/* Nine of ten choices are there, and the words are those of nothing told ahead. */
static void a_reader_waits_for_nothing(void **state) {
    (void)state;
    const reader who = {250.0, 12, {7, 7}};
    reading with = {0}, without = {0};
    fd_session ahead, never;
    begin(&ahead, 16, true);
    begin(&never, 0, true);
    assert_true(reader_play(&who, &ahead, &with, NULL, NULL));
    assert_true(reader_play(&who, &never, &without, NULL, NULL));
    assert_true(with.choices >= 8);
    assert_true(with.late * 10 <= with.choices);
    assert_true(without.late > with.late);
    assert_string_equal(fd_path_last(&ahead.path)->check, fd_path_last(&never.path)->check);
    fd_session_end(&ahead);
    fd_session_end(&never);
}

static void act(fd_session *session, fd_action action) {
    assert_true(fd_session_act(session, &action, 0, NULL));
    assert_true(fd_foresight_look(session->foresight, &session->path, NULL));
}

static void wait_for_all(fd_session *session) {
    const struct timespec moment = {0, 1000000};
    while (fd_foresight_left(session->foresight) > 0)
        (void)nanosleep(&moment, NULL);
}

/* Plays to the first turn with two choices; returns its number of choices. */
static size_t go_to_a_fork(fd_session *session) {
    act(session, (fd_action){FD_ACT_START, 0, NULL});
    for (;;) {
        const fd_turn *here = fd_path_last(&session->path);
        if (here->question)
            act(session, (fd_action){FD_ACT_ANSWER, 0, here->question->fallback});
        else if (here->choice_count < 2)
            act(session, (fd_action){FD_ACT_CHOOSE, 0, NULL});
        else
            return here->choice_count;
    }
}

static void what_was_told_is_held(void **state) {
    (void)state;
    fd_session session;
    begin(&session, 16, false);
    size_t choices = go_to_a_fork(&session);
    wait_for_all(&session);
    act(&session, (fd_action){FD_ACT_CHOOSE, 1, NULL});
    wait_for_all(&session);
    assert_true(fd_path_take_back(&session.path, 1, NULL));
    assert_true(fd_foresight_look(session.foresight, &session.path, NULL));
    /* All but the one that was taken, which the path had, are there already. */
    assert_true(fd_foresight_left(session.foresight) <= 1);
    for (size_t i = 0; i < choices; i++) {
        size_t done, wanted;
        fd_turn *turn = NULL;
        const fd_action action = {FD_ACT_CHOOSE, i, NULL};
        assert_true(fd_foresight_ask(session.foresight, &session.path, &action, 0, NULL));
        while (!turn)
            assert_true(fd_foresight_take(session.foresight, 100, &turn, &done, &wanted, NULL));
        assert_int_equal(turn->action.choice, i);
        fd_turn_free(turn);
        free(turn);
    }
    fd_session_end(&session);
}

/* No more than it was told to. */
static void it_stays_within_its_bounds(void **state) {
    (void)state;
    fd_session session;
    begin(&session, 0, false);
    size_t choices = go_to_a_fork(&session);
    assert_int_equal(fd_foresight_left(session.foresight), 0);
    fd_foresight_limit(session.foresight, 2, 1); /* the reader changed his mind */
    assert_true(fd_foresight_look(session.foresight, &session.path, NULL));
    assert_true(fd_foresight_left(session.foresight) <= 2);
    wait_for_all(&session);
    fd_foresight_limit(session.foresight, 16, 1);
    assert_true(fd_foresight_look(session.foresight, &session.path, NULL));
    assert_true(fd_foresight_left(session.foresight) <= choices - 2); /* two are there */
    fd_foresight_limit(session.foresight, 0, 1);
    assert_true(fd_foresight_look(session.foresight, &session.path, NULL));
    assert_in_range(fd_foresight_left(session.foresight), 0, 1); /* the one being let go */
    wait_for_all(&session);
    fd_session_end(&session);
}

/* A path of turns that all offer three choices and a place to type, between the second and the
 * third; each choice leads to a passage of its own, the n-th turn's i-th one to 10 n + i. */
static fd_path path_of(const size_t *taken, size_t count) {
    fd_path path = FD_PATH;
    for (size_t n = 0; n <= count; n++) {
        fd_turn *turn = fd_alloc(1, sizeof *turn, "", NULL);
        turn->choice_count = 4;
        turn->choices = fd_alloc(4, sizeof *turn->choices, "", NULL);
        for (size_t i = 0; i < 4; i++) {
            turn->choices[i].label = fd_copy_text("go", NULL);
            turn->choices[i].typed = i == 2;
            turn->choices[i].target = 10 * n + i;
        }
        turn->action = (fd_action){n ? FD_ACT_CHOOSE : FD_ACT_START, n ? taken[n - 1] : 0, NULL};
        turn->passage = n ? 10 * (n - 1) + turn->action.choice : 1000;
        assert_true(fd_path_add(&path, turn, NULL));
    }
    return path;
}

static void assert_order(fd_path *path, const size_t wanted[3]) {
    size_t order[4];
    assert_int_equal(fd_tendency_order(path, order, 4), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(order[i], wanted[i]);
    assert_int_equal(fd_tendency_order(path, order, 2), 2);
    assert_int_equal(order[1], wanted[1]);
}

static void the_likeliest_is_told_first(void **state) {
    (void)state;
    static const size_t none[] = {0}, last[] = {3, 3, 0, 1, 3};
    size_t order[4];
    fd_path empty = FD_PATH, path = path_of(none, 0);
    assert_int_equal(fd_tendency_order(&empty, order, 4), 0);
    assert_order(&path, (const size_t[]){0, 1, 3}); /* as listed */
    fd_path_free(&path);
    path = path_of(last, 5);
    assert_order(&path, (const size_t[]){3, 0, 1}); /* as this reader chose */
    path.turns[5]->choices[3].target = 1000;        /* where the story began: seen */
    path.turns[5]->choices[0].target = 1000;
    assert_order(&path, (const size_t[]){1, 3, 0});
    fd_path_free(&path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_waits_for_nothing),
        cmocka_unit_test(what_was_told_is_held),
        cmocka_unit_test(it_stays_within_its_bounds),
        cmocka_unit_test(the_likeliest_is_told_first),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
