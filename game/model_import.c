/* model_import.c - `feverdream model import` and `export`: models from and for other programs. */
#define _DEFAULT_SOURCE 1 /* realpath; POSIX and all */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/model.h"
#include "game/paths.h"
#include "model/export.h"
#include "model/file.h"
#include "model/import.h"

/* The last part of the directory that the model is in: what it is called unless --as says so. */
static bool name_of(const char *source, char name[PATH_MAX], fd_error *error) {
    char whole[PATH_MAX];
    if (!realpath(source, whole))
        return fd_fail(error, FD_FAILED, "%s cannot be read: %s.", source, strerror(errno));
    char *slash = strrchr(whole, '/');
    if (!fd_folder_exists(whole)) {
        *slash = '\0';
        slash = strrchr(whole, '/');
    }
    return fd_file_path(name, error, "%s", slash ? slash + 1 : "");
}

bool fd_model_import(const fd_model_request *asked, fd_error *error) {
    char name[PATH_MAX], models[PATH_MAX];
    if (!asked->name)
        return fd_fail(error, FD_USAGE, "model import wants a directory or a file.");
    if (!(asked->as ? fd_file_path(name, error, "%s", asked->as)
                    : name_of(asked->name, name, error)) ||
        !fd_models_path(models, error) ||
        !fd_import(asked->name, models, name, asked->keep_float, error))
        return false;
    printf("%s is here: feverdream play --model %s\n", name, name);
    return true;
}

bool fd_model_export(const fd_model_request *asked, fd_error *error) {
    char from[PATH_MAX];
    if (!asked->name || !asked->out)
        return fd_fail(error, FD_USAGE, "model export wants a model and --out DIR.");
    if (!fd_model_path(asked->name, from, error) || !fd_export(from, asked->out, error))
        return false;
    printf("%s is whole: GPT2LMHeadModel.from_pretrained(\"%s\")\n", asked->out, asked->out);
    return true;
}
