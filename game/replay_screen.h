/* replay_screen.h - a saved story told on the terminal at reading speed: pause, step, back, jump to
 * a turn, faster and slower. */
#ifndef FD_GAME_REPLAY_SCREEN_H
#define FD_GAME_REPLAY_SCREEN_H

#include "game/session.h"
#include "game/terminal.h"

/* Tells the turns of the session's path until the reader leaves. */
bool fd_replay_screen(fd_session *session, fd_terminal *terminal, fd_error *error);

#endif
