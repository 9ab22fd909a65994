#include "story/person.h"

#include <ctype.h>
#include <string.h>

typedef struct pair {
    const char *from, *to;
} pair;

static const pair pronouns[] = {{"I", "you"},      {"me", "you"},          {"Me", "you"},
                                {"my", "your"},    {"My", "your"},         {"mine", "yours"},
                                {"Mine", "yours"}, {"myself", "yourself"}, {"Myself", "yourself"},
                                {"I'm", "you're"}, {"I've", "you've"},     {"I'd", "you'd"},
                                {"I'll", "you'll"}};

/* Verbs that agree with "I" and not with "you". */
static const pair verbs[] = {{"was", "were"}, {"am", "are"}, {"wasn't", "weren't"},
                             {"Was", "Were"}, {"Am", "Are"}, {"Wasn't", "Weren't"}};

#define FIND(table, word, length) find(table, sizeof table / sizeof table[0], word, length)

static const char *find(const pair *table, size_t count, const char *word, size_t length) {
    for (size_t i = 0; i < count; i++)
        if (strlen(table[i].from) == length && memcmp(table[i].from, word, length) == 0)
            return table[i].to;
    return NULL;
}

/* Letters, apostrophes, and what is outside ASCII but for the quotes and dashes from U+2000 on. */
static bool in_word(const char *text, size_t length, size_t at) {
    unsigned char c = (unsigned char)text[at];
    bool mark = c == 0xe2 && length - at > 2 && ((unsigned char)text[at + 1] & 0xfe) == 0x80;
    return isalpha(c) || c == '\'' || ((c & 0x80) && !mark);
}

/* The length of the word at text[at], 0 if none begins there. */
static size_t word_length(const char *text, size_t length, size_t at) {
    size_t end = at;
    while (end < length && in_word(text, length, end))
        for (end++; end < length && (text[end] & 0xc0) == 0x80;)
            end++;
    return end - at;
}

/* Words that may stand between "I" and its verb. */
static bool is_adverb(const char *word, size_t length) {
    static const char *const adverbs[] = {"never", "always", "still", "also", "once",
                                          "often", "just",   "only",  "alone"};
    for (size_t i = 0; i < sizeof adverbs / sizeof adverbs[0]; i++)
        if (strlen(adverbs[i]) == length && memcmp(word, adverbs[i], length) == 0)
            return true;
    return length > 4 && memcmp(word + length - 2, "ly", 2) == 0;
}

/* "mine" that is a place: after an article, or another word it is called by. */
static bool is_pit(const char *text, size_t at, const char *word, size_t length) {
    static const char *const before[] = {"a ", "the ", "coal ", "old ", "this ", "that ", "gold "};
    if (length != 4 || tolower((unsigned char)word[0]) != 'm' || memcmp(word + 1, "ine", 3) != 0)
        return false;
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        size_t wide = strlen(before[i]);
        if (at >= wide && memcmp(text + at - wide, before[i], wide) == 0)
            return true;
    }
    return false;
}

/* The word after the one that ends at `at`, when only a space is between. */
static bool next_word_is_i(const char *text, size_t length, size_t at) {
    return at + 1 < length && text[at] == ' ' && text[at + 1] == 'I' &&
           word_length(text, length, at + 1) == 1;
}

/* Whether a sentence begins at what was written so far. After `?"` and `!"` usually none does:
 * `"Who?" you say.` */
static bool begins_sentence(const fd_buffer *written) {
    size_t at = written->length;
    if (at >= 3 && memcmp(written->data + at - 2, "\" ", 2) == 0 &&
        strchr("?!", written->data[at - 3]))
        return false;
    while (at > 0 && strchr(" \"'_(", written->data[at - 1]))
        at--;
    return at == 0 || strchr(".!?:\n>", written->data[at - 1]) != NULL;
}

static bool add_pronoun(const char *pronoun, fd_buffer *into, fd_error *error) {
    char first = begins_sentence(into) ? (char)toupper((unsigned char)pronoun[0]) : pronoun[0];
    return fd_buffer_add(into, &first, 1, error) && fd_buffer_add_text(into, pronoun + 1, error);
}

bool fd_person_second(const char *text, size_t length, fd_buffer *into, fd_error *error) {
    bool quoted = false, after_i = false;
    for (size_t at = 0; at < length;) {
        size_t word = word_length(text, length, at);
        if (word && !(text[at] & 0x80) && !quoted) {
            const char *pronoun =
                is_pit(text, at, text + at, word) ? NULL : FIND(pronouns, text + at, word);
            const char *verb = FIND(verbs, text + at, word);
            bool agrees = after_i || next_word_is_i(text, length, at + word);
            bool ok = pronoun          ? add_pronoun(pronoun, into, error)
                      : verb && agrees ? fd_buffer_add_text(into, verb, error)
                                       : fd_buffer_add(into, text + at, word, error);
            if (!ok)
                return false;
            after_i = (word == 1 && text[at] == 'I') || (after_i && is_adverb(text + at, word));
            at += word;
            continue;
        }
        if (text[at] == '"')
            quoted = !quoted;
        else if (length - at >= 3 && memcmp(text + at, "\xe2\x80\x9c", 3) == 0)
            quoted = true;
        else if (length - at >= 3 && memcmp(text + at, "\xe2\x80\x9d", 3) == 0)
            quoted = false;
        else if (text[at] == '\n')
            quoted = false;
        after_i = after_i && text[at] == ' ';
        size_t step = word ? word : 1;
        if (text[at] & 0x80) /* one character of several bytes, so that curly quotes are seen */
            for (step = 1; at + step < length && (text[at + step] & 0xc0) == 0x80;)
                step++;
        if (!fd_buffer_add(into, text + at, step, error))
            return false;
        at += step;
    }
    return true;
}
