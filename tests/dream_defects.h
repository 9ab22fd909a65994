/* dream_defects.h - what is wrong with a dreamed stretch, counted in the text alone.
 *
 * Every count is of what a reader stumbles over and none needs to understand a sentence: words that
 * stand in no book, four words told twice, the narrator as "I", names nobody has told, sentences
 * that begin small, quotes left open, eight words in a row of the story itself. */
#ifndef FD_TESTS_DREAM_DEFECTS_H
#define FD_TESTS_DREAM_DEFECTS_H

#include <ctype.h>
#include <string.h>

#include "story/judge.h"
#include "story/words.h"

typedef enum defect {
    DEFECT_LOOP,     /* four words in a row stand there twice */
    DEFECT_COPY,     /* eight words in a row stand in the story's file or in what was told */
    DEFECT_INVENTED, /* a word without capitals that stands in none of the books */
    DEFECT_PERSON,   /* I, me, my, we, us or our outside quotes */
    DEFECT_BENT,     /* "to you" and its like in a sentence that begins with "You" */
    DEFECT_STRANGER, /* a capital inside a sentence, of a name that was not told */
    DEFECT_SMALL,    /* a sentence without a capital */
    DEFECT_TENSE,    /* past and present outside quotes */
    DEFECT_DANGLING, /* a sentence that ends with "the", "your", "and" or their like */
    DEFECT_QUOTES,   /* an odd number of quotes */
    DEFECT_NOBODY,   /* no "you" or "your" */
    DEFECT_FALLBACK, /* no candidate was fit to be told */
    DEFECT_COUNT,
} defect;

static const char *const defect_names[DEFECT_COUNT] = {
    "loop",  "copy",   "invented", "person", "you to you", "stranger",
    "small", "tenses", "dangling", "quotes", "no you",     "fallback"};

/* What dreams are held against: runs of one word are the words themselves. */
typedef struct defect_books {
    fd_run_set known;  /* words of the books; empty: nothing is invented */
    fd_run_set common; /* words that say nothing about a scene */
    fd_run_set story;  /* runs of eight words of the story's file */
} defect_books;

typedef struct defects {
    bool has[DEFECT_COUNT];
    bool talks;       /* there are quotes */
    double agreement; /* share of its uncommon words that stand in what was told last */
    size_t hollow;    /* words that name and do nothing */
    size_t stock;     /* phrases that say nothing */
    size_t words, sentences;
} defects;

enum { DEFECT_LOOP_RUN = 4, DEFECT_COPY_RUN = 8, DEFECT_SCENE = 300 };

static bool defect_is(const char *text, const fd_word *word, const char *const *list) {
    size_t length = word->end - word->start;
    for (; *list; list++)
        if (strlen(*list) == length && strncmp(text + word->start, *list, length) == 0)
            return true;
    return false;
}

static bool defect_is_small(const char *text, const fd_word *word) {
    for (size_t i = word->start; i < word->end; i++)
        if (!islower((unsigned char)text[i]))
            return false;
    return true;
}

/* Remembers every run of `length` words of them. */
static bool defect_runs(const fd_words *words, size_t length, fd_run_set *set, fd_error *error) {
    for (size_t i = 0; i + length <= words->count; i++)
        if (!fd_run_set_add(set, fd_words_run(words->items + i, length), error))
            return false;
    return true;
}

/* What the marks between two words, text[from..to), do to the sentence. */
static void defect_between(const char *text, size_t from, size_t to, bool *quoted, bool *starts,
                           bool *ended) {
    *starts = *ended = from == 0;
    for (size_t i = from; i < to; i++) {
        *quoted ^= text[i] == '"';
        *starts |= strchr(".!?:\"\n", text[i]) != NULL;
        *ended = (*ended || strchr(".!?", text[i])) && text[i] != '"' && text[i] != ',';
    }
}

