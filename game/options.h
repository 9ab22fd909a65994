/* options.h - long options read strictly: unknown names, missing and malformed values are
 * FD_USAGE. */
#ifndef FD_GAME_OPTIONS_H
#define FD_GAME_OPTIONS_H

#include <stddef.h>

#include "model/error.h"

typedef enum fd_option_kind {
    FD_FLAG,          /* bool */
    FD_TEXT,          /* const char * */
    FD_COUNT,         /* size_t, at least 1 */
    FD_COUNT_OR_ZERO, /* size_t */
    FD_REAL,          /* double, above 0 */
} fd_option_kind;

typedef struct fd_option {
    const char *name; /* with its dashes */
    fd_option_kind kind;
    void *value; /* points to what the kind says */
} fd_option;

/* Reads argv[1..argc) into the options' values; everything that is no option is moved to the
 * front of argv, from argv[1] on, and counted in *plain. Everything after "--" is plain. */
bool fd_options_read(int argc, char **argv, const fd_option *options, size_t count, int *plain,
                     fd_error *error);

#endif
