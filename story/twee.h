/* twee.h - Twee 3 source read and written (Twee 3 Specification 3.0.2, Interactive Fiction
 * Technology Foundation): headers ":: Name [tags] {json}", backslash escapes, trailing blank lines
 * dropped. */
#ifndef FD_STORY_TWEE_H
#define FD_STORY_TWEE_H

#include "model/memory.h"

typedef struct fd_passage {
    char *name;
    char **tags;
    size_t tag_count;
    char *metadata;     /* the header's JSON as written, or NULL */
    char *text;         /* the body, valid UTF-8, no trailing blank lines */
    size_t line;        /* of the header, from 1 */
    const char *source; /* the file it stands in, as messages call it; the twee's */
} fd_passage;

typedef struct fd_twee {
    char *source; /* what messages call the whole: the file, or the folder of several */
    char **files; /* [file_count] what messages call each file */
    size_t file_count, file_capacity;
    fd_passage *passages;
    size_t count;
    size_t capacity;
} fd_twee;

enum { FD_TWEE_LIMIT = 1 << 24, FD_TWEE_PASSAGES = 10000 };

/* Reads a file of at most FD_TWEE_LIMIT bytes and FD_TWEE_PASSAGES passages. FD_BAD_FILE says
 * "file:line: what was expected" (text before the first header other than a comment, an empty or
 * doubled name, a header that is cut short, invalid UTF-8, control characters). Line ends of CR LF
 * are read as LF. */
bool fd_twee_read(const char *path, fd_twee *twee, fd_error *error);
bool fd_twee_parse(const char *source, const char *text, size_t length, fd_twee *twee,
                   fd_error *error);

/* Adds the passages of a further file to what was parsed; start from {0} with `source` set by
 * fd_copy_text. The limits hold for all files together. The caller frees *twee after a failure,
 * too. */
bool fd_twee_add(const char *source, const char *text, size_t length, fd_twee *twee,
                 fd_error *error);

/* Refuses a body line that begins with "::", which a reader would take for a header. */
bool fd_twee_write(const fd_twee *twee, fd_buffer *into, fd_error *error);
void fd_twee_free(fd_twee *twee);

/* Reads one header, "::" included, its line end not. What was read before a failure stays in
 * *passage, which the caller frees with fd_passage_free whatever happens. */
bool fd_twee_header(const char *source, size_t line, const char *text, size_t length,
                    fd_passage *passage, fd_error *error);
void fd_passage_free(fd_passage *passage);

/* fd_fail with FD_BAD_FILE and "source:line: " before the message. */
bool fd_twee_fail(fd_error *error, const char *source, size_t line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

const fd_passage *fd_twee_find(const fd_twee *twee, const char *name);
bool fd_passage_has_tag(const fd_passage *passage, const char *tag);

#endif
