#define _POSIX_C_SOURCE 200809L
#include "game/shelf.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "game/layout.h"
#include "game/paths.h"
#include "game/sanitise.h"
#include "model/file.h"
#include "story/carry.h"

static const char ending[] = ".jsonl";

static bool is_save(const char *name) {
    size_t length = strlen(name), tail = strlen(ending);
    return name[0] != '.' && length > tail && strcmp(name + length - tail, ending) == 0;
}

/* ---- files ---- */

static bool by_name(const char *name, char path[PATH_MAX], fd_error *error) {
    char inside[PATH_MAX];
    return fd_file_path(inside, error, "saves/%s%s", name, is_save(name) ? "" : ending) &&
           fd_home_path(inside, path, error);
}

/* Whether a was changed after b; at the same moment, whether its name is the later. */
static bool is_newer(struct timespec a, const char *a_name, struct timespec b, const char *b_name) {
    if (a.tv_sec != b.tv_sec)
        return a.tv_sec > b.tv_sec;
    return a.tv_nsec != b.tv_nsec ? a.tv_nsec > b.tv_nsec : strcmp(a_name, b_name) > 0;
}

static bool newest(char path[PATH_MAX], fd_error *error) {
    char directory[PATH_MAX], file[PATH_MAX], best[256] = "";
    struct stat about;
    struct timespec best_time = {0, 0};
    if (!fd_home_path("saves", directory, error))
        return false;
    DIR *folder = opendir(directory);
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        if (!is_save(entry->d_name) ||
            !fd_file_path(file, NULL, "%s/%s", directory, entry->d_name) || stat(file, &about) != 0)
            continue;
        if (best[0] && !is_newer(about.st_mtim, entry->d_name, best_time, best))
            continue;
        (void)snprintf(best, sizeof best, "%s", entry->d_name);
        best_time = about.st_mtim;
    }
    if (folder)
        closedir(folder);
    if (!best[0])
        return fd_fail(error, FD_FAILED, "There is no saved story in %s.", directory);
    return fd_file_path(path, error, "%s/%s", directory, best);
}

bool fd_save_path(const char *name, char path[PATH_MAX], fd_error *error) {
    struct stat about;
    if (!name)
        return newest(path, error);
    bool file = strchr(name, '/') || stat(name, &about) == 0;
    return file ? fd_file_path(path, error, "%s", name) : by_name(name, path, error);
}

bool fd_save_new(char path[PATH_MAX], fd_error *error) {
    char name[64];
    time_t now = time(NULL);
    struct tm parts;
    localtime_r(&now, &parts);
    size_t length = strftime(name, sizeof name, "%Y-%m-%d-%H%M%S", &parts);
    for (unsigned n = 0; n < 100; n++) {
        struct stat about;
        if (n)
            (void)snprintf(name + length, sizeof name - length, "-%u", n);
        if (!by_name(name, path, error))
            return false;
        if (stat(path, &about) != 0)
            return true;
    }
    return fd_fail(error, FD_FAILED, "No free name for a save was found.");
}

bool fd_save_read(const char *file, fd_story **story, fd_path *path, bool *torn, fd_error *error) {
    char source[PATH_MAX];
    fd_path_header header = {0};
    *path = FD_PATH;
    bool ok = fd_path_read_header(file, &header, error) &&
              (header.story[0] ? fd_file_path(source, error, "%s", header.story)
                               : fd_assets_path("stories/the-well-house.twee", source, error));
    if (ok && (!*story || strcmp((*story)->twee.source, source) != 0)) {
        fd_story_free(*story);
        ok = (*story = fd_story_load(source, error)) != NULL;
    }
    if (ok && strcmp(header.story_hash, (*story)->hash) != 0) {
        fd_story_free(*story);
        ok = (*story = fd_carry_names(file, error)) != NULL;
    }
    ok = ok && fd_path_open(path, *story, file, false, torn, error);
    fd_path_header_free(&header);
    return ok;
}

/* ---- the list ---- */

/* The beginning of what was told last, as one line. */
static char *excerpt_of(const fd_path *path, fd_error *error) {
    enum { EXCERPT = 120 };
    for (size_t i = path->count; i > 0; i--) {
        if (path->turns[i - 1]->stretch_count == 0)
            continue;
        char *text = fd_turn_text(path->turns[i - 1], error);
        char *line = text ? fd_sanitise_line(text, error) : NULL;
        free(text);
        if (!line)
            return NULL;
        size_t kept = 0; /* one space between words */
        for (const char *at = line + strspn(line, " "); *at; at++)
            if (*at != ' ' || (at[1] && at[1] != ' '))
                line[kept++] = *at;
        line[fd_text_cut(line, kept, EXCERPT)] = '\0';
        return line;
    }
    return fd_copy_text("", error);
}

