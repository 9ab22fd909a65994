#define _POSIX_C_SOURCE 200809L
#include "game/session.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "game/paths.h"
#include "model/file.h"
#include "model/receipt.h"

static bool model_digest(const char *model, char hex[65], fd_error *error) {
    char directory[PATH_MAX];
    return fd_model_path(model, directory, error) && fd_receipt_sum(directory, hex, error);
}

/* Story, model, narrator and foresight; the path is empty. */
static bool load(fd_session *session, const fd_session_options *options, fd_error *error) {
    char path[PATH_MAX];
    const char *file = options->story;
    *session = (fd_session){.path = FD_PATH};
    if (!file && !fd_assets_path("stories/the-well-house.twee", path, error))
        return false;
    session->story = fd_story_load(file ? file : path, error);
    bool ok = session->story != NULL;
    if (ok && !options->no_dream)
        ok = (session->model = fd_model_named(options->model, error)) != NULL;
    if (ok && options->seed && strlen(options->seed) >= sizeof session->seed)
        ok = fd_fail(error, FD_USAGE, "A seed has at most %zu bytes.", sizeof session->seed - 1);
    if (ok && options->seed)
        (void)snprintf(session->seed, sizeof session->seed, "%s", options->seed);
    session->path.story = session->story;
    session->narrator = (fd_narrator){
        session->story, session->model,   session->seed, fd_narrator_candidates(session->model),
        FD_DREAMING,    options->threads, NULL};
    return ok && (session->foresight =
                      fd_foresight_new(&session->narrator, options->ahead, error)) != NULL;
}

static bool name_path(fd_session *session, const fd_session_options *options, fd_error *error) {
    char hex[65] = "", none[] = "", embedded[] = FD_EMBEDDED;
    if (session->model && !model_digest(options->model, hex, error))
        return false;
    char *model = !session->model ? none : options->model ? (char *)options->model : embedded;
    const fd_path_header header = {options->story ? (char *)options->story : none,
                                   session->story->hash,
                                   session->story->title,
                                   session->seed,
                                   model,
                                   hex};
    return fd_path_set_header(&session->path, &header, error);
}

/* A save's name begins with the time, so that the latest sorts last. */
static bool new_save(char path[PATH_MAX], fd_error *error) {
    char name[64];
    time_t now = time(NULL);
    struct tm parts;
    localtime_r(&now, &parts);
    size_t length = strftime(name, sizeof name, "saves/%Y-%m-%d-%H%M%S", &parts);
    for (unsigned n = 0; n < 100; n++) {
        struct stat about;
        (void)snprintf(name + length, sizeof name - length, n ? "-%u.jsonl" : ".jsonl", n);
        if (!fd_home_path(name, path, error))
            return false;
        if (stat(path, &about) != 0)
            return true;
    }
    return fd_fail(error, FD_FAILED, "No free name for a save was found.");
}

bool fd_session_begin(fd_session *session, const fd_session_options *options, const char *save,
                      fd_error *error) {
    if (!load(session, options, error))
        return false;
    if (!options->seed)
        (void)snprintf(session->seed, sizeof session->seed, "%llx", (unsigned long long)time(NULL));
    if (!name_path(session, options, error))
        return false;
    if (save && !*save)
        return true;
    if (save)
        (void)snprintf(session->save, sizeof session->save, "%s", save);
    else if (!new_save(session->save, error))
        return false;
    return fd_path_create(&session->path, session->story, session->save, error);
}

static bool is_save(const char *name) {
    size_t length = strlen(name);
    return length > 6 && strcmp(name + length - 6, ".jsonl") == 0;
}

static bool latest_save(char path[PATH_MAX], fd_error *error) {
    char directory[PATH_MAX], best[256] = "";
    if (!fd_home_path("saves", directory, error))
        return false;
    DIR *folder = opendir(directory);
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
        if (is_save(entry->d_name) && strcmp(entry->d_name, best) > 0)
            (void)snprintf(best, sizeof best, "%s", entry->d_name);
    if (folder)
        closedir(folder);
    if (!best[0])
        return fd_fail(error, FD_FAILED, "There is no saved story in %s.", directory);
    return fd_file_path(path, error, "%s/%s", directory, best);
}

bool fd_save_path(const char *name, char path[PATH_MAX], fd_error *error) {
    struct stat about;
    char inside[PATH_MAX];
    if (!name)
        return latest_save(path, error);
    bool file = strchr(name, '/') || stat(name, &about) == 0;
    if (file)
        return fd_file_path(path, error, "%s", name);
    return fd_file_path(inside, error, "saves/%s%s", name, is_save(name) ? "" : ".jsonl") &&
           fd_home_path(inside, path, error);
}

bool fd_session_resume(fd_session *session, const fd_session_options *options, const char *name,
                       bool *torn, fd_error *error) {
    char file[PATH_MAX];
    fd_path_header header = {0};
    fd_session_options asked = *options;
    *session = (fd_session){.path = FD_PATH};
    if (!fd_save_path(name, file, error) || !fd_path_read_header(file, &header, error))
        return false;
    if (header.story[0])
        asked.story = header.story;
    if (!asked.model && header.model[0])
        asked.model = header.model;
    asked.no_dream |= !header.model[0];
    asked.seed = header.seed;
    bool ok = load(session, &asked, error) &&
              fd_path_open(&session->path, session->story, file, true, torn, error);
    (void)snprintf(session->save, sizeof session->save, "%s", file);
    fd_path_header_free(&header);
    return ok;
}

void fd_session_end(fd_session *session) {
    fd_foresight_free(session->foresight);
    fd_path_free(&session->path);
    fd_model_free(session->model);
    fd_story_free(session->story);
    *session = (fd_session){.path = FD_PATH};
}

bool fd_session_act(fd_session *session, const fd_action *action, size_t attempt, fd_error *error) {
    fd_turn *turn = NULL;
    size_t done, wanted;
    bool ok = fd_foresight_ask(session->foresight, &session->path, action, attempt, error);
    while (ok && !turn)
        ok = fd_foresight_take(session->foresight, 1000, &turn, &done, &wanted, error);
    return ok && fd_path_add(&session->path, turn, error);
}
