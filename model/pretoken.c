#include "model/pretoken.h"

#include <string.h>
#include <utf8proc.h>

typedef enum kind { LETTER, NUMBER, SPACE, OTHER } kind;

/* Control characters that count as white space, and the space. */
static bool is_space(utf8proc_int32_t character) {
    return (character >= 9 && character <= 13) || (character >= 28 && character <= 32) ||
           character == 0x85;
}

/* The kind and length of the character at text[0..length), length > 0; a byte that is not UTF-8
 * counts as a character of no kind. */
static kind character_kind(const char *text, size_t length, size_t *used) {
    utf8proc_int32_t character = (uint8_t)text[0];
    if (character < 128) { /* most of most texts */
        *used = 1;
        return is_space(character)                                  ? SPACE
               : (character | 32) >= 'a' && (character | 32) <= 'z' ? LETTER
               : character >= '0' && character <= '9'               ? NUMBER
                                                                    : OTHER;
    }
    utf8proc_ssize_t count =
        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, &character);
    *used = count > 0 ? (size_t)count : 1;
    if (count <= 0)
        return OTHER;
    if (is_space(character))
        return SPACE;
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return LETTER;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return NUMBER;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return SPACE;
    default:
        return OTHER;
    }
}

/* How far the run of characters of `wanted` kind reaches from `at`; *last is where its last
 * character begins. */
static size_t run_end(const char *text, size_t length, size_t at, kind wanted, size_t *last) {
    size_t used;
    *last = at;
    while (at < length && character_kind(text + at, length - at, &used) == wanted) {
        *last = at;
        at += used;
    }
    return at;
}

size_t fd_pretoken_end(const char *text, size_t length) {
    static const char *const suffixes[] = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
    for (size_t i = 0; text[0] == '\'' && i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t wide = strlen(suffixes[i]);
        if (length >= wide && memcmp(text, suffixes[i], wide) == 0)
            return wide;
    }
    size_t used, last, lead = text[0] == ' ' && length > 1 ? 1 : 0;
    kind first = character_kind(text + lead, length - lead, &used);
    if (first != SPACE)
        return run_end(text, length, lead, first, &last);
    size_t end = run_end(text, length, 0, SPACE, &last);
    /* A run of spaces before a word leaves its last character to the word's own token. */
    return end < length && last > 0 ? last : end;
}
