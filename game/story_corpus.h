/* story_corpus.h - `feverdream story corpus`: stories and notes as training text. */
#ifndef FD_GAME_STORY_CORPUS_H
#define FD_GAME_STORY_CORPUS_H

#include <stddef.h>

#include "model/error.h"

/* Prints the stories (.twee, .tw, directories) and texts as one corpus (story/corpus.h); on stderr
 * how much of it there is, and with `explain` what was dropped. `person` is "second" to retell the
 * first person, or NULL. */
bool fd_story_corpus(const char *person, bool explain, char **files, size_t count, fd_error *error);

#endif
