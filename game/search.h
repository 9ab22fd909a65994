/* search.h - words found in a text, without regard to case or to where lines end. Pure. */
#ifndef FD_GAME_SEARCH_H
#define FD_GAME_SEARCH_H

#include "game/rows.h"

typedef struct fd_match {
    size_t start, end;
} fd_match;

/* The first match at or after `from`; false when there is none. A space of the needle matches any
 * run of spaces and newlines; an empty needle matches nothing. */
bool fd_search(const char *text, size_t from, const char *needle, fd_match *match);

/* Where a match stands among rows. */
typedef struct fd_found {
    bool any;
    const char *text; /* of the row */
    fd_match match;
    size_t row; /* where it begins */
} fd_found;

/* The next match after `here` (or the first at or after row `row` where here->any is false), or the
 * one before it, from one end to the other again where there is no more. *wrapped says whether it
 * went over an end. */
fd_found fd_search_rows(const fd_rows *rows, const char *needle, const fd_found *here, size_t row,
                        bool forward, bool *wrapped);

#endif
