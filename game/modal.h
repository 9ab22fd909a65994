/* modal.h - views that take the whole screen until the reader is done with them: a list to pick
 * from, a text to read, a text to write. They know terminals, but no stories being told. All leave
 * at once, as if the reader had gone back, when the terminal hangs up or the program is asked to
 * end; Ctrl-C goes back. */
#ifndef FD_GAME_MODAL_H
#define FD_GAME_MODAL_H

#include "game/frontend.h"
#include "game/terminal.h"

/* As the functions of the same names in frontend.h. After / a list has only the items whose labels
 * hold what is typed, as one searches: Enter takes the selected one, Esc shows all again. */
bool fd_modal_pick(fd_terminal *terminal, const fd_list *list, size_t *picked, char *key,
                   fd_error *error);
bool fd_modal_page(fd_terminal *terminal, const char *title, const fd_stretch *stretches,
                   size_t count, fd_error *error);
bool fd_modal_write(fd_terminal *terminal, const char *title, fd_buffer *text, size_t most,
                    bool *kept, fd_error *error);

/* What all of them share: the text's columns, and how its left edge is found. */
enum { FD_MEASURE = 66 /* the widest line that reads well */ };
void fd_measure(const fd_terminal *terminal, int *left, int *columns);

/* Where a hint that is too wide for one row goes on in the next: after the last of its parts, a
 * comma or blanks apart, that fits; at its end when all do, or none. */
const char *fd_second_row(const char *hint, int columns);

/* The heading in the first row and the hint in the last one, which takes the blank row above it,
 * too, when it is wide; between them, with room, a blank row each, and the view's own rows from
 * *first on, of which there are *rows. */
void fd_modal_frame(fd_terminal *terminal, const char *title, const char *hint);

void fd_modal_rows(const fd_terminal *terminal, int *first, size_t *rows);

#endif
