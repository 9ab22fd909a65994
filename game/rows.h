/* rows.h - told scenes as rows of a width, and a window over them. Pure: no terminal is needed. */
#ifndef FD_GAME_ROWS_H
#define FD_GAME_ROWS_H

#include "game/told.h"

enum { FD_LABEL = 5 /* columns before a choice's label */ };

typedef enum fd_row_kind {
    FD_ROW_BLANK,
    FD_ROW_ACTION,
    FD_ROW_TEXT,
    FD_ROW_QUESTION,
    FD_ROW_OFFER, /* a choice, or free typing: `option` */
    FD_ROW_ENDING,
} fd_row_kind;

typedef struct fd_row {
    fd_row_kind kind;
    const char *text;  /* the scene's text that start..end is part of */
    size_t start, end; /* of a blank row: where it stands */
    size_t scene, option;
} fd_row;

typedef struct fd_rows {
    fd_row *items; /* owned: free() */
    size_t count, capacity;
    size_t newest; /* the newest scene's first row */
} fd_rows;         /* start from {0} */

/* The rows, at most `columns` wide, of all scenes and of what the last one offers, instead of what
 * `rows` held. They point into the scenes. */
bool fd_rows_make(fd_rows *rows, const fd_told *scenes, size_t count, int columns, fd_error *error);

/* Whether the line goes on in the next row: only such rows are justified. */
bool fd_row_goes_on(const fd_row *row);

/* Justified text: how many of the columns that `row` lacks to be `columns` wide stand before its
 * byte `at`, shared evenly among its spaces. 0 for rows that do not go on or lack too much. */
size_t fd_row_stretch(const fd_row *row, size_t columns, size_t at);

/* Rows top..top + visible are seen. */
typedef struct fd_window {
    size_t top, visible;
    bool strayed; /* the reader moved it: it does not move by itself */
} fd_window;

size_t fd_window_last(const fd_window *window, const fd_rows *rows); /* the largest top */
bool fd_window_at_end(const fd_window *window, const fd_rows *rows);
void fd_window_scroll(fd_window *window, const fd_rows *rows, bool down, size_t by);

/* A new scene is shown whole if it fits, else from its first row on. */
void fd_window_place(fd_window *window, const fd_rows *rows);

/* Moves no further than needed to see rows first..end. */
void fd_window_see(fd_window *window, size_t first, size_t end);

/* Shows on top the row of a place in the story, as far as there are rows below it. */
void fd_window_return(fd_window *window, const fd_rows *rows, size_t scene, size_t offset);

/* The rows of an option: *first up to, not with, *end. False if there is none. */
bool fd_rows_of_option(const fd_rows *rows, size_t option, size_t *first, size_t *end);

#endif
