/* saves.c - `feverdream saves`: the saved stories, the newest first. */
#include <stdio.h>

#include "game/commands.h"
#include "game/json.h"
#include "game/options.h"
#include "game/sanitise.h"
#include "game/shelf.h"

static cJSON *describe(const fd_save *save) {
    cJSON *json = cJSON_CreateObject();
    char date[32];
    fd_save_date(save, date);
    cJSON_AddStringToObject(json, "name", save->name);
    cJSON_AddStringToObject(json, "file", save->file);
    cJSON_AddStringToObject(json, "title", save->title);
    cJSON_AddStringToObject(json, "seed", save->seed);
    cJSON_AddStringToObject(json, "model", save->model);
    cJSON_AddNumberToObject(json, "turns", (double)save->turns);
    cJSON_AddStringToObject(json, "changed", date);
    cJSON_AddStringToObject(json, "excerpt", save->excerpt);
    if (save->problem)
        cJSON_AddStringToObject(json, "problem", save->problem);
    return json;
}

static bool print_json(const fd_shelf *shelf, fd_error *error) {
    cJSON *json = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(json, "saves");
    for (size_t i = 0; list && i < shelf->count; i++)
        cJSON_AddItemToArray(list, describe(&shelf->saves[i]));
    return fd_print_json(json, error);
}

static bool print_text(const fd_shelf *shelf, fd_error *error) {
    bool ok = true;
    for (size_t i = 0; ok && i < shelf->count; i++) {
        const fd_save *save = &shelf->saves[i];
        char date[32];
        fd_save_date(save, date);
        ok = fd_showf(stdout, error, "%s  %s, %zu turns, %s\n    %s\n", save->name, save->title,
                      save->turns, date, save->problem ? save->problem : save->excerpt);
    }
    if (ok && !shelf->count)
        fprintf(stderr, "There are no saved stories yet.\n");
    return ok;
}

bool fd_command_saves(int argc, char **argv, fd_error *error) {
    bool json = false;
    const fd_option options[] = {{"--json", FD_FLAG, &json}};
    fd_shelf shelf;
    int given;
    if (!fd_options_read(argc, argv, options, 1, &given, error))
        return false;
    if (given)
        return fd_fail(error, FD_USAGE, "saves lists all saved stories and wants no name.");
    if (!fd_shelf_read(&shelf, error))
        return false;
    bool ok = json ? print_json(&shelf, error) : print_text(&shelf, error);
    fd_shelf_free(&shelf);
    return ok;
}
