/* file.h - reading whole files, mapping them, and replacing them so that a good file is never
 * replaced by half of one. */
#ifndef FD_MODEL_FILE_H
#define FD_MODEL_FILE_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "model/memory.h"

/* Appends the whole file to `into`, refusing files past the buffer's limit. */
bool fd_file_read(const char *path, fd_buffer *into, fd_error *error);

/* A read-only map of a whole file. */
typedef struct fd_map {
    const uint8_t *bytes; /* NULL for an empty file */
    size_t length;
} fd_map;

bool fd_map_open(const char *path, fd_map *map, fd_error *error);
void fd_map_close(fd_map *map);

/* Drops what was read of the map from memory; it is read from the file again when it is used. For
 * going once through a file larger than memory should be filled with. */
void fd_map_forget(const fd_map *map);

/* A file being written beside the one it is to replace. */
typedef struct fd_replacement {
    char path[PATH_MAX], beside[PATH_MAX];
    int file; /* -1: none is open */
} fd_replacement;

/* Begins, adds to, and ends a replacement: the end syncs, renames over `path`, syncs the folder.
 * After any failure, and after fd_replace_cancel (which does nothing to one that ended), the old
 * file is as it was and nothing is left behind; the error names the step. */
bool fd_replace_begin(fd_replacement *self, const char *path, fd_error *error);
bool fd_replace_add(fd_replacement *self, const void *bytes, size_t length, fd_error *error);
bool fd_replace_end(fd_replacement *self, fd_error *error);
void fd_replace_cancel(fd_replacement *self);

/* The whole of that at once. */
bool fd_file_replace(const char *path, const void *bytes, size_t length, fd_error *error);

#endif
