/* script.h - a text in the making, and whose hand wrote which of its words. */
#ifndef FD_STORY_SCRIPT_H
#define FD_STORY_SCRIPT_H

#include "model/memory.h"

typedef enum fd_hand {
    FD_HAND_WRITER, /* typed as an opening */
    FD_HAND_MODEL,  /* dreamed */
    FD_HAND_EDIT,   /* dreamed first, then changed by the writer */
} fd_hand;

/* Bytes up to `end` (of the whole text) since the run before it. */
typedef struct fd_run {
    size_t end;
    fd_hand hand;
} fd_run;

typedef struct fd_script {
    fd_buffer text; /* valid UTF-8, as whoever adds to it takes care of */
    fd_run *runs;   /* neighbours differ in hand, and none is empty */
    size_t count, capacity;
} fd_script; /* start from FD_SCRIPT */

enum { FD_SCRIPT_LIMIT = 1 << 20 };
#define FD_SCRIPT ((fd_script){.text = FD_BUFFER(FD_SCRIPT_LIMIT)})

bool fd_script_add(fd_script *script, const char *text, size_t length, fd_hand hand,
                   fd_error *error);
void fd_script_cut(fd_script *script, size_t end); /* keeps the first `end` bytes */
bool fd_script_copy(const fd_script *from, fd_script *to, fd_error *error); /* overwrites *to */
void fd_script_free(fd_script *script);

/* The text becomes `text`: what both have at the beginning and at the end stays in the hand it was
 * in, what lies between is FD_HAND_EDIT (or nobody's, when something was only taken out). */
bool fd_script_edit(fd_script *script, const char *text, fd_error *error);

const char *fd_hand_name(fd_hand hand); /* "writer", "model", "edit" */
bool fd_script_has(const fd_script *script, fd_hand hand);

#endif
