/* The writer's engine: ways through a story, candidates that can be made again, words looked into,
 * texts in several hands, passages that say how they were made. */
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

#include "game/keep.h"
#include "model/file.h"
#include "story/judge.h"
#include "story/kept.h"
#include "story/manuscript.h"
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
    static const char typed[] = "You open the letter.";
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

static void expect_runs(const fd_script *it, const char *text, const char *hands) {
    assert_string_equal(fd_buffer_text(&it->text), text);
    assert_int_equal(it->count, strlen(hands));
    for (size_t i = 0; i < it->count; i++)
        assert_int_equal(fd_hand_name(it->runs[i].hand)[0], hands[i]);
    assert_int_equal(it->count ? it->runs[it->count - 1].end : 0, it->text.length);
}

static void hands_are_told_apart(void **state) {
    (void)state;
    fd_script it = FD_SCRIPT, copy;
    assert_true(fd_script_add(&it, "You go ", 7, FD_HAND_WRITER, NULL));
    assert_true(fd_script_add(&it, "down the \xc3\xa9tage.", 16, FD_HAND_MODEL, NULL));
    expect_runs(&it, "You go down the \xc3\xa9tage.", "wm");
    assert_true(fd_script_edit(&it, "You go down the \xc3\xa8tage.", NULL)); /* one byte differs */
    expect_runs(&it, "You go down the \xc3\xa8tage.", "wmem");
    assert_int_equal(it.runs[2].end - it.runs[1].end, 2);
    assert_true(fd_script_copy(&it, &copy, NULL));
    expect_runs(&copy, "You go down the \xc3\xa8tage.", "wmem");
    assert_true(fd_script_has(&copy, FD_HAND_EDIT));
    fd_script_cut(&copy, 10);
    expect_runs(&copy, "You go dow", "wm");
    fd_script_cut(&copy, 7);
    expect_runs(&copy, "You go ", "w");
    assert_true(fd_script_edit(&copy, "", NULL));
    expect_runs(&copy, "", "");
    assert_true(fd_script_edit(&it, "You go down the \xc3\xa8tage.", NULL)); /* nothing differs */
    expect_runs(&it, "You go down the \xc3\xa8tage.", "wmem");
    fd_script_free(&copy);
    fd_script_free(&it);
}

static void a_kept_passage_says_how_it_was_made(void **state) {
    (void)state;
    static const char text[] = "You say \"{no}\" [[twice]] \\ once.\n::and again";
    const char *path[] = {"Start", "Stairs"};
    fd_script draft = FD_SCRIPT;
    fd_passage passage;
    cJSON *json;
    fd_making back, making = {"embedded", "abc", "Stairs", "the \"well\"", "You", path, 2,
                              6,          40,    8,        FD_DREAMING,    ""};
    making.sampling.temperature = 1.25;
    assert_true(fd_making_hash(text, making.hash, NULL));
    assert_true(fd_script_add(&draft, text, strlen(text), FD_HAND_MODEL, NULL));
    assert_true(fd_kept_passage(&making, &draft, "New", "100,200", &passage, NULL));
    assert_true(fd_passage_has_tag(&passage, "dreamed"));
    assert_non_null(strstr(passage.metadata, "\"position\":\"100,200\""));
    char hands[32];
    (void)snprintf(hands, sizeof hands, "[[\"model\",%zu]]", strlen(text));
    assert_non_null(strstr(passage.metadata, hands));
    assert_true(fd_kept_read(&passage, "s.twee", &json, &back, NULL));
    assert_string_equal(back.seed, making.seed);
    assert_string_equal(back.opening, "You");
    assert_string_equal(back.path[1], "Stairs");
    assert_string_equal(back.hash, making.hash);
    assert_int_equal(back.number, 6);
    assert_int_equal(back.choice, 8);
    assert_true(back.sampling.temperature == 1.25);
    free((void *)back.path);
    cJSON_Delete(json);
    /* The story tells it as it was, and finds no markup in it. */
    fd_buffer file = FD_BUFFER(10000), plain = FD_BUFFER(10000);
    char start[] = "Start";
    passage.name[0] = 'S'; /* "Sew": the name does not matter here */
    free(passage.name);
    passage.name = fd_copy_text(start, NULL);
    const fd_twee one = {.passages = &passage, .count = 1};
    assert_true(fd_twee_write(&one, &file, NULL));
    fd_story *alone = fd_story_parse("k.twee", file.data, file.length, NULL);
    assert_non_null(alone);
    fd_route route;
    assert_true(fd_route_to(alone, "Start", NULL, "a", &route, NULL));
    assert_string_equal(route.texts[0], text);
    assert_int_equal(alone->targets[0].count, 0);
    assert_true(fd_kept_plain(passage.text, &plain, NULL));
    assert_string_equal(fd_buffer_text(&plain), text);
    fd_route_free(&route);
    fd_story_free(alone);
    fd_buffer_free(&file);
    fd_buffer_free(&plain);
    fd_passage_free(&passage);
    fd_script_free(&draft);
}

