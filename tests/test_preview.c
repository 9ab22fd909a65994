/* The writer's engine: ways to a passage, candidates that can be made again, words looked into. */
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

#include "story/judge.h"
#include "story/kept.h"
#include "story/narrator.h"
#include "story/route.h"

static const char source[] =
    ":: Start\nYou stand {~here|there|nowhere}. {ask name \"Who?\" \"Ada\"}{$name} waits.\n"
    "[[Down->Cellar]]\n[[Up->Stairs]]\n\n"
    ":: Stairs\nYou climb. {dream 20 \"You\": You slept.}\n\n[[On->Attic, dark]]\n\n"
    ":: Cellar\nIt is wet in the cellar.\n[[Up->Stairs]]\n\n"
    ":: Attic, dark [ending]\nThe attic.\n\n:: Alone [ending]\nNobody comes here.\n";

static fd_story *story;
static fd_model *model;

static int set_up(void **state) {
    (void)state;
    story = fd_story_parse("s.twee", source, strlen(source), NULL);
    model = fd_model_load("assets/model", NULL, NULL);
    return story && model ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    fd_story_free(story);
    fd_model_free(model);
    return 0;
}

static void the_shortest_way_is_found_and_told(void **state) {
    (void)state;
    fd_route route, again;
    assert_true(fd_route_to(story, "Attic, dark", NULL, "a", &route, NULL));
    assert_int_equal(route.count, 3);
    assert_string_equal(story->twee.passages[route.passages[1]].name, "Stairs");
    assert_non_null(strstr(route.texts[0], "Ada waits."));
    assert_string_equal(route.texts[1], "You climb. You slept.");
    assert_true(fd_route_to(story, "Attic, dark", NULL, "a", &again, NULL));
    assert_string_equal(route.texts[0], again.texts[0]);
    fd_route_free(&again);
    fd_route_free(&route);
    size_t others = 0; /* another seed tells other words */
    for (char seed[] = "b"; *seed < 'z'; ++*seed) {
        assert_true(fd_route_to(story, "Start", NULL, seed, &route, NULL));
        others += strstr(route.texts[0], "nowhere") != NULL;
        fd_route_free(&route);
    }
    assert_true(others > 0 && others < 24);
}

static void a_way_can_be_given(void **state) {
    (void)state;
    fd_route route;
    fd_error error;
    assert_true(
        fd_route_to(story, "Attic, dark", "Cellar,Stairs , Attic, dark", "a", &route, NULL));
    assert_int_equal(route.count, 3);
    fd_route_free(&route);
    assert_true(fd_route_to(story, "Stairs", "Start, Cellar", "a", &route, NULL));
    assert_int_equal(route.count, 3);
    fd_route_free(&route);
    assert_false(fd_route_to(story, "Attic, dark", "Start", "a", &route, &error));
    assert_int_equal(error.status, FD_USAGE);
    assert_non_null(strstr(error.message, "No link leads from \"Start\""));
    assert_false(fd_route_to(story, "Stairs", "Strat", "a", &route, &error));
    assert_false(fd_route_to(story, "Nowhere", NULL, "a", &route, &error));
    assert_true(fd_route_to(story, "Alone", NULL, "a", &route, NULL)); /* nothing leads there */
    assert_int_equal(route.count, 1);
    fd_route_free(&route);
}

static const char *const told[] = {"You stand at the well. Ada waits.", "",
                                   "You climb the stairs and listen to the house."};

static fd_preview plan_for(const fd_script *opening) {
    return (fd_preview){.model = model,
                        .segments = told,
                        .segment_count = 3,
                        .seed = "a",
                        .opening = opening,
                        .words = 25,
                        .sampling = FD_DREAMING,
                        .threads = 2};
}

static bool count_calls(void *context, const fd_sample *samples, size_t count, size_t done,
                        size_t wanted) {
    size_t *calls = context;
    assert_int_equal(count, 4);
    assert_true(done <= wanted);
    for (size_t s = 0; s < count; s++)
        assert_true(samples[s].tokens.count <= done);
    ++*calls;
    return true;
}