static void defect_of_words(const char *text, const fd_words *words, const fd_run_set *told,
                            const defect_books *books, defects *found) {
    static const char *const first[] = {"I",    "me",     "my",   "we",   "us",  "our",
                                        "We",   "My",     "Our",  "I'm",  "I'd", "I've",
                                        "I'll", "myself", "ours", "mine", NULL};
    static const char *const you[] = {"you", "You", "your", "Your", "you'd", "You'd", NULL};
    bool quoted = false, starts, ended;
    size_t before = 0;
    found->has[DEFECT_NOBODY] = true;
    for (size_t i = 0; i < words->count; i++) {
        const fd_word *word = &words->items[i];
        defect_between(text, before, word->start, &quoted, &starts, &ended);
        before = word->end;
        uint64_t run = fd_words_run(word, 1);
        bool own = defect_is(text, word, first), small = islower((unsigned char)text[word->start]);
        found->has[DEFECT_PERSON] |= own && !quoted;
        found->has[DEFECT_NOBODY] &= !defect_is(text, word, you);
        found->has[DEFECT_SMALL] |= ended && small && i > 0;
        found->has[DEFECT_STRANGER] |= !starts && !own &&
                                       isupper((unsigned char)text[word->start]) &&
                                       !fd_run_set_has(told, run);
        found->has[DEFECT_INVENTED] |= books->known.count && defect_is_small(text, word) &&
                                       !fd_run_set_has(&books->known, run);
    }
}

static bool defect_of_runs(const fd_words *words, const fd_run_set *copied,
                           const defect_books *books, defects *found, fd_error *error) {
    fd_run_set seen = {0};
    bool ok = true;
    for (size_t i = 0; ok && i + DEFECT_LOOP_RUN <= words->count; i++) {
        uint64_t run = fd_words_run(words->items + i, DEFECT_LOOP_RUN);
        found->has[DEFECT_LOOP] |= fd_run_set_has(&seen, run);
        ok = fd_run_set_add(&seen, run, error);
    }
    for (size_t i = 0; i + DEFECT_COPY_RUN <= words->count; i++) {
        uint64_t run = fd_words_run(words->items + i, DEFECT_COPY_RUN);
        found->has[DEFECT_COPY] |=
            fd_run_set_has(&books->story, run) || fd_run_set_has(copied, run);
    }
    fd_run_set_free(&seen);
    return ok;
}

/* Share of the dream's uncommon words that stand in the last DEFECT_SCENE words told. */
static bool defect_agreement(const fd_words *words, const fd_words *told, const defect_books *books,
                             defects *found, fd_error *error) {
    fd_run_set scene = {0};
    size_t from = told->count > DEFECT_SCENE ? told->count - DEFECT_SCENE : 0;
    size_t uncommon = 0, agreeing = 0;
    fd_words last = {told->items + from, told->count - from, 0};
    bool ok = defect_runs(&last, 1, &scene, error);
    for (size_t i = 0; ok && i < words->count; i++) {
        uint64_t run = fd_words_run(&words->items[i], 1);
        bool counts = !fd_run_set_has(&books->common, run);
        uncommon += counts;
        agreeing += counts && fd_run_set_has(&scene, run);
    }
    found->agreement = uncommon ? (double)agreeing / (double)uncommon : 0.0;
    fd_run_set_free(&scene);
    return ok;
}

/* Counts what is wrong with `text`, dreamed after `told`. */
static bool defects_of(const char *text, const char *told, const defect_books *books,
                       defects *found, fd_error *error) {
    fd_words words = {0}, before = {0};
    fd_run_set names = {0}, copied = {0};
    size_t quotes = 0;
    for (const char *at = text; *at; at++)
        quotes += *at == '"';
    fd_findings seen;
    fd_judge_look(text, told, &seen);
    *found = (defects){.talks = quotes > 0, .hollow = seen.hollow, .stock = seen.stock};
    for (size_t i = 0; text[i]; i++)
        found->sentences += fd_judge_is_whole(text, i + 1);
    found->has[DEFECT_BENT] = seen.bent > 0;
    found->has[DEFECT_TENSE] = seen.past && seen.present;
    found->has[DEFECT_DANGLING] = seen.dangling > 0;
    found->has[DEFECT_QUOTES] = quotes % 2 == 1;
    bool ok = fd_words_add(text, strlen(text), &words, error) &&
              fd_words_add(told, strlen(told), &before, error) &&
              defect_runs(&before, 1, &names, error) &&
              defect_runs(&before, DEFECT_COPY_RUN, &copied, error) &&
              defect_of_runs(&words, &copied, books, found, error) &&
              defect_agreement(&words, &before, books, found, error);
    if (ok)
        defect_of_words(text, &words, &names, books, found);
    found->words = words.count;
    fd_run_set_free(&copied);
    fd_run_set_free(&names);
    fd_words_free(&before);
    fd_words_free(&words);
    return ok;
}

#endif
