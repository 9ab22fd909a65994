/* Nothing that a terminal would obey comes through, and everything else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

#include "game/sanitise.h"
#include "model/random.h"

typedef struct pair {
    const char *dirty, *clean;
} pair;

static void check(const pair *pairs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char *clean = fd_sanitise(pairs[i].dirty, strlen(pairs[i].dirty), NULL);
        assert_non_null(clean);
        assert_string_equal(clean, pairs[i].clean);
        free(clean);
    }
}

#define CHECK(pairs) check(pairs, sizeof(pairs) / sizeof(pairs)[0])

static void plain_text_stays(void **state) {
    (void)state;
    const pair pairs[] = {
        {"", ""},
        {"The door is open.\n\n“Go,” she says.", "The door is open.\n\n“Go,” she says."},
        {"cafe\xcc\x81 寒い夜 👩‍🚀", "cafe\xcc\x81 寒い夜 👩‍🚀"},
        {"[31m is only text, and so is ]0;", "[31m is only text, and so is ]0;"},
    };
    CHECK(pairs);
}

static void controls_go(void **state) {
    (void)state;
    const pair pairs[] = {
        {"a\tb\r\nc\x07\x08\x7f", "a b\nc"},
        {"a\xc2\x85"
         "b\xc2\x80",
         "ab"},
        {"a\xe2\x80\xa8"
         "b",
         "a\nb"},
        {"x\xe2\x80\xaey\xe2\x81\xa6z\xe2\x80\x8f", "xyz"},
        {"\xef\xbb\xbf"
         "A",
         "A"},
    };
    CHECK(pairs);
}

static void escape_sequences_go_whole(void **state) {
    (void)state;
    const pair pairs[] = {
        {"\x1b[31mred\x1b[0m", "red"},
        {"\x1b[?1049h\x1b[2J!", "!"},
        {"\xc2\x9b"
         "31mred",
         "red"},
        {"\x1b]0;title\x07text", "text"},
        {"\x1b]8;;http://x\x1b\\text", "text"},
        {"\xc2\x9d"
         "52;c;AAAA\xc2\x9ctext",
         "text"},
        {"\x1bP1$q\x1b\\text", "text"},
        {"\x1b(Bab\x1b"
         "7c\x1b"
         "cd",
         "abcd"},
        {"cut\x1b", "cut"},
        {"cut\x1b[", "cut"},
        {"cut\x1b[31", "cut"},
    };
    CHECK(pairs);
}

static void an_unended_string_swallows_nothing(void **state) {
    (void)state;
    const pair pairs[] = {{"\x1b]the story\ngoes on\x07", "the story\ngoes on"},
                          {"\x1bPand on", "and on"}};
    CHECK(pairs);
}

static void bad_bytes_become_replacement_characters(void **state) {
    (void)state;
    const pair pairs[] = {
        {"\xff", "\xef\xbf\xbd"},
        {"a\xe2\x80", "a\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80!", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd!"},
        {"\x9b"
         "31m",
         "\xef\xbf\xbd"
         "31m"},
    };
    CHECK(pairs);
}

static void a_line_has_no_newlines(void **state) {
    (void)state;
    char *clean = fd_sanitise_line("two\nlines\x1b[m\xe2\x80\xa9", NULL);
    assert_string_equal(clean, "two lines ");
    free(clean);
}

static bool is_harmless(utf8proc_int32_t code) {
    return code == '\n' ||
           (utf8proc_category(code) != UTF8PROC_CATEGORY_CC && !(code >= 0x202a && code <= 0x202e));
}

static void random_bytes_come_out_harmless(void **state) {
    (void)state;
    const unsigned char spice[] = {0x1b, '[', ']', 0xc2, 0x9b, 0xe2, 0x80, 0xae, 0x07, '\n'};
    for (uint64_t round = 0; round < 2000; round++) {
        char dirty[64];
        for (size_t i = 0; i < sizeof dirty; i++) {
            uint64_t bits = fd_random_bits((fd_random_key){round, 1}, i);
            dirty[i] = (char)(bits & 1 ? spice[(bits >> 8) % sizeof spice] : bits >> 16 & 0xff);
        }
        char *clean = fd_sanitise(dirty, sizeof dirty, NULL);
        assert_non_null(clean);
        size_t length = strlen(clean);
        for (size_t at = 0; at < length;) {
            utf8proc_int32_t code;
            utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)clean + at,
                                                     (utf8proc_ssize_t)(length - at), &code);
            assert_true(step > 0 && is_harmless(code));
            at += (size_t)step;
        }
        char *again = fd_sanitise(clean, length, NULL);
        assert_string_equal(again, clean);
        free(again);
        free(clean);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays),
        cmocka_unit_test(controls_go),
        cmocka_unit_test(escape_sequences_go_whole),
        cmocka_unit_test(an_unended_string_swallows_nothing),
        cmocka_unit_test(bad_bytes_become_replacement_characters),
        cmocka_unit_test(a_line_has_no_newlines),
        cmocka_unit_test(random_bytes_come_out_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
