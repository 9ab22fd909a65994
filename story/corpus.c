#include "story/corpus.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "model/random.h"
#include "model/tokenizer.h"
#include "story/clean.h"
#include "story/person.h"
#include "story/weave.h"

enum { STREAM_SEGMENTS = 11, STREAM_WEAVING = 41, SHORTEST = 30, LONGEST = 110 };

/* ---- sentences and segments ------------------------------------------------------------- */

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

/* ---- what teaches nothing --------------------------------------------------------------- */

/* Sorted, so that both can be read at a glance. */
static const char *const noises[] = {
    "bang",  "bong",   "boom",  "bzzt",   "chime",  "clack",   "clang", "clank",  "clatter",
    "click", "clunk",  "crack", "crash",  "creak",  "ding",    "dong",  "drip",   "drop",
    "hiss",  "knock",  "plop",  "pop",    "rap",    "rattle",  "ring",  "rustle", "scratch",
    "shh",   "slam",   "snap",  "splash", "squeak", "squelch", "swish", "tap",    "thud",
    "thump", "thwack", "tick",  "tock",   "whir",   "whoosh",  "zap"};
static const char *const hesitations[] = {"ah",  "aha",  "aw",   "eh",  "er",  "erm", "ha",  "heh",
                                          "hey", "hm",   "hmm",  "huh", "lol", "mm",  "mmm", "oh",
                                          "ooh", "oops", "phew", "ugh", "uh",  "um",  "umm", "wow"};

#define IS_ONE_OF(list, word) is_one_of(list, sizeof list / sizeof list[0], word)

static bool is_one_of(const char *const *list, size_t count, const char *word) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], word) == 0)
            return true;
    return false;
}

/* A word small, without its plural's s. "Aaaah" is *drawn out. */
static void small_word(const char *text, const fd_word *word, char small[32], bool *drawn) {
    size_t length = 0, same = 1;
    *drawn = false;
    for (size_t at = word->start; at < word->end && length < 31; at++) {
        small[length] = (char)tolower((unsigned char)text[at]);
        same = length && small[length] == small[length - 1] ? same + 1 : 1;
        *drawn = *drawn || (same > 2 && isalpha((unsigned char)text[at]));
        length++;
    }
    small[length] = '\0';
}

static size_t count_distinct(const fd_words *words) {
    size_t distinct = 0;
    for (size_t i = 0; i < words->count; i++) {
        size_t before = 0;
        while (before < i && words->items[before].hash != words->items[i].hash)
            before++;
        distinct += before == i;
    }
    return distinct;
}

/* Whether a sentence should be dropped, and why. */
static bool is_noise(const char *text, size_t length, const fd_words *words, fd_drop *why) {
    enum { FEWEST_REPEATED = 4, MOST_REPEATED = 24, MOST_DISTINCT = 2 };
    size_t noise = 0, hesitating = 0;
    bool compound = memchr(text, '-', length) != NULL;
    for (size_t i = 0; i < words->count; i++) {
        char small[32];
        bool drawn;
        small_word(text, &words->items[i], small, &drawn);
        noise += drawn || IS_ONE_OF(noises, small);
        hesitating += IS_ONE_OF(hesitations, small);
    }
    *why = words->count && hesitating == words->count ? FD_DROP_FILLER : FD_DROP_SOUND;
    if (words->count && noise + hesitating == words->count)
        return true;
    return compound && words->count >= FEWEST_REPEATED && words->count <= MOST_REPEATED &&
           count_distinct(words) <= MOST_DISTINCT;
}

static bool begins(const char *text, size_t length, const char *with) {
    size_t wide = strlen(with);
    for (size_t i = 0; i < wide; i++)
        if (i >= length || tolower((unsigned char)text[i]) != with[i])
            return false;
    return wide == length || !isalpha((unsigned char)text[wide]);
}

/* A roman or decimal number alone, with a full stop or not. */
static bool is_number(const char *text, size_t length) {
    while (length && strchr(".:)", text[length - 1]))
        length--;
    for (size_t i = 0; i < length; i++)
        if (!strchr("IVXLC0123456789", text[i]))
            return false;
    return length > 0;
}

