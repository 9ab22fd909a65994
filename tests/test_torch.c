/* Loss and gradients against PyTorch's, where it is installed (oracle/torch_gradients.py). */
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

#include "model/backprop.h"
#include "model/random.h"

enum { BATCH = 2, LENGTH = 100, ROWS = BATCH * LENGTH };

static const fd_config small = {3, 4, 48, 128, 301, FD_GPT2_EPSILON};
static const char python[] = "/usr/bin/python3";

static void write_file(const char *directory, const char *name, const void *bytes, size_t length) {
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void read_file(const char *directory, const char *name, void *bytes, size_t length) {
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, length, file), length);
    assert_int_equal(fgetc(file), EOF);
    assert_int_equal(fclose(file), 0);
}

/* Norm of the difference over the norm of what is expected. */
static double distance(const float *got, const float *expected, size_t count) {
    double difference = 0.0, norm = 0.0;
    for (size_t i = 0; i < count; i++) {
        difference += pow((double)got[i] - (double)expected[i], 2.0);
        norm += pow((double)expected[i], 2.0);
    }
    assert_true(norm > 0.0);
    return sqrt(difference / norm);
}

/* PyTorch's gradients and, after them, its loss. */
static void ask_torch(const float *parameters, const int32_t *inputs, const int32_t *targets,
                      const size_t *starts, float *expected) {
    char directory[] = "/tmp/feverdream-torch-XXXXXX", command[256], shape[128];
    size_t total = fd_parameter_total(&small);
    int32_t positions[BATCH] = {(int32_t)starts[0], (int32_t)starts[1]};
    assert_non_null(mkdtemp(directory));
    (void)snprintf(shape, sizeof shape, "%zu %zu %zu %zu %zu %d %d %g\n", small.layers, small.heads,
                   small.width, small.context, small.vocab, BATCH, LENGTH, (double)small.epsilon);
    write_file(directory, "shape.txt", shape, strlen(shape));
    write_file(directory, "parameters.f32", parameters, total * sizeof(float));
    write_file(directory, "inputs.i32", inputs, ROWS * sizeof(int32_t));
    write_file(directory, "targets.i32", targets, ROWS * sizeof(int32_t));
    write_file(directory, "starts.i32", positions, sizeof positions);
    (void)snprintf(command, sizeof command, "%s tests/oracle/torch_gradients.py %s", python,
                   directory);
    assert_int_equal(system(command), 0);
    read_file(directory, "expected.f32", expected, (total + 1) * sizeof(float));
    (void)snprintf(command, sizeof command, "rm -r %s", directory);
    assert_int_equal(system(command), 0);
}

static void loss_and_gradients_are_those_of_pytorch(void **state) {
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "%s -c 'import torch' 2>/dev/null", python);
    if (system(command) != 0) {
        print_message("PyTorch is not installed: no comparison with it\n");
        skip();
    }
    size_t total = fd_parameter_total(&small);
    const fd_random_key key = {7, 1};
    const size_t starts[BATCH] = {0, 28};
    float *parameters = malloc(total * sizeof(float)), *gradient = calloc(total, sizeof(float));
    float *expected = malloc((total + 1) * sizeof(float));
    int32_t inputs[ROWS], targets[ROWS];
    assert_true(parameters && gradient && expected);
    for (size_t i = 0; i < total; i++)
        parameters[i] = (float)(0.2 * fd_random_normal(key, i));
    for (size_t i = 0; i < ROWS; i++) {
        inputs[i] = (int32_t)fd_random_below(key, total + i, small.vocab);
        targets[i] = i % 17 ? (int32_t)fd_random_below(key, total + ROWS + i, small.vocab) : -1;
    }
    ask_torch(parameters, inputs, targets, starts, expected);
    fd_trainee trainee;
    fd_backprop *work = fd_backprop_new(&small, BATCH, LENGTH, 0, 2, true, NULL);
    assert_non_null(work);
    assert_true(fd_trainee_whole(&trainee, &small, parameters, false, NULL));
    double loss = fd_backprop_run(work, &trainee, inputs, targets, starts, 1.0f, gradient);
    assert_true(fabs(loss - (double)expected[total]) < 1e-5 * loss);
    double worst = 0.0;
    for (size_t t = 0; t < fd_parameter_count(&small); t++) {
        fd_parameter tensor = fd_parameter_at(&small, t);
        double far = distance(gradient + tensor.offset, expected + tensor.offset, tensor.count);
        worst = far > worst ? far : worst;
        if (far > 1e-4)
            fail_msg("%s: the gradient is %g from PyTorch's", tensor.name, far);
    }
    print_message("the gradient furthest from PyTorch's is %.1e away\n", worst);
    fd_backprop_free(work);
    fd_trainee_free(&trainee);
    free(parameters);
    free(gradient);
    free(expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(loss_and_gradients_are_those_of_pytorch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
