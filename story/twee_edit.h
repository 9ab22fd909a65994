/* twee_edit.h - a Twee file kept byte for byte, to which passages and links are added.
 *
 * Any bytes can be opened: Twine's own exports, Tweego's sources, markup of story formats that
 * this program does not run, Windows line ends, headers that no parser takes. Only where the
 * passages begin and end is looked for; what is not edited is written back as it was. (twee.h is
 * strict, for playing.) */
#ifndef FD_STORY_TWEE_EDIT_H
#define FD_STORY_TWEE_EDIT_H

#include "story/twee.h"

/* A passage: its header is text[header..body), its text text[body..end). The next begins at `end`.
 */
typedef struct fd_twee_span {
    char *name;  /* as twee.h reads it; "" when the header cannot be read so far */
    size_t line; /* of the header, from 1 */
    size_t header, body, end;
} fd_twee_span;

typedef struct fd_twee_file {
    char *path;
    fd_buffer text; /* every byte of it */
    char hash[65];  /* SHA-256, in hex, of the bytes as they were read */
    fd_twee_span *spans;
    size_t count, capacity;
} fd_twee_file;

/* Reads a file of at most FD_TWEE_LIMIT bytes. */
bool fd_twee_file_read(const char *path, fd_twee_file *file, fd_error *error);
bool fd_twee_file_parse(const char *path, const char *text, size_t length, fd_twee_file *file,
                        fd_error *error);
void fd_twee_file_free(fd_twee_file *file);

/* The one passage of that name. NULL when there is none, or (FD_BAD_FILE with both lines) when
 * there are several; none is an error only to a caller who says so: *found is how many there are.
 */
const fd_twee_span *fd_twee_file_find(const fd_twee_file *file, const char *name, size_t *found,
                                      fd_error *error);

/* Adds a passage (name, tags, metadata, text) at the end, with the file's own line ends and a blank
 * line before it. What was added stands in *added. A name that is taken is FD_USAGE, a text line
 * that begins with "::" FD_BAD_FILE. */
bool fd_twee_file_append(fd_twee_file *file, const fd_passage *passage, fd_buffer *added,
                         fd_error *error);

/* Adds a line after the last line of a passage that is not blank: directly below it when that one
 * ends in a link, else with a blank line between. What was added stands in *added. */
bool fd_twee_file_add_line(fd_twee_file *file, const char *name, const char *line, fd_buffer *added,
                           fd_error *error);

/* Puts `instead` where `bytes` stand, which must be in the file exactly once (else FD_FAILED, and
 * nothing is changed). With "" it takes out what was added. */
bool fd_twee_file_swap(fd_twee_file *file, const char *bytes, const char *instead, fd_error *error);

/* Puts another text in the place of a passage's, up to the blank lines that end it. */
bool fd_twee_file_set_text(fd_twee_file *file, const char *name, const char *text, fd_error *error);

/* Whether a name can stand in a header and in a link to it, in every story format: no brackets,
 * braces, bars, backslashes, arrows, angle brackets or controls, and no blanks at its ends.
 * FD_USAGE says what is wrong. */
bool fd_twee_name_check(const char *name, fd_error *error);

#endif
