/* The telling of turns: prompts, judging, paths on disk, foresight, and that all of it is a pure
 * function. The stories are told without a model: dreams fall back to the author's words. */
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

#include "model/tokenizer_train.h"
#include "story/corpus.h"
#include "story/foresight.h"
#include "story/judge.h"
#include "story/person.h"
#include "story/prompt.h"

static const char text[] =
    ":: Start\n{ask name \"Who?\" \"Nobody\"}{ask fear \"What?\" \"dark\"}\n"
    "{$name} is here. {~One|Two|Three|Four|Five|Six|Seven|Eight}.\n\n"
    "{dream 20 \"You heard\": You heard nothing.}\n\n[[Down->Cellar]]\n{type Call->Cellar}\n\n"
    ":: Cellar\n{$typed}? {~a|b|c|d|e|f|g|h}\n\n[[Up->Attic]]\n[[Stay->End]]\n\n"
    ":: Attic\nDust. {~a|b|c|d|e|f|g|h}\n\n[[Down->Cellar]]\n\n:: End [ending]\nIt is over.\n";

static fd_story *story;
static char folder[64];

static int set_up(void **state) {
    (void)state;
    story = fd_story_parse("test.twee", text, strlen(text), NULL);
    (void)snprintf(folder, sizeof folder, "/tmp/feverdream-narrator.%ld", (long)getpid());
    char make[96];
    (void)snprintf(make, sizeof make, "mkdir -p %s", folder);
    return story == NULL || system(make) != 0;
}

static int tear_down(void **state) {
    (void)state;
    char clear[96];
    fd_story_free(story);
    (void)snprintf(clear, sizeof clear, "rm -rf %s", folder);
    return system(clear);
}

static fd_narrator narrator_for(const char *seed) {
    return (fd_narrator){story, NULL, seed, 1, FD_DREAMING, 1, NULL, NULL};
}

static fd_error act(const fd_narrator *narrator, fd_path *path, fd_action_kind kind, size_t choice,
                    const char *typed, size_t attempt) {
    fd_error error = {FD_OK, ""};
    char copy[32];
    (void)snprintf(copy, sizeof copy, "%s", typed ? typed : "");
    const fd_action action = {kind, choice, typed ? copy : NULL};
    fd_situation situation;
    assert_true(fd_situation_of(path, &situation, &error));
    fd_turn *turn = fd_narrator_tell(narrator, &situation, &action, attempt, NULL, &error);
    fd_situation_free(&situation);
    if (turn)
        assert_true(fd_path_add(path, turn, &error));
    return error;
}

/* Plays: two questions, a typed word, up, down, stay. */
static void play(const fd_narrator *narrator, fd_path *path) {
    assert_int_equal(act(narrator, path, FD_ACT_START, 0, NULL, 0).status, FD_OK);
    assert_string_equal(fd_path_last(path)->question->question, "Who?");
    assert_int_equal(fd_path_last(path)->stretch_count, 0);
    assert_int_equal(act(narrator, path, FD_ACT_ANSWER, 0, "Ada", 0).status, FD_OK);
    assert_string_equal(fd_path_last(path)->question->question, "What?");
    assert_int_equal(act(narrator, path, FD_ACT_ANSWER, 0, "moths", 0).status, FD_OK);
    assert_null(fd_path_last(path)->question);
    assert_non_null(strstr(fd_path_last(path)->stretches[0].text, "Ada is here."));
    assert_string_equal(fd_path_last(path)->stretches[1].text, "\n\nYou heard nothing.");
    assert_int_equal(act(narrator, path, FD_ACT_TYPE, 1, "Hello", 0).status, FD_OK);
    assert_non_null(strstr(fd_path_last(path)->stretches[0].text, "Hello?"));
    assert_int_equal(act(narrator, path, FD_ACT_CHOOSE, 0, NULL, 0).status, FD_OK);
    assert_int_equal(act(narrator, path, FD_ACT_CHOOSE, 0, NULL, 0).status, FD_OK);
    assert_int_equal(act(narrator, path, FD_ACT_CHOOSE, 1, NULL, 0).status, FD_OK);
    assert_true(fd_path_last(path)->ending);
}

