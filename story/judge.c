#include "story/judge.h"

#include <ctype.h>
#include <string.h>

static bool is_word(char c) {
    return isalpha((unsigned char)c) || c == '\'' || (c & 0x80);
}

/* The next word at or after *at; its length, 0 at the end. *at is moved to its beginning. */
static size_t next_word(const char *text, size_t *at) {
    while (text[*at] && !is_word(text[*at]))
        ++*at;
    size_t length = 0;
    while (is_word(text[*at + length]))
        length++;
    return length;
}

static bool is_title(const char *text, size_t end) {
    static const char *const titles[] = {"Mr.", "Mrs.", "Dr.", "St.", "Miss."};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        size_t length = strlen(titles[i]);
        if (end >= length && memcmp(text + end - length, titles[i], length) == 0)
            return true;
    }
    return false;
}

static void tidy(fd_buffer *text) {
    size_t to = 0, breaks = 0;
    bool gap = false;
    for (size_t i = 0; i < text->length; i++) {
        char c = text->data[i];
        if (c == '\n')
            breaks++;
        if (isspace((unsigned char)c)) {
            gap = true;
            continue;
        }
        if (gap && to > 0) {
            text->data[to++] = breaks ? '\n' : ' ';
            if (breaks) /* a gap of one line end holds one byte at least: there is room for two */
                text->data[to++] = '\n';
        }
        gap = false;
        breaks = 0;
        text->data[to++] = c;
    }
    text->length = to;
    text->data[to] = '\0';
}

bool fd_judge_trim(fd_buffer *text, size_t words) {
    size_t seen = 0, end = 0;
    bool quoted = false;
    if (!text->length)
        return false;
    for (size_t at = 0; at < text->length && seen <= words + words / 4; at++) {
        char c = text->data[at];
        if (isspace((unsigned char)c) && at > 0 && !isspace((unsigned char)text->data[at - 1]))
            seen++;
        if (c == '"')
            quoted = !quoted;
        bool last = at + 1 == text->length || isspace((unsigned char)text->data[at + 1]);
        bool stop = strchr(".!?", c) || (c == '"' && at > 0 && strchr(".!?", text->data[at - 1]));
        if (last && stop && !quoted && !is_title(text->data, at + 1))
            end = at + 1;
    }
    text->length = end;
    text->data[end] = '\0';
    for (size_t i = 0; i + 1 < text->length; i++) /* one line end alone is no paragraph */
        if (text->data[i] == '\n' && text->data[i + 1] != '\n' &&
            (i == 0 || text->data[i - 1] != '\n'))
            text->data[i] = ' ';
    tidy(text);
    return end > 0;
}

static bool same(const char *a, const char *b, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i]))
            return false;
    return true;
}

/* The words of a text, the first 512 of them. */
enum { WORDS_MOST = 512 };

typedef struct words {
    const char *text[WORDS_MOST];
    size_t length[WORDS_MOST];
    size_t count;
} words;

static void split(const char *text, words *all) {
    size_t at = 0, length;
    all->count = 0;
    while (all->count < WORDS_MOST && (length = next_word(text, &at)) > 0) {
        all->text[all->count] = text + at;
        all->length[all->count++] = length;
        at += length;
    }
}

static bool same_word(const words *all, size_t i, size_t j) {
    return all->length[i] == all->length[j] && same(all->text[i], all->text[j], all->length[i]);
}

/* How often four words stand here that stood here before, and a word directly twice. */
static size_t count_loops(const words *all) {
    enum { RUN = 4 };
    size_t loops = 0;
    for (size_t i = 1; i < all->count; i++) {
        loops += same_word(all, i, i - 1);
        for (size_t j = 0; j + RUN <= i && i + RUN <= all->count; j++) {
            size_t k = 0;
            while (k < RUN && same_word(all, i + k, j + k))
                k++;
            loops += k == RUN;
        }
    }
    return loops;
}

