/* The editor of many lines: what it holds after what was done to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "game/draft.h"

static void type(fd_draft *draft, const char *text) {
    for (; *text; text++)
        assert_true(fd_draft_type(draft, (uint32_t)*text, NULL));
}

static fd_draft begin(const char *text, size_t most) {
    fd_draft draft;
    assert_true(fd_draft_begin(&draft, text, most, NULL));
    return draft;
}

static void lines_are_typed_and_undone(void **state) {
    (void)state;
    fd_draft draft = begin("The well.", 1000);
    draft.at = 3;
    type(&draft, " old\nstone");
    assert_string_equal(draft.text.data, "The old\nstone well.");
    fd_draft_undo(&draft);
    assert_string_equal(draft.text.data, "The old well.");
    fd_draft_undo(&draft);
    assert_string_equal(draft.text.data, "The well.");
    assert_int_equal(draft.at, 3);
    fd_draft_undo(&draft);
    assert_string_equal(draft.text.data, "The well.");
    fd_draft_free(&draft);
}

static void what_has_no_room_or_is_no_character_is_not_taken(void **state) {
    (void)state;
    fd_draft draft = begin("abc", 5);
    type(&draft, "d\x1b");
    assert_true(fd_draft_type(&draft, 0x1f56f, NULL));
    assert_string_equal(draft.text.data, "abcd");
    assert_true(fd_draft_type(&draft, 'e', NULL));
    type(&draft, "f\n");
    assert_string_equal(draft.text.data, "abcde");
    fd_draft_free(&draft);
}

static void places_are_whole_characters_and_words(void **state) {
    (void)state;
    fd_draft draft = begin("one  two\ncafe\xcc\x81 x", 1000);
    draft.at = 15; /* after the accent */
    assert_int_equal(fd_draft_before(&draft), 12);
    assert_int_equal(fd_draft_word_before(&draft), 9);
    assert_int_equal(fd_draft_line_start(&draft), 9);
    assert_int_equal(fd_draft_line_end(&draft), 17);
    draft.at = 12;
    assert_int_equal(fd_draft_after(&draft), 15);
    draft.at = 9;
    assert_int_equal(fd_draft_before(&draft), 8);
    draft.at = 3;
    assert_int_equal(fd_draft_word_after(&draft), 8);
    assert_true(fd_draft_remove(&draft, fd_draft_word_before(&draft), draft.at, NULL));
    assert_string_equal(draft.text.data, "  two\ncafe\xcc\x81 x");
    fd_draft_undo(&draft);
    assert_string_equal(draft.text.data, "one  two\ncafe\xcc\x81 x");
    fd_draft_free(&draft);
}

static void lines_know_where_the_cursor_stands(void **state) {
    (void)state;
    fd_draft draft = begin("seven words that are on some lines\n", 1000);
    fd_lines lines = {NULL, 0, 0};
    size_t column;
    assert_true(fd_draft_wrap(&draft, 12, &lines, NULL));
    assert_int_equal(lines.count, 4); /* the last one is empty, and the cursor's */
    assert_int_equal(fd_draft_line(&draft, &lines, &column), 3);
    assert_int_equal(column, 0);
    draft.at = 14;
    assert_int_equal(fd_draft_line(&draft, &lines, &column), 1);
    assert_int_equal(column, 2);
    assert_int_equal(fd_draft_place(&draft, &lines, 0, 2), 2);
    assert_int_equal(fd_draft_place(&draft, &lines, 2, 99), lines.items[2].end);
    free(lines.items);
    fd_draft_free(&draft);
    draft = begin("", 10);
    lines = (fd_lines){NULL, 0, 0};
    assert_true(fd_draft_wrap(&draft, 12, &lines, NULL));
    assert_int_equal(lines.count, 1);
    free(lines.items);
    fd_draft_free(&draft);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_typed_and_undone),
        cmocka_unit_test(what_has_no_room_or_is_no_character_is_not_taken),
        cmocka_unit_test(places_are_whole_characters_and_words),
        cmocka_unit_test(lines_know_where_the_cursor_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
