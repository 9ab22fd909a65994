/* line.h - the one-line editor on a terminal: which keys edit it, and how it is drawn. */
#ifndef FD_GAME_LINE_H
#define FD_GAME_LINE_H

#include "game/editor.h"
#include "game/terminal.h"

/* Obeys a key that edits; false for one that does not. */
bool fd_line_obey(fd_editor *line, fd_key key);

/* Draws prompt and line in row y from `left` to `limit`, scrolled sideways by so much that the
 * cursor is seen; `hint` stands where nothing is typed. Returns the cursor's column. */
int fd_line_draw(fd_terminal *terminal, int y, int left, int limit, const char *prompt,
                 const fd_editor *line, const char *hint);

#endif
