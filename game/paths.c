#define _POSIX_C_SOURCE 200809L
#include "game/paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/file.h"
#include "model/gpt2.h"

bool fd_assets_path(const char *name, char path[PATH_MAX], fd_error *error) {
    static const char *const beside[] = {"../assets", "../share/feverdream"};
    const char *chosen = getenv("FEVERDREAM_ASSETS");
    if (chosen && *chosen)
        return fd_file_path(path, error, "%s/%s", chosen, name);
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (slash)
        *slash = '\0';
    for (size_t i = 0; i < 2; i++)
        if (!fd_file_path(path, error, "%s/%s/%s", slash ? program : ".", beside[i], name))
            return false;
        else if (access(path, R_OK) == 0)
            return true;
    return fd_fail(error, FD_FAILED,
                   "The program's own file %s was not found beside it; FEVERDREAM_ASSETS may name "
                   "its directory.",
                   name);
}

/* Makes every directory of a path but its last part. */
static bool make_directories(char *path, fd_error *error) {
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        bool ok = mkdir(path, 0777) == 0 || errno == EEXIST;
        if (!ok)
            fd_fail(error, FD_FAILED, "%s cannot be made: %s.", path, strerror(errno));
        *at = '/';
        if (!ok)
            return false;
    }
    return true;
}

bool fd_home_path(const char *name, char path[PATH_MAX], fd_error *error) {
    const char *chosen = getenv("FEVERDREAM_HOME"), *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    bool ok = chosen && *chosen ? fd_file_path(path, error, "%s/%s", chosen, name)
              : data && *data   ? fd_file_path(path, error, "%s/feverdream/%s", data, name)
                                : fd_file_path(path, error, "%s/.local/share/feverdream/%s",
                                             home && *home ? home : ".", name);
    return ok && make_directories(path, error);
}

bool fd_settings_path(char path[PATH_MAX], fd_error *error) {
    const char *chosen = getenv("FEVERDREAM_HOME"), *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    bool ok = chosen && *chosen          ? fd_file_path(path, error, "%s/config", chosen)
              : config && *config == '/' ? fd_file_path(path, error, "%s/feverdream/config", config)
                                         : fd_file_path(path, error, "%s/.config/feverdream/config",
                                                        home && *home ? home : ".");
    return ok && make_directories(path, error);
}

bool fd_models_path(char path[PATH_MAX], fd_error *error) {
    return fd_home_path("models", path, error);
}

const char *fd_model_host(void) {
    const char *mirror = getenv("FEVERDREAM_MIRROR");
    return mirror && *mirror ? mirror : NULL;
}

bool fd_model_path(const char *name, char path[PATH_MAX], fd_error *error) {
    char embedded[PATH_MAX] = "", models[PATH_MAX];
    fd_buffer found = FD_BUFFER(PATH_MAX - 1);
    if (!name)
        name = FD_EMBEDDED;
    bool ok = (strcmp(name, FD_EMBEDDED) != 0 || fd_assets_path("model", embedded, error)) &&
              fd_models_path(models, error);
    const fd_places places = {embedded, models};
    ok = ok && fd_catalogue_find(&places, name, &found, error) &&
         fd_file_path(path, error, "%s", fd_buffer_text(&found));
    fd_buffer_free(&found);
    return ok;
}

fd_model *fd_model_named(const char *name, fd_error *error) {
    char path[PATH_MAX];
    const char *isa = getenv("FEVERDREAM_ISA");
    return fd_model_path(name, path, error) ? fd_model_load(path, isa && *isa ? isa : NULL, error)
                                            : NULL;
}

size_t fd_processors(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (size_t)count : 1;
}
