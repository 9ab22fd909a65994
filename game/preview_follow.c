/* preview_follow.c - the story's files while the writer's desk is open: changed elsewhere, and read
 * again. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "game/preview_screen.h"
#include "model/clock.h"
#include "model/file.h"

enum { LOOK_S = 1 };

static uint64_t mix(uint64_t sum, const char *path) {
    struct stat about = {0};
    if (stat(path, &about) != 0)
        return sum * 31 + 1;
    sum = sum * 31 + (uint64_t)about.st_mtim.tv_sec;
    return sum * 31 + (uint64_t)about.st_mtim.tv_nsec + (uint64_t)about.st_size;
}

/* What the files look like from outside, and the folders they are in, where others may appear. */
static uint64_t look(const fd_manuscript *manuscript) {
    uint64_t sum = manuscript->count;
    for (size_t i = 0; i < manuscript->path_count; i++)
        sum = mix(sum, manuscript->paths[i]);
    for (size_t i = 0; i < manuscript->count; i++) {
        char folder[PATH_MAX];
        (void)snprintf(folder, sizeof folder, "%s", manuscript->files[i].path);
        sum = mix(sum, folder);
        char *slash = strrchr(folder, '/');
        if (slash && manuscript->path_count < manuscript->count) {
            *slash = '\0';
            sum = mix(sum, folder);
        }
    }
    return sum;
}

void fd_desk_seen(fd_desk_screen *self) {
    self->seen = look(&self->writing->manuscript);
    self->looked = fd_clock_seconds();
}

/* Whether a candidate holds words that would be lost with it. */
static bool has_edits(const fd_desk_screen *self) {
    bool edited = false;
    for (size_t i = 0; i < self->count; i++)
        edited = edited || fd_script_has(&self->cards[i].candidate.draft, FD_HAND_EDIT);
    return edited;
}

bool fd_desk_reread(fd_desk_screen *self, fd_error *error) {
    fd_writing *on = self->writing;
    fd_manuscript fresh;
    fd_desk_seen(self);
    bool ok = fd_manuscript_open(on->manuscript.paths, on->manuscript.path_count, &fresh, error);
    if (ok) {
        fd_manuscript before = on->manuscript;
        char *told = fd_copy_text(on->route.texts[on->route.count - 1], error);
        on->manuscript = fresh;
        ok = told && fd_writing_look(on, error);
        if (!ok) { /* the passage is not there now: go on with the story as it was read */
            on->manuscript = before;
            before = fresh;
        }
        bool other = ok && strcmp(told, on->route.texts[on->route.count - 1]) != 0;
        bool stay = other && has_edits(self);
        if (other && !stay)
            fd_desk_restart(self);
        if (ok)
            fd_desk_say(self, stay ? "The story was changed, and read again; what you changed of "
                                     "the candidates stays."
                                   : "The story was changed, and read again.");
        fd_manuscript_free(&before);
        free(told);
    }
    return fd_desk_forgive(self, ok, error);
}

bool fd_desk_follow(fd_desk_screen *self, fd_error *error) {
    if (fd_clock_seconds() - self->looked < LOOK_S)
        return true;
    uint64_t last = self->seen;
    fd_desk_seen(self);
    return self->seen == last || fd_desk_reread(self, error);
}
