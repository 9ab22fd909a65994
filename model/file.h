/* file.h - reading whole files, mapping them, and replacing them so that a good file is never
 * replaced by half of one. */
#ifndef FD_MODEL_FILE_H
#define FD_MODEL_FILE_H

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

/* Writes beside `path`, syncs, renames over it, syncs the folder. On failure the old file stays
 * as it was, the error names the step, and nothing is left behind. */
bool fd_file_replace(const char *path, const void *bytes, size_t length, fd_error *error);

#endif
