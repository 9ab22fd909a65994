/* project.h - the files a story is made of: files of Twee, or folders with any number of them, as
 * Tweego's projects have. */
#ifndef FD_STORY_PROJECT_H
#define FD_STORY_PROJECT_H

#include "model/memory.h"

typedef struct fd_source {
    char *path; /* what messages call it: the folder's path and the file's within it */
    fd_buffer text;
} fd_source;

typedef struct fd_project {
    fd_source *sources;
    size_t count, capacity;
} fd_project; /* start from {0} */

enum { FD_PROJECT_DEPTH = 16 };

/* Reads each path: a file, or all that end in .twee or .tw in a folder and its folders
 * (FD_PROJECT_DEPTH deep; names that begin with a dot are passed by), in the order of their paths'
 * bytes. A file named twice is read once. All together hold at most FD_TWEE_LIMIT bytes.
 * FD_BAD_FILE for a folder without any, and for what cannot be read. */
bool fd_project_read(char *const *paths, size_t count, fd_project *project, fd_error *error);
void fd_project_free(fd_project *project);

#endif
