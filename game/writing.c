#include "game/writing.h"

#include <stdlib.h>

#include "game/paths.h"
#include "model/digest.h"
#include "model/file.h"

bool fd_writing_load(fd_writing *self, fd_error *error) {
    char folder[PATH_MAX], file[PATH_MAX];
    fd_digest digest;
    bool ok = fd_model_path(self->model_name, folder, error) &&
              fd_file_path(file, error, "%s/model.safetensors", folder) &&
              (self->model = fd_model_named(self->model_name, error)) != NULL &&
              fd_digest_of_file(file, &digest, error) &&
              (self->kept = fd_prefix_new(self->model, error)) != NULL;
    if (ok)
        fd_digest_hex(&digest, self->model_hash);
    return ok;
}

bool fd_writing_look(fd_writing *self, fd_error *error) {
    fd_route route;
    const fd_story *story = self->manuscript.story;
    if (!fd_route_to(story, self->at, self->via, self->seed, &route, error))
        return false;
    const char **names = fd_alloc(route.count, sizeof *names, "the way to a passage", error);
    if (!names) {
        fd_route_free(&route);
        return false;
    }
    for (size_t i = 0; i < route.count; i++)
        names[i] = story->twee.passages[route.passages[i]].name;
    fd_route_free(&self->route);
    free(self->names);
    self->route = route;
    self->names = names;
    return true;
}

fd_preview fd_writing_plan(const fd_writing *self) {
    return (fd_preview){.model = self->model,
                        .kept = self->kept,
                        .segments = (const char *const *)self->route.texts,
                        .segment_count = self->route.count,
                        .seed = self->seed,
                        .opening = &self->opening,
                        .words = self->words,
                        .choice = self->choice,
                        .sampling = self->sampling,
                        .threads = self->threads};
}

bool fd_writing_making(const fd_writing *self, const char *opening, size_t number,
                       const char *dreamed, fd_making *making, fd_error *error) {
    *making = (fd_making){.model = self->model_name,
                          .model_hash = self->model_hash,
                          .at = self->at,
                          .seed = self->seed,
                          .opening = opening,
                          .path = self->names,
                          .path_count = self->route.count,
                          .number = number,
                          .words = self->words,
                          .choice = self->choice,
                          .sampling = self->sampling};
    return fd_making_hash(dreamed, making->hash, error);
}

bool fd_writing_name(const fd_writing *self, fd_buffer *name, fd_error *error) {
    return fd_buffer_addf(name, error, "%s, dreamed", self->at);
}

bool fd_writing_free_name(const fd_writing *self, fd_buffer *name, fd_error *error) {
    fd_buffer wanted = FD_BUFFER(1000);
    bool ok = fd_writing_name(self, &wanted, error) &&
              fd_keep_free_name(&self->manuscript, fd_buffer_text(&wanted), name, error);
    fd_buffer_free(&wanted);
    return ok;
}

bool fd_writing_keep(fd_writing *self, const char *opening, const fd_candidate *candidate,
                     const char *dreamed, const char *name, const char *label, fd_error *error) {
    fd_making making;
    const fd_keeping one = {&making, &candidate->draft, self->at, name, label};
    return fd_writing_making(self, opening, candidate->number, dreamed, &making, error) &&
           fd_keep(&self->manuscript, &one, 1, &self->backed_up, error) &&
           fd_writing_look(self, error);
}

void fd_writing_free(fd_writing *self) {
    fd_route_free(&self->route);
    free(self->names);
    fd_prefix_free(self->kept);
    fd_model_free(self->model);
    fd_manuscript_free(&self->manuscript);
    fd_script_free(&self->opening);
}
