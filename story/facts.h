/* facts.h - what the player pinned: facts, each a line of one text, none of them empty. */
#ifndef FD_STORY_FACTS_H
#define FD_STORY_FACTS_H

#include "model/memory.h"

enum { FD_FACTS_MOST = 1 << 14 }; /* bytes */

size_t fd_facts_count(const char *facts);

/* The bytes of fact `index`, which begins at *fact and ends before its newline or the end. */
size_t fd_facts_at(const char *facts, size_t index, const char **fact);

/* Adds `facts` with fact `index` replaced by `text`, whose lines are then a fact each; past the
 * last fact it is one more, and "" takes the fact out. */
bool fd_facts_put(const char *facts, size_t index, const char *text, fd_buffer *into,
                  fd_error *error);

#endif
