/* Dreams, sentence by sentence: whole, in bounds, the same however they are computed; and what
 * their choice is made by. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/evaluate.h"
#include "story/dream.h"
#include "story/judge.h"

static const char scene[] = "The pump stands in the yard. You wait for it to speak.";
static const char opening[] = "You stood at the";

static fd_model *model;
static fd_tokens prompt;

static void encode(const char *text, fd_tokens *tokens) {
    assert_true(
        fd_tokenizer_encode(fd_model_tokenizer(model), text, strlen(text), true, tokens, NULL));
}

static int load(void **state) {
    (void)state;
    const char *assets = getenv("FEVERDREAM_ASSETS");
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/model", assets ? assets : "assets");
    model = fd_model_load(path, NULL, NULL);
    if (!model)
        return 1;
    encode(FD_END_OF_TEXT, &prompt);
    encode(scene, &prompt);
    encode(FD_END_OF_TEXT, &prompt);
    encode(opening, &prompt);
    return 0;
}

static int unload(void **state) {
    (void)state;
    fd_tokens_free(&prompt);
    fd_model_free(model);
    return 0;
}

static fd_dream plan_for(size_t words) {
    return (fd_dream){.model = model,
                      .prompt = &prompt,
                      .opening = opening,
                      .told = scene,
                      .words = words,
                      .candidates = 6,
                      .sampling = {0.9, 40, 0.9, 1.05, 96, false},
                      .key = {7, 7},
                      .threads = 1};
}

static fd_buffer drawn(const fd_dream *plan) {
    fd_buffer text = FD_BUFFER((size_t)1 << 16);
    assert_true(fd_dream_draw(plan, &text, NULL, NULL));
    return text;
}

static size_t words_of(const char *text) {
    size_t words = 0;
    for (size_t i = 0; text[i]; i++)
        words += text[i] != ' ' && (i == 0 || text[i - 1] == ' ');
    return words;
}

static void a_dream_is_whole_sentences_of_about_so_many_words(void **state) {
    (void)state;
    for (size_t words = 20; words <= 60; words += 20) {
        fd_dream plan = plan_for(words);
        fd_buffer text = drawn(&plan);
        assert_memory_equal(fd_buffer_text(&text), opening, strlen(opening));
        assert_true(fd_judge_is_whole(fd_buffer_text(&text), text.length));
        assert_in_range(words_of(fd_buffer_text(&text)), words * 3 / 5, words * 5 / 4);
        fd_buffer_free(&text);
    }
}

static void however_it_is_computed_it_is_the_same(void **state) {
    (void)state;
    fd_dream plan = plan_for(35), other = plan;
    fd_prefix *kept = fd_prefix_new(model, NULL);
    assert_non_null(kept);
    fd_buffer once = drawn(&plan);
    plan.threads = 2;
    plan.kept = kept;
    for (size_t i = 0; i < 2; i++) { /* the second time from what was read the first */
        fd_buffer again = drawn(&plan);
        assert_string_equal(fd_buffer_text(&once), fd_buffer_text(&again));
        fd_buffer_free(&again);
    }
    other.key.key++;
    fd_buffer anew = drawn(&other);
    assert_string_not_equal(fd_buffer_text(&once), fd_buffer_text(&anew));
    fd_buffer_free(&anew);
    fd_buffer_free(&once);
    fd_prefix_free(kept);
}

typedef struct watch {
    size_t last, looks, stop;
} watch;

static bool look(void *context, size_t done, size_t wanted) {
    watch *self = context;
    assert_true(done <= wanted);
    assert_true(done + FD_SENTENCE_TOKENS >= self->last); /* a sentence may be dropped, no more */
    self->last = done;
    return ++self->looks != self->stop;
}

static void it_says_how_far_it_is_and_can_be_stopped(void **state) {
    (void)state;
    fd_error error = {FD_OK, ""};
    fd_buffer text = FD_BUFFER((size_t)1 << 16);
    watch all = {0, 0, 0}, some = {0, 0, 5};
    fd_dream plan = plan_for(35);
    plan.observer = look;
    plan.context = &all;
    fd_buffer whole = drawn(&plan);
    assert_true(all.last > 10);
    plan.context = &some;
    assert_false(fd_dream_draw(&plan, &text, NULL, &error));
    assert_int_equal(error.status, FD_CANCELLED);
    assert_int_equal(text.length, 0);
    fd_buffer_free(&whole);
    fd_buffer_free(&text);
}

