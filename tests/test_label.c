/* Labels of links: what a text offers, and which of it the model takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/evaluate.h"
#include "story/label.h"
#include "story/prompt.h"

static fd_model *model;

static int set_up(void **state) {
    (void)state;
    model = fd_model_load("assets/model", NULL, NULL);
    return model ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    fd_model_free(model);
    return 0;
}

/* `wanted`: the labels, a bar between them. */
static void expect_labels(const char *text, const char *wanted) {
    fd_labels labels;
    char found[FD_LABELS_MOST * FD_LABEL_SIZE] = "";
    fd_labels_of(text, &labels);
    for (size_t i = 0; i < labels.count; i++) {
        assert_true(fd_label_check(labels.texts[i], NULL));
        (void)snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s", i ? "|" : "",
                       labels.texts[i]);
    }
    assert_string_equal(found, wanted);
}

static void what_you_do_comes_first(void **state) {
    (void)state;
    expect_labels("It is late. You open the door of the cellar, and wait.",
                  "Open the door of the cellar|It is late");
    expect_labels("You are cold. You were told. You light the lamp in the", "Light the lamp");
    expect_labels("The lamp goes out. You take the stairs and go up to bed.",
                  "Take the stairs and go up|Take the stairs|The lamp goes out|Go up to bed");
    expect_labels("He looks at you. You could climb down.", "Climb down|He looks at you");
    expect_labels("You had to hold on. You were about to call him.", "Hold on|Call him");
    expect_labels("You do your best. You do not look. You can't stay. You never go.",
                  "Do your best");
    expect_labels("You go in. You go in. You go in.", "Go in");
    expect_labels("You look at the lamp in the hall in which it burns.", "Look at the lamp");
}

static void how_it_begins_is_at_least_there(void **state) {
    (void)state;
    expect_labels("The lamp goes out.", "The lamp goes out");
    expect_labels("\"Come in,\" she says.", "Come in|She says");
    expect_labels("\"You go to bed,\" she says.", "You go to bed|She says");
    expect_labels("You open the [[door]] and wait.", "Open");
    expect_labels("With the drawing-room lamp.", "With the drawing-room lamp");
    expect_labels("...", "Go on");
    expect_labels("", "Go on");
}

static void there_are_never_too_many_or_too_long(void **state) {
    (void)state;
    char text[4000] = "You";
    fd_labels labels;
    for (size_t i = 0; i < 40; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), " take %zu lamps. You", i);
    fd_labels_of(text, &labels);
    assert_int_equal(labels.count, FD_LABELS_MOST);
    memset(text, 'a', 3000);
    text[3000] = '\0';
    fd_labels_of(text, &labels); /* a word without end */
    assert_string_equal(labels.texts[0], "Go on");
    expect_labels("You go \xe2\x80\x94 far. \xe2\x80\x9cYes.\xe2\x80\x9d", "Go");
}

static const char *const told[] = {"You stand at the well. It is dark.", "",
                                   "You come into the hall. There is a door."};
static const char text[] = "You turn away and let the door open, and then the rows are gone out. "
                           "You were about to take the lamp and go down.";

static fd_preview plan_for(size_t segments) {
    return (fd_preview){.model = model, .segments = told, .segment_count = segments, .threads = 2};
}

/* The same from each label's likelihood alone. */
static void the_model_takes_the_likeliest(void **state) {
    (void)state;
    const fd_tokenizer *tokenizer = fd_model_tokenizer(model);
    const char *read[] = {told[0], told[2]};
    const fd_reading reading = {.segments = read, .count = 2, .open = "You want to"};
    fd_tokens start = {0}, ends[FD_LABELS_MOST] = {{0}};
    double sums[FD_LABELS_MOST];
    char label[FD_LABEL_SIZE];
    fd_labels labels;
    size_t best = 0;
    fd_labels_of(text, &labels);
    assert_true(labels.count > 4);
    assert_true(fd_prompt(tokenizer, &reading, 400, &start, NULL, NULL));
    for (size_t i = 0; i < labels.count; i++) {
        char end[FD_LABEL_SIZE + 2];
        (void)snprintf(end, sizeof end, " %s.", labels.texts[i]);
        end[1] = (char)(end[1] | 0x20);
        assert_true(fd_tokenizer_encode(tokenizer, end, strlen(end), false, &ends[i], NULL));
    }
    assert_true(fd_model_weigh(model, &start, ends, labels.count, 1, sums, NULL));
    for (size_t i = 1; i < labels.count; i++)
        if (sums[i] / (double)ends[i].count > sums[best] / (double)ends[best].count)
            best = i;
    const fd_preview plan = plan_for(3);
    assert_true(fd_label_propose(&plan, text, label, NULL));
    assert_string_equal(label, labels.texts[best]);
    assert_true(best > 0); /* the text's first words are not it */
    for (size_t i = 0; i < labels.count; i++)
        fd_tokens_free(&ends[i]);
    fd_tokens_free(&start);
}

static void it_is_always_the_same(void **state) {
    (void)state;
    char label[FD_LABEL_SIZE], again[FD_LABEL_SIZE];
    fd_preview plan = plan_for(3);
    assert_true(fd_label_propose(&plan, text, label, NULL));
    plan.threads = 1;
    plan.kept = fd_prefix_new(model, NULL);
    for (int i = 0; i < 2; i++) {
        assert_true(fd_label_propose(&plan, text, again, NULL));
        assert_string_equal(again, label);
    }
    fd_prefix_free(plan.kept);
}

static void without_a_choice_it_is_what_there_is(void **state) {
    (void)state;
    char label[FD_LABEL_SIZE];
    const fd_preview nobody = {.segments = told, .segment_count = 1}; /* no model to ask */
    assert_true(fd_label_propose(&nobody, "You open the door.", label, NULL));
    assert_string_equal(label, "Open the door");
    const fd_preview nothing = plan_for(0);
    assert_true(fd_label_propose(&nothing, text, label, NULL));
}

static void labels_that_break_a_link_are_refused(void **state) {
    (void)state;
    fd_error error = {FD_OK, ""};
    assert_true(fd_label_check("Open the door, and wait", NULL));
    assert_false(fd_label_check("a]]b", &error));
    assert_int_equal(error.status, FD_USAGE);
    assert_false(fd_label_check("  ", NULL));
    assert_false(fd_label_check("two\nlines", NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_you_do_comes_first),
        cmocka_unit_test(how_it_begins_is_at_least_there),
        cmocka_unit_test(there_are_never_too_many_or_too_long),
        cmocka_unit_test(the_model_takes_the_likeliest),
        cmocka_unit_test(it_is_always_the_same),
        cmocka_unit_test(without_a_choice_it_is_what_there_is),
        cmocka_unit_test(labels_that_break_a_link_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
