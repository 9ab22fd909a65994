/* commands.h - the program's subcommands. Each gets its own arguments (argv[0] is its name),
 * prints results to stdout, leaves errors to main, and returns whether it succeeded. */
#ifndef FD_GAME_COMMANDS_H
#define FD_GAME_COMMANDS_H

#include <stddef.h>

#include "model/error.h"

typedef bool fd_command(int argc, char **argv, fd_error *error);

typedef struct fd_command_entry {
    const char *name;
    fd_command *run;
    const char *usage; /* completions.h reads it, too */
    const char *does;
} fd_command_entry;

/* All of them, in main.c. */
const fd_command_entry *fd_commands(size_t *count);

fd_command fd_command_bench;
fd_command fd_command_completions;
fd_command fd_command_export;
fd_command fd_command_generate;
fd_command fd_command_model;
fd_command fd_command_perplexity;
fd_command fd_command_play;
fd_command fd_command_preview;
fd_command fd_command_replay;
fd_command fd_command_saves;
fd_command fd_command_settings;
fd_command fd_command_story;
fd_command fd_command_tokenize;
fd_command fd_command_train;

#endif
