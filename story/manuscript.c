#include "story/manuscript.h"

#include <stdlib.h>

#include "story/project.h"

static bool copy_paths(fd_manuscript *self, char *const *paths, size_t count, fd_error *error) {
    self->paths = fd_alloc(count, sizeof *self->paths, "a story's files", error);
    bool ok = self->paths != NULL;
    for (; ok && self->path_count < count; self->path_count += ok)
        ok = (self->paths[self->path_count] = fd_copy_text(paths[self->path_count], error)) != NULL;
    return ok;
}

static bool take_files(fd_manuscript *self, const fd_project *project, fd_error *error) {
    self->files = fd_alloc(project->count, sizeof *self->files, "a story's files", error);
    bool ok = self->files != NULL;
    for (; ok && self->count < project->count; self->count += ok) {
        const fd_source *source = &project->sources[self->count];
        ok = fd_twee_file_parse(source->path, fd_buffer_text(&source->text), source->text.length,
                                &self->files[self->count], error);
    }
    return ok;
}

bool fd_manuscript_open(char *const *paths, size_t count, fd_manuscript *self, fd_error *error) {
    fd_project project = {0};
    *self = (fd_manuscript){0};
    bool ok = (count > 0 || fd_fail(error, FD_USAGE, "A story's file is wanted.")) &&
              copy_paths(self, paths, count, error) &&
              fd_project_read(paths, count, &project, error) && take_files(self, &project, error) &&
              fd_manuscript_parse(self, error);
    fd_project_free(&project);
    if (!ok)
        fd_manuscript_free(self);
    return ok;
}

bool fd_manuscript_parse(fd_manuscript *self, fd_error *error) {
    fd_story_file *files = fd_alloc(self->count, sizeof *files, "a story's files", error);
    for (size_t i = 0; files && i < self->count; i++)
        files[i] = (fd_story_file){self->files[i].path, &self->files[i].text};
    const char *source = self->path_count == 1 ? self->paths[0] : self->files[0].path;
    fd_story *story = files ? fd_story_of(source, files, self->count, error) : NULL;
    free(files);
    if (!story)
        return false;
    fd_story_free(self->story);
    self->story = story;
    return true;
}

void fd_manuscript_free(fd_manuscript *self) {
    for (size_t i = 0; i < self->path_count; i++)
        free(self->paths[i]);
    for (size_t i = 0; i < self->count; i++)
        fd_twee_file_free(&self->files[i]);
    free(self->paths);
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
                  self->story->twee.source);
    return NULL;
}
