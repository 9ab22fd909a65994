/* Gradients against finite differences, for every parameter tensor, and properties of the loss. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/backprop.h"
#include "model/exp.h"
#include "model/memory.h"

enum { BATCH = 2, LENGTH = 7, ROWS = BATCH * LENGTH, LONG = 131, RANK = 3 };

static const fd_config tiny = {2, 2, 8, 12, 11, FD_GPT2_EPSILON};
/* Windows of several blocks of queries, sizes that no vector divides, more threads than heads. */
static const fd_config odd = {1, 3, 27, 150, 37, FD_GPT2_EPSILON};
static const fd_lora lora = {.rank = RANK, .alpha = 6.0};

/* A fixed sequence in [-1, 1) (a 64-bit linear congruential generator's high bits). */
static float noise(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (float)(*state >> 40) / 8388608.0f - 1.0f;
}

typedef struct fixture {
    float *parameters;
    float *adapters;
    float *gradient;
    int32_t inputs[BATCH * LONG];
    int32_t targets[BATCH * LONG];
    size_t starts[BATCH];
    size_t rows;
    fd_trainee trainee; /* everything moves, until a test changes it */
    fd_backprop *work;
} fixture;

static void begin(fixture *f, const fd_config *config, size_t length, size_t threads) {
    size_t total = fd_parameter_total(config), adapters = fd_lora_total(config, RANK);
    f->rows = BATCH * length;
    f->starts[1] = 5;
    f->parameters = calloc(total, sizeof(float));
    f->adapters = calloc(adapters, sizeof(float));
    f->gradient = calloc(total, sizeof(float));
    f->work = fd_backprop_new(config, BATCH, length, RANK, threads, true, NULL);
    assert_true(f->parameters && f->adapters && f->gradient && f->work);
    assert_true(fd_trainee_whole(&f->trainee, config, f->parameters, false, NULL));
    uint64_t seed = 1;
    for (size_t i = 0; i < total; i++)
        f->parameters[i] = 0.5f * noise(&seed);
    for (size_t i = 0; i < adapters; i++)
        f->adapters[i] = 0.5f * noise(&seed);
    for (size_t i = 0; i < f->rows; i++) {
        f->inputs[i] = (int32_t)((i * 5) % config->vocab);
        f->targets[i] = (int32_t)((i * 7 + 3) % config->vocab);
    }
    f->targets[4] = -1;
}

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    begin(f, &tiny, LENGTH, 2);
    *state = f;
    return 0;
}

static int set_up_odd(void **state) {
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    begin(f, &odd, LONG, 5);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    fd_backprop_free(f->work);
    fd_trainee_free(&f->trainee);
    free(f->parameters);
    free(f->adapters);
    free(f->gradient);
    free(f);
    return 0;
}

/* Everything stays but adapters. */
static void adapt(fixture *f) {
    fd_trainee whole = f->trainee;
    assert_true(
        fd_trainee_adapted(&f->trainee, &whole.config, whole.values, &lora, f->adapters, NULL));
    fd_trainee_free(&whole);
}

static double run(fixture *f, float *gradient) {
    return fd_backprop_run(f->work, &f->trainee, f->inputs, f->targets, f->starts, 1.0f, gradient);
}

static double loss_of(fixture *f) {
    return run(f, NULL);
}

/* The slope of the loss along a random direction of each moving tensor. */
static void check_gradients(fixture *f) {
    (void)run(f, f->gradient);
    for (size_t t = 0; t < f->trainee.count; t++) {
        fd_parameter tensor = f->trainee.tensors[t];
        float *values = f->trainee.moving + tensor.offset;
        float *saved = malloc(tensor.count * sizeof(float));
        float *direction = malloc(tensor.count * sizeof(float));
        assert_true(saved && direction);
        memcpy(saved, values, tensor.count * sizeof(float));
        uint64_t seed = t + 17;
        double expected = 0.0, largest = 0.0;
        for (size_t i = 0; i < tensor.count; i++) {
            direction[i] = noise(&seed);
            expected += (double)direction[i] * (double)f->gradient[tensor.offset + i];
            largest = fmax(largest, fabs((double)f->gradient[tensor.offset + i]));
        }
        const float step = 2e-3f;
        for (size_t i = 0; i < tensor.count; i++)
            values[i] = saved[i] + step * direction[i];
        double above = loss_of(f);
        for (size_t i = 0; i < tensor.count; i++)
            values[i] = saved[i] - step * direction[i];
        double below = loss_of(f);
        memcpy(values, saved, tensor.count * sizeof(float));
        double measured = (above - below) / (2.0 * (double)step);
        double tolerance = 0.005 * fmax(fabs(expected), 0.5);
        if (fabs(measured - expected) > tolerance)
            fail_msg("%s: gradient along a direction is %g, differences give %g", tensor.name,
                     expected, measured);
        assert_true(largest > 0.0);
        free(saved);
        free(direction);
    }
}

static void each_gradient_matches_finite_differences(void **state) {
    check_gradients(*state);
}

static void each_adapters_gradient_matches_finite_differences(void **state) {
    adapt(*state);
    check_gradients(*state);
}

