/* corpus.h - prose made into training text: the shape in which the narrator will prompt. */
#ifndef FD_STORY_CORPUS_H
#define FD_STORY_CORPUS_H

#include <stdint.h>

#include "model/memory.h"

/* Appends text[0..length) cut after whole sentences into segments of about 30 to 110 words (drawn
 * from `seed`), each followed by "<|endoftext|>", as the turns of a story stand in a prompt.
 * Existing "<|endoftext|>" marks also end a segment; paragraphs inside one stay apart. */
bool fd_corpus_segments(const char *text, size_t length, uint64_t seed, fd_buffer *into,
                        fd_error *error);

#endif
