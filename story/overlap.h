/* overlap.h - how much of a text stands word for word in another: what a model that learned the one
 * copied into the other. */
#ifndef FD_STORY_OVERLAP_H
#define FD_STORY_OVERLAP_H

#include "story/words.h"

enum { FD_OVERLAP_WORDS = 8, FD_OVERLAP_EXAMPLES = 3 };

typedef struct fd_overlap_example {
    char *text; /* owned; the longest runs, longest first */
    size_t words;
} fd_overlap_example;

typedef struct fd_overlap {
    fd_words source;
    uint32_t *heads, *next; /* places of the source by the hash of the run that begins there */
    size_t buckets;
    size_t runs;   /* of FD_OVERLAP_WORDS words, in what was measured */
    size_t copied; /* of them, those that stand in the source */
    fd_overlap_example examples[FD_OVERLAP_EXAMPLES];
} fd_overlap;

/* Remembers the words of `source` (below 2^32 of them). Freed even after a failure. */
bool fd_overlap_init(fd_overlap *self, const char *source, size_t length, fd_error *error);
void fd_overlap_free(fd_overlap *self);

/* Counts the runs of text[0..length), and keeps the longest that stand in the source as a whole. */
bool fd_overlap_add(fd_overlap *self, const char *text, size_t length, fd_error *error);

/* copied / runs, 0 when there are none. */
double fd_overlap_share(const fd_overlap *self);

#endif
