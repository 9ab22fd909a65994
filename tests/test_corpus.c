/* A writer's texts: cleaned, sifted, held out, and found again in what a model wrote. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/file.h"
#include "model/tokenizer.h"
#include "story/clean.h"
#include "story/corpus.h"
#include "story/held_out.h"
#include "story/overlap.h"

#define DASH "\xe2\x80\x94"

static void clean(const char *from, const char *expected) {
    fd_buffer into = FD_BUFFER(10000);
    assert_true(fd_clean_text("x.txt", 1, from, strlen(from), &into, NULL));
    assert_string_equal(fd_buffer_text(&into), expected);
    fd_buffer_free(&into);
}

static void one_kind_of_quote_and_dash_is_left(void **state) {
    (void)state;
    clean("\xe2\x80\x9cIt\xe2\x80\x99s here,\xe2\x80\x9d she said\xe2\x80\xa6",
          "\"It's here,\" she said...");
    clean("one -- two --- three \xe2\x80\x93 four", "one" DASH "two" DASH "three" DASH "four");
    clean("1914\xe2\x80\x93"
          "1918, well-known",
          "1914-1918, well-known");
    clean("cafe\xcc\x81\xc2\xa0\xc2\xadhere\r\n\tthere", "caf\xc3\xa9 here\nthere");
    clean("a  b &amp; c &mdash; d", "a b & c" DASH "d");
    clean("one\x1b[31m red\x07", "one[31m red");
}

static void markup_and_links_are_removed(void **state) {
    (void)state;
    clean("A [[door->Hall]] and [[Hall<-a lamp]] and [[stairs|Hall]].",
          "A door and a lamp and stairs.");
    clean("Go.\n[[On->Next]]\n* [[Back]]\nStay.", "Go.\n\n\nStay.");
    clean("<i>Never</i> <<set $x to 1>>*mind* the __gap__ // x", "Never mind the gap // x");
    clean("See [this](http://a.b) ![pic](x.png)at https://a.b/c?d now[1].", "See this at now.");
    clean("> quoted\n- a thing\n2 * 3 * 4 _under_ snake_case", "quoted\na thing\n2 * 3 * 4 under "
                                                               "snake_case");
    clean("(set: $a to 2)It is (she said: no) so.", "It is (she said: no) so.");
    clean("one<|endoftext|>two <!-- a\nb -->three", "one<|endoftext|>two\nthree");
    clean("2 < 3, a <b", "2 < 3, a <b");
}

static void the_line_that_is_no_utf8_is_named(void **state) {
    (void)state;
    fd_buffer into = FD_BUFFER(10000);
    fd_error error = {FD_OK, ""};
    assert_false(fd_clean_text("x.txt", 1, "one\ntwo\nth\xe9re", 12, &into, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    assert_non_null(strstr(error.message, "x.txt:3: "));
    fd_buffer_free(&into);
}

/* What is left of a text, without the marks. */
static void sifted(const char *from, const char *expected, const size_t dropped[FD_DROPS]) {
    fd_corpus corpus = fd_corpus_new(false);
    assert_true(fd_corpus_add(&corpus, "x.txt", from, strlen(from), NULL));
    char *mark = strstr(fd_buffer_text(&corpus.text), FD_END_OF_TEXT);
    if (mark)
        *mark = '\0';
    assert_string_equal(fd_buffer_text(&corpus.text), expected);
    for (size_t d = 0; d < FD_DROPS; d++)
        if (corpus.dropped[d].count != dropped[d])
            fail_msg("%s: %zu dropped, expected %zu", fd_drop_name((fd_drop)d),
                     corpus.dropped[d].count, dropped[d]);
    fd_corpus_free(&corpus);
}

static void what_teaches_nothing_is_dropped(void **state) {
    (void)state;
    sifted("You wait. Click-clack, click-clack. Thrum-tum, thrum-tum. It stops.",
           "You wait. It stops.", (size_t[FD_DROPS]){[FD_DROP_SOUND] = 2});
    sifted("Drip. Noooo! You go on, and on, and on.\n\nBang!", "You go on, and on, and on.",
           (size_t[FD_DROPS]){[FD_DROP_SOUND] = 3});
    sifted("\"Bang! Bang! He is dead,\" she says.", "\"Bang! Bang! He is dead,\" she says.",
           (size_t[FD_DROPS]){0});
    sifted("Um... er. Oh.\n\n* * *\n\nThe door opens.", "The door opens.",
           (size_t[FD_DROPS]){[FD_DROP_FILLER] = 4});
    sifted("# The Well\n\nChapter 3\n\nXIV.\n\nTHE HOUSE\n\nTODO: the end is weak.\n\nThe End\n\n"
           "You are home.",
           "You are home.", (size_t[FD_DROPS]){[FD_DROP_HEADING] = 6});
}

