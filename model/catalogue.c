#define _POSIX_C_SOURCE 200809L
#include "model/catalogue.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "model/digest.h"
#include "model/file.h"
#include "model/gpt2.h"

static const struct entry {
    const char *name, *about;
} entries[] = {
    {FD_EMBEDDED, "the storyteller that comes with the program"},
    {"distilgpt2", "82 million parameters"},
    {"gpt2", "124 million parameters"},
    {"gpt2-medium", "355 million parameters"},
    {"gpt2-large", "774 million parameters"},
    {"gpt2-xl", "1558 million parameters"},
};

enum { ENTRIES = sizeof entries / sizeof entries[0] };

const char *fd_catalogue_name(size_t index) {
    return index < ENTRIES ? entries[index].name : NULL;
}

const char *fd_catalogue_about(size_t index) {
    return index < ENTRIES ? entries[index].about : NULL;
}

static bool is_directory(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static bool is_known(const char *name) {
    for (size_t i = 0; i < ENTRIES; i++)
        if (strcmp(entries[i].name, name) == 0)
            return true;
    return false;
}

bool fd_catalogue_find(const fd_places *places, const char *model, fd_buffer *path,
                       fd_error *error) {
    fd_buffer_clear(path);
    if (strcmp(model, FD_EMBEDDED) == 0)
        return fd_buffer_add_text(path, places->embedded, error);
    if (!is_known(model)) {
        if (strchr(model, '/') || is_directory(model))
            return fd_buffer_add_text(path, model, error);
        return fd_fail(error, FD_USAGE,
                       "\"%s\" is neither a directory nor a model this program knows; "
                       "`feverdream model list` names them.",
                       model);
    }
    if (!fd_buffer_addf(path, error, "%s/%s", places->models, model))
        return false;
    return is_directory(fd_buffer_text(path)) ||
           fd_fail(error, FD_FAILED, "The model %s is not on this machine.", model);
}

/* One line of SHA256SUMS: 64 hex digits, two spaces, a file's name. */
static bool check_line(const char *directory, char *line, fd_error *error) {
    char path[PATH_MAX], hex[65];
    fd_digest digest;
    if (strlen(line) < 67 || line[64] != ' ' || strchr(line + 66, '/'))
        return fd_fail(error, FD_BAD_FILE,
                       "%s/SHA256SUMS: expected a sum and a file's name, not \"%.80s\".", directory,
                       line);
    if (snprintf(path, sizeof path, "%s/%s", directory, line + 66) >= PATH_MAX)
        return fd_fail(error, FD_FAILED, "The path %s is too long.", directory);
    if (!fd_digest_of_file(path, &digest, error))
        return false;
    fd_digest_hex(&digest, hex);
    return strncmp(hex, line, 64) == 0 ||
           fd_fail(error, FD_BAD_FILE, "%s is damaged: its SHA-256 is %s, expected %.64s.", path,
                   hex, line);
}

static bool check_sums(const char *directory, fd_error *error) {
    char path[PATH_MAX];
    struct stat about;
    fd_buffer text = FD_BUFFER(1 << 16);
    if (snprintf(path, sizeof path, "%s/SHA256SUMS", directory) >= PATH_MAX)
        return fd_fail(error, FD_FAILED, "The path %s is too long.", directory);
    if (stat(path, &about) != 0)
        return true;
    bool ok = fd_file_read(path, &text, error);
    char *rest = text.data;
    for (char *line; ok && rest && (line = strtok_r(NULL, "\n", &rest)) != NULL;)
        ok = check_line(directory, line, error);
    fd_buffer_free(&text);
    return ok;
}

bool fd_catalogue_verify(const char *directory, fd_error *error) {
    if (!check_sums(directory, error))
        return false;
    fd_model *model = fd_model_load(directory, NULL, error);
    fd_model_free(model);
    return model != NULL;
}