static bool is_heading(const char *text, size_t length, const fd_words *words) {
    static const char *const heads[] = {"chapter", "part", "book", "scene", "act", "volume"};
    static const char *const notes[] = {"todo",
                                        "fixme",
                                        "xxx",
                                        "tbd",
                                        "note to self",
                                        "the end",
                                        "to be continued",
                                        "end of chapter",
                                        "author's note"};
    bool lower = false, ended = strchr(".!?\"'):;,", text[length - 1]) != NULL;
    ended = ended || (length >= 3 && memcmp(text + length - 3, "\xe2\x80\x94", 3) == 0);
    for (size_t i = 0; i < length; i++)
        lower = lower || islower((unsigned char)text[i]);
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
        if (begins(text, length, notes[i]) && (i < 4 || words->count <= 6))
            return true;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        if (begins(text, length, heads[i]) && words->count <= 8 && (!ended || words->count <= 2))
            return true;
    return text[0] == '#' || (text[0] == ':' && text[1] == ':') || is_number(text, length) ||
           (text[0] == '[' && text[length - 1] == ']') || (!lower && !ended && words->count <= 8) ||
           (!ended && words->count <= 5);
}

/* ---- dropping --------------------------------------------------------------------------- */

const char *fd_drop_name(fd_drop drop) {
    static const char *const names[FD_DROPS] = {"sound effects", "filler", "headings and notes",
                                                "said before", "nearly said before"};
    return names[drop];
}

/* Where a paragraph stands. */
typedef struct place {
    const char *source;
    size_t line;
} place;

static bool drop_text(fd_corpus *corpus, fd_drop why, const place *at, const char *text,
                      size_t length, fd_error *error) {
    enum { SHOWN = 60 };
    fd_dropped *dropped = &corpus->dropped[why];
    if (dropped->count++ >= FD_DROP_EXAMPLES)
        return true;
    fd_buffer line = FD_BUFFER((size_t)-1);
    size_t shown = length;
    for (; shown > SHOWN || (shown < length && (text[shown] & 0xc0) == 0x80);)
        shown--;
    bool ok = fd_buffer_addf(&line, error, "%s:%zu: %.*s%s", at->source, at->line, (int)shown, text,
                             shown < length ? "..." : "");
    dropped->examples[dropped->count - 1] = line.data;
    return ok;
}

/* Whether what is kept so far has this paragraph already; remembers it otherwise. */
static bool check_new(fd_corpus *corpus, const char *text, size_t length, bool *kept, fd_drop *why,
                      fd_error *error) {
    enum { FEWEST_SAME = 3, FEWEST_ALIKE = 8, RUN = 4, ALIKE_PERCENT = 70 };
    fd_words words = {NULL, 0, 0};
    bool ok = fd_words_add(text, length, &words, error);
    size_t runs = words.count >= FEWEST_ALIKE ? words.count - RUN + 1 : 0, known = 0;
    uint64_t whole = fd_words_run(words.items, words.count);
    bool same = words.count >= FEWEST_SAME && fd_run_set_has(&corpus->paragraphs, whole);
    for (size_t i = 0; i < runs; i++)
        known += fd_run_set_has(&corpus->runs, fd_words_run(words.items + i, RUN));
    *kept = !same && (runs == 0 || known * 100 < runs * ALIKE_PERCENT);
    *why = same ? FD_DROP_SAME : FD_DROP_ALIKE;
    ok = ok && (!*kept || fd_run_set_add(&corpus->paragraphs, whole, error));
    for (size_t i = 0; ok && *kept && i < runs; i++)
        ok = fd_run_set_add(&corpus->runs, fd_words_run(words.items + i, RUN), error);
    corpus->words += ok && *kept ? words.count : 0;
    fd_words_free(&words);
    return ok;
}

/* Without the sentences that are noise, unless a quotation is cut in two by it. */
static bool keep_sentences(fd_corpus *corpus, const place *at, const char *text, size_t length,
                           fd_buffer *into, fd_error *error) {
    bool ok = true;
    size_t quotes = 0;
    for (size_t from = 0, end; ok && from < length; from = end) {
        size_t before = quotes;
        fd_words words = {NULL, 0, 0};
        fd_drop why;
        for (end = from + 1; end < length && !ends_sentence(text, length, end);)
            end++;
        for (size_t i = from; i < end; i++)
            quotes += text[i] == '"';
        ok = fd_words_add(text + from, end - from, &words, error);
        bool noise = ok && before % 2 == 0 && quotes % 2 == 0 &&
                     is_noise(text + from, end - from, &words, &why);
        if (ok && noise)
            ok = drop_text(corpus, why, at, text + from, end - from, error);
        else if (ok)
            ok = (!into->length || fd_buffer_add(into, " ", 1, error)) &&
                 fd_buffer_add(into, text + from, end - from, error);
        while (end < length && text[end] == ' ')
            end++;
        fd_words_free(&words);
    }
    return ok;
}

