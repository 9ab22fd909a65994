/* Twee read and written: what the specification says, and where bad files are bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "story/twee.h"

#define JSON "{\"position\":\"600,400\"}"

static void parse(const char *text, fd_twee *twee) {
    fd_error error = {FD_OK, ""};
    if (!fd_twee_parse("a.twee", text, strlen(text), twee, &error))
        fail_msg("%s", error.message);
}

static void a_file_is_read(void **state) {
    (void)state;
    fd_twee twee;
    parse("\n \n:: Start\nOne.\n\n  Two.  \n\n \n::An overgrown path [forest  spooky] " JSON
          " \n::  Empty  \n\n:: Only metadata " JSON "\n:not a header\n : :: nor this",
          &twee);
    assert_int_equal(twee.count, 4);
    assert_string_equal(twee.source, "a.twee");
    assert_string_equal(twee.passages[0].name, "Start");
    assert_string_equal(twee.passages[0].text, "One.\n\n  Two.  ");
    assert_int_equal(twee.passages[0].line, 3);
    assert_int_equal(twee.passages[0].tag_count, 0);
    assert_null(twee.passages[0].metadata);
    const fd_passage *path = fd_twee_find(&twee, "An overgrown path");
    assert_ptr_equal(path, &twee.passages[1]);
    assert_int_equal(path->line, 9);
    assert_int_equal(path->tag_count, 2);
    assert_string_equal(path->tags[0], "forest");
    assert_true(fd_passage_has_tag(path, "spooky"));
    assert_false(fd_passage_has_tag(path, "spook"));
    assert_string_equal(path->metadata, JSON);
    assert_string_equal(path->text, "");
    assert_string_equal(twee.passages[2].name, "Empty");
    assert_string_equal(twee.passages[3].metadata, JSON);
    assert_string_equal(twee.passages[3].text, ":not a header\n : :: nor this");
    assert_null(fd_twee_find(&twee, "start"));
    fd_twee_free(&twee);
}

static void backslashes_protect_what_would_end_a_name(void **state) {
    (void)state;
    fd_twee twee;
    parse(":: a\\[b\\]\\{c\\}\\\\d\\q [t\\]ag]\n", &twee);
    assert_string_equal(twee.passages[0].name, "a[b]{c}\\dq");
    assert_int_equal(twee.passages[0].tag_count, 1);
    assert_string_equal(twee.passages[0].tags[0], "t]ag");
    fd_twee_free(&twee);
}

static void windows_line_ends_and_the_byte_order_mark_are_left_out(void **state) {
    (void)state;
    fd_twee twee;
    parse("\xef\xbb\xbf:: Start [a]\r\nOne.\r\n\r\nTwo.\r\n", &twee);
    assert_string_equal(twee.passages[0].text, "One.\n\nTwo.");
    assert_string_equal(twee.passages[0].tags[0], "a");
    fd_twee_free(&twee);
}

static void what_is_written_reads_the_same(void **state) {
    (void)state;
    fd_twee twee, again;
    parse(":: a\\[b\\] [x y\\{z] " JSON "\n\n  Leading blank.\n\\:: plain\n\n\n:: caf\xc3\xa9\n"
          ":: back\\\\slash {}\nText \\{ [[a\\[b\\]]].\nlast",
          &twee);
    fd_buffer first = FD_BUFFER(10000), second = FD_BUFFER(10000);
    fd_error error = {FD_OK, ""};
    assert_true(fd_twee_write(&twee, &first, &error));
    parse(first.data, &again);
    assert_int_equal(again.count, twee.count);
    for (size_t i = 0; i < twee.count; i++) {
        const fd_passage *a = &twee.passages[i], *b = &again.passages[i];
        assert_string_equal(a->name, b->name);
        assert_string_equal(a->text, b->text);
        assert_int_equal(a->tag_count, b->tag_count);
        for (size_t k = 0; k < a->tag_count; k++)
            assert_string_equal(a->tags[k], b->tags[k]);
        assert_int_equal(a->metadata != NULL, b->metadata != NULL);
        if (a->metadata)
            assert_string_equal(a->metadata, b->metadata);
    }
    assert_true(fd_twee_write(&again, &second, &error));
    assert_string_equal(first.data, second.data);
    assert_non_null(strstr(first.data, ":: a\\[b\\] [x y\\{z] " JSON "\n"));
    fd_twee_free(&twee);
    fd_twee_free(&again);
    fd_buffer_free(&first);
    fd_buffer_free(&second);
}

static void a_body_that_looks_like_a_header_is_not_written(void **state) {
    (void)state;
    fd_passage passage = {.name = (char[]){"A"}, .text = (char[]){"one\n:: B"}, .line = 1};
    fd_twee twee = {.passages = &passage, .count = 1};
    fd_buffer into = FD_BUFFER(100);
    fd_error error = {FD_OK, ""};
    assert_false(fd_twee_write(&twee, &into, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    assert_non_null(strstr(error.message, "\"A\""));
    fd_buffer_free(&into);
}

static void bad_files_are_refused_with_their_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *place, *says;
    } cases[] = {
        {"\nHello\n:: Start\n", "a.twee:1: ", "before the first passage"},
        {"Hello", "a.twee:1: ", "before the first passage"},
        {":: A\n::\n", "a.twee:2: ", "no name"},
        {":: A\n\n::  [tag]\n", "a.twee:3: ", "no name"},
        {":: A\ntext\n:: B\n:: A\n", "a.twee:4: ", "in line 1 already"},
        {":: A [tag\n", "a.twee:1: ", "']'"},
        {":: A [tag {}\n", "a.twee:1: ", "']'"},
        {":: A\n:: B {\"position\":\n", "a.twee:2: ", "no JSON object"},
        {":: A {} x\n", "a.twee:1: ", "no JSON object"},
        {":: A []x\n", "a.twee:1: ", "backslash"},
        {":: A ]\n", "a.twee:1: ", "backslash"},
        {":: A\\\ntext\n", "a.twee:1: ", "cut short"},
        {":: A\n:: B [a\\ b]\n", "a.twee:2: ", "cut short"},
        {":: A\none\n\xff\n", "a.twee:3: ", "UTF-8"},
        {":: A\n\xc3", "a.twee:2: ", "UTF-8"},
        {":: A\n\xed\xa0\x80", "a.twee:2: ", "UTF-8"},
        {":: A\none\x1b[31m\n", "a.twee:2: ", "U+001B"},
        {":: A\n\ra\n", "a.twee:2: ", "U+000D"},
        {":: A\n\xc2\x9b", "a.twee:2: ", "U+009B"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fd_twee twee;
        fd_error error = {FD_OK, ""};
        if (fd_twee_parse("a.twee", cases[i].text, strlen(cases[i].text), &twee, &error))
            fail_msg("accepted: %s", cases[i].text);
        assert_int_equal(error.status, FD_BAD_FILE);
        if (strncmp(error.message, cases[i].place, strlen(cases[i].place)) != 0 ||
            !strstr(error.message, cases[i].says))
            fail_msg("\"%s\" for: %s", error.message, cases[i].text);
        assert_int_equal(twee.count, 0);
    }
    fd_twee twee;
    fd_error error = {FD_OK, ""};
    assert_false(fd_twee_parse("a.twee", ":: A\na\0b", 8, &twee, &error));
    assert_non_null(strstr(error.message, "U+0000"));
}

static void too_many_passages_are_refused(void **state) {
    (void)state;
    fd_buffer text = FD_BUFFER(1 << 20);
    for (size_t i = 0; i <= FD_TWEE_PASSAGES; i++)
        assert_true(fd_buffer_addf(&text, NULL, ":: %zu\n", i));
    fd_twee twee;
    fd_error error = {FD_OK, ""};
    assert_false(fd_twee_parse("a.twee", text.data, text.length, &twee, &error));
    assert_non_null(strstr(error.message, "a.twee:10001: "));
    assert_true(fd_twee_parse("a.twee", text.data, text.length - 9, &twee, &error));
    assert_int_equal(twee.count, FD_TWEE_PASSAGES);
    fd_twee_free(&twee);
    fd_buffer_free(&text);
}

static void files_are_read_and_missing_ones_named(void **state) {
    (void)state;
    fd_twee twee;
    fd_error error = {FD_OK, ""};
    assert_false(fd_twee_read("/nonexistent/a.twee", &twee, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    assert_non_null(strstr(error.message, "/nonexistent/a.twee"));
    parse("", &twee);
    assert_int_equal(twee.count, 0);
    fd_twee_free(&twee);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read),
        cmocka_unit_test(backslashes_protect_what_would_end_a_name),
        cmocka_unit_test(windows_line_ends_and_the_byte_order_mark_are_left_out),
        cmocka_unit_test(what_is_written_reads_the_same),
        cmocka_unit_test(a_body_that_looks_like_a_header_is_not_written),
        cmocka_unit_test(bad_files_are_refused_with_their_line),
        cmocka_unit_test(too_many_passages_are_refused),
        cmocka_unit_test(files_are_read_and_missing_ones_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
