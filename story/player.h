/* player.h - what the player does and says, as a story in the second person tells it. */
#ifndef FD_STORY_PLAYER_H
#define FD_STORY_PLAYER_H

#include "model/memory.h"

/* "open the window" is told as "You open the window." and so is "I open the window"; words in
 * quotes are said. Capital and full stop are mended. */
bool fd_player_does(const char *text, fd_buffer *into, fd_error *error);

/* "who is there?" is told as: You say, "Who is there?" */
bool fd_player_says(const char *text, fd_buffer *into, fd_error *error);

/* An answer, to be woven into sentences about the player: "my gran's kitchen." is told as "your
 * gran's kitchen"; any other capital is the player's own. */
bool fd_player_answers(const char *text, fd_buffer *into, fd_error *error);

#endif
