#define _POSIX_C_SOURCE 200809L
#include "story/project.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "model/file.h"
#include "story/twee.h"

static bool is_twee(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot && (strcmp(dot, ".twee") == 0 || strcmp(dot, ".tw") == 0);
}

static bool add_file(fd_project *project, const char *path, fd_error *error) {
    for (size_t i = 0; i < project->count; i++)
        if (strcmp(project->sources[i].path, path) == 0)
            return true;
    if (!fd_grow((void **)&project->sources, &project->capacity, project->count + 1,
                 sizeof *project->sources, "a story's files", error))
        return false;
    fd_source *source = &project->sources[project->count];
    *source = (fd_source){fd_copy_text(path, error), FD_BUFFER(FD_TWEE_LIMIT)};
    project->count += source->path != NULL;
    return source->path != NULL;
}

static bool add_folder(fd_project *project, const char *path, size_t depth, fd_error *error);

static bool add_entry(fd_project *project, const char *folder, const char *name, size_t depth,
                      fd_error *error) {
    char path[PATH_MAX];
    struct stat about;
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    if (name[0] == '.')
        return true;
    if (!fd_file_path(path, error, "%s%s%s", folder, slash, name))
        return false;
    if (stat(path, &about) != 0)
        return !is_twee(name) ||
               fd_fail(error, FD_BAD_FILE, "%s cannot be read: %s.", path, strerror(errno));
    if (S_ISDIR(about.st_mode))
        return add_folder(project, path, depth + 1, error);
    return !S_ISREG(about.st_mode) || !is_twee(name) || add_file(project, path, error);
}

static bool add_folder(fd_project *project, const char *path, size_t depth, fd_error *error) {
    if (depth > FD_PROJECT_DEPTH)
        return fd_fail(error, FD_BAD_FILE, "%s: The story's folders are more than %d deep.", path,
                       FD_PROJECT_DEPTH);
    DIR *folder = opendir(path);
    if (!folder)
        return fd_fail(error, FD_BAD_FILE, "%s cannot be read: %s.", path, strerror(errno));
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(folder)) != NULL;)
        ok = add_entry(project, path, entry->d_name, depth, error);
    closedir(folder);
    return ok;
}

static int by_path(const void *a, const void *b) {
    const fd_source *left = a, *right = b;
    return strcmp(left->path, right->path);
}

static bool read_all(fd_project *project, fd_error *error) {
    size_t left = FD_TWEE_LIMIT;
    for (size_t i = 0; i < project->count; i++) {
        fd_buffer *text = &project->sources[i].text;
        text->limit = left;
        if (!fd_file_read(project->sources[i].path, text, error))
            return false;
        left -= text->length;
    }
    return true;
}

static bool add_path(fd_project *project, const char *path, fd_error *error) {
    size_t before = project->count;
    if (!fd_folder_exists(path))
        return add_file(project, path, error);
    if (!add_folder(project, path, 0, error))
        return false;
    if (project->count == before)
        return fd_fail(error, FD_BAD_FILE,
                       "%s: There is no file in this folder that ends in .twee or .tw.", path);
    qsort(project->sources + before, project->count - before, sizeof *project->sources, by_path);
    return true;
}

bool fd_project_read(char *const *paths, size_t count, fd_project *project, fd_error *error) {
    bool ok = true;
    *project = (fd_project){0};
    for (size_t i = 0; ok && i < count; i++)
        ok = add_path(project, paths[i], error);
    ok = ok && read_all(project, error);
    if (!ok)
        fd_project_free(project);
    return ok;
}

void fd_project_free(fd_project *project) {
    for (size_t i = 0; i < project->count; i++) {
        free(project->sources[i].path);
        fd_buffer_free(&project->sources[i].text);
    }
    free(project->sources);
    *project = (fd_project){0};
}
