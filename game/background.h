/* background.h - a model that is fetched while somebody plays: a thread of its own, which touches
 * nothing of the story. */
#ifndef FD_GAME_BACKGROUND_H
#define FD_GAME_BACKGROUND_H

#include "model/install.h"

typedef struct fd_background fd_background;

typedef enum fd_background_state {
    FD_FETCHING,
    FD_FINISHING, /* it has arrived, and is made small */
    FD_FETCHED,
    FD_NOT_FETCHED
} fd_background_state;

/* Begins; NULL on failure. What the arguments point to stays the caller's, and outlives it. */
fd_background *fd_background_start(const fd_fetch_options *options, const fd_remote *remote,
                                   const char *models, fd_error *error);

/* How it is going, in words for the reader: how far it is, that it is here, or why it is not. */
fd_background_state fd_background_look(fd_background *fetch, char *words, size_t size);

/* Asks for its end without waiting. */
void fd_background_stop(fd_background *fetch);

/* Stops what is being fetched (it goes on from there another time), waits for the thread, and says
 * how it ended: FD_FETCHED, or FD_NOT_FETCHED with *why. The wait is short, but when FINISHING. */
fd_background_state fd_background_end(fd_background *fetch, fd_error *why);

#endif
