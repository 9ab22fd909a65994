/* state.h - what a story remembers: named values, and how often each thing was seen. */
#ifndef FD_STORY_STATE_H
#define FD_STORY_STATE_H

#include <stdint.h>

#include "model/memory.h"

typedef struct fd_value {
    char *name; /* "lamp"; counters of the weave use names that no author can write */
    char *text; /* NULL for a number */
    int64_t number;
} fd_value;

typedef struct fd_state {
    fd_value *values; /* sorted by name */
    size_t count;
    size_t capacity;
} fd_state; /* start from {0} */

/* Numbers stay within what JSON carries exactly; past that they stick at the end of the range. */
#define FD_STATE_MOST INT64_C(9007199254740991)

bool fd_state_set_number(fd_state *state, const char *name, int64_t number, fd_error *error);
bool fd_state_set_text(fd_state *state, const char *name, const char *text, fd_error *error);
const fd_value *fd_state_find(const fd_state *state, const char *name); /* NULL if never set */
int64_t fd_state_number(const fd_state *state, const char *name);       /* 0 if never set */

/* Overwrites *to, which holds nothing yet (or nothing any more). */
bool fd_state_copy(const fd_state *from, fd_state *to, fd_error *error);
void fd_state_free(fd_state *state);

/* One JSON object, keys sorted, numbers as integers; the same state always gives the same bytes.
 * Reading overwrites *state, takes the keys in any order, and refuses anything else
 * (FD_BAD_FILE). */
bool fd_state_write(const fd_state *state, fd_buffer *into, fd_error *error);
bool fd_state_read(const char *json, fd_state *state, fd_error *error);

#endif
