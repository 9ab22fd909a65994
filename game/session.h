/* session.h - a story being played: story, model, path and foresight together, and what a player
 * may do. Front ends stand above it. */
#ifndef FD_GAME_SESSION_H
#define FD_GAME_SESSION_H

#include <limits.h>

#include "game/shelf.h"
#include "story/foresight.h"

typedef struct fd_session_options {
    const char *story; /* file; NULL: the story that comes with the program */
    const char *seed;  /* NULL: one is made from the clock, and can be read in the session */
    const char *model; /* name or directory; NULL: the embedded one */
    const char *begun; /* hash of the edition of the story that it was begun with; NULL: this one */
    bool no_dream;
    size_t threads;
    size_t ahead; /* choices computed ahead */
} fd_session_options;

typedef struct fd_session {
    fd_story *story;
    fd_model *model;           /* NULL without dreams */
    char seed[128], begun[65]; /* as in the options; "" for none */
    fd_narrator narrator;
    fd_foresight *foresight;
    fd_path path;
    char save[PATH_MAX];        /* "" when the story is not kept */
    fd_session_options options; /* as it was begun, for another story; names are NULL */
} fd_session;

/* What a value of the settings `foresight` and `threads` means; other settings mean nothing here.
 */
void fd_session_set(fd_session_options *options, const char *name, const char *value);

/* A new story, kept in `save` (NULL: in a file of its own under the user's saves; "": not kept). */
bool fd_session_begin(fd_session *session, const fd_session_options *options, const char *save,
                      fd_error *error);

/* A saved story (a file, a save's name, or NULL for the latest); options->story and ->seed are the
 * save's. Of a story that was edited since, the telling is carried over (carry.h) into a save of
 * its own, and the old one stays as it is. `note` gets sentences for the reader: a last line that
 * was lost, where a story that was edited parts from the save. */
bool fd_session_resume(fd_session *session, const fd_session_options *options, const char *name,
                       fd_buffer *note, fd_error *error);

/* Goes on with another saved story instead. What cannot be gone on with leaves the session as it
 * was, and says why in `why`; false only when that failed, too. */
bool fd_session_switch(fd_session *session, const char *name, fd_buffer *note, fd_error *why,
                       fd_error *error);

/* The setting of that name was changed: foresight and threads hold from now on. */
bool fd_session_adopt(fd_session *session, const char *name, fd_error *error);

void fd_session_end(fd_session *session);

/* Tells the turn that `action` leads to, waiting for it, and adds it to the path. */
bool fd_session_act(fd_session *session, const fd_action *action, size_t attempt, fd_error *error);

/* Computes again what a turn of another path says was told after the same turns: with what was
 * pinned, and rewritten as the player did. FD_DIVERGED when what was rewritten had other words. */
bool fd_session_repeat(fd_session *session, const fd_turn *saved, fd_error *error);

#endif
