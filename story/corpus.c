#include "story/corpus.h"

#include <ctype.h>
#include <string.h>

#include "model/random.h"
#include "model/tokenizer.h"

enum { STREAM_SEGMENTS = 11, SHORTEST = 30, LONGEST = 110 };

static bool ends_with(const char *text, size_t at, const char *ending) {
    size_t length = strlen(ending);
    return at >= length && memcmp(text + at - length, ending, length) == 0;
}

/* Whether a sentence ends before text[at]: . ! or ?, then closing quotes, then white space. */
static bool ends_sentence(const char *text, size_t length, size_t at) {
    static const char *const titles[] = {"Mr.", "Mrs.", "Dr.", "St.", "Miss."};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (ends_with(text, at, titles[i]))
            return false;
    if (at < length && !isspace((unsigned char)text[at]))
        return false;
    while (at > 0 && strchr("\"')_", text[at - 1]))
        at--;
    return at > 0 && strchr(".!?", text[at - 1]) != NULL;
}

static bool starts_with(const char *text, size_t length, const char *prefix) {
    return length >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

bool fd_corpus_segments(const char *text, size_t length, uint64_t seed, fd_buffer *into,
                        fd_error *error) {
    fd_random_key key = {seed, STREAM_SEGMENTS};
    uint64_t drawn = 0;
    size_t words = 0, wanted = SHORTEST;
    for (size_t at = 0; at < length;) {
        size_t from = at, mark = strlen(FD_END_OF_TEXT);
        while (at < length && isspace((unsigned char)text[at]))
            at++;
        bool ended = starts_with(text + at, length - at, FD_END_OF_TEXT);
        if (ended || at == length || (words >= wanted && ends_sentence(text, length, from))) {
            if (words && !fd_buffer_add_text(into, FD_END_OF_TEXT, error))
                return false;
            at += ended ? mark : 0;
            words = 0;
            wanted = SHORTEST + (size_t)fd_random_below(key, drawn++, LONGEST - SHORTEST);
            continue;
        }
        size_t word = at;
        while (at < length && !isspace((unsigned char)text[at]) &&
               !starts_with(text + at, length - at, FD_END_OF_TEXT))
            at++;
        if ((words && !fd_buffer_add(into, text + from, word - from, error)) ||
            !fd_buffer_add(into, text + word, at - word, error))
            return false;
        words++;
    }
    return !words || fd_buffer_add_text(into, FD_END_OF_TEXT, error);
}
