/* path.h - the log of turns: what was chosen and what was shown, in memory and on disk.
 *
 * The file is JSON Lines: a header (story, seed, model), then one line for each turn, written and
 * synced before the player sees the next prompt; taking turns back is a line too. A last line that
 * was cut short is dropped on reading. */
#ifndef FD_STORY_PATH_H
#define FD_STORY_PATH_H

#include "story/turn.h"

typedef struct fd_path_header {
    char *story;      /* file, as it was given */
    char *story_hash; /* SHA-256 in hex */
    char *title;
    char *seed;
    char *model;      /* name or directory; "" without dreams */
    char *model_hash; /* SHA-256 of its weights in hex, or "" */
} fd_path_header;

typedef struct fd_path {
    fd_path_header header;
    fd_turn **turns; /* owned */
    size_t count, capacity;
    const fd_story *story; /* whose passages the file names */
    int file;              /* descriptor, -1 when not kept on disk */
} fd_path;                 /* start from FD_PATH */

#define FD_PATH ((fd_path){.file = -1})

bool fd_path_set_header(fd_path *path, const fd_path_header *header, fd_error *error);

/* Takes over `turn` (heap) whatever happens. */
bool fd_path_add(fd_path *path, fd_turn *turn, fd_error *error);
bool fd_path_take_back(fd_path *path, size_t turns, fd_error *error);
const fd_turn *fd_path_last(const fd_path *path); /* NULL when empty */
void fd_path_free(fd_path *path);                 /* closes its file, too */

/* Begins the file (refusing to overwrite one) with the header and all turns so far. */
bool fd_path_create(fd_path *path, const fd_story *story, const char *file, fd_error *error);

/* Reads the header alone, to find the story. */
bool fd_path_read_header(const char *file, fd_path_header *header, fd_error *error);
void fd_path_header_free(fd_path_header *header);

/* Reads a file; when `append`, goes on writing to it. FD_BAD_FILE names the line. `*torn` says
 * whether a last line was dropped. A save of another version of the story is refused. */
bool fd_path_open(fd_path *path, const fd_story *story, const char *file, bool append, bool *torn,
                  fd_error *error);

#endif
