/* What was read of earlier prompts changes no token of a later one's samples. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/generate.h"

enum { LONGEST = 400, SAMPLES = 3 };

static fd_model *model;

static int load(void **state) {
    (void)state;
    const char *assets = getenv("FEVERDREAM_ASSETS");
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/model", assets ? assets : "assets");
    model = fd_model_load(path, NULL, NULL);
    return model == NULL;
}

static int unload(void **state) {
    (void)state;
    fd_model_free(model);
    return 0;
}

static bool go_on(void *context, size_t done, size_t wanted) {
    size_t *looks = context;
    (void)done, (void)wanted;
    return !looks || (*looks)-- > 0;
}

static bool generate(const int32_t *prompt, size_t count, fd_prefix *kept, size_t *looks,
                     fd_sample samples[SAMPLES], fd_error *error) {
    const fd_generation plan = {.prompt = prompt,
                                .prompt_count = count,
                                .samples = SAMPLES,
                                .max_tokens = 6,
                                .sampling = {0.9, 40, 0.9, 1.1, 32, false},
                                .key = {3, 4},
                                .threads = 2,
                                .observer = go_on,
                                .context = looks,
                                .kept = kept};
    return fd_generate(model, &plan, samples, NULL, error);
}

static void assert_same(const int32_t *prompt, size_t count, fd_prefix *kept) {
    fd_sample with[SAMPLES], without[SAMPLES];
    assert_true(generate(prompt, count, kept, NULL, with, NULL));
    assert_true(generate(prompt, count, NULL, NULL, without, NULL));
    for (size_t s = 0; s < SAMPLES; s++) {
        assert_string_equal(fd_buffer_text(&with[s].text), fd_buffer_text(&without[s].text));
        assert_true(with[s].logprob == without[s].logprob);
    }
    fd_samples_free(with, SAMPLES);
    fd_samples_free(without, SAMPLES);
}

static void a_kept_prefix_changes_nothing(void **state) {
    (void)state;
    static const size_t counts[] = {1, 63, 64, 65, 128, 200, 400, 129, 64, 400, 1};
    int32_t prompt[LONGEST];
    fd_prefix *kept = fd_prefix_new(model, NULL);
    assert_non_null(kept);
    for (size_t i = 0; i < LONGEST; i++)
        prompt[i] = (int32_t)fd_random_below((fd_random_key){1, 2}, i, 4000);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        assert_same(prompt, counts[i], kept);
        prompt[(i * 97) % LONGEST] ^= 1; /* the next parts from it here */
    }
    fd_prefix_free(kept);
}

/* Stopped at every block, it goes on from there. */
static void a_stopped_reading_is_gone_on_with(void **state) {
    (void)state;
    int32_t prompt[LONGEST];
    fd_prefix *kept = fd_prefix_new(model, NULL);
    const fd_span *span;
    size_t read = 0, stops = 0;
    for (size_t i = 0; i < LONGEST; i++)
        prompt[i] = (int32_t)(i * 7 % 4000);
    for (;; stops++) {
        fd_sample samples[SAMPLES];
        fd_error error = {FD_OK, ""};
        size_t looks = 1; /* one block is read, then it stops */
        bool done = generate(prompt, LONGEST, kept, &looks, samples, &error);
        fd_samples_free(samples, SAMPLES);
        assert_false(done);
        assert_int_equal(error.status, FD_CANCELLED);
        if (stops > LONGEST / FD_PREFIX_BLOCK)
            break;
    }
    assert_true(fd_prefix_read(kept, prompt, LONGEST, 1, NULL, NULL, &span, &read, NULL));
    assert_int_equal(read, 384); /* all of it was there: nobody had to be asked */
    assert_int_equal(fd_span_end(span), 384);
    assert_same(prompt, LONGEST, kept);
    fd_prefix_free(kept);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_prefix_changes_nothing),
        cmocka_unit_test(a_stopped_reading_is_gone_on_with),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
