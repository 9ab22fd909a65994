/* The line editor: characters are what the reader sees, and what is typed or pasted is clean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "game/editor.h"
#include "game/paste.h"

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

static void a_text_is_put_in_as_far_as_there_is_room(void **state) {
    (void)state;
    fd_editor editor = {0};
    char many[3 * FD_TYPED_LIMIT + 1];
    type(&editor, "the well");
    editor.at = 4;
    fd_editor_insert(&editor, "old\nand deep\n\n");
    assert_string_equal(editor.text, "the old and deepwell");
    assert_int_equal(editor.at, 16);
    for (int i = 0; i < FD_TYPED_LIMIT; i++)
        memcpy(many + (size_t)3 * (size_t)i, "\xe2\x82\xac", 4);
    fd_editor_insert(&editor, many);
    assert_true(editor.length <= FD_TYPED_LIMIT && editor.length > FD_TYPED_LIMIT - 3);
    assert_string_equal(editor.text + editor.length - 7, "\xe2\x82\xacwell");
}

static const char *pasted(const char *bytes, size_t length, fd_buffer *text) {
    fd_paste paste = {.matched = 0};
    fd_paste_begin(&paste);
    for (size_t i = 0; i < length; i++)
        assert_int_equal(fd_paste_take(&paste, bytes[i]), i + 1 == length);
    char *clean = fd_paste_text(&paste);
    assert_non_null(clean);
    fd_buffer_clear(text);
    assert_true(fd_buffer_add_text(text, clean, NULL));
    free(clean);
    fd_paste_free(&paste);
    return fd_buffer_text(text);
}

static void a_paste_ends_with_its_end_and_nothing_else(void **state) {
    (void)state;
    fd_buffer text = FD_BUFFER(1000);
#define PASTED(bytes) pasted(bytes, sizeof bytes - 1, &text)
    assert_string_equal(PASTED("\033[201~"), "");
    assert_string_equal(PASTED("one\rtwo\r\nthree\n\033[201~"), "one\ntwo\nthree\n");
    assert_string_equal(PASTED("q\003\032\0y\033[A\033[20\033\033[201~"), "qy");
    assert_string_equal(PASTED("\033[201\xc3\xa9\xff\033[201~"), "\xc3\xa9\xef\xbf\xbd");
    fd_buffer_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_typed_where_the_cursor_stands),
        cmocka_unit_test(characters_are_moved_over_and_removed_whole),
        cmocka_unit_test(a_word_is_removed_with_the_space_after_it),
        cmocka_unit_test(control_characters_and_too_much_are_not_taken),
        cmocka_unit_test(a_text_is_put_in_as_far_as_there_is_room),
        cmocka_unit_test(a_paste_ends_with_its_end_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
