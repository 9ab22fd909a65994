/* sanitise.h - the one door between other people's words and the terminal. Stories, models, saves
 * and players may hold anything; what comes out is valid UTF-8 without anything that a terminal
 * would obey: no escape sequences, no C0 or C1 controls but the newline, no bidirectional
 * overrides. */
#ifndef FD_GAME_SANITISE_H
#define FD_GAME_SANITISE_H

#include <stddef.h>
#include <stdio.h>

#include "model/error.h"

/* A clean copy, freed with free(): bytes that are no UTF-8 become U+FFFD, tabs become spaces, the
 * separators U+2028 and U+2029 newlines. NULL when memory is short. */
char *fd_sanitise(const char *text, size_t length, fd_error *error);

/* The same for what has to stay on one line: newlines become spaces. */
char *fd_sanitise_line(const char *text, fd_error *error);

/* Writes a text as it is to a file or a pipe, and clean to a terminal. */
bool fd_show(FILE *to, const char *text, size_t length, fd_error *error);

/* The same for a formatted text. */
bool fd_showf(FILE *to, fd_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
