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

static bool in_word(char c) {
    return isalpha((unsigned char)c) || c == '\'' || (c & 0x80);
}

/* The length of the word at text[at], 0 if none begins there. */
static size_t word_length(const char *text, size_t length, size_t at) {
    size_t end = at;
    while (end < length && in_word(text[end]))
        end++;
    return end - at;
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
            const char *pronoun = FIND(pronouns, text + at, word);
            const char *verb = FIND(verbs, text + at, word);
            bool agrees = after_i || next_word_is_i(text, length, at + word);
            bool ok = pronoun          ? add_pronoun(pronoun, into, error)
                      : verb && agrees ? fd_buffer_add_text(into, verb, error)
                                       : fd_buffer_add(into, text + at, word, error);
            if (!ok)
                return false;
            after_i = word == 1 && text[at] == 'I';
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
