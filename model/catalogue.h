/* catalogue.h - the models a name stands for, and where the published ones come from. */
#ifndef FD_MODEL_CATALOGUE_H
#define FD_MODEL_CATALOGUE_H

#include <stdint.h>

#include "model/memory.h"

#define FD_EMBEDDED "embedded"

/* Where models are looked for. */
typedef struct fd_places {
    const char *embedded; /* the directory of the storyteller that comes with the program */
    const char *models;   /* a directory with one directory for each other model */
} fd_places;

/* A file of a published model. Its sum, in which independent sources agree, decides; its size is
 * known so exactly that it lies within `slack` bytes of `size`. */
typedef struct fd_remote_file {
    const char *name;
    uint64_t size;
    const char *sha256;
    uint64_t slack;
} fd_remote_file;

enum { FD_REMOTE_FILES = 4 };

/* A published model: HOST/repository/resolve/revision/name for each file; past the last, when there
 * are fewer, name is NULL. */
typedef struct fd_remote {
    const char *name, *repository, *revision;
    uint64_t parameters;
    fd_remote_file files[FD_REMOTE_FILES];
} fd_remote;

/* The names, in order of size: the embedded one, then GPT-2's five; NULL past the last. */
const char *fd_catalogue_name(size_t index);
const char *fd_catalogue_about(size_t index);
bool fd_catalogue_has(const char *name);

/* Where that model is published; NULL for any other name. */
const fd_remote *fd_catalogue_remote(const char *name);

/* Bytes to fetch, and (nearly) what the int8 model made of them takes. */
uint64_t fd_remote_bytes(const fd_remote *remote);
uint64_t fd_remote_kept(const fd_remote *remote);

/* Letters, digits, dots, dashes and underscores, beginning with a letter or digit, at most 64. */
bool fd_catalogue_is_name(const char *name);

/* Replaces *path by the directory that `model` names: the embedded model, a directory in
 * places->models, or a directory anywhere (it has a slash or exists). FD_USAGE for an unknown name;
 * a published model that is not here yet is FD_FAILED. */
bool fd_catalogue_find(const fd_places *places, const char *model, fd_buffer *path,
                       fd_error *error);

/* Writes SHA256SUMS, the sums of the four files that a model has, and the weights' receipt
 * (receipt.h). */
bool fd_catalogue_seal(const char *directory, fd_error *error);

/* Checks what can be checked: every file of a SHA256SUMS list beside the model has its sum, and
 * the model loads. FD_BAD_FILE names the file. */
bool fd_catalogue_verify(const char *directory, fd_error *error);

#endif
