/* editor.h - one line being typed: UTF-8, cleaned as it comes, moved through by whole characters as
 * the reader sees them. */
#ifndef FD_GAME_EDITOR_H
#define FD_GAME_EDITOR_H

#include <stddef.h>
#include <stdint.h>

enum { FD_TYPED_LIMIT = 1000 }; /* bytes; what would be more is not taken */

typedef struct fd_editor {
    char text[FD_TYPED_LIMIT + 1];
    size_t length, at; /* the cursor stands before text[at] */
} fd_editor;           /* start from {0} */

/* Types one character at the cursor; control characters are not taken. */
void fd_editor_type(fd_editor *editor, uint32_t character);

/* Puts a text at the cursor, as much of it as there is room for. Newlines become spaces; what is
 * blank at its end is not taken. */
void fd_editor_insert(fd_editor *editor, const char *text);

/* Takes out bytes from <= i < to and stands there. */
void fd_editor_remove(fd_editor *editor, size_t from, size_t to);

/* Places: one character before and after the cursor, and where the word before it begins. */
size_t fd_editor_before(const fd_editor *editor);
size_t fd_editor_after(const fd_editor *editor);
size_t fd_editor_word(const fd_editor *editor);

#endif
