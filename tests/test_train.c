/* Training learns, repeats itself exactly, and refuses what it cannot do. */
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

#include "model/train.h"

enum { COUNT = 600 };

static const fd_config tiny = {1, 2, 16, 16, 7, FD_GPT2_EPSILON};

/* A text in which each token follows from the one before it. */
static void fill(int32_t *tokens) {
    for (size_t i = 0; i < COUNT; i++)
        tokens[i] = (int32_t)(i * 3 % tiny.vocab);
}

static fd_train_plan plan_for(const int32_t *tokens, size_t threads) {
    return (fd_train_plan){.tokens = tokens,
                           .count = COUNT,
                           .steps = 60,
                           .warmup = 5,
                           .batch = 4,
                           .accumulate = 1,
                           .length = 8,
                           .threads = threads,
                           .rate = 0.02f,
                           .decay = 0.01f,
                           .seed = 3};
}

static double loss_of(const float *parameters, const int32_t *tokens) {
    double nll;
    size_t predicted;
    assert_true(fd_evaluate(&tiny, parameters, tokens, COUNT, 2, &nll, &predicted, NULL));
    /* Windows of 16 tokens: the first of each of the 38 is given. */
    assert_int_equal(predicted, COUNT - 38);
    return nll / (double)predicted;
}

static bool train(const fd_train_plan *plan, bool muon, float *parameters,
                  fd_train_observer *observer, void *context, fd_error *error) {
    fd_optimiser optimiser;
    assert_true(fd_optimiser_init(&optimiser, &tiny, muon, error));
    bool ok = fd_train(&tiny, plan, &optimiser, parameters, observer, context, error);
    fd_optimiser_free(&optimiser);
    return ok;
}

static float *trained(const int32_t *tokens, size_t threads, bool muon) {
    float *parameters = calloc(fd_parameter_total(&tiny), sizeof(float));
    assert_non_null(parameters);
    fd_train_plan plan = plan_for(tokens, threads);
    fd_train_fresh(&tiny, 1, parameters);
    assert_true(fabs(loss_of(parameters, tokens) - log((double)tiny.vocab)) < 0.05);
    assert_true(train(&plan, muon, parameters, NULL, NULL, NULL));
    return parameters;
}

static void a_simple_text_is_learned_and_the_run_repeats(void **state) {
    (void)state;
    int32_t tokens[COUNT];
    fill(tokens);
    for (size_t threads = 1; threads <= 3; threads += 2) {
        float *once = trained(tokens, threads, threads > 1);
        float *again = trained(tokens, threads, threads > 1);
        assert_true(loss_of(once, tokens) < 0.1);
        assert_memory_equal(once, again, fd_parameter_total(&tiny) * sizeof(float));
        free(once);
        free(again);
    }
}

