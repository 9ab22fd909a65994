/* keep.h - what a writer keeps goes into the story's file: passages and the links to them, so that
 * every other byte stays, and so that it can be taken back. */
#ifndef FD_GAME_KEEP_H
#define FD_GAME_KEEP_H

#include "story/kept.h"
#include "story/manuscript.h"

typedef struct fd_keeping {
    const fd_making *making;
    const fd_script *draft;
    const char *from;  /* the passage that links to it: the story's, or one kept before it */
    const char *name;  /* of the new passage */
    const char *label; /* of the link */
} fd_keeping;

/* Writes all into the file that holds the first one's `from`, or nothing: the file is read again,
 * and where another program changed it meanwhile what it changed is kept, unless that is the
 * passage itself (FD_FAILED). The file as it was is left beside it as FILE.bak, unless *backed_up
 * says that this was done before; the new one is written beside and renamed. The manuscript is then
 * what is on the disk. */
bool fd_keep(fd_manuscript *manuscript, const fd_keeping *all, size_t count, bool *backed_up,
             fd_error *error);

/* Takes back what was kept last in the manuscript's files, by this program or an earlier one; what
 * else was changed since stays. Names what it took back in *names. FD_FAILED when there is nothing,
 * or it was changed since. */
bool fd_keep_undo(fd_manuscript *manuscript, fd_buffer *names, fd_error *error);

/* A name no passage has yet: `wanted`, or with a number after it. */
bool fd_keep_free_name(const fd_manuscript *manuscript, const char *wanted, fd_buffer *name,
                       fd_error *error);

#endif
