/* Twee files edited: what is not touched stays byte for byte, whatever it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/file.h"
#include "story/twee_edit.h"

static const char *const files[] = {
    "tests/twee/twine-harlowe.twee",
    "tests/twee/sugarcube.tw",
    "tests/twee/chapbook.twee",
    "tests/twee/odd.twee",
    "tests/twee/project/chapters/1-first.tw",
    "tests/twee/project/chapters/2-second.twee",
    "assets/stories/the-well-house.twee",
    "assets/stories/tutorial.twee",
};
enum { FILES = sizeof files / sizeof files[0] };

static void parse(const char *text, size_t length, fd_twee_file *file) {
    fd_error error = {FD_OK, ""};
    if (!fd_twee_file_parse("a.twee", text, length, file, &error))
        fail_msg("%s", error.message);
}

static void expect(const fd_twee_file *file, const char *text) {
    assert_string_equal(fd_buffer_text(&file->text), text);
}

static void passages_lie_end_to_end(void **state) {
    (void)state;
    for (size_t f = 0; f < FILES; f++) {
        fd_twee_file file;
        fd_buffer bytes = FD_BUFFER(FD_TWEE_LIMIT);
        assert_true(fd_file_read(files[f], &bytes, NULL));
        assert_true(fd_twee_file_read(files[f], &file, NULL));
        assert_int_equal(file.text.length, bytes.length);
        assert_memory_equal(file.text.data, bytes.data, bytes.length);
        assert_true(file.count > 0);
        size_t line = 1, at = 0;
        for (size_t i = 0; i < file.count; i++) {
            const fd_twee_span *span = &file.spans[i];
            for (; at < span->header; at++)
                line += bytes.data[at] == '\n';
            assert_int_equal(span->line, line);
            assert_memory_equal(bytes.data + span->header, "::", 2);
            assert_true(span->header < span->body && span->body <= span->end);
            assert_int_equal(span->end,
                             i + 1 < file.count ? file.spans[i + 1].header : bytes.length);
        }
        fd_twee_file_free(&file);
        fd_buffer_free(&bytes);
    }
}

/* Adds a passage and a link, checks that the rest is as it was, takes both out again. */
static void every_file_survives_an_edit_and_its_undoing(void **state) {
    (void)state;
    char tag[] = "dreamed", name[] = "A new one", text[] = "Some words.\n\nAnd more.";
    char *tags[] = {tag};
    const fd_passage passage = {.name = name, .tags = tags, .tag_count = 1, .text = text};
    for (size_t f = 0; f < FILES; f++) {
        fd_twee_file file;
        fd_buffer before = FD_BUFFER(FD_TWEE_LIMIT), link = FD_BUFFER(1000);
        fd_buffer added = FD_BUFFER(1000), again = FD_BUFFER(FD_TWEE_LIMIT);
        assert_true(fd_twee_file_read(files[f], &file, NULL));
        assert_true(fd_buffer_add(&before, file.text.data, file.text.length, NULL));
        size_t count = file.count;
        for (size_t i = 0; i < count; i++) {
            size_t found;
            char from[200];
            (void)snprintf(from, sizeof from, "%s", file.spans[i].name);
            if (!fd_twee_file_find(&file, from, &found, NULL) || !*from)
                continue;
            size_t header = file.spans[i].header, end = file.spans[i].end;
            fd_buffer_clear(&link);
            fd_buffer_clear(&added);
            assert_true(fd_twee_file_append(&file, &passage, &added, NULL));
            assert_true(fd_twee_file_add_line(&file, from, "[[Go->A new one]]", &link, NULL));
            assert_int_equal(file.count, count + 1);
            assert_string_equal(file.spans[count].name, name);
            assert_string_equal(file.spans[i].name, from);
            /* Before the passage and after it every byte is what it was. */
            const char *bytes = file.text.data;
            assert_memory_equal(bytes, before.data, header);
            assert_memory_equal(bytes + end + link.length, before.data + end, before.length - end);
            assert_int_equal(file.text.length, before.length + link.length + added.length);
            assert_true(fd_twee_file_swap(&file, link.data, "", NULL));
            assert_true(fd_twee_file_swap(&file, added.data, "", NULL));
            assert_int_equal(file.text.length, before.length);
            assert_memory_equal(file.text.data, before.data, before.length);
        }
        fd_twee_file_free(&file);
        fd_buffer_free(&before);
        fd_buffer_free(&link);
        fd_buffer_free(&added);
        fd_buffer_free(&again);
    }
}