static void what_stood_before_is_dropped(void **state) {
    (void)state;
    static const char long_one[] = "The well is at the end of the garden, under the yew, and you "
                                   "have never looked into it.";
    fd_buffer text = FD_BUFFER(10000), expected = FD_BUFFER(10000);
    assert_true(
        fd_buffer_addf(&text, NULL,
                       "%s\n\n\"No.\"\n\n%s\n\nThe well is at the end of the garden, under "
                       "the yew, and you had never looked into it.\n\n\"No.\"\n\nThe yew is "
                       "at the end of another garden than the one you remember.",
                       long_one, long_one));
    assert_true(
        fd_buffer_addf(&expected, NULL,
                       "%s\n\n\"No.\"\n\n\"No.\"\n\nThe yew is at the end of another garden "
                       "than the one you remember.",
                       long_one));
    sifted(fd_buffer_text(&text), fd_buffer_text(&expected),
           (size_t[FD_DROPS]){[FD_DROP_SAME] = 1, [FD_DROP_ALIKE] = 1});
    fd_buffer_free(&text);
    fd_buffer_free(&expected);
}

static void dropped_lines_are_shown_with_their_places(void **state) {
    (void)state;
    fd_corpus corpus = fd_corpus_new(true);
    static const char text[] = "I came in.\nI sat.\n\nBang!\n<|endoftext|>\nI went.\nTick, tock.\n";
    assert_true(fd_corpus_add(&corpus, "n.txt", text, strlen(text), NULL));
    assert_string_equal(fd_buffer_text(&corpus.text), "You came in.\n\nYou sat.<|endoftext|>"
                                                      "You went.<|endoftext|>");
    assert_int_equal(corpus.segments, 2);
    assert_int_equal(corpus.words, 7);
    assert_string_equal(corpus.dropped[FD_DROP_SOUND].examples[0], "n.txt:4: Bang!");
    assert_string_equal(corpus.dropped[FD_DROP_SOUND].examples[1], "n.txt:7: Tick, tock.");
    fd_corpus_free(&corpus);
}

static void wrapped_lines_are_joined(void **state) {
    (void)state;
    sifted("You go down the stair to the cellar, where the\nLamp hangs that nobody has lit for a "
           "year.\nIt is lit.",
           "You go down the stair to the cellar, where the Lamp hangs that nobody has lit for a "
           "year.\n\nIt is lit.",
           (size_t[FD_DROPS]){0});
    sifted("You go down to the cellar, where the\nlamp hangs.",
           "You go down to the cellar, where "
           "the lamp hangs.",
           (size_t[FD_DROPS]){0});
}

static void stories_are_told_without_their_dreams(void **state) {
    (void)state;
    static const char twee[] =
        ":: Start\n{ask name \"Who?\" \"Robin\"}You wake {~early|late in the "
        "day}. [[Go on->End]]\n\n"
        "{dream 40 \"You dream\": Nothing was dreamed.}\n\n:: End [ending]\n"
        "The end of the road is here, {$name}.\n";
    static const char other[] = ":: Clock\nTick, tock. The clock is slow.\n";
    char path[] = "/tmp/feverdream-story-XXXXXX", one[64], two[64], *paths = path;
    assert_non_null(mkdtemp(path));
    (void)snprintf(one, sizeof one, "%s/a.twee", path);
    (void)snprintf(two, sizeof two, "%s/b.twee", path);
    assert_true(fd_file_replace(one, twee, strlen(twee), NULL));
    assert_true(fd_file_replace(two, other, strlen(other), NULL));
    fd_manuscript story;
    fd_corpus corpus = fd_corpus_new(false);
    assert_true(fd_manuscript_open(&paths, 1, &story, NULL));
    assert_true(fd_corpus_add_story(&corpus, &story, NULL));
    assert_non_null(strstr(corpus.dropped[FD_DROP_SOUND].examples[0], "/b.twee:1: Tick, tock."));
    const char *text = fd_buffer_text(&corpus.text);
    assert_non_null(strstr(text, "You wake "));
    assert_non_null(strstr(text, "The end of the road is here, Robin.<|endoftext|>"));
    assert_null(strstr(text, "dream"));
    assert_null(strstr(text, "->"));
    assert_ptr_equal(strstr(text, "The end"), strstr(text, "The end of the road"));
    fd_corpus_free(&corpus);
    fd_manuscript_free(&story);
    assert_true(fd_folder_remove(path, NULL));
}

