/* corpus.h - a writer's stories and notes made into training text: the shape in which the narrator
 * will prompt.
 *
 * Texts are cleaned (clean.h) and taken apart into paragraphs; a line break inside one that only
 * wraps it is a space. What teaches nothing is dropped: sound effects and filler sentence by
 * sentence, headings and notes, and what stood before. The rest is cut after whole sentences into
 * segments of about 30 to 110 words. */
#ifndef FD_STORY_CORPUS_H
#define FD_STORY_CORPUS_H

#include "story/manuscript.h"
#include "story/words.h"

/* Why something is dropped. */
typedef enum fd_drop {
    FD_DROP_SOUND, /* a sentence of nothing but noises, or of two, with a hyphen, again and again */
    FD_DROP_FILLER,  /* a sentence of nothing but hesitation; a line without words */
    FD_DROP_HEADING, /* titles, chapter heads, a writer's notes to himself */
    FD_DROP_SAME,    /* a paragraph of three words or more that stood before, word for word */
    FD_DROP_ALIKE,   /* one of eight or more, most of whose runs of four words stood before */
    FD_DROPS
} fd_drop;

enum { FD_DROP_EXAMPLES = 5 };

typedef struct fd_dropped {
    size_t count;
    char *examples[FD_DROP_EXAMPLES]; /* the first ones: "file:line: text", owned */
} fd_dropped;

/* Start from fd_corpus_new. */
typedef struct fd_corpus {
    bool second;    /* retell the first person in the second (person.h) */
    fd_buffer text; /* the segments so far, each followed by "<|endoftext|>" */
    size_t texts, segments, words;
    fd_dropped dropped[FD_DROPS];
    fd_run_set paragraphs, runs; /* of all that was kept */
} fd_corpus;

fd_corpus fd_corpus_new(bool second);
void fd_corpus_free(fd_corpus *corpus);

/* Adds a text of the file `source`. An "<|endoftext|>" in it ends a segment. */
bool fd_corpus_add(fd_corpus *corpus, const char *source, const char *text, size_t length,
                   fd_error *error);

/* Adds what a story's passages tell, without a model, to somebody who answers its questions by
 * their defaults: three times, so that variations are met (the same again is dropped, and not
 * counted). Dreams are left out: what the model is to write must not be learned by heart. */
bool fd_corpus_add_story(fd_corpus *corpus, const fd_manuscript *manuscript, fd_error *error);

/* "sound effects" and so on. */
const char *fd_drop_name(fd_drop drop);

/* Appends text[0..length) cut after whole sentences into segments of about 30 to 110 words (drawn
 * from `seed`), each followed by "<|endoftext|>", as the turns of a story stand in a prompt.
 * Existing "<|endoftext|>" marks also end a segment; paragraphs inside one stay apart. */
bool fd_corpus_segments(const char *text, size_t length, uint64_t seed, fd_buffer *into,
                        fd_error *error);

#endif
