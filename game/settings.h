/* settings.h - what the player has decided, in a small file that people may edit.
 *
 * Lines are `key = value`; # begins a comment. The file is $FEVERDREAM_HOME/config, else
 * $XDG_CONFIG_HOME/feverdream/config, else ~/.config/feverdream/config. Keys nobody asks for are
 * left alone. */
#ifndef FD_GAME_SETTINGS_H
#define FD_GAME_SETTINGS_H

#include "model/error.h"

enum { FD_SETTING_SIZE = 256 };

/* The value of `key`, "" when it is not set. FD_BAD_FILE names the file and line that is neither
 * blank, comment nor setting. */
bool fd_setting_get(const char *key, char value[FD_SETTING_SIZE], fd_error *error);

/* Changes the line of `key`, or adds one; every other line stays as it is. The file is made, with a
 * comment that says what may be set, when there is none. */
bool fd_setting_put(const char *key, const char *value, fd_error *error);

#endif
