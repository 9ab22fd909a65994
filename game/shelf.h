/* shelf.h - the saved stories on disk: a list of them, and what may be done with one beside playing
 * it. A save's name is its file's in the user's folder of saves, without ".jsonl". */
#ifndef FD_GAME_SHELF_H
#define FD_GAME_SHELF_H

#include <limits.h>
#include <time.h>

#include "story/path.h"

typedef struct fd_save {
    char *name, *file;
    char *title, *seed, *model; /* "" where they could not be read */
    char *excerpt;              /* of what was told last, one line */
    char *problem;              /* why it cannot be gone on with, or NULL */
    size_t turns;               /* of the line */
    struct timespec changed;
} fd_save;

typedef struct fd_shelf {
    fd_save *saves; /* the newest first */
    size_t count, capacity;
} fd_shelf;

bool fd_shelf_read(fd_shelf *shelf, fd_error *error);
void fd_shelf_free(fd_shelf *shelf);

/* When a save was last written to, in words of a fixed width: "2026-11-24 12:30". */
void fd_save_date(const fd_save *save, char date[32]);

/* The file of a save: a path, a name, or NULL for the newest. */
bool fd_save_path(const char *name, char path[PATH_MAX], fd_error *error);

/* A file for a new save, named after the time. */
bool fd_save_new(char path[PATH_MAX], fd_error *error);

/* Reads a save and its story: of another edition of it than is here now, the names of its passages
 * alone (carry.h). The caller frees the path and then the story, and may instead hand
 * the story, NULL at first, to the next call: most saves are of one story, which is then loaded
 * once. */
bool fd_save_read(const char *file, fd_story **story, fd_path *path, bool *torn, fd_error *error);

/* Each refuses a new name that is taken or no name; one that is being played cannot be removed.
 * `file` gets the new file. */
bool fd_save_rename(const char *file, const char *name, char renamed[PATH_MAX], fd_error *error);
bool fd_save_copy(const char *file, const char *name, fd_error *error);
bool fd_save_remove(const char *file, fd_error *error);

#endif
