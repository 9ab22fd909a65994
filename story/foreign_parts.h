/* foreign_parts.h - what the readers of the several formats share (foreign.h): text made plain,
 * links, chance, the arguments of macros.
 *
 * A reader stands at a byte and takes what begins there: it says where that ends, having added what
 * is to be told of it, or 0 when nothing of its kind begins there. `ok` turns false when memory is
 * short, and all that follows does nothing. */
#ifndef FD_STORY_FOREIGN_PARTS_H
#define FD_STORY_FOREIGN_PARTS_H

#include "story/foreign.h"

typedef struct fd_over fd_over;
typedef size_t fd_over_take(fd_over *self, size_t at, size_t end);

struct fd_over {
    const fd_twee *twee;
    const fd_constants *constants; /* or NULL */
    const fd_passage *passage;
    fd_format format;
    fd_over_take *take; /* what begins at a byte, in this format */
    const char *text;   /* the passage's */
    bool plain;         /* our own markup is text */
    bool label;         /* in the label of a link: no link in it */
    size_t depth, chances;
    size_t counted, seen, told; /* line ends: read in text[0..counted), and added */
    size_t fresh;               /* where in `into` an alternative began */
    fd_buffer *into;
    fd_loose_ends *ends;
    bool ok;
    fd_error *error;
};

typedef struct fd_stretch {
    size_t from, to; /* bytes of the text */
    bool quoted;     /* of an argument: it was a string, and these are its insides */
} fd_stretch;

enum { FD_OVER_BRANCHES = 64, FD_OVER_ARGUMENTS = 4, FD_OVER_LONGEST = 1 << 16 };

/* Tells text[at..end) with all that is in it. */
void fd_over_range(fd_over *self, size_t at, size_t end);
void fd_over_text(fd_over *self, const char *text); /* that is no markup */
void fd_over_newline(fd_over *self);                /* a line end that the text does not have */

/* One of the branches, by chance; a single one as it is. */
void fd_over_choice(fd_over *self, const fd_stretch *branches, size_t count);

/* A link whose target is named by a stretch of the text; its label alone, and a loose end, when
 * there is no such passage. */
void fd_over_link(fd_over *self, fd_stretch label, fd_stretch target);
bool fd_over_leads(const fd_over *self, fd_stretch target); /* whether there is such a passage */

/* What a value stands for, or, when that is not known, nothing; the text goes on at `to`. */
void fd_over_value(fd_over *self, fd_stretch name, size_t to, size_t end);

/* After something that left nothing, and before text[at]: no blank stays before another, and no
 * blank or comma before a full stop. */
void fd_over_gap(fd_over *self, size_t at, size_t end);

/* ---- looking at text[at..end), nothing told ---- */

bool fd_over_at(const fd_over *self, size_t at, size_t end, const char *here);
bool fd_over_line_begins(const fd_over *self, size_t at);
/* Behind the next `close`, at most FD_OVER_LONGEST bytes on; 0 when there is none. */
size_t fd_over_find(const fd_over *self, size_t at, size_t end, const char *close);
size_t fd_over_name(const fd_over *self, size_t at, size_t end); /* where a name that begins ends */
/* Behind a quoted string that begins there, or `at`. */
size_t fd_over_string(const fd_over *self, size_t at, size_t end);
/* The arguments, parted by commas or else by blanks; returns how many there are. */
size_t fd_over_arguments(const fd_over *self, size_t at, size_t end, bool commas,
                         fd_stretch arguments[FD_OVER_ARGUMENTS]);
bool fd_over_is(const fd_over *self, fd_stretch name, const char *const *names);

/* A mark of emphasis, a bullet or an HTML entity, as clean.h knows them. */
fd_over_take fd_over_mark;

/* The readers (foreign_sugarcube.c, foreign_harlowe.c, foreign_chapbook.c). */
fd_over_take fd_over_sugarcube, fd_over_harlowe, fd_over_markdown, fd_over_insert;
void fd_over_chapbook(fd_over *self, size_t end); /* a whole passage */
/* Where Chapbook's text begins: behind a line "--", if all before are "name: value"; else 0. */
size_t fd_over_variables(const fd_over *self, size_t end);

#endif
