/* words.h - the words of a text as numbers, to tell which runs of them stand elsewhere. */
#ifndef FD_STORY_WORDS_H
#define FD_STORY_WORDS_H

#include <stdint.h>

#include "model/memory.h"

/* Letters, digits and apostrophes; every letter outside ASCII belongs to a word, quotes and dashes
 * do not. Capitals and the kind of apostrophe make no difference to the hash. */
typedef struct fd_word {
    uint64_t hash;
    size_t start, end; /* bytes of the text */
} fd_word;

/* A growing list; start from {0}. */
typedef struct fd_words {
    fd_word *items;
    size_t count, capacity;
} fd_words;

/* Appends the words of text[0..length). */
bool fd_words_add(const char *text, size_t length, fd_words *words, fd_error *error);
void fd_words_free(fd_words *words);

/* A number for `count` words in a row; equal for equal words, and but for one chance in 2^64 for no
 * others. */
uint64_t fd_words_run(const fd_word *words, size_t count);

/* A growing set of such numbers; start from {0}. */
typedef struct fd_run_set {
    uint64_t *slots; /* 0: empty */
    size_t count, capacity;
} fd_run_set;

bool fd_run_set_has(const fd_run_set *set, uint64_t run);
bool fd_run_set_add(fd_run_set *set, uint64_t run, fd_error *error);
void fd_run_set_free(fd_run_set *set);

#endif
