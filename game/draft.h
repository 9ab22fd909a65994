/* draft.h - a text of many lines being written: UTF-8, clean as it comes, moved through by whole
 * characters as the reader sees them, with every change to be taken back. */
#ifndef FD_GAME_DRAFT_H
#define FD_GAME_DRAFT_H

#include <stdint.h>

#include "game/layout.h"
#include "model/memory.h"

typedef struct fd_draft_state {
    char *text; /* owned */
    size_t at;
} fd_draft_state;

typedef struct fd_draft {
    fd_buffer text;
    size_t at; /* the cursor stands before text.data[at] */
    size_t most;
    fd_draft_state *before; /* what undo goes back to, the newest last */
    size_t before_count, before_capacity;
    bool typing; /* the last change was a character typed: the next one joins it */
} fd_draft;

/* A draft of a clean text, at most `most` bytes; the cursor stands at its end. */
bool fd_draft_begin(fd_draft *draft, const char *text, size_t most, fd_error *error);
void fd_draft_free(fd_draft *draft);

/* Types a character, or a newline, at the cursor. What has no room, and control characters, are not
 * taken. */
bool fd_draft_type(fd_draft *draft, uint32_t character, fd_error *error);

/* Puts a clean text at the cursor, as much of it as there is room for; one change. */
bool fd_draft_insert(fd_draft *draft, const char *text, fd_error *error);

/* Takes out bytes from <= i < to and stands there. */
bool fd_draft_remove(fd_draft *draft, size_t from, size_t to, fd_error *error);

/* Takes the last change back; a word typed is one change. */
void fd_draft_undo(fd_draft *draft);

/* Places seen from the cursor: a character, a word (its beginning before, its end after), the ends
 * of the line. */
size_t fd_draft_before(const fd_draft *draft);
size_t fd_draft_after(const fd_draft *draft);
size_t fd_draft_word_before(const fd_draft *draft);
size_t fd_draft_word_after(const fd_draft *draft);
size_t fd_draft_line_start(const fd_draft *draft);
size_t fd_draft_line_end(const fd_draft *draft);

/* The text's lines for a width, one of them empty where the text ends with a newline or is empty.
 */
bool fd_draft_wrap(const fd_draft *draft, size_t columns, fd_lines *lines, fd_error *error);

/* The line that the cursor stands in, and its column there. */
size_t fd_draft_line(const fd_draft *draft, const fd_lines *lines, size_t *column);

/* The place nearest to a column of a line. */
size_t fd_draft_place(const fd_draft *draft, const fd_lines *lines, size_t line, size_t column);

#endif