static void the_same_seed_and_actions_tell_the_same(void **state) {
    (void)state;
    const fd_narrator one = narrator_for("one"), two = narrator_for("two");
    fd_path first = FD_PATH, again = FD_PATH, other = FD_PATH;
    play(&one, &first);
    play(&one, &again);
    play(&two, &other);
    assert_int_equal(first.count, 7);
    for (size_t i = 0; i < first.count; i++) {
        assert_string_equal(first.turns[i]->check, again.turns[i]->check);
        assert_string_equal(first.turns[i]->key, again.turns[i]->key);
    }
    assert_string_not_equal(first.turns[6]->check, other.turns[6]->check);
    fd_path_free(&first);
    fd_path_free(&again);
    fd_path_free(&other);
}

static void another_attempt_draws_anew_and_wrong_actions_are_refused(void **state) {
    (void)state;
    const fd_narrator narrator = narrator_for("s");
    size_t different = 0;
    char check[17] = "";
    for (size_t attempt = 0; attempt < 6; attempt++) {
        fd_path path = FD_PATH;
        act(&narrator, &path, FD_ACT_START, 0, NULL, 0);
        act(&narrator, &path, FD_ACT_ANSWER, 0, "Ada", 0);
        act(&narrator, &path, FD_ACT_ANSWER, 0, "moths", attempt);
        different += strcmp(check, fd_path_last(&path)->check) != 0;
        memcpy(check, fd_path_last(&path)->check, sizeof check);
        assert_int_equal(act(&narrator, &path, FD_ACT_CHOOSE, 5, NULL, 0).status, FD_USAGE);
        assert_int_equal(act(&narrator, &path, FD_ACT_CHOOSE, 1, NULL, 0).status, FD_USAGE);
        assert_int_equal(act(&narrator, &path, FD_ACT_ANSWER, 0, "x", 0).status, FD_USAGE);
        assert_int_equal(act(&narrator, &path, FD_ACT_START, 0, NULL, 0).status, FD_USAGE);
        assert_int_equal(path.count, 3);
        fd_path_free(&path);
    }
    assert_true(different >= 4); /* of eight variants, six attempts rarely agree */
}

static void a_path_comes_back_from_disk_as_it_was(void **state) {
    (void)state;
    char file[96], *words[] = {"test.twee", story->hash, "Test", "s", "", ""};
    const fd_narrator narrator = narrator_for("s");
    const fd_path_header header = {words[0], words[1], words[2], words[3],
                                   words[4], words[5], NULL};
    fd_path path = FD_PATH, back;
    bool torn = true;
    (void)snprintf(file, sizeof file, "%s/save.jsonl", folder);
    assert_true(fd_path_set_header(&path, &header, NULL));
    assert_true(fd_path_create(&path, story, file, NULL));
    fd_error error = {FD_OK, ""};
    fd_path second = FD_PATH;
    assert_true(fd_path_set_header(&second, &header, NULL));
    assert_false(fd_path_create(&second, story, file, &error)); /* never overwritten */
    fd_path_free(&second);
    play(&narrator, &path);
    assert_true(fd_path_take_back(&path, 2, NULL));
    assert_true(fd_path_open(&back, story, file, false, &torn, NULL));
    assert_false(torn);
    assert_int_equal(back.count, 5);
    for (size_t i = 0; i < back.count; i++) {
        const fd_turn *a = path.turns[i], *b = back.turns[i];
        assert_string_equal(a->check, b->check);
        assert_int_equal(a->stretch_count, b->stretch_count);
        for (size_t s = 0; s < a->stretch_count; s++)
            assert_string_equal(a->stretches[s].text, b->stretches[s].text);
    }
    /* What follows a resumed path is what would have followed. */
    act(&narrator, &path, FD_ACT_CHOOSE, 0, NULL, 0);
    act(&narrator, &back, FD_ACT_CHOOSE, 0, NULL, 0);
    assert_string_equal(fd_path_last(&path)->check, fd_path_last(&back)->check);
    fd_path_free(&path);
    fd_path_free(&back);
}

