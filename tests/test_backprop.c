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

enum { BATCH = 2, LENGTH = 7, ROWS = BATCH * LENGTH };

static const fd_config tiny = {2, 2, 8, 12, 11, FD_GPT2_EPSILON};
static const size_t starts[BATCH] = {0, 5};

/* A fixed sequence in [-1, 1) (a 64-bit linear congruential generator's high bits). */
static float noise(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (float)(*state >> 40) / 8388608.0f - 1.0f;
}

typedef struct fixture {
    float *parameters;
    float *gradient;
    int32_t inputs[ROWS];
    int32_t targets[ROWS];
    fd_backprop *work;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    size_t total = fd_parameter_total(&tiny);
    f->parameters = calloc(total, sizeof(float));
    f->gradient = calloc(total, sizeof(float));
    f->work = fd_backprop_new(&tiny, BATCH, LENGTH, NULL);
    assert_true(f->parameters && f->gradient && f->work);
    uint64_t seed = 1;
    for (size_t i = 0; i < total; i++)
        f->parameters[i] = 0.5f * noise(&seed);
    for (size_t i = 0; i < ROWS; i++) {
        f->inputs[i] = (int32_t)((i * 5) % tiny.vocab);
        f->targets[i] = (int32_t)((i * 7 + 3) % tiny.vocab);
    }
    f->targets[4] = -1;
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    fd_backprop_free(f->work);
    free(f->parameters);
    free(f->gradient);
    free(f);
    return 0;
}

static double loss_of(fixture *f) {
    return fd_backprop_run(f->work, f->parameters, f->inputs, f->targets, starts, 1.0f, NULL);
}

static void each_gradient_matches_finite_differences(void **state) {
    fixture *f = *state;
    fd_backprop_run(f->work, f->parameters, f->inputs, f->targets, starts, 1.0f, f->gradient);
    for (size_t t = 0; t < fd_parameter_count(&tiny); t++) {
        fd_parameter tensor = fd_parameter_at(&tiny, t);
        float *values = f->parameters + tensor.offset;
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
    fd_backprop_run(f->work, f->parameters, f->inputs, f->targets, starts, 1.0f, f->gradient);
    float *once = malloc(total * sizeof(float));
    assert_non_null(once);
    memcpy(once, f->gradient, total * sizeof(float));
    fd_backprop_run(f->work, f->parameters, f->inputs, f->targets, starts, 1.0f, f->gradient);
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
    assert_null(fd_backprop_new(&tiny, 1, tiny.context + 1, &error));
    assert_int_equal(error.status, FD_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_gradient_matches_finite_differences, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(untrained_zero_model_knows_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(later_tokens_do_not_change_earlier_losses, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(gradients_accumulate, set_up, tear_down),
        cmocka_unit_test(exponential_is_accurate),
        cmocka_unit_test(impossible_batches_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