static void a_share_of_whole_segments_is_held_out(void **state) {
    (void)state;
    fd_buffer text = FD_BUFFER(100000), rest = FD_BUFFER(100000), held = FD_BUFFER(100000);
    for (int i = 0; i < 500; i++)
        assert_true(fd_buffer_addf(&text, NULL, "Segment %03d.%s", i, FD_END_OF_TEXT));
    assert_true(fd_hold_out(fd_buffer_text(&text), text.length, 10, &rest, &held, NULL));
    assert_int_equal(rest.length + held.length, text.length);
    assert_int_equal(held.length, text.length / 10);
    assert_int_equal(memcmp(held.data, "Segment 090.", 12), 0);
    assert_non_null(strstr(held.data, "Segment 099."));
    assert_null(strstr(held.data, "Segment 100."));
    assert_non_null(strstr(held.data, "Segment 499."));
    assert_null(strstr(rest.data, "Segment 499."));
    fd_buffer_free(&text);
    fd_buffer_free(&rest);
    fd_buffer_free(&held);
}

static void paragraphs_are_held_out_of_a_text_without_marks(void **state) {
    (void)state;
    fd_buffer text = FD_BUFFER(100000), rest = FD_BUFFER(100000), held = FD_BUFFER(100000);
    for (int i = 0; i < 100; i++)
        assert_true(fd_buffer_addf(&text, NULL, "Paragraph %02d.\n\n", i));
    assert_true(fd_buffer_add_text(&text, FD_END_OF_TEXT, NULL));
    assert_true(fd_hold_out(fd_buffer_text(&text), text.length, 20, &rest, &held, NULL));
    assert_int_equal(rest.length + held.length, text.length);
    assert_in_range(held.length, text.length * 18 / 100, text.length * 22 / 100);
    assert_int_equal(memcmp(held.data, "Paragraph 1", 11), 0);
    fd_buffer_free(&text);
    fd_buffer_free(&rest);
    fd_buffer_free(&held);
}

static void words_are_the_same_in_any_dress(void **state) {
    (void)state;
    static const char one[] = "\"Don't go\xe2\x80\x94'Anna'!\"", two[] = "don\xe2\x80\x99t GO anna";
    fd_words a = {NULL, 0, 0}, b = {NULL, 0, 0};
    assert_true(fd_words_add(one, strlen(one), &a, NULL));
    assert_true(fd_words_add(two, strlen(two), &b, NULL));
    assert_int_equal(a.count, 3);
    assert_int_equal(b.count, 3);
    assert_true(fd_words_run(a.items, 3) == fd_words_run(b.items, 3));
    assert_true(fd_words_run(a.items, 2) != fd_words_run(a.items + 1, 2));
    fd_words_free(&a);
    fd_words_free(&b);
}

static void what_was_copied_is_counted_and_shown(void **state) {
    (void)state;
    static const char source[] = "one two three four five six seven eight nine ten. eleven twelve "
                                 "thirteen fourteen fifteen sixteen seventeen eighteen.";
    static const char wrote[] = "zero One two, three four five six seven eight nine zero";
    static const char other[] =
        "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen";
    static const char mixed[] = "one two three four five six seven and eight nine ten eleven";
    fd_overlap overlap;
    assert_true(fd_overlap_init(&overlap, source, strlen(source), NULL));
    assert_true(fd_overlap_add(&overlap, mixed, strlen(mixed), NULL));
    assert_int_equal(overlap.runs, 5);
    assert_int_equal(overlap.copied, 0);
    assert_true(fd_overlap_add(&overlap, other, strlen(other), NULL));
    assert_true(fd_overlap_add(&overlap, wrote, strlen(wrote), NULL));
    assert_int_equal(overlap.runs, 5 + 1 + 4);
    assert_int_equal(overlap.copied, 1 + 2);
    assert_true(fd_overlap_share(&overlap) > 0.299 && fd_overlap_share(&overlap) < 0.301);
    assert_int_equal(overlap.examples[0].words, 9);
    assert_string_equal(overlap.examples[0].text, "One two, three four five six seven eight nine");
    assert_string_equal(overlap.examples[1].text, other);
    assert_null(overlap.examples[2].text);
    fd_overlap_free(&overlap);
    assert_true(fd_overlap_init(&overlap, "few words", 9, NULL));
    assert_true(fd_overlap_add(&overlap, source, strlen(source), NULL));
    assert_int_equal(overlap.copied, 0);
    fd_overlap_free(&overlap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_kind_of_quote_and_dash_is_left),
        cmocka_unit_test(markup_and_links_are_removed),
        cmocka_unit_test(the_line_that_is_no_utf8_is_named),
        cmocka_unit_test(what_teaches_nothing_is_dropped),
        cmocka_unit_test(what_stood_before_is_dropped),
        cmocka_unit_test(dropped_lines_are_shown_with_their_places),
        cmocka_unit_test(wrapped_lines_are_joined),
        cmocka_unit_test(stories_are_told_without_their_dreams),
        cmocka_unit_test(a_share_of_whole_segments_is_held_out),
        cmocka_unit_test(paragraphs_are_held_out_of_a_text_without_marks),
        cmocka_unit_test(words_are_the_same_in_any_dress),
        cmocka_unit_test(what_was_copied_is_counted_and_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
