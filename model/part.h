/* part.h - a file that arrives piece by piece, and has no name until it is right. */
#ifndef FD_MODEL_PART_H
#define FD_MODEL_PART_H

#include <limits.h>

#include "model/catalogue.h"
#include "model/digest.h"

typedef struct fd_part {
    const fd_remote_file *wanted;
    char name[PATH_MAX], part[PATH_MAX], tag[PATH_MAX]; /* NAME, NAME.part, NAME.etag */
    char etag[256];                                     /* what NAME.etag holds, or "" */
    int file;
    fd_hash *hash;
    uint64_t length, hashed; /* of NAME.part */
    uint64_t least, most;    /* the whole file's length lies between; equal once it is known */
} fd_part;

/* Opens NAME.part in `directory`, beginning it if there is none. A file that has its name already
 * becomes a part again until its sum is found to be right; a part that is too long is emptied.
 * Closed by fd_part_close even on failure. */
bool fd_part_open(fd_part *part, const fd_remote_file *wanted, const char *directory,
                  fd_error *error);
void fd_part_close(fd_part *part); /* what arrived stays */

/* Hashes a little more of what was there at the opening, until hashed == length: before that
 * nothing can be added or finished. */
bool fd_part_catch_up(fd_part *part, fd_error *error);

/* Forgets what arrived; what will is of the version that `etag` ("" when unknown) names. */
bool fd_part_restart(fd_part *part, const char *etag, fd_error *error);

/* What the server says of the whole file's length; false if it cannot be that. */
bool fd_part_expect(fd_part *part, uint64_t length);

bool fd_part_add(fd_part *part, const void *bytes, size_t length, fd_error *error);

/* Gives the part its name, durably, if its sum is right; *right says so. If it is not, more can be
 * added. */
bool fd_part_finish(fd_part *part, bool *right, fd_error *error);

#endif
