/* foreign_constants.h - what $name stands for in a story of another of Twine's formats, where that
 * is plain: a value that the whole story gives one text or number written out, and nothing else, no
 * matter how often. What is computed, counted up, asked of the reader or given two values is not
 * known here, for no macro is run. */
#ifndef FD_STORY_FOREIGN_CONSTANTS_H
#define FD_STORY_FOREIGN_CONSTANTS_H

#include "story/format.h"

typedef struct fd_constant {
    char *name; /* without $ */
    char *text; /* NULL: not known */
} fd_constant;

typedef struct fd_constants {
    fd_constant *items;
    size_t count, capacity;
} fd_constants;

/* Looks through all passages, StoryInit and its like with them; fd_constants_free whatever happens.
 */
bool fd_constants_read(fd_format format, const fd_twee *twee, fd_constants *constants,
                       fd_error *error);
void fd_constants_free(fd_constants *constants);

/* What the value of that name is, or NULL. */
const char *fd_constants_find(const fd_constants *constants, const char *name, size_t length);

#endif