/* Adds a paragraph to `into`, or drops it. */
static bool add_paragraph(fd_corpus *corpus, const place *at, const char *text, size_t length,
                          bool again, fd_buffer *into, fd_error *error) {
    fd_buffer prose = FD_BUFFER((size_t)-1);
    fd_words words = {NULL, 0, 0};
    fd_drop why = FD_DROP_FILLER;
    bool kept = true, ok = fd_words_add(text, length, &words, error);
    if (ok && (!words.count || is_heading(text, length, &words)))
        ok = drop_text(corpus, words.count ? FD_DROP_HEADING : why, at, text, length, error);
    else
        ok = ok && keep_sentences(corpus, at, text, length, &prose, error);
    if (ok && prose.length) {
        ok = check_new(corpus, prose.data, prose.length, &kept, &why, error);
        if (ok && kept)
            ok = (!into->length || fd_buffer_add_text(into, "\n\n", error)) &&
                 fd_buffer_add(into, prose.data, prose.length, error);
        else if (ok && !again)
            ok = drop_text(corpus, why, at, prose.data, prose.length, error);
    }
    fd_words_free(&words);
    fd_buffer_free(&prose);
    return ok;
}

/* ---- paragraphs ------------------------------------------------------------------------- */

static size_t end_of_line(const char *text, size_t length, size_t at) {
    const char *end = memchr(text + at, '\n', length - at);
    return end ? (size_t)(end - text) : length;
}

/* The width at which the text's lines are wrapped; 0 when they are not: when there are longer ones
 * than people wrap at. */
static size_t wrapped_at(const char *text, size_t length) {
    enum { WIDEST = 110, NARROWEST = 40 };
    size_t widest = 0;
    for (size_t at = 0, end; at < length; at = end + 1) {
        end = end_of_line(text, length, at);
        widest = end - at > widest ? end - at : widest;
    }
    return widest >= NARROWEST && widest <= WIDEST ? widest : 0;
}

/* Whether the line text[at..end) goes on in the next: its first word would not have fitted, or is
 * small and no sentence ended before it. */
static bool goes_on(const char *text, size_t length, size_t at, size_t end, size_t width) {
    size_t next = end + 1, word = next;
    while (word < length && !isspace((unsigned char)text[word]))
        word++;
    if (word == next)
        return false;
    bool sentence = ends_sentence(text, length, end);
    return (width && end - at + 1 + (word - next) > width) ||
           (!sentence && islower((unsigned char)text[next]));
}

static bool cut(fd_corpus *corpus, const fd_buffer *prose, fd_error *error) {
    size_t from = corpus->text.length;
    bool ok = fd_corpus_segments(fd_buffer_text(prose), prose->length, ++corpus->texts,
                                 &corpus->text, error);
    for (const char *at = fd_buffer_text(&corpus->text) + from;
         ok && (at = strstr(at, FD_END_OF_TEXT)); at++)
        corpus->segments++;
    return ok;
}

/* One document, clean: its paragraphs, then segments. */
static bool add_document(fd_corpus *corpus, place at, const char *text, size_t length, size_t width,
                         bool again, fd_error *error) {
    fd_buffer line = FD_BUFFER((size_t)-1), prose = line, told = line;
    place here = at;
    bool ok = true;
    for (size_t from = 0, end; ok && from < length; from = end + 1, at.line++) {
        end = end_of_line(text, length, from);
        here = line.length ? here : at;
        ok = end == from || ((!line.length || fd_buffer_add(&line, " ", 1, error)) &&
                             fd_buffer_add(&line, text + from, end - from, error));
        if (!ok || !line.length || (end > from && goes_on(text, length, from, end, width)))
            continue;
        ok = add_paragraph(corpus, &here, line.data, line.length, again, &prose, error);
        fd_buffer_clear(&line);
    }
    if (ok && line.length)
        ok = add_paragraph(corpus, &here, line.data, line.length, again, &prose, error);
    const fd_buffer *from = corpus->second ? &told : &prose;
    ok =
        ok &&
        (!corpus->second || fd_person_second(fd_buffer_text(&prose), prose.length, &told, error)) &&
        cut(corpus, from, error);
    fd_buffer_free(&line);
    fd_buffer_free(&prose);
    fd_buffer_free(&told);
    return ok;
}

/* ---- the whole -------------------------------------------------------------------------- */

fd_corpus fd_corpus_new(bool second) {
    return (fd_corpus){.second = second, .text = FD_BUFFER((size_t)1 << 32)};
}

