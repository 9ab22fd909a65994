#include "story/held_out.h"

#include <string.h>

#include "model/tokenizer.h"

enum { STRETCHES = 5, FEWEST_SEGMENTS = 50 };

/* The end of the piece that begins at `at`: after the next `mark`. */
static size_t end_of_piece(const char *text, size_t length, size_t at, const char *mark) {
    size_t wide = strlen(mark);
    for (const char *found; at < length; at++) {
        found = memchr(text + at, mark[0], length - at);
        if (!found)
            return length;
        at = (size_t)(found - text);
        if (length - at >= wide && memcmp(found, mark, wide) == 0)
            return at + wide;
    }
    return length;
}

static size_t count_pieces(const char *text, size_t length, const char *mark) {
    size_t count = 0;
    for (size_t at = 0; at < length; count++)
        at = end_of_piece(text, length, at, mark);
    return count;
}

bool fd_hold_out(const char *text, size_t length, size_t percent, fd_buffer *rest, fd_buffer *held,
                 fd_error *error) {
    bool segments = count_pieces(text, length, FD_END_OF_TEXT) >= FEWEST_SEGMENTS;
    const char *mark = segments ? FD_END_OF_TEXT : "\n\n";
    for (size_t at = 0; at < length;) {
        size_t end = end_of_piece(text, length, at, mark), middle = at + (end - at) / 2;
        size_t stretch = middle * STRETCHES / length;
        size_t last = (stretch + 1) * length / STRETCHES;
        bool out = last - middle < percent * length / 100 / STRETCHES;
        if (!fd_buffer_add(out ? held : rest, text + at, end - at, error))
            return false;
        at = end;
    }
    return true;
}
