/* commands.h - the program's subcommands. Each gets its own arguments (argv[0] is its name),
 * prints results to stdout, leaves errors to main, and returns whether it succeeded. */
#ifndef FD_GAME_COMMANDS_H
#define FD_GAME_COMMANDS_H

#include "model/error.h"

typedef bool fd_command(int argc, char **argv, fd_error *error);

fd_command fd_command_bench;
fd_command fd_command_generate;
fd_command fd_command_model;
fd_command fd_command_perplexity;
fd_command fd_command_play;
fd_command fd_command_replay;
fd_command fd_command_settings;
fd_command fd_command_story;
fd_command fd_command_tokenize;
fd_command fd_command_train;

#endif
