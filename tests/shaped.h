/* shaped.h - a model to measure with. */
#ifndef FD_TESTS_SHAPED_H
#define FD_TESTS_SHAPED_H

#include "game/shape.h"
#include "model/file.h"

/* A model of one of GPT-2's shapes with random weights, in a folder under build/; `vocabulary` has
 * GPT-2's vocab.json and merges.txt; without one it is FD_USAGE. */
static inline bool shaped_model(const char *shape, const char *vocabulary, char folder[PATH_MAX],
                                fd_error *error) {
    static const char *const files[] = {"vocab.json", "merges.txt"};
    char from[PATH_MAX], to[PATH_MAX];
    fd_config config;
    if (!vocabulary)
        return fd_fail(error, FD_USAGE, "--shape wants --vocabulary.");
    bool ok = fd_shape_find(shape, &config, error) &&
              fd_file_path(folder, error, "build/shaped.%s", shape) &&
              fd_folder_make(folder, error) && fd_shape_write(&config, folder, error);
    for (size_t i = 0; ok && i < 2; i++)
        ok = fd_file_path(from, error, "%s/%s", vocabulary, files[i]) &&
             fd_file_path(to, error, "%s/%s", folder, files[i]) && fd_file_copy(from, to, error);
    return ok;
}

#endif
