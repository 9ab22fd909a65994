/* The path as a tree: back, forward, branches, pinned facts and rewritten dreams, in memory and in
 * its file; the words of the player; pages. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/file.h"
#include "model/tokenizer_train.h"
#include "story/facts.h"
#include "story/narrator.h"
#include "story/page.h"
#include "story/player.h"
#include "story/transcript.h"

static const char text[] = ":: Start\nA <door> & *stairs*. {~a|b|c|d|e|f|g|h}\n\n[[Down->Cellar]]\n"
                           "[[Up->Attic]]\n\n:: Cellar\nDark. {~a|b|c|d|e|f|g|h}\n\n[[Up->Start]]\n"
                           "\n:: Attic [ending]\nLight.\n";

static fd_story *story;
static char folder[64];

static int set_up(void **state) {
    (void)state;
    char make[96];
    story = fd_story_parse("test.twee", text, strlen(text), NULL);
    (void)snprintf(folder, sizeof folder, "/tmp/feverdream-path.%ld", (long)getpid());
    (void)snprintf(make, sizeof make, "mkdir -p %.60s", folder);
    return story == NULL || system(make) != 0;
}

static int tear_down(void **state) {
    (void)state;
    char clear[96];
    fd_story_free(story);
    (void)snprintf(clear, sizeof clear, "rm -rf %.60s", folder);
    return system(clear);
}

static fd_narrator narrator(void) {
    return (fd_narrator){.story = story, .seed = "s", .candidates = 1, .threads = 1};
}

static fd_turn *tell(const fd_path *path, fd_action_kind kind, size_t choice, size_t attempt) {
    const fd_narrator teller = narrator();
    const fd_action action = {kind, choice, NULL};
    fd_situation situation;
    assert_true(fd_situation_of(path, &situation, NULL));
    fd_turn *turn = fd_narrator_tell(&teller, &situation, &action, attempt, NULL, NULL);
    fd_situation_free(&situation);
    assert_non_null(turn);
    return turn;
}

static void go_on(fd_path *path, fd_action_kind kind, size_t choice) {
    assert_true(fd_path_add(path, tell(path, kind, choice, 0), NULL));
}

static fd_path begun(void) {
    fd_path path = FD_PATH;
    char *words[] = {"test.twee", story->hash, "A <Title>", "s", "", ""};
    const fd_path_header header = {words[0], words[1], words[2], words[3],
                                   words[4], words[5], NULL};
    path.story = story;
    assert_true(fd_path_set_header(&path, &header, NULL));
    return path;
}

/* Start, down, up to the start again; kept in `file`. */
static fd_path played(const char *file) {
    fd_path path = begun();
    assert_true(fd_path_create(&path, story, file, NULL));
    go_on(&path, FD_ACT_START, 0);
    go_on(&path, FD_ACT_CHOOSE, 0);
    go_on(&path, FD_ACT_CHOOSE, 0);
    return path;
}

