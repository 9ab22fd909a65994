/* manuscript.h - the files a story is written in, kept byte for byte, and the story in them.
 *
 * A STORY is a Twee file, several, or folders of them (Tweego's way: every .twee and .tw file in
 * them and in the folders inside, in the order of their names). */
#ifndef FD_STORY_MANUSCRIPT_H
#define FD_STORY_MANUSCRIPT_H

#include "story/story.h"
#include "story/twee_edit.h"

typedef struct fd_manuscript {
    fd_twee_file *files; /* at least one */
    size_t count, capacity;
    fd_story *story;
} fd_manuscript;

/* Messages name the file and the line in it. */
bool fd_manuscript_open(char *const *paths, size_t count, fd_manuscript *manuscript,
                        fd_error *error);

/* The same from the files as they are in memory: the story is parsed anew. On failure the story is
 * the one it was. */
bool fd_manuscript_parse(fd_manuscript *manuscript, fd_error *error);
void fd_manuscript_free(fd_manuscript *manuscript);

/* The file that holds the passage; FD_USAGE when none does. */
fd_twee_file *fd_manuscript_file(const fd_manuscript *manuscript, const char *passage,
                                 fd_error *error);

#endif
