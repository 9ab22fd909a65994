/* Widths, clusters and line breaks; the wrapped lines hold the text and never overflow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "game/layout.h"
#include "model/random.h"

static void clusters_are_never_split(void **state) {
    (void)state;
    size_t width;
    assert_int_equal(fd_grapheme("", 0, &width), 0);
    assert_int_equal(width, 0);
    assert_int_equal(fd_grapheme("e\xcc\x81x", 4, &width), 3);
    assert_int_equal(width, 1);
    assert_int_equal(fd_grapheme("夜x", 4, &width), 3);
    assert_int_equal(width, 2);
    const char *astronaut = "👩\xe2\x80\x8d🚀";
    assert_int_equal(fd_grapheme(astronaut, strlen(astronaut), &width), strlen(astronaut));
    assert_int_equal(fd_grapheme("\xff\xcc\x81", 3, &width), 1);
    assert_int_equal(width, 1);
    assert_int_equal(fd_grapheme_before("ae\xcc\x81", 4), 1);
    assert_int_equal(fd_grapheme_before("ae\xcc\x81", 1), 0);
    assert_int_equal(fd_grapheme_before("ae\xcc\x81", 0), 0);
}

static void widths_count_columns(void **state) {
    (void)state;
    assert_int_equal(fd_text_width("cafe\xcc\x81 寒夜", 13), 9);
    assert_int_equal(fd_text_fit("寒夜", 6, 3), 3);
    assert_int_equal(fd_text_fit("ae\xcc\x81z", 5, 2), 4);
    assert_int_equal(fd_text_fit("abc", 3, 0), 0);
    assert_int_equal(fd_text_cut("ae\xcc\x81z", 5, 3), 1);
    assert_int_equal(fd_text_cut("ae\xcc\x81z", 5, 4), 4);
    assert_int_equal(fd_text_cut("abc", 3, 9), 3);
}

/* The lines joined with '|'. */
static void wraps_to(const char *text, size_t columns, const char *expected) {
    fd_lines lines = {NULL, 0, 0};
    char joined[256] = "";
    assert_true(fd_wrap(text, strlen(text), columns, &lines, NULL));
    for (size_t i = 0; i < lines.count; i++) {
        if (i > 0)
            strcat(joined, "|");
        strncat(joined, text + lines.items[i].start, lines.items[i].end - lines.items[i].start);
    }
    assert_string_equal(joined, expected);
    free(lines.items);
}

static void lines_break_at_spaces(void **state) {
    (void)state;
    wraps_to("", 10, "");
    wraps_to("short", 10, "short");
    wraps_to("the cellar door is open", 10, "the cellar|door is|open");
    wraps_to("exactly ten", 11, "exactly ten");
    wraps_to("one   two", 4, "one|two");
    wraps_to("trailing   ", 8, "trailing");
    wraps_to("a\n\nb\n", 8, "a||b");
    wraps_to("  indented", 12, "  indented");
}

static void long_words_break_where_they_must(void **state) {
    (void)state;
    wraps_to("aaaaaaaaaa b", 4, "aaaa|aaaa|aa b");
    wraps_to("ab cdefghij", 4, "ab|cdef|ghij");
    wraps_to("寒", 1, "寒");
    wraps_to("e\xcc\x81"
             "e\xcc\x81",
             1, "e\xcc\x81|e\xcc\x81");
}

static void dashes_and_wide_characters_break(void **state) {
    (void)state;
    wraps_to("half-open", 6, "half-|open");
    wraps_to("it was -5", 8, "it was|-5");
    wraps_to("gone—“all”", 7, "gone—|“all”");
    wraps_to("gone--all", 7, "gone--|all");
    wraps_to("say “no—”", 8, "say|“no—”");
    wraps_to("寒い夜だ。", 8, "寒い夜|だ。");
    wraps_to("寒い夜", 4, "寒い|夜");
    wraps_to("no\xc2\xa0"
             "break here",
             9,
             "no\xc2\xa0"
             "break|here");
}

static void lines_hold_everything_and_fit(void **state) {
    (void)state;
    const char *pieces[] = {"a",  "word",      " ", "  ", "\n",
                            "夜", "e\xcc\x81", "—", "-",  "longerword"};
    for (uint64_t round = 0; round < 1000; round++) {
        char text[512] = "";
        for (uint64_t i = 0; i < 30; i++)
            strcat(text, pieces[fd_random_below((fd_random_key){round, 5}, i, 10)]);
        size_t columns = 2 + fd_random_below((fd_random_key){round, 6}, 0, 20), at = 0;
        fd_lines lines = {NULL, 0, 0};
        assert_true(fd_wrap(text, strlen(text), columns, &lines, NULL));
        for (size_t i = 0; i < lines.count; i++) {
            fd_line line = lines.items[i];
            assert_true(line.start >= at && line.end >= line.start);
            assert_true(fd_text_width(text + line.start, line.end - line.start) <= columns);
            for (; at < line.start; at++)
                assert_true(text[at] == ' ' || text[at] == '\n');
            at = line.end;
        }
        assert_int_equal(strspn(text + at, " \n"), strlen(text + at));
        free(lines.items);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_are_never_split),
        cmocka_unit_test(widths_count_columns),
        cmocka_unit_test(lines_break_at_spaces),
        cmocka_unit_test(long_words_break_where_they_must),
        cmocka_unit_test(dashes_and_wide_characters_break),
        cmocka_unit_test(lines_hold_everything_and_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