static void free_save(fd_save *save) {
    free(save->name);
    free(save->file);
    free(save->title);
    free(save->seed);
    free(save->model);
    free(save->excerpt);
    free(save->problem);
}

void fd_shelf_free(fd_shelf *shelf) {
    for (size_t i = 0; i < shelf->count; i++)
        free_save(&shelf->saves[i]);
    free(shelf->saves);
    *shelf = (fd_shelf){0};
}

/* What is inside; a save that cannot be read says why. */
static bool look_inside(fd_save *save, fd_story **story, fd_error *error) {
    fd_path path;
    fd_path_header header = {0};
    fd_error why = {FD_OK, ""};
    bool torn, read = fd_save_read(save->file, story, &path, &torn, &why);
    bool headed = read || fd_path_read_header(save->file, &header, NULL);
    const fd_path_header *from = read ? &path.header : &header;
    save->turns = path.count;
    bool ok = (save->title = fd_copy_text(headed ? from->title : "", error)) &&
              (save->seed = fd_copy_text(headed ? from->seed : "", error)) &&
              (save->model = fd_copy_text(headed ? from->model : "", error)) &&
              (save->excerpt = excerpt_of(&path, error)) &&
              (read || (save->problem = fd_copy_text(why.message, error)));
    fd_path_header_free(&header);
    fd_path_free(&path);
    return ok;
}

static bool add_save(fd_shelf *shelf, const char *file, const char *name, struct timespec changed,
                     fd_story **story, fd_error *error) {
    if (!fd_grow((void **)&shelf->saves, &shelf->capacity, shelf->count + 1, sizeof *shelf->saves,
                 "the saved stories", error))
        return false;
    fd_save *save = &shelf->saves[shelf->count++];
    *save = (fd_save){.changed = changed};
    if (!(save->name = fd_copy_text(name, error)) || !(save->file = fd_copy_text(file, error)))
        return false;
    save->name[strlen(name) - strlen(ending)] = '\0';
    return look_inside(save, story, error);
}

static int newest_first(const void *a, const void *b) {
    const fd_save *left = a, *right = b;
    return is_newer(left->changed, left->name, right->changed, right->name) ? -1 : 1;
}

bool fd_shelf_read(fd_shelf *shelf, fd_error *error) {
    char directory[PATH_MAX], file[PATH_MAX];
    struct stat about;
    *shelf = (fd_shelf){0};
    if (!fd_home_path("saves", directory, error))
        return false;
    DIR *folder = opendir(directory); /* there is none before the first story */
    fd_story *story = NULL;
    bool ok = true;
    for (struct dirent *entry; ok && folder && (entry = readdir(folder)) != NULL;)
        if (is_save(entry->d_name) && fd_file_path(file, NULL, "%s/%s", directory, entry->d_name) &&
            stat(file, &about) == 0)
            ok = add_save(shelf, file, entry->d_name, about.st_mtim, &story, error);
    if (folder)
        closedir(folder);
    fd_story_free(story);
    if (shelf->count)
        qsort(shelf->saves, shelf->count, sizeof *shelf->saves, newest_first);
    if (!ok)
        fd_shelf_free(shelf);
    return ok;
}

void fd_save_date(const fd_save *save, char date[32]) {
    struct tm parts;
    localtime_r(&save->changed.tv_sec, &parts);
    (void)strftime(date, 32, "%Y-%m-%d %H:%M", &parts);
}

/* ---- what may be done with a save ---- */

/* The file that a new name would have, if it may have it. */
static bool free_name(const char *name, char path[PATH_MAX], fd_error *error) {
    struct stat about;
    size_t length = strlen(name);
    if (!length || length > 100 || name[0] == '.' || name[0] == '-' || strchr(name, '/') ||
        strchr(name, '\n'))
        return fd_fail(error, FD_USAGE,
                       "A save's name has 1 to 100 bytes, no slash, and no dot or dash first.");
    if (!by_name(name, path, error))
        return false;
    return stat(path, &about) != 0 ||
           fd_fail(error, FD_USAGE, "There is a save called %s already.", name);
}

bool fd_save_rename(const char *file, const char *name, char renamed[PATH_MAX], fd_error *error) {
    return free_name(name, renamed, error) && fd_file_rename(file, renamed, error);
}

bool fd_save_copy(const char *file, const char *name, fd_error *error) {
    char copy[PATH_MAX];
    return free_name(name, copy, error) && fd_file_copy(file, copy, error);
}

bool fd_save_remove(const char *file, fd_error *error) {
    int handle = fd_path_lock(file, error);
    if (handle < 0)
        return false;
    bool ok = unlink(file) == 0 ||
              fd_fail(error, FD_FAILED, "%s cannot be removed: %s.", file, strerror(errno));
    close(handle);
    return ok;
}
