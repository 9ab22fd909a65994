/* scan.h - the text of a passage while it is parsed: where the parser stands, what stands there,
 * and what is said of it when it is not what was expected. */
#ifndef FD_STORY_SCAN_H
#define FD_STORY_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/error.h"

#define FD_BLANK " \t\n"
#define FD_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define FD_DIGITS "0123456789"

typedef struct fd_scan {
    const char *source, *text;
    size_t at, end; /* what is left to parse: text[at..end) */
    size_t counted; /* text before this has been counted in `line` */
    size_t line;    /* of text[counted] */
    size_t ids;     /* nodes so far */
    size_t depth;
    size_t condition;   /* line where the condition being parsed began */
    const char *inside; /* what is being parsed that takes only text and its variation, or NULL */
    bool starved;       /* memory was short, and the error says so already */
    fd_error *error;
} fd_scan;

/* The line the parser stands in. */
size_t fd_scan_line(fd_scan *self);

/* FD_BAD_FILE; both return false. fd_scan_malformed is for when `form`, begun in line `began`, was
 * expected and something else stands here. */
bool fd_scan_bad(fd_scan *self, size_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool fd_scan_malformed(fd_scan *self, size_t began, const char *form);

/* One level deeper, of FD_MARKUP_DEPTH. */
bool fd_scan_deeper(fd_scan *self);

char fd_scan_peek(const fd_scan *self, size_t at); /* '\0' at the end */
bool fd_scan_is_one_of(char c, const char *set);
bool fd_scan_stands_at(const fd_scan *self, size_t at, const char *token);
void fd_scan_skip(fd_scan *self, const char *set);

/* Past blanks and the token or the whole word, if it stands there. */
bool fd_scan_accept(fd_scan *self, const char *token);
bool fd_scan_accept_word(fd_scan *self, const char *word);

/* The text from the parser up to `to`, which it then stands at; backslashes resolved, trimmed. */
char *fd_scan_text(fd_scan *self, size_t to);

/* Where the next `wanted` without a backslash stands, or the end. */
size_t fd_scan_find(const fd_scan *self, char wanted);

/* What conditions and markup are made of; false (with no error) when it is not there. */
bool fd_scan_name(fd_scan *self, char **name);
bool fd_scan_number(fd_scan *self, int64_t *number);
bool fd_scan_quoted(fd_scan *self, char **text);

#endif
