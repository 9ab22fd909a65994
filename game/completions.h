/* completions.h - what a shell completes after `feverdream`, made from the usage that --help
 * prints: a command's options, what they take, and the words a command begins with. */
#ifndef FD_GAME_COMPLETIONS_H
#define FD_GAME_COMPLETIONS_H

#include "game/commands.h"
#include "model/memory.h"

/* What stands behind an option or a command in its usage. */
typedef enum fd_taken {
    FD_TAKES_NOTHING,
    FD_TAKES_TEXT,  /* anything: TEXT, N */
    FD_TAKES_FILE,  /* FILE, DIR */
    FD_TAKES_MODEL, /* M */
    FD_TAKES_SAVE,  /* [NAME] */
    FD_TAKES_WORDS, /* one of the words between bars, such as dot|text */
} fd_taken;

typedef struct fd_usage_option {
    const char *name; /* with its dashes, and not ended */
    size_t length;
    fd_taken taken;
    const char *words; /* of FD_TAKES_WORDS, as they stand: not ended */
    size_t words_length;
} fd_usage_option;

/* The next option of a usage, which *usage moves past; false when there is none. */
bool fd_usage_next(const char **usage, fd_usage_option *option);

/* The next word that the command may begin with: check, stats ... */
bool fd_usage_next_word(const char *whole, const char **usage, const char **word, size_t *length);

/* The script for "bash", "zsh" or "fish"; FD_USAGE for another shell. */
bool fd_completions_write(const char *shell, const fd_command_entry *commands, size_t count,
                          fd_buffer *script, fd_error *error);

#endif
