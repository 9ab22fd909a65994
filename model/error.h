/* error.h - the one way every part of the program reports what went wrong.
 *
 * A function that can fail takes an fd_error as its last parameter and returns false (or NULL).
 * The message is a whole sentence fit for a user; it names the place and what was expected.
 * The status is the exit status that the program ends with if nobody handles the error. */
#ifndef FD_MODEL_ERROR_H
#define FD_MODEL_ERROR_H

#include <stdbool.h>

typedef enum fd_status {
    FD_OK = 0,
    FD_FAILED = 1,   /* failed while running: no memory, disk full, a broken line */
    FD_USAGE = 2,    /* the program was asked for something it does not understand */
    FD_BAD_FILE = 3, /* a story, model, save or corpus is malformed */
    FD_DIVERGED = 4, /* a replay gave other words than the save holds */
    FD_CANCELLED = 5 /* the caller asked for the work to stop */
} fd_status;

typedef struct fd_error {
    fd_status status;
    char message[512];
} fd_error;

/* Fills `error` (which may be NULL) and returns false, so that callers can write
 * `return fd_fail(error, FD_BAD_FILE, "...")`. A message that is too long is cut. */
bool fd_fail(fd_error *error, fd_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* fd_fail for a failed allocation of something that `what` names. */
bool fd_fail_memory(fd_error *error, const char *what);

#endif