static void back_forward_and_branches(void **state) {
    (void)state;
    char file[96];
    (void)snprintf(file, sizeof file, "%s/branches.jsonl", folder);
    fd_path path = played(file);
    assert_true(fd_path_take_back(&path, 2, NULL));
    assert_int_equal(path.count, 1);
    assert_int_equal(path.step_count, 3);
    assert_int_equal(fd_path_later(&path), 1);
    go_on(&path, FD_ACT_CHOOSE, 1); /* another door */
    assert_int_equal(path.step_count, 4);
    assert_true(fd_path_last(&path)->ending);
    assert_int_equal(fd_path_later(&path), FD_NO_STEP);
    assert_true(fd_path_take_back(&path, 1, NULL));
    assert_int_equal(fd_path_later(&path), 3); /* redo leads to what was last left */
    go_on(&path, FD_ACT_CHOOSE, 0);            /* what was told before is gone to */
    assert_int_equal(path.step_count, 4);
    assert_int_equal(path.here, 1);
    assert_int_equal(fd_path_later(&path), 2);
    assert_true(fd_path_go(&path, fd_path_later(&path), NULL));
    assert_int_equal(path.count, 3);
    /* Another attempt stands beside. */
    const fd_path before = fd_path_before(&path);
    assert_int_equal(fd_path_next_attempt(&path, before.here, &fd_path_last(&path)->action), 1);
    assert_true(fd_path_add_under(&path, before.here, tell(&before, FD_ACT_CHOOSE, 0, 1), NULL));
    assert_int_equal(path.count, 3);
    assert_int_equal(path.step_count, 5);
    assert_int_equal(path.steps[4].parent, 1);
    assert_true(fd_path_go(&path, FD_NO_STEP, NULL));
    assert_int_equal(path.count, 0);
    assert_int_equal(fd_path_later(&path), 0);
    assert_true(fd_path_go(&path, 3, NULL));

    fd_path back;
    bool torn;
    assert_true(fd_path_open(&back, story, file, false, &torn, NULL));
    assert_int_equal(back.step_count, 5);
    assert_int_equal(back.here, 3);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(back.steps[i].parent, path.steps[i].parent);
        assert_int_equal(back.steps[i].later, path.steps[i].later);
        assert_string_equal(back.steps[i].turn->key, path.steps[i].turn->key);
    }
    /* Nobody else may go on with it meanwhile. */
    fd_path other;
    fd_error error = {FD_OK, ""};
    assert_false(fd_path_open(&other, story, file, true, &torn, &error));
    assert_int_equal(error.status, FD_FAILED);
    assert_non_null(strstr(error.message, "another Feverdream"));
    fd_path_free(&path);
    assert_true(fd_path_open(&other, story, file, true, &torn, &error));
    fd_path_free(&other);
    fd_path_free(&back);
}

/* Reads a file of these lines after a header, expecting a message; or none for "". */
static void reads(const char *lines, const char *expected) {
    char file[96];
    fd_path path = begun(), back;
    fd_buffer whole = FD_BUFFER(1 << 20);
    fd_error error = {FD_OK, ""};
    bool torn;
    (void)snprintf(file, sizeof file, "%s/lines.jsonl", folder);
    assert_true(fd_path_write(&path, &whole, NULL));
    assert_true(fd_buffer_add_text(&whole, lines, NULL));
    assert_true(fd_file_replace(file, whole.data, whole.length, NULL));
    bool ok = fd_path_open(&back, story, file, false, &torn, &error);
    assert_int_equal(ok, *expected == '\0');
    if (ok)
        fd_path_free(&back);
    else
        assert_non_null(strstr(error.message, expected));
    fd_buffer_free(&whole);
    fd_path_free(&path);
}

static void lines_that_cannot_be_are_refused(void **state) {
    (void)state;
    reads("{\"go\":0}\n{\"pin\":\"a\"}\n{\"take_back\":0}\n", "");
    reads("{\"go\":1}\n", ":2: \"go\" should be the number of an earlier turn");
    reads("{\"go\":-1}\n", "earlier turn");
    reads("{\"go\":0.5}\n", "earlier turn");
    reads("{\"pin\":3}\n", "\"pin\" should be a text");
    reads("{\"take_back\":1}\n", "number of earlier turns");
    reads("{\"action\":\"go on\",\"under\":3}\n", "\"under\" should be the number");
    reads("{}\n", "\"action\" should be one of");
}