static void a_candidate_can_be_made_again(void **state) {
    (void)state;
    fd_candidate all[4], one[1];
    fd_preview plan = plan_for(NULL);
    size_t calls = 0;
    plan.observer = count_calls;
    plan.context = &calls;
    assert_true(fd_preview_draw(&plan, 0, 4, all, NULL, NULL));
    assert_true(calls > 20);
    plan.observer = NULL;
    plan.kept = fd_prefix_new(model, NULL);
    for (size_t i = 0; i < 4; i++) {
        const char *text = fd_buffer_text(&all[i].draft.text);
        plan.threads = 1 + i % 2;
        assert_true(fd_preview_draw(&plan, i, 1, one, NULL, NULL));
        assert_int_equal(all[i].number, i);
        assert_string_equal(text, fd_buffer_text(&one[0].draft.text));
        assert_true(all[i].score == one[0].score && all[i].per_word == one[0].per_word);
        assert_true(all[i].word_count > 0 && all[i].per_word < 0.0);
        double sum = 0.0;
        for (size_t w = 0; w < all[i].word_count; w++) {
            const fd_likely_word *word = &all[i].words[w];
            assert_true(word->logprob < 0.0 && word->start < word->end);
            assert_true(text[word->start] != ' ' && (!text[word->end] || text[word->end] == ' '));
            sum += word->logprob;
        }
        assert_true(fabs(sum / (double)all[i].word_count - all[i].per_word) < 1e-6);
        assert_true(!all[i].whole || strchr(".!?\"", text[strlen(text) - 1]));
        assert_true(all[i].draft.count == 1 && all[i].draft.runs[0].hand == FD_HAND_MODEL);
        fd_candidates_free(one, 1);
    }
    assert_string_not_equal(fd_buffer_text(&all[0].draft.text), fd_buffer_text(&all[1].draft.text));
    fd_prefix_free(plan.kept);
    fd_candidates_free(all, 4);
}

static void candidates_begin_with_the_opening_and_go_on(void **state) {
    (void)state;
    static const char typed[] = "You open the door, and ";
    fd_script opening = FD_SCRIPT;
    fd_candidate first[2], on[2];
    assert_true(fd_script_add(&opening, typed, strlen(typed), FD_HAND_WRITER, NULL));
    fd_preview plan = plan_for(&opening);
    assert_true(fd_preview_draw(&plan, 0, 2, first, NULL, NULL));
    for (size_t i = 0; i < 2; i++) {
        const fd_script *draft = &first[i].draft;
        assert_memory_equal(draft->text.data, typed, strlen(typed) - 1);
        assert_int_equal(draft->count, 2);
        assert_int_equal(draft->runs[0].hand, FD_HAND_WRITER);
        assert_int_equal(draft->runs[0].end, strlen(typed) - 1);
        assert_int_equal(draft->runs[1].hand, FD_HAND_MODEL);
        size_t typed_words = 5;
        for (size_t w = 0; w < first[i].word_count; w++)
            assert_true((first[i].words[w].start < strlen(typed) - 1) == (w < typed_words) &&
                        isnan(first[i].words[w].logprob) == (w < typed_words));
        assert_true(first[i].word_count > typed_words && first[i].per_word < 0.0);
    }
    plan.opening = &first[1].draft;
    assert_true(fd_preview_draw(&plan, 0, 2, on, NULL, NULL));
    size_t length = first[1].draft.text.length;
    assert_memory_equal(on[0].draft.text.data, first[1].draft.text.data, length);
    assert_true(on[0].draft.text.length > length);
    assert_int_equal(on[0].draft.count, 2); /* the writer's, then the model's */
    fd_candidates_free(on, 2);
    fd_candidates_free(first, 2);
    fd_script_free(&opening);
}

/* Where the model would end the paragraph it begins another one. */
static void going_on_always_adds_something(void **state) {
    (void)state;
    static const char typed[] = "You open the letter. It says that you are late.";
    enum { MANY = 24 };
    fd_script opening = FD_SCRIPT;
    fd_candidate all[MANY];
    size_t paragraphs = 0;
    assert_true(fd_script_add(&opening, typed, strlen(typed), FD_HAND_WRITER, NULL));
    const fd_preview plan = plan_for(&opening);
    assert_true(fd_preview_draw(&plan, 0, MANY, all, NULL, NULL));
    for (size_t i = 0; i < MANY; i++) {
        const char *text = fd_buffer_text(&all[i].draft.text), *more = text + strlen(typed);
        assert_memory_equal(text, typed, strlen(typed));
        assert_true(all[i].word_count > 0 && strlen(more) > 2);
        paragraphs += strncmp(more, "\n\n", 2) == 0;
        assert_null(strchr(more + strspn(more, "\n"), '\n'));
    }
    assert_true(paragraphs > 0 && paragraphs < MANY);
    fd_candidates_free(all, MANY);
    fd_script_free(&opening);
}

