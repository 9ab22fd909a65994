/* screen.h - what the files of the screen share: its state, and who draws, who obeys keys.
 *
 * Scenes are copied (and cleaned) when they are told. From them rows are made, the wrapped lines of
 * everything told plus what the newest scene offers, anew whenever a scene or the width changes; a
 * window over the rows is what is seen. Time passes only inside read() and think(): both look at
 * the clock, so the newest scene appears at the same speed however often they are called. */
#ifndef FD_GAME_SCREEN_H
#define FD_GAME_SCREEN_H

#include "game/editor.h"
#include "game/frontend.h"
#include "game/haunt.h"
#include "game/modal.h"
#include "game/rows.h"
#include "game/search.h"
#include "game/terminal.h"

/* What the line being typed will be. */
typedef enum fd_entry { FD_ENTRY_TEXT, FD_ENTRY_DO, FD_ENTRY_SAY, FD_ENTRY_GO_ON } fd_entry;

typedef struct fd_screen {
    fd_frontend_options options;
    fd_terminal *terminal;

    fd_told *scenes;
    size_t scene_count, scene_capacity;
    fd_rows rows;
    fd_window window;
    bool stale, dirty; /* the rows do not fit the scenes; the screen does not fit the state */
    int left, column;  /* of the text */

    size_t shown; /* bytes revealed of the newest scene */
    double reveal_start;
    bool revealing, dawning; /* some of it is not shown yet; a dream in it is still dusky */

    size_t selected;
    bool answered; /* an action went to the game, which has not told yet */
    bool editing, left_editor, leaving;
    fd_entry entry;
    fd_editor line;

    bool searching; /* `query` is being typed */
    fd_editor query;
    char needle[FD_TYPED_LIMIT + 1]; /* what is searched for, or "" */
    fd_found found;

    fd_haunt haunt;
    double touched; /* when the last key came */
    bool away;      /* the newest page is out of sight */
    unsigned low;   /* which letters of the title burn low, from the least bit on */

    char *title, *seed, *model, *notice, *beside;
    size_t turn, done, wanted;
    double thought; /* when think() last drew */
} fd_screen;

/* --- screen.c: the state --- */

bool fd_screen_status(fd_screen *screen, const fd_status_line *status, fd_error *error);
const fd_told *fd_screen_newest(const fd_screen *screen); /* NULL before the first */
size_t fd_screen_options(const fd_screen *screen);        /* choices, and free typing as one more */
bool fd_screen_only_typing(
    const fd_screen *screen); /* all that the newest scene offers is typing */
bool fd_screen_thinking(const fd_screen *screen);
size_t fd_screen_dusk(const fd_screen *screen); /* the byte of the newest text it begins at */
void fd_screen_open_editor(fd_screen *screen, fd_entry entry);
void fd_screen_offer_editor(fd_screen *screen); /* opens it where it is due */
void fd_screen_close_editor(fd_screen *screen);

/* --- screen_draw.c --- */

int fd_screen_margin(const fd_screen *screen); /* rows above the text */
void fd_screen_measure_window(fd_screen *screen);
void fd_screen_draw(fd_screen *screen); /* the rows fit the scenes */

/* --- screen_keys.c --- */

/* Obeys a key; *event is what the game has to know of it. */
bool fd_screen_obey(fd_screen *screen, fd_key key, fd_event *event, fd_error *error);
bool fd_screen_help(fd_screen *screen, fd_error *error);

/* --- screen_title.c: functions of the table in frontend.h --- */

bool fd_screen_title(void *self, const fd_status_line *status, const char *note, bool *quit,
                     fd_error *error);
bool fd_screen_ask(void *self, const char *question, const char *const *answers, size_t count,
                   size_t *chosen, bool *quit, fd_error *error);

#endif