static void metadata_of_others_is_refused(void **state) {
    (void)state;
    char name[] = "A", none[] = "{\"position\":\"1,2\"}", bad[] = "{\"dreamed\":{\"model\":7}}";
    fd_passage passage = {.name = name, .line = 12};
    fd_making making;
    fd_error error;
    cJSON *json;
    char *const cases[] = {NULL, none, bad};
    for (size_t i = 0; i < 3; i++) {
        passage.metadata = cases[i];
        assert_false(fd_kept_read(&passage, "s.twee", &json, &making, &error));
        assert_int_equal(error.status, FD_BAD_FILE);
        assert_non_null(strstr(error.message, "s.twee:12: \"A\""));
        free((void *)making.path);
        cJSON_Delete(json);
    }
}

static void labels_are_proposed_from_the_text(void **state) {
    (void)state;
    static const struct {
        const char *text, *label;
    } cases[] = {
        {"It is late. You open the door of the cellar, and wait.", "Open the door of the cellar"},
        {"You are cold. You were told. You light the lamp in the", "Light the lamp"},
        {"The lamp goes out.", "The lamp goes out"},
        {"\"Come in,\" she says.", "Come"},
        {"You open the [[door]] and wait.", "Open"},
        {"...", "Go on"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fd_buffer label = FD_BUFFER(100);
        assert_true(fd_kept_label(cases[i].text, &label, NULL));
        assert_string_equal(fd_buffer_text(&label), cases[i].label);
        assert_true(fd_kept_label_check(fd_buffer_text(&label), NULL));
        fd_buffer_free(&label);
    }
    assert_false(fd_kept_label_check("a]]b", NULL));
    assert_false(fd_kept_label_check("  ", NULL));
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

static void a_project_of_folders_is_one_story(void **state) {
    (void)state;
    char project[] = "tests/twee/project", bad[] = "tests/twee/odd.twee";
    char *paths[] = {project, bad};
    fd_manuscript it;
    fd_error error = {FD_OK, ""};
    assert_true(fd_manuscript_open(paths, 1, &it, &error));
    assert_int_equal(it.count, 4);
    assert_string_equal(it.story->title, "Three Rooms");
    assert_string_equal(it.story->twee.passages[it.story->start].name, "The First Room");
    const fd_twee_file *file = fd_manuscript_file(&it, "The Third Room", NULL);
    assert_string_equal(file->path, "tests/twee/project/chapters/3-third.twee");
    assert_null(fd_manuscript_file(&it, "The Fourth Room", &error));
    assert_int_equal(error.status, FD_USAGE);
    /* A mistake in a later file is told with that file's name and line. */
    fd_twee_file *second = fd_manuscript_file(&it, "The Second Room", NULL);
    assert_true(fd_twee_file_swap(second, "Third Room]]", "Fourth Room]]", NULL));
    assert_false(fd_manuscript_parse(&it, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    assert_non_null(strstr(error.message, "chapters/2-second.twee:4: "));
    assert_non_null(it.story);
    fd_manuscript_free(&it);
    assert_false(fd_manuscript_open(paths, 2, &it, &error));
    assert_non_null(strstr(error.message, "tests/twee/odd.twee:"));
}

static void expect_file(const char *path, const char *text) {
    fd_buffer bytes = FD_BUFFER(100000);
    assert_true(fd_file_read(path, &bytes, NULL));
    assert_string_equal(fd_buffer_text(&bytes), text);
    fd_buffer_free(&bytes);
}

/* The story's file is changed by another program between being read and being written. */
static void what_another_program_wrote_is_never_overwritten(void **state) {
    (void)state;
    char folder[] = "/tmp/feverdream-preview.XXXXXX", path[64], backup[80], remove[96];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/s.twee", folder);
    (void)snprintf(backup, sizeof backup, "%s.bak", path);
    assert_int_equal(setenv("FEVERDREAM_HOME", folder, 1), 0);
    static const char before[] = ":: Start\nYou wait.\n[[Go->End]]\n\n:: End [ending]\nIt ends.\n";
    static const char others[] = ":: Start\nYou wait.\n[[Go->End]]\n\n:: End [ending]\nIt ended.\n"
                                 "\n:: Theirs [ending]\nNew.\n";
    static const char very[] = ":: Start\nYou waited.\n[[Go->End]]\n\n:: End [ending]\nIt ends.\n";
    const char *way[] = {"Start"};
    const fd_making making = {"m", "", "Start", "", "", way, 1, 0, 10, 1, FD_DREAMING, "0"};
    fd_script draft = FD_SCRIPT;
    assert_true(fd_script_add(&draft, "You stay.", 9, FD_HAND_MODEL, NULL));
    const fd_keeping one = {&making, &draft, "Start", "Mine", "Stay"};
    char *paths[] = {path};
    fd_manuscript it;
    fd_error error;
    bool backed_up = false;
    /* Elsewhere in the file: both stay. */
    assert_true(fd_file_replace(path, before, strlen(before), NULL));
    assert_true(fd_manuscript_open(paths, 1, &it, NULL));
    assert_true(fd_file_replace(path, others, strlen(others), NULL));
    assert_true(fd_keep(&it, &one, 1, &backed_up, NULL));
    assert_true(backed_up);
    expect_file(backup, others);
    assert_non_null(fd_twee_find(&it.story->twee, "Theirs"));
    assert_non_null(fd_twee_find(&it.story->twee, "Mine"));
    fd_buffer names = FD_BUFFER(100);
    assert_true(fd_keep_undo(&it, &names, NULL));
    assert_string_equal(fd_buffer_text(&names), "Mine");
    expect_file(path, others);
    fd_buffer_free(&names);
    fd_manuscript_free(&it);
    /* In the passage itself: refused. */
    assert_true(fd_file_replace(path, before, strlen(before), NULL));
    assert_true(fd_manuscript_open(paths, 1, &it, NULL));
    assert_true(fd_file_replace(path, very, strlen(very), NULL));
    assert_false(fd_keep(&it, &one, 1, &backed_up, &error));
    assert_int_equal(error.status, FD_FAILED);
    assert_non_null(strstr(error.message, "another program"));
    expect_file(path, very);
    fd_manuscript_free(&it);
    /* What was kept and then rewritten by hand is not taken back. */
    assert_true(fd_manuscript_open(paths, 1, &it, NULL));
    assert_true(fd_keep(&it, &one, 1, &backed_up, NULL));
    assert_true(fd_twee_file_set_text(&it.files[0], "Mine", "You leave.", NULL));
    assert_true(fd_file_replace(path, it.files[0].text.data, it.files[0].text.length, NULL));
    assert_false(fd_keep_undo(&it, &names, &error));
    assert_int_equal(error.status, FD_FAILED);
    fd_manuscript_free(&it);
    /* A story that would be broken by it is left alone. */
    static const char broken[] =
        ":: Start\nYou wait.\n[[Go->Nowhere]]\n\n:: End [ending]\nIt ends.\n";
    assert_true(fd_file_replace(path, before, strlen(before), NULL));
    assert_true(fd_manuscript_open(paths, 1, &it, NULL));
    assert_true(fd_file_replace(path, broken, strlen(broken), NULL));
    const fd_keeping other = {&making, &draft, "End", "Mine", "Stay"};
    assert_false(fd_keep(&it, &other, 1, &backed_up, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    expect_file(path, broken);
    fd_manuscript_free(&it);
    fd_script_free(&draft);
    (void)snprintf(remove, sizeof remove, "rm -rf %s", folder);
    assert_int_equal(system(remove), 0);
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
        cmocka_unit_test(hands_are_told_apart),
        cmocka_unit_test(a_kept_passage_says_how_it_was_made),
        cmocka_unit_test(metadata_of_others_is_refused),
        cmocka_unit_test(labels_are_proposed_from_the_text),
        cmocka_unit_test(what_is_wrong_is_said_in_words),
        cmocka_unit_test(what_another_program_wrote_is_never_overwritten),
        cmocka_unit_test(a_project_of_folders_is_one_story),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
