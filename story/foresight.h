/* foresight.h - the next turn of every open choice, told by a thread of its own while the player
 * still reads. It changes when a turn is there, never what it says: telling is a pure function.
 *
 * One turn is told after the other, the likeliest first (tendency.h): a dream's candidates already
 * fill the rows that a model reads fastest, so that the turns of several choices told together
 * would take as long as one after the other, and the first of them that long, too. What their
 * prompts have in common is read once. What leads elsewhere is dropped, and its telling stopped
 * within a block of tokens.
 *
 * It stays small: as many turns as `ahead` are told for one place, then the thread sleeps; its
 * niceness is FD_FORESIGHT_NICE (Linux); FD_FORESIGHT_HELD turns that were told and not taken are
 * held for who turns back; one prompt's keys and values are kept. */
#ifndef FD_STORY_FORESIGHT_H
#define FD_STORY_FORESIGHT_H

#include "story/narrator.h"

enum { FD_FORESIGHT_HELD = 64, FD_FORESIGHT_NICE = 5 };

typedef struct fd_foresight fd_foresight;

/* Starts the thread. `ahead` is how many choices it computes unasked, 0 for none. */
fd_foresight *fd_foresight_new(const fd_narrator *narrator, size_t ahead, fd_error *error);
void fd_foresight_free(fd_foresight *foresight); /* cancels what is under way */

/* The player is here now: what led elsewhere is dropped, the choices of this turn are begun, or to
 * its question the answer that is taken when the player gives none. */
bool fd_foresight_look(fd_foresight *foresight, const fd_path *path, fd_error *error);

/* Asks for the turn that `action` leads to, ahead of everything else. */
bool fd_foresight_ask(fd_foresight *foresight, const fd_path *path, const fd_action *action,
                      size_t attempt, fd_error *error);

/* The turn asked for: *turn when it is there (now the caller's), else NULL and how far it is.
 * Waits at most `wait_ms` for it. False when telling it failed. */
bool fd_foresight_take(fd_foresight *foresight, int wait_ms, fd_turn **turn, size_t *done,
                       size_t *wanted, fd_error *error);

/* Other limits from now on: choices computed unasked, threads. The next look keeps to them. */
void fd_foresight_limit(fd_foresight *foresight, size_t ahead, size_t threads);

/* How many turns are still to be told; 0: the thread sleeps. */
size_t fd_foresight_left(fd_foresight *foresight);

#endif