/* What each of two ends weighs is what their tokens weigh in the evaluation of the whole. */
static void ends_weigh_what_they_weigh_in_the_whole(void **state) {
    (void)state;
    static const char *const endings[] = {" door and you knocked.", " end"};
    fd_tokens ends[2] = {{0}, {0}};
    double logprobs[2], start, all;
    size_t predicted;
    for (size_t i = 0; i < 2; i++)
        encode(endings[i], &ends[i]);
    assert_true(fd_model_weigh(model, &prompt, ends, 2, 2, logprobs, NULL));
    assert_true(fd_model_evaluate(model, prompt.ids, prompt.count, 1, &start, &predicted, NULL));
    for (size_t i = 0; i < 2; i++) {
        fd_tokens whole = {0};
        for (size_t t = 0; t < prompt.count + ends[i].count; t++)
            assert_true(fd_tokens_add(
                &whole, t < prompt.count ? prompt.ids[t] : ends[i].ids[t - prompt.count], NULL));
        assert_true(fd_model_evaluate(model, whole.ids, whole.count, 1, &all, &predicted, NULL));
        assert_true(fabs(start - all - logprobs[i]) < 1e-6);
        fd_tokens_free(&whole);
        fd_tokens_free(&ends[i]);
    }
}

static void what_belongs_here_is_worth_more(void **state) {
    (void)state;
    assert_true(fd_judge_likelihood(-20.0, -30.0, 10) > fd_judge_likelihood(-20.0, -20.0, 10));
    assert_true(fd_judge_likelihood(-20.0, -25.0, 10) > fd_judge_likelihood(-30.0, -35.0, 10));
    /* What was said before is ever likelier; it gains no more by it. */
    assert_true(fd_judge_likelihood(-5.0, -40.0, 10) == fd_judge_likelihood(-2.0, -50.0, 10));
    /* The same for each of its tokens: the longer one has shown more. */
    assert_true(fd_judge_likelihood(-40.0, -60.0, 20) > fd_judge_likelihood(-4.0, -6.0, 2));
}

static void what_small_models_do_is_seen(void **state) {
    (void)state;
    fd_findings seen;
    fd_judge_look("You had been told to you. The door was shut and the door was red.",
                  "Nobody had been told to come.", &seen);
    assert_int_equal(seen.bent, 1);
    assert_int_equal(seen.copies, 1);  /* had been told to */
    assert_int_equal(seen.harping, 1); /* door */
    fd_judge_look("You waited. They had it for a moment, and he had been told to go.",
                  "Nobody had been told to come, and had been told to go.", &seen);
    assert_int_equal(seen.refrains, 0);
    assert_int_equal(seen.clipped, 3); /* of "You waited." */
    assert_int_equal(seen.copies, 2);  /* had been told to, been told to go */
    assert_int_equal(seen.pronouns, 3);
    assert_int_equal(seen.stock, 1);
    fd_judge_look("You go down with your hand on your eyes and a hand on your mouth and the lamp "
                  "in the other hand. She waits.",
                  "", &seen);
    assert_int_equal(seen.limbs, 5);
    assert_int_equal(seen.winding, 7);
    assert_int_equal(seen.present, 2); /* go, waits */
    assert_int_equal(seen.past, 0);
    fd_judge_look("You are here. You are cold. The lamp is out. You are down.", "", &seen);
    assert_int_equal(seen.refrains, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dream_is_whole_sentences_of_about_so_many_words),
        cmocka_unit_test(however_it_is_computed_it_is_the_same),
        cmocka_unit_test(it_says_how_far_it_is_and_can_be_stopped),
        cmocka_unit_test(ends_weigh_what_they_weigh_in_the_whole),
        cmocka_unit_test(what_belongs_here_is_worth_more),
        cmocka_unit_test(what_small_models_do_is_seen),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