static void an_edited_candidate_is_looked_at_anew(void **state) {
    (void)state;
    static const char told_again[] = "I go down. I see nobody else";
    fd_candidate all[2], edited;
    fd_buffer text = FD_BUFFER(10000);
    const fd_preview plan = plan_for(NULL);
    assert_true(fd_preview_draw(&plan, 0, 2, all, NULL, NULL));
    const fd_candidate *it = &all[1];
    assert_true(fd_buffer_addf(&text, NULL, "%s It is Dorothea.", fd_buffer_text(&it->draft.text)));
    assert_true(fd_preview_edit(&plan, it, text.data, &edited, NULL));
    assert_string_equal(fd_buffer_text(&edited.draft.text), text.data);
    assert_int_equal(edited.word_count, it->word_count + 3);
    for (size_t w = 0; w + 1 < it->word_count; w++) /* the last one may go on in what was added */
        assert_true(edited.words[w].logprob == it->words[w].logprob);
    assert_true(isnan(edited.words[it->word_count].logprob) && isnan(edited.per_word));
    assert_true(fd_script_has(&edited.draft, FD_HAND_EDIT) && edited.number == 1);
    assert_non_null(strstr(edited.faults, "names a stranger"));
    fd_candidates_free(&edited, 1);
    assert_true(fd_preview_edit(&plan, it, told_again, &edited, NULL));
    assert_non_null(strstr(edited.faults, "says I or we"));
    assert_non_null(strstr(edited.faults, "no whole sentence"));
    fd_candidates_free(&edited, 1);
    fd_buffer_free(&text);
    fd_candidates_free(all, 2);
}

static bool watch_choice(void *context, const fd_sample *samples, size_t count, size_t done,
                         size_t wanted) {
    size_t *last = context;
    assert_int_equal(count, 4);
    assert_true(done >= *last && done <= wanted);
    assert_true(done > 0 || samples[0].text.length == 0);
    *last = done;
    return true;
}

/* Sentences chosen among many: the same alone or among others, and better than those that come. */
static void candidates_of_chosen_sentences_can_be_made_again(void **state) {
    (void)state;
    enum { MANY = 4 };
    fd_candidate all[MANY], plain[MANY], one;
    fd_preview plan = plan_for(NULL);
    double chosen = 0.0, drawn = 0.0;
    size_t last = 0;
    assert_true(fd_preview_draw(&plan, 0, MANY, plain, NULL, NULL));
    plan.choice = 8;
    plan.observer = watch_choice;
    plan.context = &last;
    assert_true(fd_preview_draw(&plan, 0, MANY, all, NULL, NULL));
    assert_true(last > 0);
    plan.observer = NULL;
    plan.kept = fd_prefix_new(model, NULL);
    for (size_t i = 0; i < MANY; i++) {
        plan.threads = 1 + i % 2;
        assert_true(fd_preview_draw(&plan, i, 1, &one, NULL, NULL));
        const char *text = fd_buffer_text(&all[i].draft.text);
        assert_string_equal(text, fd_buffer_text(&one.draft.text));
        assert_true(all[i].whole && all[i].score == one.score && all[i].per_word == one.per_word);
        assert_true(all[i].word_count > 3 && all[i].per_word < 0.0);
        for (size_t w = 0; w < all[i].word_count; w++)
            assert_true(all[i].words[w].logprob < 0.0);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(text, fd_buffer_text(&all[k].draft.text));
        chosen += all[i].score;
        drawn += plain[i].score;
        fd_candidates_free(&one, 1);
    }
    assert_true(chosen > drawn + 1.0);
    fd_prefix_free(plan.kept);
    fd_candidates_free(plain, MANY);
    fd_candidates_free(all, MANY);
}

