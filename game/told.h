/* told.h - a scene as the screen keeps it: copied and clean. */
#ifndef FD_GAME_TOLD_H
#define FD_GAME_TOLD_H

#include "game/frontend.h"

typedef struct fd_mark {
    size_t end; /* in the text */
    fd_voice voice;
} fd_mark;

typedef struct fd_told {
    char *action; /* "> what the player did", or "" */
    char *text;
    fd_mark *marks; /* which voice speaks up to where */
    size_t mark_count;
    char **choices;
    size_t choice_count;
    char *typing, *question, *fallback; /* or NULL */
    bool free, ending;
} fd_told;

/* On failure the copy is still to be freed. */
bool fd_told_copy(fd_told *copy, const fd_scene *scene, fd_error *error);
void fd_told_free(fd_told *told);

/* Choices, and free typing as one more; none while a question is asked. */
size_t fd_told_options(const fd_told *told);

#endif
