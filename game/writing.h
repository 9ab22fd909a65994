/* writing.h - what the writer's desk is laid with: the story's files, a passage and the way to it,
 * a model. The command, its trees and its screen work on one. */
#ifndef FD_GAME_WRITING_H
#define FD_GAME_WRITING_H

#include "game/keep.h"
#include "story/route.h"

typedef struct fd_writing {
    const char *at, *via, *seed; /* via may be NULL */
    const char *model_name;
    size_t samples, words, choice, threads;
    fd_sampling sampling;
    fd_script opening;
    fd_manuscript manuscript;
    fd_route route;
    fd_model *model;
    fd_prefix *kept;
    char model_hash[65];
    const char **names; /* [route.count] of the passages on the way */
    bool backed_up;
} fd_writing;

/* Everything that was read, found or loaded. */
void fd_writing_free(fd_writing *writing);

bool fd_writing_load(fd_writing *writing, fd_error *error); /* the model that is named */

/* Finds the way anew: after the story, the passage or the seed changed. */
bool fd_writing_look(fd_writing *writing, fd_error *error);

/* The plan of the next candidates; the caller may add an observer. */
fd_preview fd_writing_plan(const fd_writing *writing);

/* How a candidate with that opening came about. */
bool fd_writing_making(const fd_writing *writing, const char *opening, size_t number,
                       const char *dreamed, fd_making *making, fd_error *error);

/* What all passages are called that are dreamed after this one, but for what tells them apart. */
bool fd_writing_name(const fd_writing *writing, fd_buffer *name, fd_error *error);
/* What the next one might be called: that, and what no other is called. */
bool fd_writing_free_name(const fd_writing *writing, fd_buffer *name, fd_error *error);

/* Writes a candidate into the story, as a passage of that name. */
bool fd_writing_keep(fd_writing *writing, const char *opening, const fd_candidate *candidate,
                     const char *dreamed, const char *name, const char *label, fd_error *error);

#endif
