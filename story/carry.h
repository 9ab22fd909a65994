/* carry.h - a telling taken through another edition of its story: what was done is done again as
 * far as it can be, and what was dreamed keeps its words.
 *
 * Chance draws as it did, since the new telling is rooted in the edition that the old one was begun
 * with; what the author wrote is told as it now stands. Nothing is dreamed, so it takes no time. */
#ifndef FD_STORY_CARRY_H
#define FD_STORY_CARRY_H

#include "story/narrator.h"

/* Where a telling parts from the story as it now is. */
typedef struct fd_parting {
    size_t turns;        /* that stand */
    const char *passage; /* of the last of them, or NULL; the story's */
    const char *gone;    /* why what was done next cannot be done there now, after "where"; "" when
                            all turns stand */
    const char *deed;    /* what that says it of, the label chosen or the text typed, or ""; the old
                            path's */
} fd_parting;

/* Takes the line of `old` through the narrator's story into `path`, which is empty and not kept on
 * disk. Nothing stands when not even the first turn does. */
bool fd_carry(const fd_path *old, const fd_narrator *narrator, fd_path *path, fd_parting *parting,
              fd_error *error);

/* A story of bare passages: those that a save names. By it the save can be read, told again and
 * exported when the story that it was told from is no longer there. */
fd_story *fd_carry_names(const char *file, fd_error *error);

#endif
