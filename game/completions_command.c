/* completions_command.c - `feverdream completions SHELL`: a shell's completion script; and the
 * names that such a script asks for: completions models, saves, settings. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "game/completions.h"
#include "game/options.h"
#include "game/paths.h"
#include "game/sanitise.h"
#include "game/settings.h"

static int is_shown(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

/* The names in a folder of the user's, those with `ending` alone and without it. A folder that is
 * not there has none. */
static bool print_folder(const char *folder, const char *ending, fd_error *error) {
    char path[PATH_MAX];
    struct dirent **entries = NULL;
    size_t cut = strlen(ending);
    bool ok = fd_home_path(folder, path, error);
    int count = ok ? scandir(path, &entries, is_shown, alphasort) : 0;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        size_t length = strlen(name);
        if (ok && length > cut && strcmp(name + length - cut, ending) == 0)
            ok = fd_showf(stdout, error, "%.*s\n", (int)(length - cut), name);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool print_models(fd_error *error) {
    return fd_showf(stdout, error, "%s\n", FD_EMBEDDED) && print_folder("models", "", error);
}

static bool print_settings(fd_error *error) {
    size_t count;
    const fd_setting *settings = fd_settings(&count);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = fd_showf(stdout, error, "%s\n", settings[i].name);
    return ok;
}

bool fd_command_completions(int argc, char **argv, fd_error *error) {
    int given;
    size_t count;
    const fd_command_entry *commands = fd_commands(&count);
    if (!fd_options_read(argc, argv, NULL, 0, &given, error))
        return false;
    if (given != 1)
        return fd_fail(error, FD_USAGE, "completions wants bash, zsh or fish.");
    if (strcmp(argv[1], "models") == 0)
        return print_models(error);
    if (strcmp(argv[1], "saves") == 0)
        return print_folder("saves", ".jsonl", error);
    if (strcmp(argv[1], "settings") == 0)
        return print_settings(error);
    fd_buffer script = FD_BUFFER((size_t)1 << 20);
    bool ok = fd_completions_write(argv[1], commands, count, &script, error) &&
              fd_show(stdout, script.data, script.length, error);
    fd_buffer_free(&script);
    return ok;
}