static void foreign_tokens_and_short_texts_are_refused(void **state) {
    (void)state;
    int32_t tokens[COUNT];
    float *parameters = calloc(fd_parameter_total(&tiny), sizeof(float));
    assert_non_null(parameters);
    fill(tokens);
    fd_error error = {FD_OK, ""};
    fd_train_plan plan = plan_for(tokens, 1);
    plan.count = plan.length;
    assert_false(train(&plan, false, parameters, NULL, NULL, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    plan.count = COUNT;
    tokens[9] = (int32_t)tiny.vocab;
    assert_false(train(&plan, false, parameters, NULL, NULL, &error));
    assert_non_null(strstr(error.message, "Token 9"));
    free(parameters);
}

static bool stop_at_three(void *context, const fd_train_progress *progress) {
    *(uint64_t *)context = progress->step;
    return progress->step < 3;
}

static void the_observer_can_stop_it(void **state) {
    (void)state;
    int32_t tokens[COUNT];
    uint64_t steps = 0;
    float *parameters = calloc(fd_parameter_total(&tiny), sizeof(float));
    assert_non_null(parameters);
    fill(tokens);
    fd_error error = {FD_OK, ""};
    fd_train_plan plan = plan_for(tokens, 2);
    fd_train_fresh(&tiny, 1, parameters);
    assert_false(train(&plan, false, parameters, stop_at_three, &steps, &error));
    assert_int_equal(error.status, FD_CANCELLED);
    assert_int_equal(steps, 3);
    free(parameters);
}

/* Stops after three steps, writes weights and optimiser to files, reads both and goes on. */
static void a_stopped_run_goes_on_as_if_it_had_not_stopped(void **state) {
    (void)state;
    int32_t tokens[COUNT];
    size_t total = fd_parameter_total(&tiny);
    char path[] = "/tmp/feverdream-optimiser-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0 && close(file) == 0);
    fill(tokens);
    for (int muon = 0; muon < 2; muon++) {
        float *whole = trained(tokens, 2, muon), *halves = calloc(total, sizeof(float));
        assert_non_null(halves);
        fd_train_fresh(&tiny, 1, halves);
        fd_train_plan plan = plan_for(tokens, 2);
        fd_optimiser before, after;
        uint64_t steps = 0;
        assert_true(fd_optimiser_init(&before, &tiny, muon, NULL));
        assert_true(fd_optimiser_init(&after, &tiny, muon, NULL));
        assert_false(fd_train(&tiny, &plan, &before, halves, stop_at_three, &steps, NULL));
        assert_int_equal(before.step, 3);
        assert_true(fd_optimiser_save(&before, path, NULL));
        assert_true(fd_optimiser_load(&after, path, NULL));
        assert_true(fd_train(&tiny, &plan, &after, halves, NULL, NULL, NULL));
        assert_memory_equal(whole, halves, total * sizeof(float));
        fd_optimiser_free(&before);
        fd_optimiser_free(&after);
        free(whole);
        free(halves);
    }
    assert_int_equal(remove(path), 0);
}

/* Two batches of two windows a step see the same windows as one of four, so learn the same up to
 * the order of sums. */
static void accumulated_batches_are_one_larger_batch(void **state) {
    (void)state;
    int32_t tokens[COUNT];
    size_t total = fd_parameter_total(&tiny);
    float *large = calloc(total, sizeof(float)), *small = calloc(total, sizeof(float));
    assert_true(large && small);
    fill(tokens);
    fd_train_fresh(&tiny, 1, large);
    fd_train_fresh(&tiny, 1, small);
    fd_train_plan plan = plan_for(tokens, 1);
    plan.steps = 3;
    assert_true(train(&plan, false, large, NULL, NULL, NULL));
    plan.batch = 2;
    plan.accumulate = 2;
    assert_true(train(&plan, false, small, NULL, NULL, NULL));
    for (size_t i = 0; i < total; i++)
        assert_true(fabsf(large[i] - small[i]) < 1e-3f);
    free(large);
    free(small);
}

static void the_rate_warms_up_and_falls_to_a_tenth(void **state) {
    (void)state;
    assert_true(fabsf(fd_learning_rate(0, 10, 100, 1.0f) - 0.1f) < 1e-6f);
    assert_true(fabsf(fd_learning_rate(10, 10, 100, 1.0f) - 1.0f) < 1e-6f);
    assert_true(fabsf(fd_learning_rate(55, 10, 100, 1.0f) - 0.55f) < 1e-6f);
    assert_true(fabsf(fd_learning_rate(100, 10, 100, 1.0f) - 0.1f) < 1e-6f);
}

static void a_long_gradient_is_clipped(void **state) {
    (void)state;
    float gradient[2] = {3.0f, 4.0f};
    assert_true(fabs(fd_clip_gradient(gradient, 2, 1.0) - 5.0) < 1e-9);
    assert_true(fabsf(gradient[0] - 0.6f) < 1e-6f && fabsf(gradient[1] - 0.8f) < 1e-6f);
    assert_true(fabs(fd_clip_gradient(gradient, 2, 2.0) - 1.0) < 1e-6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_simple_text_is_learned_and_the_run_repeats),
        cmocka_unit_test(foreign_tokens_and_short_texts_are_refused),
        cmocka_unit_test(the_observer_can_stop_it),
        cmocka_unit_test(a_stopped_run_goes_on_as_if_it_had_not_stopped),
        cmocka_unit_test(accumulated_batches_are_one_larger_batch),
        cmocka_unit_test(the_rate_warms_up_and_falls_to_a_tenth),
        cmocka_unit_test(a_long_gradient_is_clipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
