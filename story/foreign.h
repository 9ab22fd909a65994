/* foreign.h - passages written for SugarCube, Harlowe, Chapbook or Snowman, as prose with links.
 *
 * Their macros are not run. What is read over leaves nothing: macros and inserts, values that are
 * not known ($name), HTML tags, comments, scripts, marks of emphasis, headings and lists,
 * Chapbook's variables and modifiers. Of the branches of a condition that has an else (<<if>>,
 * <<switch>>, (if:)[], [if]) chance tells one; one without is told. Hooks, and what a link would
 * reveal, are told. Links by macro, <<link "label" "target">>, (link-goto:), {link to:}, are links
 * where their target is written out.
 *
 * Our own markup stays as it is, unless the passage cannot be read with it: then it is text. */
#ifndef FD_STORY_FOREIGN_H
#define FD_STORY_FOREIGN_H

#include "story/foreign_constants.h"

/* A link that is told as its label. */
typedef struct fd_loose_end {
    size_t passage; /* that has it */
    size_t line;    /* in the passage's file */
    bool dead;      /* no passage has that name; else it takes the format to follow it */
    char *what;     /* in words */
} fd_loose_end;

typedef struct fd_loose_ends {
    fd_loose_end *items;
    size_t count, capacity;
} fd_loose_ends;

/* Takes a copy of what the end says. */
bool fd_loose_ends_add(fd_loose_ends *ends, fd_loose_end end, fd_error *error);
void fd_loose_ends_cut(fd_loose_ends *ends, size_t count); /* forgets those after the first */

/* Appends passage `number` of `twee` in our markup (story.h), line for line as nearly as may be.
 * `plain`: what looks like our markup is text. `constants` may be NULL: none is known. */
bool fd_foreign_read(fd_format format, const fd_twee *twee, const fd_constants *constants,
                     size_t number, bool plain, fd_buffer *into, fd_loose_ends *ends,
                     fd_error *error);

/* What has to stand before a line that is added to a passage's text, lest a modifier of Chapbook
 * hold for it: "[continue]\n", or "". */
const char *fd_foreign_before_line(fd_format format, const char *text);

/* In foreign_ways.c. The next passage that text[*at..] names as a string, as macros do ("The Hall"
 * or 'The Hall' in one line), *at then behind it; (size_t)-1 when there is none. */
size_t fd_foreign_named(const fd_twee *twee, const char *text, size_t *at);

/* The next passage that text[*at..] tells inside its own: <<include "Hall">>, (display: "Hall"),
 * {embed passage: 'Hall'}. */
size_t fd_foreign_shown(fd_format format, const fd_twee *twee, const char *text, size_t *at);

/* Whether a macro goes where the text does not say: back, or to what a value names. */
bool fd_foreign_moves(fd_format format, const char *text);

#endif
