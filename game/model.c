/* model.c - `feverdream model`: the models on this machine. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "game/commands.h"
#include "game/options.h"
#include "game/paths.h"
#include "model/gpt2.h"
#include "model/quantize.h"

typedef struct request {
    const char *name; /* NULL: the embedded one */
    const char *out;
    bool json;
} request;

static bool list(const request *asked, fd_error *error) {
    (void)asked;
    for (size_t i = 0; fd_catalogue_name(i); i++) {
        char path[PATH_MAX];
        fd_error missing = {FD_OK, ""};
        bool here = fd_model_path(fd_catalogue_name(i), path, &missing);
        if (!here && missing.status != FD_FAILED) {
            *error = missing;
            return false;
        }
        printf("%-12s  %-44s  %s\n", fd_catalogue_name(i), fd_catalogue_about(i),
               here ? path : "(not here)");
    }
    return true;
}

static bool path(const request *asked, fd_error *error) {
    char found[PATH_MAX];
    return fd_model_path(asked->name, found, error) && puts(found) >= 0;
}

static bool info(const request *asked, fd_error *error) {
    char directory[PATH_MAX], file[PATH_MAX + 32];
    struct stat about;
    fd_weights weights;
    if (!fd_model_path(asked->name, directory, error) ||
        !fd_weights_load(directory, &weights, error))
        return false;
    (void)snprintf(file, sizeof file, "%s/model.safetensors", directory);
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

static bool verify(const request *asked, fd_error *error) {
    char directory[PATH_MAX];
    if (!fd_model_path(asked->name, directory, error) || !fd_catalogue_verify(directory, error))
        return false;
    printf("%s: whole\n", directory);
    return true;
}

static bool quantize(const request *asked, fd_error *error) {
    char from[PATH_MAX];
    if (!asked->name || !asked->out)
        return fd_fail(error, FD_USAGE, "model quantize wants a model and --out DIR.");
    if (mkdir(asked->out, 0777) != 0 && errno != EEXIST)
        return fd_fail(error, FD_FAILED, "%s cannot be made: %s.", asked->out, strerror(errno));
    return fd_model_path(asked->name, from, error) && fd_quantize(from, asked->out, error);
}

bool fd_command_model(int argc, char **argv, fd_error *error) {
    static const struct action {
        const char *name;
        bool (*run)(const request *asked, fd_error *error);
    } actions[] = {
        {"list", list}, {"path", path}, {"info", info}, {"verify", verify}, {"quantize", quantize}};
    request asked = {0};
    const fd_option options[] = {{"--json", FD_FLAG, &asked.json}, {"--out", FD_TEXT, &asked.out}};
    int plain;
    if (!fd_options_read(argc, argv, options, 2, &plain, error))
        return false;
    asked.name = plain == 2 ? argv[2] : NULL;
    for (size_t i = 0; (plain == 1 || plain == 2) && i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(argv[1], actions[i].name) == 0)
            return actions[i].run(&asked, error);
    return fd_fail(error, FD_USAGE,
                   "model wants one of list, path, info, verify and quantize, then a model.");
}
