/* divergence.h - how a turn computed again differs from the saved one, and why that may be, for who
 * has to find out. */
#ifndef FD_STORY_DIVERGENCE_H
#define FD_STORY_DIVERGENCE_H

#include "story/turn.h"

typedef enum fd_divergence_kind {
    FD_SAME,
    FD_SAVE_EDITED,  /* the saved turn does not fit its own check value */
    FD_OTHER_ACTION, /* another action, attempt or seed leads to it */
    FD_OTHER_WORDS,  /* the save fits itself: another program told it */
    FD_OTHER_CHOICES,
} fd_divergence_kind;

enum { FD_DIVERGENCE_SIZE = 160 };

typedef struct fd_divergence {
    fd_divergence_kind kind;
    size_t word;                    /* the first that differs, from 1; 0: none does */
    char saved[FD_DIVERGENCE_SIZE]; /* the words around it, or the choices */
    char again[FD_DIVERGENCE_SIZE]; /* cut at the end when they are too long */
} fd_divergence;

/* `check_before` is the check of the saved turn before it, "" for the first. */
bool fd_divergence_find(const fd_turn *saved, const fd_turn *again, const char *check_before,
                        fd_divergence *found, fd_error *error);

/* Why a story diverges so, as a sentence. */
const char *fd_divergence_reason(fd_divergence_kind kind);

#endif
