/* haunt.h - a word of the page that is another one while nobody looks. Only what is drawn changes:
 * the text, the save and everything told stay as they are. Chance here is decoration and has
 * nothing to do with the story's. */
#ifndef FD_GAME_HAUNT_H
#define FD_GAME_HAUNT_H

#include "game/rows.h"
#include "game/search.h"
#include "model/random.h"

typedef struct fd_haunt {
    fd_random_key key;
    uint64_t drawn;
    const char *text; /* of the row that holds the word; NULL while nothing is changed */
    fd_match at;
    const char *other; /* as many bytes and columns as the word; static */
} fd_haunt;

void fd_haunt_begin(fd_haunt *haunt, uint64_t seed);

/* True once in `times`. */
bool fd_haunt_chance(fd_haunt *haunt, uint64_t times);

/* Changes a word of the rows in the window, if one can be; true when it did. */
bool fd_haunt_change(fd_haunt *haunt, const fd_rows *rows, const fd_window *window);

/* Everything is as it was. */
void fd_haunt_return(fd_haunt *haunt);

#endif
