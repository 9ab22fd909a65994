/* A training is remembered as it was asked for; its losses are logged and drawn. */
#define _POSIX_C_SOURCE 200809L
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

#include "game/lesson.h"
#include "game/loss_chart.h"
#include "model/file.h"

static const fd_config small = {6, 4, 256, 512, 4096, FD_GPT2_EPSILON};
static const fd_config large = {12, 12, 768, 1024, 50257, FD_GPT2_EPSILON};

static void what_was_asked_is_remembered(void **state) {
    (void)state;
    const char *texts[] = {"a \"tale\".txt", "/b.txt"};
    fd_lesson asked = fd_lesson_new();
    asked.texts = texts;
    asked.text_count = 2;
    asked.lora = 8;
    asked.rate = 1.0 / 3.0;
    asked.patience = 0;
    asked.seed = 77;
    fd_lesson_complete(&asked, &large);
    fd_lesson_complete_steps(&asked, 100000);
    fd_standing stood = {.best = 3.1415926535897931, .best_at = 12, .measured = true, .worse = 2};
    memset(stood.texts, 'a', 64);
    (void)snprintf(stood.begun, sizeof stood.begun, "/models/gpt2");
    char *note = fd_lesson_note(&asked, &stood);
    assert_non_null(note);
    fd_lesson again = fd_lesson_new();
    fd_standing stands;
    again.resume = true;
    again.steps = 999; /* said anew */
    assert_true(fd_lesson_recall(&again, note, &stands, NULL));
    assert_int_equal(again.steps, 999);
    assert_int_equal(again.text_count, 2);
    assert_string_equal(again.texts[0], texts[0]);
    assert_string_equal(again.kind, "adamw");
    assert_true(again.lora == 8 && again.patience == 0 && again.seed == 77 && again.held_out == 10);
    assert_true(again.batch == asked.batch && again.context == asked.context);
    assert_true(again.threads == asked.threads);
    assert_true(again.rate == asked.rate && again.alpha == 16.0);
    assert_true(stands.measured && stands.best == stood.best && stands.best_at == 12 &&
                stands.worse == 2);
    assert_string_equal(stands.begun, "/models/gpt2");
    assert_string_equal(stands.texts, stood.texts);
    fd_lesson_free(&again);
    fd_lesson other = fd_lesson_new();
    fd_error error = {FD_OK, ""};
    other.out = "x";
    other.lora = 4;
    assert_false(fd_lesson_recall(&other, note, &stands, &error));
    assert_int_equal(error.status, FD_USAGE);
    fd_lesson_free(&other);
    assert_false(fd_lesson_recall(&other, "{\"texts\":[]}", &stands, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    fd_lesson_free(&other);
    cJSON_free(note);
}

static void what_is_usual_depends_on_the_model(void **state) {
    (void)state;
    fd_lesson one = fd_lesson_new(), two = fd_lesson_new(), fresh = fd_lesson_new();
    fd_lesson_complete(&one, &small);
    fd_lesson_complete_steps(&one, 20000);
    assert_string_equal(one.kind, "muon");
    assert_int_equal(one.steps, 5 * 20000 / (8 * 256) + 1);
    fd_lesson_complete(&two, &large);
    assert_string_equal(two.kind, "adamw");
    assert_true(two.rate < one.rate);
    fresh.fresh = "256x6x4";
    fresh.dev = "dev.txt";
    fd_lesson_complete(&fresh, &small);
    fd_lesson_complete_steps(&fresh, (size_t)1 << 30);
    assert_string_equal(fresh.kind, "muon");
    assert_int_equal(fresh.held_out, 0);
    assert_int_equal(fresh.steps, 3000);
    assert_int_equal(fd_lesson_pace(&fresh), 150);
}

static void what_does_not_go_together_is_refused(void **state) {
    (void)state;
    const char *texts[] = {"a.txt"};
    const fd_lesson good = {
        .from = "embedded", .out = "mine", .texts = texts, .text_count = 1, .held_out = 10};
    assert_true(fd_lesson_check(&good, NULL));
    fd_lesson bad[9];
    for (size_t i = 0; i < 9; i++)
        bad[i] = good;
    bad[0].resume = true;
    bad[1].text_count = 0;
    bad[2].kind = "sgd";
    bad[3].lora = 8;
    bad[3].freeze = true;
    bad[4].keep_adapter = true;
    bad[5].lora = 8;
    bad[5].keep_adapter = true; /* under a name */
    bad[6].held_out = 51;
    bad[7].merge = true;
    bad[8].dev = "b.txt";
    for (size_t i = 0; i < 9; i++) {
        fd_error error = {FD_OK, ""};
        assert_false(fd_lesson_check(&bad[i], &error));
        assert_int_equal(error.status, FD_USAGE);
    }
}

static void a_log_goes_on_where_the_training_stands(void **state) {
    (void)state;
    char directory[] = "/tmp/feverdream-losses-XXXXXX", path[PATH_MAX];
    assert_non_null(mkdtemp(directory));
    fd_loss_log log;
    assert_true(fd_loss_log_open(&log, directory, false, 0, NULL));
    for (size_t i = 0; i < 10; i++) {
        double held = i % 3 ? NAN : 4.0 - (double)i;
        fd_loss_row row = {i, i ? 5.0 / (double)i : NAN, i ? 1e-3 : NAN, held, held / 2.0};
        assert_true(fd_loss_log_add(&log, &row, NULL));
    }
    assert_true(fd_loss_log_draw(&log, NULL));
    fd_loss_log_close(&log);
    (void)snprintf(path, sizeof path, "%s/loss.csv", directory);
    fd_buffer before = FD_BUFFER(10000), after = FD_BUFFER(10000);
    assert_true(fd_file_read(path, &before, NULL));
    FILE *file = fopen(path, "a");
    assert_true(file && fputs("10,0.5", file) >= 0 && fclose(file) == 0); /* torn */
    assert_true(fd_loss_log_open(&log, directory, true, 9, NULL));
    assert_int_equal(log.count, 10);
    assert_true(isnan(log.rows[0].loss) && log.rows[3].held_out == 1.0 && isnan(log.rows[4].bits));
    assert_true(fd_file_read(path, &after, NULL));
    assert_string_equal(fd_buffer_text(&after), fd_buffer_text(&before));
    fd_loss_log_close(&log);
    assert_true(fd_loss_log_open(&log, directory, true, 4, NULL));
    assert_int_equal(log.count, 5);
    fd_loss_log_close(&log);
    assert_true(fd_loss_log_open(&log, directory, false, 0, NULL));
    assert_int_equal(log.count, 0);
    fd_loss_log_close(&log);
    fd_buffer_clear(&after);
    (void)snprintf(path, sizeof path, "%s/loss.svg", directory);
    assert_true(fd_file_read(path, &after, NULL));
    assert_non_null(strstr(fd_buffer_text(&after), "kept: step 9"));
    fd_buffer_free(&before);
    fd_buffer_free(&after);
    assert_true(fd_folder_remove(directory, NULL));
}

static void losses_are_drawn_in_blocks(void **state) {
    (void)state;
    fd_loss_row rows[5];
    fd_buffer chart = FD_BUFFER(10000);
    for (size_t i = 0; i < 5; i++)
        rows[i] = (fd_loss_row){i, 4.0 - (double)i, 1e-3, NAN, NAN};
    rows[4].held_out = 4.0;
    assert_true(fd_loss_chart(rows, 5, 40, 2, false, &chart, NULL));
    assert_string_equal(fd_buffer_text(&chart), "  4.00 \u2588\u2584\u2581 o\n"
                                                "  0.00 \u2588\u2588\u2588\u2585\u2581\n");
    fd_buffer_clear(&chart);
    assert_true(fd_loss_chart(rows, 5, 12, 3, true, &chart, NULL));
    assert_non_null(strstr(fd_buffer_text(&chart), "\033[31mo\033[m"));
    fd_buffer_clear(&chart);
    assert_true(fd_loss_chart(rows, 1, 40, 2, false, &chart, NULL) && chart.length == 0);
    assert_true(fd_loss_chart(rows, 5, 5, 2, false, &chart, NULL) && chart.length == 0);
    fd_buffer_free(&chart);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_asked_is_remembered),
        cmocka_unit_test(what_is_usual_depends_on_the_model),
        cmocka_unit_test(what_does_not_go_together_is_refused),
        cmocka_unit_test(a_log_goes_on_where_the_training_stands),
        cmocka_unit_test(losses_are_drawn_in_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