static void chosen_sentences_go_on_from_an_opening(void **state) {
    (void)state;
    static const char typed[] = "You open the letter. It says that";
    fd_script opening = FD_SCRIPT;
    fd_candidate all[3];
    assert_true(fd_script_add(&opening, typed, strlen(typed), FD_HAND_WRITER, NULL));
    fd_preview plan = plan_for(&opening);
    plan.choice = 4;
    plan.words = 12;
    assert_true(fd_preview_draw(&plan, 0, 3, all, NULL, NULL));
    for (size_t i = 0; i < 3; i++) {
        const char *text = fd_buffer_text(&all[i].draft.text);
        assert_memory_equal(text, typed, strlen(typed));
        assert_true(all[i].whole && all[i].word_count >= 9 && all[i].word_count <= 24);
        assert_int_equal(all[i].draft.runs[0].end, strlen(typed));
        assert_true(isnan(all[i].words[6].logprob) && all[i].words[7].logprob < 0.0);
    }
    fd_candidates_free(all, 3);
    fd_script_free(&opening);
}

static bool stop_at_once(void *context, const fd_sample *samples, size_t count, size_t done,
                         size_t wanted) {
    (void)context, (void)samples, (void)count, (void)wanted;
    return done < 3;
}

static void drawing_can_be_stopped(void **state) {
    (void)state;
    fd_error error = {FD_OK, ""};
    fd_candidate all[2];
    fd_preview plan = plan_for(NULL);
    plan.observer = stop_at_once;
    for (plan.choice = 1; plan.choice < 5; plan.choice += 3) {
        assert_false(fd_preview_draw(&plan, 0, 2, all, NULL, &error));
        assert_int_equal(error.status, FD_CANCELLED);
        fd_candidates_free(all, 2);
    }
}

static void a_word_is_looked_into(void **state) {
    (void)state;
    fd_weighing found, again;
    fd_preview plan = plan_for(NULL);
    assert_true(fd_preview_weigh(&plan, "You open the", "door", &found, NULL));
    assert_int_equal(found.count, FD_WEIGHED);
    double sum = 0.0;
    for (size_t i = 0; i < found.count; i++) {
        assert_true(found.others[i].probability > 0.0);
        assert_true(i == 0 || found.others[i].probability <= found.others[i - 1].probability);
        sum += found.others[i].probability;
        if (strcmp(found.others[i].text, " door") == 0)
            assert_true(fabs(found.others[i].probability - found.probability) < 1e-6);
    }
    assert_true(sum > 0.05 && sum <= 1.0 && found.probability > 0.0);
    plan.kept = fd_prefix_new(model, NULL);
    plan.threads = 1;
    assert_true(fd_preview_weigh(&plan, "You open the ", "door", &again, NULL));
    assert_true(again.probability == found.probability);
    assert_string_equal(again.others[3].text, found.others[3].text);
    fd_prefix_free(plan.kept);
}

static void what_is_wrong_is_said_in_words(void **state) {
    (void)state;
    fd_buffer words = FD_BUFFER(1000);
    fd_findings seen;
    fd_judge_look("You go down. You wait for the lamp.", "", &seen);
    assert_true(fd_judge_words(&seen, 8, &words, NULL));
    assert_string_equal(fd_buffer_text(&words), "");
    fd_judge_look("I saw Margaret in 1902 and said \"no.", "", &seen);
    assert_true(fd_judge_words(&seen, 8, &words, NULL));
    assert_string_equal(fd_buffer_text(&words), "says I or we, names a stranger, hardly says you, "
                                                "leaves a quote open, has digits or signs");
    fd_buffer_free(&words);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shortest_way_is_found_and_told),
        cmocka_unit_test(a_way_can_be_given),
        cmocka_unit_test(a_candidate_can_be_made_again),
        cmocka_unit_test(candidates_begin_with_the_opening_and_go_on),
        cmocka_unit_test(going_on_always_adds_something),
        cmocka_unit_test(an_edited_candidate_is_looked_at_anew),
        cmocka_unit_test(candidates_of_chosen_sentences_can_be_made_again),
        cmocka_unit_test(chosen_sentences_go_on_from_an_opening),
        cmocka_unit_test(drawing_can_be_stopped),
        cmocka_unit_test(a_word_is_looked_into),
        cmocka_unit_test(what_is_wrong_is_said_in_words),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
