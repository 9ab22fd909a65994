/* file.h - reading whole files, mapping them, and replacing them so that a good file is never
 * replaced by half of one. */
#ifndef FD_MODEL_FILE_H
#define FD_MODEL_FILE_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "model/memory.h"

/* Puts a path together; FD_FAILED when it is too long. */
bool fd_file_path(char path[PATH_MAX], fd_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

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

bool fd_file_copy(const char *from, const char *to, fd_error *error);

/* Writes to an open file until everything is written; false leaves the reason in errno. */
bool fd_file_write(int file, const void *bytes, size_t length);

/* Makes the name of the file `path` as durable as its bytes. A folder that cannot be synced is no
 * failure: some file systems have nothing to sync there. */
void fd_file_sync_name(const char *path);

/* Renames (what is renamed is synced before by whoever wrote it) and syncs the new folder, so that
 * the new name survives a power cut. */
bool fd_file_rename(const char *from, const char *to, fd_error *error);

bool fd_folder_exists(const char *path);                /* or a link to one */
bool fd_folder_make(const char *path, fd_error *error); /* one that exists is well, too */

/* The sizes of the files in it together; 0 when there is no such folder. */
uint64_t fd_folder_bytes(const char *path);

/* Locks a folder until the handle is closed, or the process ends, however it does. -1 on failure,
 * which is FD_FAILED while another process has it: that is `doing` something with `what`. */
int fd_folder_lock(const char *path, const char *doing, const char *what, fd_error *error);

/* Removes a folder and the files in it; a link to a folder is removed alone. A folder that holds
 * folders is refused before anything is removed; one that does not exist is well, too. */
bool fd_folder_remove(const char *path, fd_error *error);

#endif
