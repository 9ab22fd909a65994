/* verify.h - every turn of a saved story computed again and compared, and a clear account of where
 * and why the two part. */
#ifndef FD_GAME_VERIFY_H
#define FD_GAME_VERIFY_H

#include "game/session.h"
#include "story/divergence.h"

typedef struct fd_verdict {
    size_t turns;             /* that are the same */
    fd_divergence divergence; /* of the next one; FD_SAME when all are */
    char passage[128];        /* of that turn */
} fd_verdict;

/* FD_DIVERGED when a turn, the model or the story is another; the
 * message says which, and the verdict as far as it was got. `options` names a model to use instead
 * of the saved one, or NULL, and the threads. */
bool fd_verify(const fd_path *saved, const fd_session_options *options, fd_verdict *verdict,
               fd_error *error);

#endif