/* How often a word of four letters or more comes for the third time or later. */
static size_t count_harping(const words *all) {
    size_t harping = 0;
    for (size_t i = 0; i < all->count; i++) {
        size_t before = 0;
        for (size_t j = 0; all->length[i] >= 4 && j < i; j++)
            before += same_word(all, i, j);
        harping += before >= 2;
    }
    return harping;
}

static bool occurs(const char *word, size_t length, const char *told) {
    for (const char *at = told; (at = strchr(at, word[0])) != NULL; at++)
        if (strncmp(at, word, length) == 0 && !is_word(at[length]) &&
            (at == told || !is_word(at[-1])))
            return true;
    return false;
}

/* Counts words outside of quotes by what they do to the voice of the story. */
static fd_findings count_words(const char *text, const char *told) {
    fd_findings result = {0};
    bool quoted = false;
    size_t before = 0;
    for (size_t at = 0, length; (length = next_word(text, &at)) > 0; at += length) {
        const char *word = text + at;
        bool starts = at == 0;
        for (size_t i = before; i < at; i++) {
            quoted ^= text[i] == '"';
            result.quotes += text[i] == '"';
            starts |= strchr(".!?:\"\n", text[i]) != NULL;
        }
        before = at + length;
        result.words++;
        if (length >= 3 && same(word, "you", 3))
            result.you++;
        bool i_alone = length == 1 && word[0] == 'I';
        bool mine = (length == 2 && (same(word, "my", 2) || same(word, "me", 2))) ||
                    (length >= 2 && word[0] == 'I' && word[1] == '\'');
        bool ours = (length == 2 && same(word, "we", 2)) || (length == 3 && same(word, "our", 3));
        if (!quoted && (i_alone || mine || ours))
            result.first_person++;
        else if (!starts && isupper((unsigned char)word[0]) && !i_alone &&
                 !(word[0] == 'I' && word[1] == '\'') && !occurs(word, length, told))
            result.strangers++;
    }
    for (size_t i = before; text[i]; i++)
        result.quotes += text[i] == '"';
    return result;
}

void fd_judge_look(const char *text, const char *told, fd_findings *findings) {
    words all;
    *findings = count_words(text, told);
    split(text, &all);
    findings->loops = count_loops(&all);
    findings->harping = count_harping(&all);
    for (const char *at = text; (at = strpbrk(at, "0123456789[]*_")) != NULL; at++)
        findings->signs++;
}

bool fd_judge_words(const fd_findings *seen, size_t wanted, fd_buffer *into, fd_error *error) {
    const struct {
        bool is_so;
        const char *words;
    } faults[] = {
        {seen->words * 2 < wanted, "short"},
        {seen->loops > 0, "repeats itself"},
        {seen->harping > 0, "harps on a word"},
        {seen->first_person > 0, "says I or we"},
        {seen->strangers > 0, "names a stranger"},
        {seen->you < 2, "hardly says you"},
        {seen->quotes % 2 == 1, "leaves a quote open"},
        {seen->quotes > 2, "talks a lot"},
        {seen->signs > 0, "has digits or signs"},
    };
    bool ok = true, first = true;
    for (size_t i = 0; ok && i < sizeof faults / sizeof faults[0]; i++)
        if (faults[i].is_so) {
            ok = fd_buffer_addf(into, error, "%s%s", first ? "" : ", ", faults[i].words);
            first = false;
        }
    return ok;
}

double fd_judge_score(const char *text, double logprob, size_t wanted, const char *told) {
    fd_findings seen;
    fd_judge_look(text, told, &seen);
    double score = logprob;
    score -= 1.5 * (double)seen.loops;
    score -= 0.3 * (double)seen.harping;
    score -= 1.0 * (double)seen.first_person;
    score -= 0.7 * (double)seen.strangers;
    score -= 0.15 * (double)seen.quotes; /* talk without a talker is where small models get lost */
    score -= seen.quotes % 2 ? 2.0 : 0.0;
    for (size_t i = 0; i < seen.signs; i++)
        score -= 0.3;
    if (seen.you < 2)
        score -= 0.8;
    if (seen.words * 2 < wanted)
        score -= 3.0 * (1.0 - 2.0 * (double)seen.words / (double)wanted) + 0.5;
    return score;
}
