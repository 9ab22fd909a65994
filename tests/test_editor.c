/* The line editor: characters are what the reader sees, and what is typed is clean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "game/editor.h"

static void type(fd_editor *editor, const char *text) {
    for (; *text; text++)
        fd_editor_type(editor, (uint32_t)*text);
}

static void text_is_typed_where_the_cursor_stands(void **state) {
    (void)state;
    fd_editor editor = {0};
    type(&editor, "a well");
    editor.at = 2;
    type(&editor, "deep ");
    assert_string_equal(editor.text, "a deep well");
    assert_int_equal(editor.at, 7);
}

static void characters_are_moved_over_and_removed_whole(void **state) {
    (void)state;
    fd_editor editor = {0};
    type(&editor, "caf");
    fd_editor_type(&editor, 'e');
    fd_editor_type(&editor, 0x301); /* an acute accent of its own */
    fd_editor_type(&editor, 0x1f56f);
    assert_int_equal(editor.length, 10);
    editor.at = fd_editor_before(&editor);
    assert_int_equal(editor.at, 6);
    assert_int_equal(fd_editor_after(&editor), 10);
    fd_editor_remove(&editor, fd_editor_before(&editor), editor.at);
    assert_string_equal(editor.text, "caf\xf0\x9f\x95\xaf");
    assert_int_equal(editor.at, 3);
}

static void a_word_is_removed_with_the_space_after_it(void **state) {
    (void)state;
    fd_editor editor = {0};
    type(&editor, "the old well  ");
    fd_editor_remove(&editor, fd_editor_word(&editor), editor.at);
    assert_string_equal(editor.text, "the old ");
    editor.at = 0;
    assert_int_equal(fd_editor_word(&editor), 0);
    assert_int_equal(fd_editor_before(&editor), 0);
}

static void control_characters_and_too_much_are_not_taken(void **state) {
    (void)state;
    fd_editor editor = {0};
    type(&editor, "a\x1b\n\x07z");
    fd_editor_type(&editor, 0x9b);
    fd_editor_type(&editor, 0x202e); /* right-to-left override */
    assert_null(strpbrk(editor.text, "\x1b\n\x07"));
    assert_null(strstr(editor.text, "\xc2\x9b"));
    assert_null(strstr(editor.text, "\xe2\x80\xae"));
    for (int i = 0; i < 2000; i++)
        fd_editor_type(&editor, 0x20ac);
    assert_true(editor.length <= FD_TYPED_LIMIT && editor.length > FD_TYPED_LIMIT - 3);
    assert_int_equal(strlen(editor.text), editor.length);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_typed_where_the_cursor_stands),
        cmocka_unit_test(characters_are_moved_over_and_removed_whole),
        cmocka_unit_test(a_word_is_removed_with_the_space_after_it),
        cmocka_unit_test(control_characters_and_too_much_are_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