static void old_saves_are_read(void **state) {
    (void)state;
    char file[96];
    (void)snprintf(file, sizeof file, "%s/old.jsonl", folder);
    fd_path path = played(file), back;
    bool torn;
    assert_true(fd_path_take_back(&path, 1, NULL)); /* as {"go":2}, once {"take_back":1} */
    fd_buffer lines = FD_BUFFER(1 << 20);
    assert_true(fd_file_read(file, &lines, NULL));
    char *go = strstr(lines.data, "{\"go\":2}");
    assert_non_null(go);
    lines.length = (size_t)(go - lines.data);
    *go = '\0';
    assert_true(fd_buffer_add_text(&lines, "{\"take_back\":1}\n", NULL));
    assert_true(fd_file_replace(file, lines.data, lines.length, NULL));
    assert_true(fd_path_open(&back, story, file, false, &torn, NULL));
    assert_int_equal(back.count, 2);
    assert_int_equal(fd_path_later(&back), 2);
    fd_buffer_free(&lines);
    fd_path_free(&back);
    fd_path_free(&path);
}

static void pinned_facts_are_in_the_key(void **state) {
    (void)state;
    fd_path path = begun(), other = begun();
    go_on(&path, FD_ACT_START, 0);
    go_on(&other, FD_ACT_START, 0);
    assert_true(fd_path_pin(&path, "The lamp is lit.", NULL));
    go_on(&path, FD_ACT_CHOOSE, 0);
    go_on(&other, FD_ACT_CHOOSE, 0);
    assert_string_not_equal(fd_path_last(&path)->key, fd_path_last(&other)->key);
    assert_string_equal(fd_path_last(&path)->pinned, "The lamp is lit.");
    assert_null(fd_path_last(&other)->pinned);
    assert_null(fd_path_before(&other).pinned);
    assert_true(fd_path_pin(&path, "", NULL));
    assert_null(path.pinned);
    assert_string_equal(fd_path_before(&path).pinned, "The lamp is lit.");
    fd_path_free(&path);
    fd_path_free(&other);
}

static void a_rewritten_turn_stands_beside_the_first(void **state) {
    (void)state;
    char file[96];
    (void)snprintf(file, sizeof file, "%s/edited.jsonl", folder);
    const fd_narrator teller = narrator();
    fd_path path = played(file), back;
    const fd_path before = fd_path_before(&path);
    const fd_turn *told = fd_path_last(&path);
    fd_situation situation;
    bool torn;
    assert_true(fd_situation_of(&before, &situation, NULL));
    fd_turn *edited =
        fd_narrator_edit(&teller, &situation, told, 0, "  Mine.\x1b \n\n\n\n Twice  mine. ", NULL);
    fd_turn *again = fd_narrator_edit(&teller, &situation, edited, 0, "Other.", NULL);
    fd_turn *at_once = fd_narrator_edit(&teller, &situation, told, 0, "Other.", NULL);
    fd_situation_free(&situation);
    assert_string_equal(edited->stretches[0].text, "Mine.\n\nTwice mine.");
    assert_int_equal(edited->stretches[0].voice, FD_EDITED);
    assert_string_equal(edited->unedited, told->check);
    assert_string_not_equal(edited->check, told->check);
    assert_string_not_equal(edited->key, told->key);
    assert_string_equal(again->key, at_once->key); /* what it is now is what counts */
    assert_string_equal(again->check, at_once->check);
    assert_string_equal(again->unedited, told->check);
    assert_int_equal(fd_turn_dreamed(again), 0);
    fd_turn_free(again), free(again);
    fd_turn_free(at_once), free(at_once);
    assert_true(fd_path_add_under(&path, before.here, edited, NULL));
    go_on(&path, FD_ACT_CHOOSE, 1);
    assert_true(fd_path_open(&back, story, file, false, &torn, NULL));
    assert_string_equal(back.turns[2]->stretches[0].text, "Mine.\n\nTwice mine.");
    assert_string_equal(back.turns[2]->unedited, path.turns[2]->unedited);
    assert_string_equal(back.turns[3]->check, path.turns[3]->check);
    fd_path_free(&back);
    fd_path_free(&path);
}

