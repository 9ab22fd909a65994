/* turns.h - what a player does with turns: goes on, back, elsewhere on the map, tells one anew,
 * rewrites it. Everything is shown on the front end, and kept in the path as it happens. */
#ifndef FD_GAME_TURNS_H
#define FD_GAME_TURNS_H

#include "game/frontend.h"
#include "game/offer.h"
#include "game/session.h"

/* A session behind a front end. */
typedef struct fd_play {
    fd_session *session;
    const fd_frontend *table;
    void *screen;
    fd_offer *offer; /* or NULL */
    bool quit;       /* the reader wants to leave */
} fd_play;

fd_status_line fd_play_status(const fd_play *play);

/* Shows turns `from` and on of the line; `known`: as told before. */
bool fd_play_show(fd_play *play, size_t from, bool known, fd_error *error);

/* Goes on: tells what the action leads to and shows it, or what it led to before. The reader may
 * give up waiting. */
bool fd_play_advance(fd_play *play, const fd_action *action, fd_error *error);

/* Goes to a step of the path. */
bool fd_play_go(fd_play *play, size_t step, fd_error *error);
bool fd_play_undo(fd_play *play, fd_error *error);
bool fd_play_redo(fd_play *play, fd_error *error);

/* The last turn told differently; others: several at once, of which the reader takes one. */
bool fd_play_retry(fd_play *play, fd_error *error);
bool fd_play_others(fd_play *play, fd_error *error);

/* The newest dream rewritten by the reader. */
bool fd_play_edit(fd_play *play, fd_error *error);

/* All turns ever told, of which the reader may go to one. */
bool fd_play_map(fd_play *play, fd_error *error);

#endif
