/* model.h - actions of `feverdream model` that have files of their own. */
#ifndef FD_GAME_MODEL_H
#define FD_GAME_MODEL_H

#include "model/error.h"

typedef struct fd_model_request {
    const char *name; /* NULL: none was given */
    const char *out, *as;
    bool json, keep_float;
} fd_model_request;

typedef bool fd_model_action(const fd_model_request *asked, fd_error *error);

/* In model_fetch.c. */
fd_model_action fd_model_fetch;
fd_model_action fd_model_remove;

/* In model_import.c. */
fd_model_action fd_model_export;
fd_model_action fd_model_import;

#endif