static void tells(bool (*retell)(const char *, fd_buffer *, fd_error *), const char *typed,
                  const char *expected) {
    fd_buffer told = FD_BUFFER(1000);
    assert_true(retell(typed, &told, NULL));
    assert_string_equal(fd_buffer_text(&told), expected);
    fd_buffer_free(&told);
}

static void does(const char *typed, const char *expected) {
    tells(fd_player_does, typed, expected);
}

static void says(const char *typed, const char *expected) {
    tells(fd_player_says, typed, expected);
}

static void answers(const char *typed, const char *expected) {
    tells(fd_player_answers, typed, expected);
}

static void answers_stand_in_sentences_about_the_player(void **state) {
    (void)state;
    answers("my gran's kitchen", "your gran's kitchen");
    answers(" My gran's kitchen. ", "your gran's kitchen");
    answers("that I am not real", "that you are not real");
    answers("I", "you");
    answers("The house I grew up in", "The house you grew up in");
    answers("Anna B.", "Anna B.");
    answers("\xc3\x89lo\xc3\xafse", "\xc3\x89lo\xc3\xafse");
    answers(" ", "");
}

static void deeds_are_told_in_the_second_person(void **state) {
    (void)state;
    does("open the window", "You open the window.");
    does("  Open the window.  ", "You open the window.");
    does("I open my bag", "You open your bag.");
    does("i run!", "You run!");
    does("you wait", "You wait.");
    does("You wait...", "You wait...");
    does("youth is wasted", "You youth is wasted.");
    does("\"hello\"", "You say, \"Hello.\"");
    says("who is there?", "You say, \"Who is there?\"");
    says("\"stop\"", "You say, \"Stop.\"");
    says("call me \"Ada\" now", "You say, \"Call me 'Ada' now.\"");
    says("\xc3\xa9t\xc3\xa9", "You say, \"\xc3\xa9t\xc3\xa9.\"");
}

static void put(const char *facts, size_t index, const char *fact, const char *expected) {
    fd_buffer all = FD_BUFFER(1000);
    assert_true(fd_facts_put(facts, index, fact, &all, NULL));
    assert_string_equal(fd_buffer_text(&all), expected);
    fd_buffer_free(&all);
}

static void facts_are_lines(void **state) {
    (void)state;
    const char *fact;
    put("", 0, " One.\t", "One.");
    put("One.", 1, "Two.\n\n Three. ", "One.\nTwo.\nThree.");
    put("One.\nTwo.\nThree.", 1, "", "One.\nThree.");
    put("One.", 0, " \n", "");
    put("One.", 0,
        "A\x1b"
        "B",
        "A B");
    assert_int_equal(fd_facts_count(""), 0);
    assert_int_equal(fd_facts_count("a\nb"), 2);
    assert_int_equal(fd_facts_at("a\nbc", 1, &fact), 2);
    assert_int_equal(*fact, 'b');
    assert_int_equal(fd_facts_at("a\nbc", 2, &fact), 0);
}

static void a_prompt_begins_with_what_is_pinned(void **state) {
    (void)state;
    static const char sample[] = "one two three four five six seven eight nine ten";
    const char *const segments[] = {"one two three", "four five"};
    fd_reading reading = {"lamp\ndoor", 1000, segments, 2, "six"};
    assert_true(fd_tokenizer_train(sample, strlen(sample), 258, folder, NULL));
    fd_tokenizer *tokenizer = fd_tokenizer_load(folder, NULL);
    assert_non_null(tokenizer);
    fd_reading_count counted;
    for (size_t limit = 12; limit < 60; limit++)
        for (reading.pinned_most = 0; reading.pinned_most < 12; reading.pinned_most++) {
            fd_tokens tokens = {0};
            fd_buffer read = FD_BUFFER(1000);
            assert_true(fd_prompt(tokenizer, &reading, limit, &tokens, &counted, NULL));
            assert_true(fd_tokenizer_decode(tokenizer, tokens.ids, tokens.count, &read, NULL));
            assert_true(tokens.count <= limit);
            assert_true(counted.pinned <= reading.pinned_most);
            assert_int_equal(tokens.count, 1 + counted.pinned + counted.segments + counted.open);
            const char *wanted = reading.pinned_most < 5    ? "<|endoftext|>"
                                 : reading.pinned_most < 10 ? "<|endoftext|>lamp<|endoftext|>"
                                                            : "<|endoftext|>lamp door<|endoftext|>";
            assert_int_equal(counted.facts, reading.pinned_most / 5);
            assert_int_equal(strncmp(fd_buffer_text(&read), wanted, strlen(wanted)), 0);
            if (limit == 59)
                assert_int_equal(counted.left_out, 0);
            fd_buffer_free(&read);
            fd_tokens_free(&tokens);
        }
    fd_tokenizer_free(tokenizer);
}

