/* model.c - `feverdream model`: the models on this machine. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "game/commands.h"
#include "game/json.h"
#include "game/model.h"
#include "game/options.h"
#include "game/paths.h"
#include "model/file.h"
#include "model/gpt2.h"
#include "model/install.h"
#include "model/quantize.h"

/* A listing: lines on stdout, or objects in `json` when there is one. */
typedef struct listing {
    char models[PATH_MAX]; /* the directory of those that did not come with the program */
    cJSON *json;
} listing;

static void list_one(const listing *self, const char *name, const char *about,
                     const char *directory) {
    uint64_t bytes = fd_folder_bytes(directory);
    if (!self->json) {
        printf("%-12s  %7.1f MB  %-44s  %s\n", name, (double)bytes / 1e6, about, directory);
        return;
    }
    cJSON *one = cJSON_CreateObject();
    cJSON_AddStringToObject(one, "name", name);
    cJSON_AddStringToObject(one, "about", about);
    cJSON_AddStringToObject(one, "directory", directory);
    cJSON_AddNumberToObject(one, "bytes", (double)bytes);
    cJSON_AddItemToArray(self->json, one);
}

/* A published model that is not here, or not as a whole. */
static void list_missing(const listing *self, const char *name, const char *about) {
    const fd_remote *remote = fd_catalogue_remote(name);
    uint64_t all = fd_remote_bytes(remote), begun = fd_install_begun(remote, self->models);
    char state[96];
    if (self->json) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "name", name);
        cJSON_AddStringToObject(one, "about", about);
        cJSON_AddNullToObject(one, "directory");
        cJSON_AddNumberToObject(one, "bytes_to_fetch", (double)all);
        cJSON_AddNumberToObject(one, "bytes_fetched", (double)begun);
        cJSON_AddItemToArray(self->json, one);
        return;
    }
    if (begun)
        (void)snprintf(state, sizeof state, "(%.0f of %.0f MB fetched)", (double)begun / 1e6,
                       (double)all / 1e6);
    else
        (void)snprintf(state, sizeof state, "(not here: %.0f MB to fetch)", (double)all / 1e6);
    printf("%-12s  %10s  %-44s  %s\n", name, "", about, state);
}

static int is_other_model(const struct dirent *entry) {
    return !fd_catalogue_has(entry->d_name) && fd_catalogue_is_name(entry->d_name);
}

