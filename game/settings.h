/* settings.h - what the player has decided, in a small file that people may edit.
 *
 * One table says what may be set: the parser, the settings screen, the comments in the file, the
 * command `settings` and its JSON are made from it. The file is $FEVERDREAM_HOME/config, else
 * $XDG_CONFIG_HOME/feverdream/config, else ~/.config/feverdream/config: lines of `name = value`;
 * # begins a comment. It is made, with a comment for every setting, when something is first set.
 * A line that is not understood stays where it is and counts for nothing; fd_settings_problems
 * tells of it. */
#ifndef FD_GAME_SETTINGS_H
#define FD_GAME_SETTINGS_H

#include "model/memory.h"

enum { FD_SETTING_SIZE = 256 };

typedef struct fd_setting {
    const char *name;
    const char *values;    /* apart by |: words, ranges of whole numbers as 1..64, and a word in
                            * CAPITALS that stands for any text */
    const char *otherwise; /* the value where none is set */
    const char *meaning;   /* a sentence without its full stop */
} fd_setting;

/* The table, in the order in which it is shown. */
const fd_setting *fd_settings(size_t *count);
const fd_setting *fd_setting_find(const char *name); /* NULL when there is none */

/* Whether `value` is one of the setting's; FD_USAGE says what was expected. */
bool fd_setting_allows(const fd_setting *setting, const char *value, fd_error *error);

/* The value of a setting of the table: the file's last one that is allowed, else `otherwise`. Fails
 * when the file cannot be read. */
bool fd_setting_get(const char *name, char value[FD_SETTING_SIZE], fd_error *error);

/* Changes the line of a setting, or adds one below its comment; every other line stays as it is.
 * NULL takes the line away. A value that is not allowed is FD_USAGE. */
bool fd_setting_put(const char *name, const char *value, fd_error *error);

/* Makes the file, with its comments and nothing set; *made is false when there was one. */
bool fd_settings_begin(bool *made, fd_error *error);

/* A line "file:line: sentence" for each line that is not understood, names no setting, or gives one
 * a value that is not among its values. */
bool fd_settings_problems(fd_buffer *problems, fd_error *error);

#endif
