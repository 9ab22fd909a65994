/* preview.h - what the writer's desk is laid with: the story's files, a passage and the way to it,
 * a model. The command, its trees and its screen work on one. */
#ifndef FD_GAME_PREVIEW_H
#define FD_GAME_PREVIEW_H

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

/* Finds the way anew: after the story, the passage or the seed changed. */
bool fd_writing_look(fd_writing *writing, fd_error *error);

/* The plan of the next candidates; the caller may add an observer. */
fd_preview fd_writing_plan(const fd_writing *writing);

/* How a candidate with that opening came about. */
bool fd_writing_making(const fd_writing *writing, const char *opening, size_t number,
                       const char *dreamed, fd_making *making, fd_error *error);

/* Writes a candidate into the story. NULL for `name` and `label` proposes them; what was taken is
 * in *name and *label (or NULL), which the caller frees. */
bool fd_writing_keep(fd_writing *writing, const char *opening, const fd_candidate *candidate,
                     const char *dreamed, const char *name, const char *label, char **took_name,
                     char **took_label, fd_error *error);

/* A tree of candidates (preview_branches.c). */
typedef struct fd_tree_options {
    size_t depth, breadth;
    const char
        *keep; /* "all", a list such as "1,1.2,2" with "-2.1" for what is left out, or NULL */
    const char *name;
    bool json;
} fd_tree_options;
bool fd_preview_tree(fd_writing *writing, const fd_tree_options *options, fd_error *error);

/* The desk on a terminal (preview_screen.c); `watch` follows the files. */
bool fd_preview_screen(fd_writing *writing, bool watch, fd_error *error);

#endif