static void transcripts_hold_the_story(void **state) {
    (void)state;
    char file[96], page[96];
    (void)snprintf(file, sizeof file, "%s/story.jsonl", folder);
    (void)snprintf(page, sizeof page, "%s/story.html", folder);
    fd_path path = played(file), back;
    fd_buffer plain = FD_BUFFER(1 << 20), marked = FD_BUFFER(1 << 20), html = FD_BUFFER(1 << 20);
    bool torn;
    assert_true(fd_path_pin(&path, "</script> & \"]", NULL));
    assert_true(fd_path_take_back(&path, 1, NULL));
    assert_true(fd_transcript(&path, FD_TRANSCRIPT_TEXT, &plain, NULL));
    assert_true(fd_transcript(&path, FD_TRANSCRIPT_MARKDOWN, &marked, NULL));
    assert_true(fd_transcript(&path, FD_TRANSCRIPT_HTML, &html, NULL));
    assert_non_null(strstr(plain.data, "A <door> & *stairs*. "));
    assert_non_null(strstr(plain.data, "\n\n> Down\n\nDark. "));
    assert_non_null(strstr(marked.data, "A \\<door\\> \\& \\*stairs\\*. "));
    assert_non_null(strstr(html.data, "<p>A &lt;door&gt; &amp; *stairs*. "));
    assert_non_null(strstr(html.data, "<title>A &lt;Title&gt;</title>"));
    assert_null(strstr(html.data, "://")); /* it asks the network for nothing */
    assert_null(strstr(html.data, "src="));
    assert_true(fd_file_replace(page, html.data, html.length, NULL));
    assert_true(fd_path_open(&back, story, page, false, &torn, NULL));
    assert_int_equal(back.step_count, 3);
    assert_int_equal(back.count, 2);
    assert_string_equal(back.pinned, "</script> & \"]");
    fd_path_free(&back);
    fd_error error = {FD_OK, ""};
    assert_false(fd_path_open(&back, story, page, true, &torn, &error));
    assert_int_equal(error.status, FD_USAGE);
    html.length = (size_t)(strstr(html.data, "<script") - html.data);
    assert_true(fd_file_replace(page, html.data, html.length, NULL));
    assert_false(fd_path_open(&back, story, page, false, &torn, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    fd_buffer_free(&plain);
    fd_buffer_free(&marked);
    fd_buffer_free(&html);
    fd_path_free(&path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(back_forward_and_branches),
        cmocka_unit_test(lines_that_cannot_be_are_refused),
        cmocka_unit_test(old_saves_are_read),
        cmocka_unit_test(pinned_facts_are_in_the_key),
        cmocka_unit_test(a_rewritten_turn_stands_beside_the_first),
        cmocka_unit_test(deeds_are_told_in_the_second_person),
        cmocka_unit_test(answers_stand_in_sentences_about_the_player),
        cmocka_unit_test(facts_are_lines),
        cmocka_unit_test(a_prompt_begins_with_what_is_pinned),
        cmocka_unit_test(transcripts_hold_the_story),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