static void foresight_tells_what_telling_tells(void **state) {
    (void)state;
    const fd_narrator narrator = narrator_for("f");
    fd_path path = FD_PATH;
    act(&narrator, &path, FD_ACT_START, 0, NULL, 0);
    act(&narrator, &path, FD_ACT_ANSWER, 0, "Ada", 0);
    act(&narrator, &path, FD_ACT_ANSWER, 0, "moths", 0);
    act(&narrator, &path, FD_ACT_CHOOSE, 0, NULL, 0);
    for (size_t ahead = 0; ahead < 3; ahead++)
        for (size_t choice = 0; choice < 2; choice++)
            for (size_t attempt = 0; attempt < 2; attempt++) {
                fd_foresight *foresight = fd_foresight_new(&narrator, ahead, NULL);
                const fd_action action = {FD_ACT_CHOOSE, choice, NULL};
                fd_turn *turn = NULL;
                size_t done, wanted;
                assert_true(fd_foresight_look(foresight, &path, NULL));
                assert_true(fd_foresight_ask(foresight, &path, &action, attempt, NULL));
                while (!turn)
                    assert_true(fd_foresight_take(foresight, 50, &turn, &done, &wanted, NULL));
                fd_situation situation;
                assert_true(fd_situation_of(&path, &situation, NULL));
                fd_turn *told =
                    fd_narrator_tell(&narrator, &situation, &action, attempt, NULL, NULL);
                assert_string_equal(turn->check, told->check);
                fd_turn_free(turn);
                free(turn);
                fd_turn_free(told);
                free(told);
                fd_situation_free(&situation);
                fd_foresight_free(foresight);
            }
    fd_path_free(&path);
}

/* Turned away from what it works on, however often, foresight tells what is asked for in the end.
 */
static void foresight_lets_go_of_what_nobody_wants(void **state) {
    (void)state;
    const fd_narrator narrator = narrator_for("f");
    fd_foresight *foresight = fd_foresight_new(&narrator, 2, NULL);
    fd_path start = FD_PATH, cellar = FD_PATH;
    fd_path *const paths[] = {&start, &cellar};
    for (size_t i = 0; i < 2; i++) {
        act(&narrator, paths[i], FD_ACT_START, 0, NULL, 0);
        act(&narrator, paths[i], FD_ACT_ANSWER, 0, "Ada", 0);
        act(&narrator, paths[i], FD_ACT_ANSWER, 0, "moths", 0);
    }
    act(&narrator, &cellar, FD_ACT_CHOOSE, 0, NULL, 0);
    for (size_t i = 0; i < 200; i++) {
        char words[] = "a word";
        const fd_action typed = {FD_ACT_TYPE, 1, words};
        assert_true(fd_foresight_ask(foresight, &start, &typed, i, NULL));
        assert_true(fd_foresight_look(foresight, &cellar, NULL));
        if (i % 2)
            assert_true(fd_foresight_look(foresight, &start, NULL));
    }
    const fd_action up = {FD_ACT_CHOOSE, 0, NULL};
    fd_turn *turn = NULL;
    size_t done, wanted;
    assert_true(fd_foresight_ask(foresight, &cellar, &up, 0, NULL));
    while (!turn)
        assert_true(fd_foresight_take(foresight, 50, &turn, &done, &wanted, NULL));
    act(&narrator, &cellar, FD_ACT_CHOOSE, 0, NULL, 0);
    assert_string_equal(turn->check, fd_path_last(&cellar)->check);
    fd_turn_free(turn);
    free(turn);
    fd_foresight_free(foresight);
    fd_path_free(&start);
    fd_path_free(&cellar);
}

