/* settings_command.c - `feverdream settings`: lists what may be set, and sets it. */
#include <stdio.h>
#include <string.h>

#include "game/commands.h"
#include "game/json.h"
#include "game/options.h"
#include "game/paths.h"
#include "game/sanitise.h"
#include "game/settings.h"

static bool print_list(fd_error *error) {
    size_t count;
    const fd_setting *table = fd_settings(&count);
    char value[FD_SETTING_SIZE];
    for (size_t i = 0; i < count; i++)
        if (!fd_setting_get(table[i].name, value, error) ||
            !fd_showf(stdout, error, "%s = %s%s\n    %s (%s).\n", table[i].name, value,
                      strcmp(value, table[i].otherwise) == 0 ? "" : "  *", table[i].meaning,
                      table[i].values))
            return false;
    return true;
}

static bool add_setting(cJSON *list, const fd_setting *setting, fd_error *error) {
    char value[FD_SETTING_SIZE];
    cJSON *one = cJSON_CreateObject();
    return cJSON_AddItemToArray(list, one) && fd_setting_get(setting->name, value, error) &&
           cJSON_AddStringToObject(one, "name", setting->name) &&
           cJSON_AddStringToObject(one, "value", value) &&
           cJSON_AddStringToObject(one, "default", setting->otherwise) &&
           cJSON_AddStringToObject(one, "values", setting->values) &&
           cJSON_AddStringToObject(one, "meaning", setting->meaning);
}

/* One setting, or with NULL all of them. */
static bool print_json(const char *name, fd_error *error) {
    char file[PATH_MAX];
    size_t count;
    const fd_setting *table = fd_settings(&count);
    cJSON *all = cJSON_CreateObject(), *list = NULL;
    bool ok = fd_settings_path(file, error) && cJSON_AddStringToObject(all, "file", file) &&
              (list = cJSON_AddArrayToObject(all, "settings")) != NULL;
    for (size_t i = 0; ok && i < count; i++)
        ok = (name && strcmp(name, table[i].name) != 0) || add_setting(list, &table[i], error);
    if (ok)
        return fd_print_json(all, error);
    cJSON_Delete(all);
    return false;
}

static bool print_one(const char *name, fd_error *error) {
    char value[FD_SETTING_SIZE];
    return fd_setting_get(name, value, error) && fd_showf(stdout, error, "%s\n", value);
}

/* What the file holds beside settings is said, and makes the status that of a bad file. */
static bool tell_problems(fd_error *error) {
    fd_buffer problems = FD_BUFFER((size_t)1 << 20);
    bool ok = fd_settings_problems(&problems, error);
    if (ok && problems.length > 0) {
        (void)fd_show(stderr, problems.data, problems.length, NULL);
        ok = fd_fail(error, FD_BAD_FILE, "What the lines above say is not used; all else is.");
    }
    fd_buffer_free(&problems);
    return ok;
}

static bool begin_file(fd_error *error) {
    char file[PATH_MAX];
    bool made;
    return fd_settings_begin(&made, error) && fd_settings_path(file, error) &&
           fd_showf(stdout, error, "%s\n", file) &&
           (made || fd_showf(stderr, error, "It was there already and stays as it is.\n"));
}

bool fd_command_settings(int argc, char **argv, fd_error *error) {
    bool json = false, begin = false, reset = false;
    const fd_option options[] = {
        {"--json", FD_FLAG, &json}, {"--init", FD_FLAG, &begin}, {"--reset", FD_FLAG, &reset}};
    int given;
    if (!fd_options_read(argc, argv, options, 3, &given, error))
        return false;
    if (given > 2 || (reset && given != 1) || (begin && given))
        return fd_fail(error, FD_USAGE,
                       "settings wants a name and a value, a name (with --reset), or --init.");
    const char *name = given ? argv[1] : NULL, *value = given == 2 ? argv[2] : NULL;
    if (name && !fd_setting_find(name))
        return fd_fail(error, FD_USAGE, "There is no setting \"%.60s\".", name);
    if (begin)
        return begin_file(error);
    if ((value || reset) && !fd_setting_put(name, value, error))
        return false;
    if (json)
        return print_json(name, error) && tell_problems(error);
    if (value || reset)
        return true;
    return (name ? print_one(name, error) : print_list(error)) && tell_problems(error);
}
