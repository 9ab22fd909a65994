/* loop.h - turn after turn: a session behind a front end. */
#ifndef FD_GAME_LOOP_H
#define FD_GAME_LOOP_H

#include "game/frontend.h"
#include "game/offer.h"
#include "game/session.h"

/* Shows the title (and `note` on it), what was read before, and then plays until the player
 * leaves. Every turn is on the disk before the player is asked what to do next. `offer` (NULL:
 * none) is looked after meanwhile. */
bool fd_loop_run(fd_session *session, const fd_frontend *table, void *screen, const char *note,
                 fd_offer *offer, fd_error *error);

/* Shows every turn of the path. */
bool fd_loop_tell_again(fd_session *session, const fd_frontend *table, void *screen,
                        fd_error *error);

#endif
