/* prose.h - what a passage may tell, as one text for a proof-reader: every alternative and branch
 * one after the other with FD_PROSE_CUT between them, labels cut off likewise, a dream's opening
 * and fallback in a paragraph of its own. Values are left out. */
#ifndef FD_STORY_PROSE_H
#define FD_STORY_PROSE_H

#include "story/story.h"

#define FD_PROSE_CUT '\x1e'

typedef struct fd_prose_mark {
    size_t at, line; /* from this byte on the text stands in this line and those after it */
} fd_prose_mark;

typedef struct fd_prose {
    fd_buffer text;
    fd_prose_mark *marks;
    size_t count, capacity;
} fd_prose;

/* *prose is to be freed whatever happens. */
bool fd_prose_of(const fd_story *story, size_t passage, bool dreams, fd_prose *prose,
                 fd_error *error);
size_t fd_prose_line(const fd_prose *prose, size_t at);
void fd_prose_free(fd_prose *prose);

#endif
