/* preview_tree.h - a whole tree of branches from a passage: every candidate is gone on from, down
 * to a depth. What has grown is kept in a file of the user's, so that a tree that was stopped goes
 * on.
 */
#ifndef FD_GAME_PREVIEW_TREE_H
#define FD_GAME_PREVIEW_TREE_H

#include "game/writing.h"
#include "story/label.h"

typedef struct fd_branching {
    size_t parent;  /* its place among the branches, or FD_TREE_ROOT */
    size_t depth;   /* from 1 */
    size_t number;  /* among its siblings, from 0 */
    char id[40];    /* "1.2.1" */
    char *name;     /* of the passage it becomes */
    fd_script text; /* as drawn */
    double per_word;
    char *faults;
    char label[FD_LABEL_SIZE]; /* of the link to it */
    bool grown, kept;
} fd_branching;

#define FD_TREE_ROOT ((size_t)-1)

typedef struct fd_tree {
    fd_writing *writing;
    size_t depth, breadth;
    const char *base;       /* of the passages' names, or NULL */
    fd_branching *branches; /* in the order they are told: parents before children */
    size_t count, drawn;
    char state[PATH_MAX]; /* the file */
} fd_tree;

/* How far it is: `drawn` branches, and `percent` of the next ones. Returning false stops. */
typedef bool fd_tree_observer(void *context, const fd_tree *tree, size_t percent);

/* Makes the shape, and reads what has grown before. Freed with fd_tree_free whatever happens. */
bool fd_tree_begin(fd_tree *tree, fd_writing *writing, size_t depth, size_t breadth,
                   const char *base, fd_error *error);
void fd_tree_free(fd_tree *tree);

/* What growing the rest will take, from the speed of a few words: "14 passages, about 840 words,
 * about 12 s at 95 tokens a second". */
bool fd_tree_estimate(const fd_tree *tree, char *words, size_t size, fd_error *error);

/* Draws what is not there, all children of a branch in one batch. FD_CANCELLED when stopped: what
 * was drawn stays, here and in the file. */
bool fd_tree_grow(fd_tree *tree, fd_tree_observer *observer, void *context, fd_error *error);

/* Marks what "all,-1.2" or "1.1,2" means; what is kept keeps what leads to it, what is left out
 * takes along what comes after it. */
bool fd_tree_mark(fd_tree *tree, const char *list, fd_error *error);

/* Writes what is marked into the story. */
bool fd_tree_keep(const fd_tree *tree, fd_error *error);

#endif