static void frozen_tensors_change_no_other_gradient(void **state) {
    fixture *f = *state;
    size_t total = fd_parameter_total(&tiny);
    (void)run(f, f->gradient);
    float *whole = f->gradient;
    fd_trainee_free(&f->trainee);
    assert_true(fd_trainee_whole(&f->trainee, &tiny, f->parameters, true, NULL));
    assert_int_equal(f->trainee.count, fd_parameter_count(&tiny) - 4);
    size_t first = (tiny.vocab + tiny.context) * tiny.width, last = 2 * tiny.width;
    assert_int_equal(f->trainee.total, total - first - last);
    f->gradient = calloc(f->trainee.total, sizeof(float));
    assert_non_null(f->gradient);
    (void)run(f, f->gradient);
    assert_memory_equal(f->gradient, whole + first, f->trainee.total * sizeof(float));
    free(whole);
}

static void adapters_act_as_the_merged_matrices(void **state) {
    fixture *f = *state;
    size_t total = fd_parameter_total(&tiny);
    double plain = loss_of(f);
    float *merged = malloc(total * sizeof(float));
    assert_non_null(merged);
    memcpy(merged, f->parameters, total * sizeof(float));
    fd_lora_merge(&tiny, &lora, f->adapters, merged);
    adapt(f);
    double adapted = loss_of(f);
    memcpy(f->parameters, merged, total * sizeof(float));
    memset(f->adapters, 0, fd_lora_total(&tiny, RANK) * sizeof(float));
    assert_true(fabs(loss_of(f) - adapted) < 1e-4 * adapted);
    assert_true(fabs(plain - adapted) > 0.01);
    free(merged);
}

static void fresh_adapters_change_nothing(void **state) {
    fixture *f = *state;
    double plain = loss_of(f);
    fd_lora_fresh(&tiny, RANK, 1, f->adapters);
    adapt(f);
    assert_true(loss_of(f) == plain);
}

static void the_number_of_threads_changes_no_more_than_rounding(void **state) {
    fixture *f = *state;
    double five = run(f, f->gradient);
    size_t total = fd_parameter_total(&odd);
    float *alone = calloc(total, sizeof(float));
    assert_non_null(alone);
    fd_backprop_free(f->work);
    f->work = fd_backprop_new(&odd, BATCH, LONG, 0, 1, true, NULL);
    assert_non_null(f->work);
    assert_true(fabs(run(f, alone) - five) < 1e-5 * five);
    double difference = 0.0, norm = 0.0;
    for (size_t i = 0; i < total; i++) {
        difference += pow((double)alone[i] - (double)f->gradient[i], 2.0);
        norm += pow((double)alone[i], 2.0);
    }
    assert_true(sqrt(difference) < 1e-5 * sqrt(norm));
    free(alone);
}

static void untrained_zero_model_knows_nothing(void **state) {
    fixture *f = *state;
    memset(f->parameters, 0, fd_parameter_total(&tiny) * sizeof(float));
    double counted = ROWS - 1; /* one target is negative */
    assert_true(fabs(loss_of(f) - counted * log((double)tiny.vocab)) < 1e-4);
}

static void later_tokens_do_not_change_earlier_losses(void **state) {
    fixture *f = *state;
    for (size_t i = 3; i < ROWS; i++)
        f->targets[i] = -1;
    double before = loss_of(f);
    for (size_t i = 3; i < LENGTH; i++)
        f->inputs[i] = (f->inputs[i] + 1) % (int32_t)tiny.vocab;
    assert_true(before == loss_of(f));
}

static void gradients_accumulate(void **state) {
    fixture *f = *state;
    size_t total = fd_parameter_total(&tiny);
    (void)run(f, f->gradient);
    float *once = malloc(total * sizeof(float));
    assert_non_null(once);
    memcpy(once, f->gradient, total * sizeof(float));
    (void)run(f, f->gradient);
    for (size_t i = 0; i < total; i++)
        assert_true(fabsf(f->gradient[i] - 2.0f * once[i]) <= 1e-4f * (1.0f + fabsf(once[i])));
    free(once);
}

static void exponential_is_accurate(void **state) {
    (void)state;
    for (float x = -86.0f; x < 87.0f; x += 0.0137f) {
        double exact = exp((double)x);
        assert_true(fabs((double)fd_exp(x) - exact) <= 3e-7 * exact);
    }
    assert_true(fd_exp(0.0f) == 1.0f);
    assert_true(fd_exp(-1e30f) < 2e-38f);
}

static void impossible_batches_are_refused(void **state) {
    (void)state;
    fd_error error = {FD_OK, ""};
    assert_null(fd_backprop_new(&tiny, 1, tiny.context + 1, 0, 1, true, &error));
    assert_int_equal(error.status, FD_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_gradient_matches_finite_differences, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_gradient_matches_finite_differences, set_up_odd,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_adapters_gradient_matches_finite_differences, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_adapters_gradient_matches_finite_differences,
                                        set_up_odd, tear_down),
        cmocka_unit_test_setup_teardown(frozen_tensors_change_no_other_gradient, set_up, tear_down),
        cmocka_unit_test_setup_teardown(adapters_act_as_the_merged_matrices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fresh_adapters_change_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_number_of_threads_changes_no_more_than_rounding,
                                        set_up_odd, tear_down),
        cmocka_unit_test_setup_teardown(untrained_zero_model_knows_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(later_tokens_do_not_change_earlier_losses, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(gradients_accumulate, set_up, tear_down),
        cmocka_unit_test(exponential_is_accurate),
        cmocka_unit_test(impossible_batches_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
