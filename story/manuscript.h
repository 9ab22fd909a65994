/* manuscript.h - the files a story is written in (project.h), kept byte for byte, and the story in
 * them. */
#ifndef FD_STORY_MANUSCRIPT_H
#define FD_STORY_MANUSCRIPT_H

#include "story/story.h"
#include "story/twee_edit.h"

typedef struct fd_manuscript {
    char **paths; /* [path_count] of files and folders, as it was opened */
    size_t path_count;
    fd_twee_file *files; /* at least one */
    size_t count;
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
