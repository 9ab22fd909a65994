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

#include "model/snapshot.h"
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

static fd_trainee whole(float *parameters) {
    fd_trainee trainee;
    assert_true(fd_trainee_whole(&trainee, &tiny, parameters, false, NULL));
    return trainee;
}

static double loss_of_trainee(const fd_trainee *trainee, const int32_t *tokens) {
    double nll;
    size_t predicted;
    assert_true(fd_evaluate(trainee, tokens, COUNT, 2, &nll, &predicted, NULL));
    /* Windows of 16 tokens: the first of each of the 38 is given. */
    assert_int_equal(predicted, COUNT - 38);
    return nll / (double)predicted;
}

static double loss_of(float *parameters, const int32_t *tokens) {
    fd_trainee trainee = whole(parameters);
    double loss = loss_of_trainee(&trainee, tokens);
    fd_trainee_free(&trainee);
    return loss;
}

static bool train_trainee(const fd_trainee *trainee, const fd_train_plan *plan, bool muon,
                          fd_train_observer *observer, void *context, fd_error *error) {
    fd_optimiser optimiser;
    assert_true(fd_optimiser_init(&optimiser, trainee->tensors, trainee->count, muon, error));
    bool ok = fd_train(trainee, plan, &optimiser, observer, context, error);
    fd_optimiser_free(&optimiser);
    return ok;
}

