/* layout.h - how wide text is and where its lines break. Pure functions over UTF-8: the unit is
 * the grapheme cluster, which is never split; its width is the sum of its code points' widths, as
 * terminals and ncurses count it. Bytes that are no UTF-8 count as one column each. */
#ifndef FD_GAME_LAYOUT_H
#define FD_GAME_LAYOUT_H

#include <stddef.h>

#include "model/error.h"

/* The bytes of the cluster at text (0 at the end); its columns in *width. */
size_t fd_grapheme(const char *text, size_t length, size_t *width);

/* Where the cluster that ends at `at` (a cluster's end) begins; 0 at the start. */
size_t fd_grapheme_before(const char *text, size_t at);

/* The columns of a text without newlines. */
size_t fd_text_width(const char *text, size_t length);

/* The bytes of the longest beginning that fits into `columns`. */
size_t fd_text_fit(const char *text, size_t length, size_t columns);

/* The bytes of the longest beginning that has at most `limit` bytes and ends with a whole
 * cluster. */
size_t fd_text_cut(const char *text, size_t length, size_t limit);

/* Bytes start..end of the text that was wrapped, without the spaces it was broken at. */
typedef struct fd_line {
    size_t start, end;
} fd_line;

typedef struct fd_lines {
    fd_line *items; /* owned: free() */
    size_t count, capacity;
} fd_lines;

/* Adds the text's lines. A newline ends a line (two leave an empty one between); longer lines break
 * at spaces, after dashes and around wide characters, and a word longer than a line wherever it
 * must. */
bool fd_wrap(const char *text, size_t length, size_t columns, fd_lines *lines, fd_error *error);

#endif
