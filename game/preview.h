/* preview.h - what `feverdream preview` does on the desk (writing.h), besides printing candidates.
 */
#ifndef FD_GAME_PREVIEW_H
#define FD_GAME_PREVIEW_H

#include "game/writing.h"

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