static bool train(const fd_train_plan *plan, bool muon, float *parameters,
                  fd_train_observer *observer, void *context, fd_error *error) {
    fd_trainee trainee = whole(parameters);
    bool ok = train_trainee(&trainee, plan, muon, observer, context, error);
    fd_trainee_free(&trainee);
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

/* Trains to the end in one go, then again with a stop after three steps, when what moves and the
 * optimiser go through files; both must come to the same bits. */
static void check_resuming(const fd_trainee *trainee, const int32_t *tokens, bool muon) {
    size_t bytes = trainee->total * sizeof(float);
    char path[] = "/tmp/feverdream-optimiser-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0 && close(file) == 0);
    float *start = malloc(bytes), *end = malloc(bytes);
    assert_true(start && end);
    memcpy(start, trainee->moving, bytes);
    fd_train_plan plan = plan_for(tokens, 2);
    assert_true(train_trainee(trainee, &plan, muon, NULL, NULL, NULL));
    memcpy(end, trainee->moving, bytes);
    assert_true(memcmp(start, end, bytes) != 0);
    memcpy(trainee->moving, start, bytes);
    fd_optimiser before, after;
    uint64_t steps = 0;
    assert_true(fd_optimiser_init(&before, trainee->tensors, trainee->count, muon, NULL));
    assert_true(fd_optimiser_init(&after, trainee->tensors, trainee->count, muon, NULL));
    assert_false(fd_train(trainee, &plan, &before, stop_at_three, &steps, NULL));
    assert_int_equal(before.step, 3);
    fd_buffer note = FD_BUFFER(100);
    assert_true(fd_snapshot_save(path, &before, trainee->moving, "at three", NULL));
    memset(trainee->moving, 0, bytes);
    assert_true(fd_snapshot_note(path, &note, NULL));
    assert_string_equal(fd_buffer_text(&note), "at three");
    fd_buffer_free(&note);
    assert_true(fd_snapshot_load(path, &after, trainee->moving, NULL));
    assert_true(fd_train(trainee, &plan, &after, NULL, NULL, NULL));
    assert_memory_equal(trainee->moving, end, bytes);
    fd_optimiser_free(&before);
    fd_optimiser_free(&after);
    free(start);
    free(end);
    assert_int_equal(remove(path), 0);
}

static void a_stopped_run_goes_on_as_if_it_had_not_stopped(void **state) {
    (void)state;
    int32_t tokens[COUNT];
    float *parameters = calloc(fd_parameter_total(&tiny), sizeof(float));
    assert_non_null(parameters);
    fill(tokens);
    for (int muon = 0; muon < 2; muon++)
        for (int freeze = 0; freeze < 2; freeze++) {
            fd_trainee trainee;
            fd_train_fresh(&tiny, 1, parameters);
            assert_true(fd_trainee_whole(&trainee, &tiny, parameters, freeze, NULL));
            check_resuming(&trainee, tokens, muon);
            fd_trainee_free(&trainee);
        }
    free(parameters);
}

/* A model that knows the text learns another through adapters alone. */
static void adapters_learn_and_leave_the_model_alone(void **state) {
    (void)state;
    const fd_lora lora = {.rank = 4, .alpha = 8.0};
    int32_t tokens[COUNT], others[COUNT];
    fill(tokens);
    for (size_t i = 0; i < COUNT; i++)
        others[i] = (int32_t)(i * 2 % tiny.vocab);
    size_t bytes = fd_parameter_total(&tiny) * sizeof(float);
    float *parameters = trained(tokens, 2, false), *saved = malloc(bytes);
    float *adapters = calloc(fd_lora_total(&tiny, lora.rank), sizeof(float));
    assert_true(saved && adapters);
    memcpy(saved, parameters, bytes);
    fd_trainee base = whole(parameters), trainee;
    assert_true(fd_trainee_adapted(&trainee, &tiny, base.values, &lora, adapters, NULL));
    fd_lora_fresh(&tiny, lora.rank, 1, adapters);
    assert_true(loss_of_trainee(&trainee, others) > 1.0);
    check_resuming(&trainee, others, false);
    double adapted = loss_of_trainee(&trainee, others);
    assert_true(adapted < 0.3);
    assert_memory_equal(parameters, saved, bytes);
    fd_lora_merge(&tiny, &lora, adapters, parameters);
    assert_true(fabs(loss_of(parameters, others) - adapted) < 1e-4);
    fd_trainee_free(&base);
    fd_trainee_free(&trainee);
    free(parameters);
    free(saved);
    free(adapters);
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

static void the_norm_of_a_gradient_is_its_length(void **state) {
    (void)state;
    float gradient[40] = {[0] = 3.0f, [39] = 4.0f};
    for (size_t threads = 1; threads < 4; threads++) {
        double norm = 0.0;
        assert_true(fd_gradient_norm(gradient, 40, threads, &norm, NULL));
        assert_true(fabs(norm - 5.0) < 1e-9);
    }
}

/* Half the gradient, told to be half, moves as the whole: AdamW's first step is the sign's. */
static void a_gradient_is_scaled_before_it_is_used(void **state) {
    (void)state;
    const fd_parameter tensor = {.name = "x", .shape = {3}, .count = 3};
    float gradient[3] = {8.0f, -2.0f, 0.5f}, one[3] = {0}, two[3] = {0};
    fd_optimiser a, b;
    assert_true(fd_optimiser_init(&a, &tensor, 1, false, NULL));
    assert_true(fd_optimiser_init(&b, &tensor, 1, false, NULL));
    assert_true(fd_optimiser_update(&a, one, gradient, 0.5f, 0.1f, 0.0f, 1, NULL));
    assert_true(fabsf(one[0] + 0.1f) < 1e-6f && fabsf(one[1] - 0.1f) < 1e-6f);
    assert_true(fabsf(a.first[0] - 0.4f) < 1e-6f);
    for (size_t i = 0; i < 3; i++)
        gradient[i] *= 0.5f;
    assert_true(fd_optimiser_update(&b, two, gradient, 1.0f, 0.1f, 0.0f, 2, NULL));
    assert_memory_equal(one, two, sizeof one);
    fd_optimiser_free(&a);
    fd_optimiser_free(&b);
}

static void memory_is_foretold(void **state) {
    (void)state;
    int32_t tokens[COUNT];
    fd_train_plan plan = plan_for(tokens, 2);
    size_t total = fd_parameter_total(&tiny), low = fd_lora_total(&tiny, 2);
    fd_train_memory all = fd_train_memory_of(&tiny, total, 0, &plan);
    fd_train_memory adapted = fd_train_memory_of(&tiny, low, 2, &plan);
    assert_int_equal(all.parameters + all.gradients + all.optimiser, 16 * total);
    assert_int_equal(adapted.parameters, 4 * (total + low));
    assert_true(adapted.total < all.total);
    assert_int_equal(all.total, all.parameters + all.gradients + all.optimiser + all.activations);
    plan.length *= 2;
    assert_true(fd_train_memory_of(&tiny, total, 0, &plan).activations > all.activations);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_simple_text_is_learned_and_the_run_repeats),
        cmocka_unit_test(foreign_tokens_and_short_texts_are_refused),
        cmocka_unit_test(the_observer_can_stop_it),
        cmocka_unit_test(a_stopped_run_goes_on_as_if_it_had_not_stopped),
        cmocka_unit_test(accumulated_batches_are_one_larger_batch),
        cmocka_unit_test(the_rate_warms_up_and_falls_to_a_tenth),
        cmocka_unit_test(adapters_learn_and_leave_the_model_alone),
        cmocka_unit_test(the_norm_of_a_gradient_is_its_length),
        cmocka_unit_test(a_gradient_is_scaled_before_it_is_used),
        cmocka_unit_test(memory_is_foretold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
