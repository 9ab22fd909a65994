#define _POSIX_C_SOURCE 200809L
#include "story/manuscript.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/file.h"

enum { FILES_MOST = 10000, DEPTH_MOST = 16 };

static bool ends_with(const char *name, const char *ending) {
    size_t a = strlen(name), b = strlen(ending);
    return a > b && strcmp(name + a - b, ending) == 0;
}

static bool add_file(fd_manuscript *self, const char *path, fd_error *error) {
    for (size_t i = 0; i < self->count; i++)
        if (strcmp(self->files[i].path, path) == 0)
            return true;
    if (self->count == FILES_MOST)
        return fd_fail(error, FD_BAD_FILE, "A story has at most %d files.", FILES_MOST);
    if (!fd_grow((void **)&self->files, &self->capacity, self->count + 1, sizeof *self->files,
                 "a story's files", error) ||
        !fd_twee_file_read(path, &self->files[self->count], error))
        return false;
    self->count++;
    return true;
}

static int visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool add_folder(fd_manuscript *self, const char *path, size_t depth, fd_error *error) {
    struct dirent **entries = NULL;
    int count = depth < DEPTH_MOST ? scandir(path, &entries, visible, by_bytes) : 0;
    if (count < 0)
        return fd_fail(error, FD_BAD_FILE, "%s cannot be read: %s.", path, strerror(errno));
    bool ok = true;
    for (int i = 0; i < count; i++) {
        char inside[PATH_MAX];
        const char *name = entries[i]->d_name;
        ok = ok && fd_file_path(inside, error, "%s/%s", path, name);
        if (ok && fd_folder_exists(inside))
            ok = add_folder(self, inside, depth + 1, error);
        else if (ok && (ends_with(name, ".twee") || ends_with(name, ".tw")))
            ok = add_file(self, inside, error);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

bool fd_manuscript_open(char *const *paths, size_t count, fd_manuscript *self, fd_error *error) {
    *self = (fd_manuscript){0};
    bool ok = count > 0 || fd_fail(error, FD_USAGE, "A story's file is wanted.");
    for (size_t i = 0; ok && i < count; i++) {
        size_t before = self->count;
        bool folder = fd_folder_exists(paths[i]);
        ok = folder ? add_folder(self, paths[i], 0, error) : add_file(self, paths[i], error);
        if (ok && folder && self->count == before)
            ok = fd_fail(error, FD_BAD_FILE, "%s holds no .twee or .tw file.", paths[i]);
    }
    ok = ok && fd_manuscript_parse(self, error);
    if (!ok)
        fd_manuscript_free(self);
    return ok;
}

static size_t count_lines(const char *text, size_t length) {
    size_t lines = 0;
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    return lines;
}

/* A message about a line of all files together is made one about a line of one of them. */
static void place_error(const fd_manuscript *self, const size_t *lines, fd_error *error) {
    const char *source = self->files[0].path;
    size_t length = strlen(source), file = 0, line;
    char *end;
    if (!error || error->status != FD_BAD_FILE || strncmp(error->message, source, length) != 0 ||
        error->message[length] != ':')
        return;
    line = strtoul(error->message + length + 1, &end, 10);
    if (*end != ':')
        return;
    while (file + 1 < self->count && line > lines[file])
        line -= lines[file++];
    char rest[sizeof error->message];
    (void)snprintf(rest, sizeof rest, "%s", end);
    (void)fd_fail(error, FD_BAD_FILE, "%s:%zu%s", self->files[file].path, line, rest);
}

/* All files in one text; lines[f] is how many lines each has in it. */
static bool join(const fd_manuscript *self, fd_buffer *text, size_t *lines, fd_error *error) {
    bool ok = true;
    for (size_t f = 0; ok && f < self->count; f++) {
        const fd_buffer *one = &self->files[f].text;
        const char *bytes = fd_buffer_text(one);
        size_t mark = f && one->length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        size_t before = self->files[f].count ? self->files[f].spans[0].header : one->length;
        for (size_t i = mark; ok && f && i < before; i++)
            if (!strchr(" \t\r\n", bytes[i]))
                ok = fd_twee_fail(error, self->files[f].path, 1,
                                  "There is text before the first passage; expected a header such "
                                  "as \":: Start\".");
        ok = ok && fd_buffer_add(text, bytes + mark, one->length - mark, error) &&
             (f + 1 == self->count || fd_buffer_add_text(text, "\n", error));
        lines[f] = count_lines(bytes, one->length) + (f + 1 < self->count);
    }
    return ok;
}

bool fd_manuscript_parse(fd_manuscript *self, fd_error *error) {
    fd_buffer text = FD_BUFFER(FD_TWEE_LIMIT);
    fd_error own = {FD_OK, ""};
    size_t *lines = fd_alloc(self->count, sizeof *lines, "a story's files", error);
    fd_story *story = NULL;
    if (lines && join(self, &text, lines, error)) {
        story = fd_story_parse(self->files[0].path, fd_buffer_text(&text), text.length, &own);
        if (!story) {
            place_error(self, lines, &own);
            if (error)
                *error = own;
        }
    }
    fd_buffer_free(&text);
    free(lines);
    if (!story)
        return false;
    fd_story_free(self->story);
    self->story = story;
    return true;
}

void fd_manuscript_free(fd_manuscript *self) {
    for (size_t i = 0; i < self->count; i++)
        fd_twee_file_free(&self->files[i]);
    free(self->files);
    fd_story_free(self->story);
    *self = (fd_manuscript){0};
}

fd_twee_file *fd_manuscript_file(const fd_manuscript *self, const char *passage, fd_error *error) {
    for (size_t i = 0; i < self->count; i++) {
        size_t found;
        fd_error ambiguous = {FD_OK, ""};
        if (fd_twee_file_find(&self->files[i], passage, &found, &ambiguous))
            return &self->files[i];
        if (found > 1) {
            if (error)
                *error = ambiguous;
            return NULL;
        }
    }
    (void)fd_fail(error, FD_USAGE, "There is no passage \"%s\" in %s.", passage,
                  self->files[0].path);
    return NULL;
}
