/* catalogue.h - the models a name stands for. */
#ifndef FD_MODEL_CATALOGUE_H
#define FD_MODEL_CATALOGUE_H

#include "model/memory.h"

#define FD_EMBEDDED "embedded"

/* Where models are looked for. */
typedef struct fd_places {
    const char *embedded; /* the directory of the storyteller that comes with the program */
    const char *models;   /* a directory with one directory for each other model */
} fd_places;

/* The names, in order of size: the embedded one, then GPT-2's five; NULL past the last. */
const char *fd_catalogue_name(size_t index);
const char *fd_catalogue_about(size_t index);

/* Replaces *path by the directory that `model` names: a directory is itself (it has a slash or
 * exists), a name is looked up. FD_USAGE for an unknown name; a known model that is not here yet
 * is FD_FAILED. */
bool fd_catalogue_find(const fd_places *places, const char *model, fd_buffer *path,
                       fd_error *error);

/* Checks what can be checked: every file of a SHA256SUMS list beside the model has its sum, and
 * the model loads. FD_BAD_FILE names the file. */
bool fd_catalogue_verify(const char *directory, fd_error *error);

#endif