static void a_prompt_keeps_the_newest_segments(void **state) {
    (void)state;
    static const char sample[] = "one two three four five six seven eight nine ten";
    const char *const segments[] = {"one two three", "four five", "six"};
    const fd_reading reading = {NULL, 0, segments, 3, "seven"};
    assert_true(fd_tokenizer_train(sample, strlen(sample), 258, folder, NULL));
    fd_tokenizer *tokenizer = fd_tokenizer_load(folder, NULL);
    assert_non_null(tokenizer);
    for (size_t limit = 4; limit < 60; limit++) {
        fd_tokens tokens = {0};
        fd_buffer read = FD_BUFFER(1000);
        assert_true(fd_prompt(tokenizer, &reading, limit, &tokens, NULL, NULL));
        assert_true(tokens.count <= limit);
        assert_true(fd_tokenizer_decode(tokenizer, tokens.ids, tokens.count, &read, NULL));
        const char *got = fd_buffer_text(&read);
        const char *whole = "<|endoftext|>one two three<|endoftext|>four five<|endoftext|>six"
                            "<|endoftext|>seven";
        size_t length = strlen(got), all = strlen(whole);
        if (limit == 59)
            assert_string_equal(got, whole);
        /* Beyond the first mark it is the end of the whole, begun at a segment. */
        const char *kept = got + strlen(FD_END_OF_TEXT);
        assert_string_equal(kept, whole + all - (length - strlen(FD_END_OF_TEXT)));
        if (limit > 6)
            assert_true(strncmp(kept, "one", 3) == 0 || strncmp(kept, "four", 4) == 0 ||
                        strncmp(kept, "six", 3) == 0 || strncmp(kept, "seven", 5) == 0);
        fd_buffer_free(&read);
        fd_tokens_free(&tokens);
    }
    fd_tokenizer_free(tokenizer);
}

static void trimmed(const char *from, size_t words, const char *expected) {
    fd_buffer buffer = FD_BUFFER(1000);
    assert_true(fd_buffer_add_text(&buffer, from, NULL));
    bool ok = fd_judge_trim(&buffer, words);
    assert_int_equal(ok, *expected != '\0');
    assert_string_equal(fd_buffer_text(&buffer), expected);
    fd_buffer_free(&buffer);
}

static void dreams_are_cut_at_sentences(void **state) {
    (void)state;
    trimmed("You went down. You saw the", 20, "You went down.");
    trimmed("You went down", 20, "");
    trimmed("One two three. Four five six. Seven eight nine. Ten.", 5,
            "One two three. Four five six.");
    trimmed("You saw Mr. Hale. He", 20, "You saw Mr. Hale.");
    trimmed("\"Who?\" you said. \"It is I. You", 20, "\"Who?\" you said.");
    trimmed("  One.   Two.\nThree. ", 20, "One. Two. Three.");
}

static double score_of(const char *dream, double logprob, const char *told) {
    return fd_judge_score(dream, logprob, told) + fd_judge_length(dream, 16);
}

static void better_dreams_score_higher(void **state) {
    (void)state;
    const char *good = "You went down the stair and you put your hand on the wall. It was wet.";
    const char *const worse[] = {
        "You went down the stair and went down the stair and went down the stair. It was wet.",
        "I went down the stair and I put my hand on the wall. It was wet.",
        "You went down the stair and you saw Hubert and Lady Marchmont there. It was wet.",
        "You put your door by the door and your hand on the door by the door. It was wet.",
        "You went down the stair and \"you put your hand on the wall. It was wet.",
        "You went down the stair and you put your hand on the wall. It is wet.",
        "You went down the stair and you put your hand on the. It was wet.",
        "You went down there and you thought that there was some good in it. It was wet.",
        "You went."};
    double best = score_of(good, -3.0, "");
    assert_true(best > FD_JUDGE_POOR);
    for (size_t i = 0; i < sizeof worse / sizeof worse[0]; i++)
        assert_true(score_of(worse[i], -3.0, "") < best);
    assert_true(score_of(good, -4.0, "") < best);
    assert_true(score_of(worse[2], -3.0, "Hubert and Lady Marchmont came.") >
                score_of(worse[2], -3.0, ""));
    assert_true(score_of(good, -3.0, "There is a stair.") > best);
}

