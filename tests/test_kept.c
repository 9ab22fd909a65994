/* What a writer keeps: texts in several hands, passages that say how they were made, files that
 * other programs write as well. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "game/keep.h"
#include "model/file.h"
#include "story/kept.h"
#include "story/manuscript.h"
#include "story/narrator.h"
#include "story/route.h"

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
        cmocka_unit_test(hands_are_told_apart),
        cmocka_unit_test(a_kept_passage_says_how_it_was_made),
        cmocka_unit_test(metadata_of_others_is_refused),
        cmocka_unit_test(what_another_program_wrote_is_never_overwritten),
        cmocka_unit_test(a_project_of_folders_is_one_story),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