static void a_line_goes_below_the_last_words(void **state) {
    (void)state;
    static const struct {
        const char *before, *after;
    } cases[] = {
        {":: A\nWords.\n\n:: B\nx\n", ":: A\nWords.\n\n[[L]]\n\n:: B\nx\n"},
        {":: A\nWords.\n[[B]]  \n\n\n:: B\nx\n", ":: A\nWords.\n[[B]]  \n[[L]]\n\n\n:: B\nx\n"},
        {":: A\r\nWords.\r\n\r\n:: B\r\n", ":: A\r\nWords.\r\n\r\n[[L]]\r\n\r\n:: B\r\n"},
        {":: A\n\n\n:: B\n", ":: A\n[[L]]\n\n\n:: B\n"},
        {":: A", ":: A\n[[L]]"},
        {":: A\n", ":: A\n[[L]]\n"},
        {":: A\nNo end", ":: A\nNo end\n\n[[L]]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fd_twee_file file;
        fd_buffer added = FD_BUFFER(100);
        parse(cases[i].before, strlen(cases[i].before), &file);
        assert_true(fd_twee_file_add_line(&file, "A", "[[L]]", &added, NULL));
        expect(&file, cases[i].after);
        assert_true(fd_twee_file_swap(&file, added.data, "", NULL));
        expect(&file, cases[i].before);
        fd_buffer_free(&added);
        fd_twee_file_free(&file);
    }
}

static void a_passage_is_added_after_a_blank_line(void **state) {
    (void)state;
    static const struct {
        const char *before, *after;
    } cases[] = {
        {":: A\nx", ":: A\nx\n\n:: N\nText\n"},
        {":: A\nx\n", ":: A\nx\n\n:: N\nText\n"},
        {":: A\r\nx\r\n\r\n", ":: A\r\nx\r\n\r\n:: N\r\nText\r\n"},
        {"", ":: N\nText\n"},
    };
    char name[] = "N", text[] = "Text";
    const fd_passage passage = {.name = name, .text = text};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fd_twee_file file;
        fd_buffer added = FD_BUFFER(100);
        parse(cases[i].before, strlen(cases[i].before), &file);
        assert_true(fd_twee_file_append(&file, &passage, &added, NULL));
        expect(&file, cases[i].after);
        fd_buffer_free(&added);
        fd_twee_file_free(&file);
    }
}

static void what_cannot_be_edited_is_named(void **state) {
    (void)state;
    fd_twee_file file;
    fd_error error = {FD_OK, ""};
    fd_buffer added = FD_BUFFER(1000);
    char name[] = "B", bad[] = "Words\n:: and a header";
    fd_passage passage = {.name = name, .text = bad};
    const char text[] = ":: A\n1\n:: A\n2\n:: B\n3\n";
    parse(text, strlen(text), &file);
    assert_false(fd_twee_file_add_line(&file, "A", "[[L]]", &added, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    assert_non_null(strstr(error.message, "a.twee:3: "));
    assert_false(fd_twee_file_add_line(&file, "C", "[[L]]", &added, &error));
    assert_int_equal(error.status, FD_USAGE);
    assert_false(fd_twee_file_append(&file, &passage, &added, &error));
    assert_int_equal(error.status, FD_USAGE);
    passage.name[0] = 'D';
    assert_false(fd_twee_file_append(&file, &passage, &added, &error));
    assert_int_equal(error.status, FD_BAD_FILE);
    assert_false(fd_twee_file_set_text(&file, "B", bad, &error));
    assert_false(fd_twee_file_swap(&file, ":: A", "", &error));
    assert_int_equal(error.status, FD_FAILED);
    assert_false(fd_twee_file_swap(&file, "\n:: E", "", &error));
    expect(&file, text);
    fd_buffer_free(&added);
    fd_twee_file_free(&file);
}

static void a_text_is_replaced(void **state) {
    (void)state;
    fd_twee_file file;
    const char text[] = ":: A [t]\r\nOld.\r\n \r\n:: B";
    parse(text, strlen(text), &file);
    assert_true(fd_twee_file_set_text(&file, "A", "New,\nand more.", NULL));
    expect(&file, ":: A [t]\r\nNew,\r\nand more.\r\n \r\n:: B");
    assert_true(fd_twee_file_set_text(&file, "B", "Now it has words.", NULL));
    expect(&file, ":: A [t]\r\nNew,\r\nand more.\r\n \r\n:: B\r\nNow it has words.");
    fd_twee_file_free(&file);
}

static void names_that_links_cannot_lead_to_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",    " a",   "a ",   "a]b",  "a[b",  "{a}",
                                      "a|b", "a->b", "a\\b", "a\nb", "\"a\""};
    fd_error error;
    assert_true(fd_twee_name_check("The cellar, again: 2.1 (wet)", &error));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(fd_twee_name_check(bad[i], &error));
        assert_int_equal(error.status, FD_USAGE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passages_lie_end_to_end),
        cmocka_unit_test(every_file_survives_an_edit_and_its_undoing),
        cmocka_unit_test(a_line_goes_below_the_last_words),
        cmocka_unit_test(a_passage_is_added_after_a_blank_line),
        cmocka_unit_test(what_cannot_be_edited_is_named),
        cmocka_unit_test(a_text_is_replaced),
        cmocka_unit_test(names_that_links_cannot_lead_to_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
