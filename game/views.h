/* views.h - what a player may look at and change beside the turns: pinned facts, what the model is
 * given, the saved stories, the story as a file to be read. */
#ifndef FD_GAME_VIEWS_H
#define FD_GAME_VIEWS_H

#include "game/turns.h"

bool fd_view_memory(fd_play *play, fd_error *error);
bool fd_view_context(fd_play *play, fd_error *error);
bool fd_view_export(fd_play *play, fd_error *error);

/* The saved stories; *switched says that another is now played, and `note` what its reader should
 * know (session.h). */
bool fd_view_saves(fd_play *play, bool *switched, fd_buffer *note, fd_error *error);

#endif