static void a_dream_is_looked_at_word_by_word(void **state) {
    (void)state;
    fd_findings seen;
    fd_judge_look("You would have told the bell. \"I am here,\" it said, and.",
                  "The Bell rang twice. You told nobody.", &seen);
    assert_int_equal(seen.words, 12);
    assert_int_equal(seen.you, 1);
    assert_int_equal(seen.first_person, 0); /* in quotes anybody may be I, and now */
    assert_int_equal(seen.present, 0);      /* "would have" is neither */
    assert_int_equal(seen.past, 2);         /* would, said */
    assert_int_equal(seen.hollow, 3);       /* would, have, it */
    assert_int_equal(seen.dangling, 1);
    assert_int_equal(seen.echoes, 2); /* told, bell */
    assert_int_equal(seen.quotes, 2);
    fd_judge_look("The opened door. You opened it. It was opened.", "", &seen);
    assert_int_equal(seen.past, 2); /* "opened" alone may be no verb */
    fd_judge_look("We have it [1] is", "", &seen);
    assert_int_equal(seen.first_person, 1);
    assert_int_equal(seen.present, 2);
    assert_int_equal(seen.signs, 3);
    assert_int_equal(seen.dangling, 0);
}

static void retold(const char *from, const char *expected) {
    fd_buffer told = FD_BUFFER(1000);
    assert_true(fd_person_second(from, strlen(from), &told, NULL));
    assert_string_equal(fd_buffer_text(&told), expected);
    fd_buffer_free(&told);
}

static void the_first_person_becomes_the_second(void **state) {
    (void)state;
    retold("I was in my room.", "You were in your room.");
    retold("\"I was in my room,\" I said.", "\"I was in my room,\" you said.");
    retold("He gave me mine. Was I myself?", "He gave you yours. Were you yourself?");
    retold("I'm sure I wasn't afraid.", "You're sure you weren't afraid.");
    retold("\"Who?\" I asked. I ran.", "\"Who?\" you asked. You ran.");
    retold("\"Left open\nI went.", "\"Left open\nYou went.");
    retold("\xe2\x80\x9cI am,\xe2\x80\x9d I said. It was late.",
           "\xe2\x80\x9cI am,\xe2\x80\x9d you said. It was late.");
    retold("Ice in Inverness was mined.", "Ice in Inverness was mined.");
    retold("I never was down the mine\xe2\x80\x94I was ill.",
           "You never were down the mine\xe2\x80\x94you were ill.");
}

static void segments_end_with_sentences_and_lose_nothing(void **state) {
    (void)state;
    fd_buffer from = FD_BUFFER(100000), cut = FD_BUFFER(100000);
    for (int i = 0; i < 300; i++)
        assert_true(fd_buffer_addf(&from, NULL, "Mr. Hale went out%s ", i % 3 ? "." : " and came"));
    assert_true(fd_corpus_segments(fd_buffer_text(&from), from.length, 1, &cut, NULL));
    size_t segments = 0, words = 0, all = 0;
    for (char *word = strtok(from.data, " "); word; word = strtok(NULL, " "))
        all++;
    for (char *at = cut.data, *mark; (mark = strstr(at, FD_END_OF_TEXT)); segments++) {
        *mark = '\0';
        assert_true(mark[-1] == '.' || !strstr(mark + 1, FD_END_OF_TEXT));
        assert_true(mark - at < 3 || memcmp(mark - 3, "Mr.", 3) != 0);
        char *next = mark + strlen(FD_END_OF_TEXT);
        for (char *word = strtok(at, " "); word; word = strtok(NULL, " "))
            words++;
        at = next;
    }
    assert_true(segments > 10);
    assert_int_equal(words, all);
    fd_buffer_free(&from);
    fd_buffer_free(&cut);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_and_actions_tell_the_same),
        cmocka_unit_test(another_attempt_draws_anew_and_wrong_actions_are_refused),
        cmocka_unit_test(a_path_comes_back_from_disk_as_it_was),
        cmocka_unit_test(foresight_tells_what_telling_tells),
        cmocka_unit_test(foresight_lets_go_of_what_nobody_wants),
        cmocka_unit_test(a_prompt_keeps_the_newest_segments),
        cmocka_unit_test(dreams_are_cut_at_sentences),
        cmocka_unit_test(better_dreams_score_higher),
        cmocka_unit_test(a_dream_is_looked_at_word_by_word),
        cmocka_unit_test(the_first_person_becomes_the_second),
        cmocka_unit_test(segments_end_with_sentences_and_lose_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