void fd_corpus_free(fd_corpus *corpus) {
    for (size_t d = 0; d < FD_DROPS; d++)
        for (size_t i = 0; i < FD_DROP_EXAMPLES; i++)
            free(corpus->dropped[d].examples[i]);
    fd_buffer_free(&corpus->text);
    fd_run_set_free(&corpus->paragraphs);
    fd_run_set_free(&corpus->runs);
    *corpus = fd_corpus_new(corpus->second);
}

bool fd_corpus_add(fd_corpus *corpus, const char *source, const char *text, size_t length,
                   fd_error *error) {
    fd_buffer clean = FD_BUFFER((size_t)-1);
    place at = {source, 1};
    bool ok = fd_clean_text(source, 1, text, length, &clean, error);
    const char *from = fd_buffer_text(&clean), *end = from + clean.length;
    size_t width = wrapped_at(from, clean.length);
    while (ok && from < end) {
        const char *mark = strstr(from, FD_END_OF_TEXT);
        const char *stop = mark ? mark : end;
        ok = add_document(corpus, at, from, (size_t)(stop - from), width, false, error);
        for (; from < stop; from++)
            at.line += *from == '\n';
        from += mark ? strlen(FD_END_OF_TEXT) : 0;
    }
    fd_buffer_free(&clean);
    return ok;
}

/* A passage as it is told to somebody who gave these answers. */
static bool weave(const fd_story *story, size_t passage, uint64_t number, const fd_state *answers,
                  fd_woven *woven, fd_error *error) {
    fd_state state = {0};
    const fd_random_key key = {number, STREAM_WEAVING};
    bool ok = fd_state_copy(answers, &state, error) &&
              fd_weave(story, passage, key, &state, woven, error);
    fd_state_free(&state);
    return ok;
}

/* The default answers to what a story asks. */
static bool answer(const fd_story *story, fd_state *answers, fd_error *error) {
    bool ok = true;
    for (size_t passage = 0; ok && passage < story->twee.count; passage++) {
        fd_woven woven = {0};
        ok = !fd_story_is_told(story, passage) ||
             (weave(story, passage, passage, answers, &woven, error) &&
              fd_woven_answer(&woven, answers, error));
        fd_woven_free(&woven);
    }
    return ok;
}

/* What a passage tells, its pieces apart. */
static bool weave_passage(const fd_story *story, size_t passage, uint64_t number,
                          const fd_state *answers, fd_buffer *text, fd_error *error) {
    fd_woven woven = {0};
    bool ok = weave(story, passage, number, answers, &woven, error);
    for (size_t p = 0; ok && p < woven.piece_count; p++)
        if (!woven.pieces[p].dream)
            ok = fd_buffer_addf(text, error, "%s%s", text->length ? "\n\n" : "",
                                woven.pieces[p].text);
    fd_woven_free(&woven);
    return ok;
}

/* The file and line of a passage's header. */
static bool find_passage(const fd_manuscript *manuscript, const char *name, place *at,
                         fd_error *error) {
    size_t found;
    const fd_twee_file *file = fd_manuscript_file(manuscript, name, error);
    const fd_twee_span *span = file ? fd_twee_file_find(file, name, &found, error) : NULL;
    if (span)
        *at = (place){file->path, span->line};
    return span != NULL;
}

static bool add_passage(fd_corpus *corpus, const fd_manuscript *manuscript, const fd_state *answers,
                        size_t passage, size_t time, fd_error *error) {
    const fd_story *story = manuscript->story;
    fd_buffer told = FD_BUFFER(FD_TWEE_LIMIT), clean = FD_BUFFER((size_t)-1);
    place at;
    bool ok =
        find_passage(manuscript, story->twee.passages[passage].name, &at, error) &&
        weave_passage(story, passage, time * story->twee.count + passage, answers, &told, error) &&
        fd_clean_text(at.source, at.line, fd_buffer_text(&told), told.length, &clean, error) &&
        add_document(corpus, at, fd_buffer_text(&clean), clean.length, 0, time > 0, error);
    fd_buffer_free(&told);
    fd_buffer_free(&clean);
    return ok;
}

bool fd_corpus_add_story(fd_corpus *corpus, const fd_manuscript *manuscript, fd_error *error) {
    enum { TIMES = 3 };
    const fd_story *story = manuscript->story;
    fd_state answers = {0};
    bool ok = answer(story, &answers, error);
    for (size_t time = 0; ok && time < TIMES; time++)
        for (size_t passage = 0; ok && passage < story->twee.count; passage++)
            if (fd_story_is_told(story, passage))
                ok = add_passage(corpus, manuscript, &answers, passage, time, error);
    fd_state_free(&answers);
    return ok;
}