/* The directories beside the published ones, in order of their names. */
static bool list_others(const listing *self, fd_error *error) {
    struct dirent **entries = NULL;
    int count = scandir(self->models, &entries, is_other_model, alphasort);
    bool ok = true;
    for (int i = 0; i < count; i++) {
        char directory[PATH_MAX];
        ok = ok && fd_file_path(directory, error, "%s/%s", self->models, entries[i]->d_name);
        if (ok && fd_folder_exists(directory))
            list_one(self, entries[i]->d_name, "", directory);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool list_published(const listing *self, fd_error *error) {
    for (size_t i = 0; fd_catalogue_name(i); i++) {
        char directory[PATH_MAX];
        const char *name = fd_catalogue_name(i), *about = fd_catalogue_about(i);
        fd_error missing = {FD_OK, ""};
        if (fd_model_path(name, directory, &missing)) {
            list_one(self, name, about, directory);
        } else if (fd_catalogue_remote(name)) {
            list_missing(self, name, about);
        } else {
            *error = missing;
            return false;
        }
    }
    return true;
}

static bool list(const fd_model_request *asked, fd_error *error) {
    listing self = {.json = NULL};
    if (!fd_models_path(self.models, error))
        return false;
    cJSON *result = asked->json ? cJSON_CreateObject() : NULL;
    self.json = result ? cJSON_AddArrayToObject(result, "models") : NULL;
    if (asked->json && !self.json) {
        cJSON_Delete(result);
        return fd_fail_memory(error, "the list");
    }
    if (list_published(&self, error) && list_others(&self, error))
        return !asked->json || fd_print_json(result, error);
    cJSON_Delete(result);
    return false;
}

/* {"name", "directory"}, and "whole" of a model that was verified. */
static bool print_place(const fd_model_request *asked, const char *directory, bool verified,
                        fd_error *error) {
    cJSON *result = cJSON_CreateObject();
    cJSON_AddStringToObject(result, "name", asked->name ? asked->name : FD_EMBEDDED);
    cJSON_AddStringToObject(result, "directory", directory);
    if (verified)
        cJSON_AddTrueToObject(result, "whole");
    return fd_print_json(result, error);
}

static bool path(const fd_model_request *asked, fd_error *error) {
    char found[PATH_MAX];
    if (!fd_model_path(asked->name, found, error))
        return false;
    return asked->json ? print_place(asked, found, false, error) : puts(found) >= 0;
}

static bool info(const fd_model_request *asked, fd_error *error) {
    char directory[PATH_MAX], file[PATH_MAX];
    struct stat about;
    fd_weights weights;
    if (!fd_model_path(asked->name, directory, error) ||
        !fd_file_path(file, error, "%s/model.safetensors", directory) ||
        !fd_weights_load(directory, &weights, error))
        return false;
    size_t bytes = stat(file, &about) == 0 ? (size_t)about.st_size : 0;
    const fd_config *c = &weights.config;
    const char *kind = weights.quantised ? "i8" : "f32";
    if (asked->json)
        printf("{\"layers\":%zu,\"heads\":%zu,\"width\":%zu,\"context\":%zu,\"vocab\":%zu,"
               "\"parameters\":%zu,\"weights\":\"%s\",\"bytes\":%zu}\n",
               c->layers, c->heads, c->width, c->context, c->vocab, fd_parameter_total(c), kind,
               bytes);
    else
        printf("%s\n%zu layers of %zu, %zu heads, context %zu, vocabulary %zu\n"
               "%zu parameters, stored as %s in %zu bytes\n",
               directory, c->layers, c->width, c->heads, c->context, c->vocab,
               fd_parameter_total(c), kind, bytes);
    fd_weights_close(&weights);
    return true;
}

static bool verify(const fd_model_request *asked, fd_error *error) {
    char directory[PATH_MAX];
    if (!fd_model_path(asked->name, directory, error) || !fd_catalogue_verify(directory, error))
        return false;
    return asked->json ? print_place(asked, directory, true, error)
                       : printf("%s: whole\n", directory) > 0;
}

static bool quantize(const fd_model_request *asked, fd_error *error) {
    char from[PATH_MAX];
    if (!asked->name || !asked->out)
        return fd_fail(error, FD_USAGE, "model quantize wants a model and --out DIR.");
    return fd_folder_make(asked->out, error) && fd_model_path(asked->name, from, error) &&
           fd_quantize(from, asked->out, error) && fd_catalogue_seal(asked->out, error);
}

bool fd_command_model(int argc, char **argv, fd_error *error) {
    static const struct action {
        const char *name;
        fd_model_action *run;
    } actions[] = {{"list", list},
                   {"path", path},
                   {"info", info},
                   {"verify", verify},
                   {"quantize", quantize},
                   {"fetch", fd_model_fetch},
                   {"remove", fd_model_remove},
                   {"import", fd_model_import},
                   {"export", fd_model_export}};
    fd_model_request asked = {0};
    const fd_option options[] = {{"--json", FD_FLAG, &asked.json},
                                 {"--out", FD_TEXT, &asked.out},
                                 {"--as", FD_TEXT, &asked.as},
                                 {"--keep-float", FD_FLAG, &asked.keep_float}};
    int plain;
    if (!fd_options_read(argc, argv, options, sizeof options / sizeof options[0], &plain, error))
        return false;
    asked.name = plain == 2 ? argv[2] : NULL;
    for (size_t i = 0; (plain == 1 || plain == 2) && i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(argv[1], actions[i].name) == 0)
            return actions[i].run(&asked, error);
    return fd_fail(error, FD_USAGE,
                   "model wants one of list, path, info, verify, quantize, fetch, remove, import "
                   "and export, then a model.");
}
