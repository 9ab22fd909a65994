#define _POSIX_C_SOURCE 200809L
#include "model/openai.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/bundle.h"

/* The text in quotes after the field's name; NULL if there is none. Ends it in place. */
static char *quoted(char *text, const char *field) {
    char *at = strstr(text, field);
    at = at ? at + strlen(field) + strspn(at + strlen(field), ": \t") : NULL;
    char *end = at && *at == '"' ? strchr(at + 1, '"') : NULL;
    if (!end)
        return NULL;
    *end = '\0';
    return at + 1;
}

bool fd_openai_latest(const char *directory, char prefix[PATH_MAX], fd_error *error) {
    char path[PATH_MAX];
    fd_buffer text = FD_BUFFER(1 << 20);
    if (!fd_file_path(path, error, "%s/checkpoint", directory))
        return false;
    if (access(path, F_OK) != 0)
        return fd_file_path(prefix, error, "%s/model.ckpt", directory);
    bool ok = fd_file_read(path, &text, error);
    if (ok) {
        char *name = text.data ? quoted(text.data, "model_checkpoint_path") : NULL;
        char *slash = name ? strrchr(name, '/') : NULL;
        name = slash ? slash + 1 : name;
        ok = name && *name && !strchr(name, '\\')
                 ? fd_file_path(prefix, error, "%s/%s", directory, name)
                 : fd_fail(error, FD_BAD_FILE,
                           "%s: expected model_checkpoint_path: \"...\", the name of the latest "
                           "checkpoint.",
                           path);
    }
    fd_buffer_free(&text);
    return ok;
}

/* "h.0.attn.c_attn.weight" is "model/h0/attn/c_attn/w" there; gains are "g", and the embeddings
 * have no last part. */
static void variable_name(const fd_parameter *wanted, char name[96]) {
    const char *rest = wanted->name;
    size_t length = (size_t)snprintf(name, 96, "model/");
    if (strncmp(rest, "h.", 2) == 0) {
        name[length++] = 'h';
        rest += 2;
    }
    for (; *rest; rest++)
        name[length++] = *rest == '.' ? '/' : *rest;
    name[length] = '\0';
    char *last = strrchr(name, '/');
    if (strcmp(last, "/bias") == 0)
        last[2] = '\0';
    else if (wanted->shape[1] && !wanted->linear)
        *last = '\0';
    else
        (void)snprintf(last, 3, "/%c", wanted->linear ? 'w' : 'g');
}

/* Whether the shape is the wanted one; OpenAI's matrices are convolutions of width 1, [1, in, out].
 */
static bool has_shape(const fd_tensor *tensor, const fd_parameter *wanted) {
    size_t rank = wanted->shape[1] ? 2 : 1, lead = tensor->rank == 3 && tensor->shape[0] == 1;
    return tensor->rank - lead == rank && tensor->shape[lead] == wanted->shape[0] &&
           (rank == 1 || tensor->shape[lead + 1] == wanted->shape[1]);
}

static bool read_variable(const fd_bundle *bundle, const fd_parameter *wanted, float *values,
                          fd_error *error) {
    char name[96];
    variable_name(wanted, name);
    const fd_bundle_tensor *found = fd_bundle_find(bundle, name);
    if (!found)
        return fd_fail(error, FD_BAD_FILE, "%s.index: the variable %s is missing.", bundle->prefix,
                       name);
    if (!has_shape(&found->tensor, wanted))
        return fd_fail(error, FD_BAD_FILE,
                       "%s.index: %s should have the shape [%s%zu%s%.0zu] by hparams.json.",
                       bundle->prefix, name, wanted->linear ? "1, " : "", wanted->shape[0],
                       wanted->shape[1] ? ", " : "", wanted->shape[1]);
    return fd_bundle_read(bundle, found, values, error);
}

float *fd_openai_load(const char *directory, const char *prefix, fd_config *config,
                      fd_error *error) {
    char path[PATH_MAX];
    fd_bundle bundle;
    if (!fd_file_path(path, error, "%s/hparams.json", directory) ||
        !fd_config_read(path, config, error) || !fd_bundle_open(prefix, &bundle, error))
        return NULL;
    float *parameters =
        fd_alloc(fd_parameter_total(config), sizeof(float), "the model's weights", error);
    bool ok = parameters != NULL;
    for (size_t i = 0; ok && i < fd_parameter_count(config); i++) {
        fd_parameter wanted = fd_parameter_at(config, i);
        ok = read_variable(&bundle, &wanted, parameters + wanted.offset, error);
    }
    fd_bundle_close(&bundle);
    if (ok)
        return parameters;
    free(parameters);
    return NULL;
}
