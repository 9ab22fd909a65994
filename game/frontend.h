/* frontend.h - what a front end is: one small table of functions. The game tells it scenes and
 * reads events from it, and never knows whether a screen, a pipe or nothing is behind. */
#ifndef FD_GAME_FRONTEND_H
#define FD_GAME_FRONTEND_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "story/turn.h"

/* One turn as the reader sees it. Everything belongs to the game and lives during the call. */
typedef struct fd_scene {
    const char *action; /* what the player did to get here, or "" */
    const fd_stretch *stretches;
    size_t stretch_count;
    const char *const *choices;
    size_t choice_count;
    const char *typing;   /* prompt of free typing, or NULL when there is none */
    const char *question; /* asked before the scene goes on (choices are then 0), or NULL */
    const char *fallback; /* answer taken when the player just presses Enter */
    bool ending;
    bool known; /* told before (resumed, undone): show at once */
} fd_scene;

typedef struct fd_status_line {
    const char *title, *seed, *model; /* model is "" without one */
    size_t turn;
} fd_status_line;

typedef enum fd_event_kind {
    FD_EVENT_NONE, /* nothing happened within the wait */
    FD_EVENT_CHOOSE,
    FD_EVENT_TYPE, /* text: an answer to `question`, or free typing */
    FD_EVENT_UNDO,
    FD_EVENT_RETRY,
    FD_EVENT_SAVE,
    FD_EVENT_QUIT, /* also the end of input and a hang-up */
} fd_event_kind;

typedef struct fd_event {
    fd_event_kind kind;
    size_t choice; /* from 0 */
    char text[1024];
} fd_event;

typedef struct fd_frontend {
    /* The title page; returns when the reader goes on (or wants to quit: *quit). */
    bool (*title)(void *self, const fd_status_line *status, const char *note, bool *quit,
                  fd_error *error);
    /* A question about the program, not the story, with a few answers to choose from; the first is
     * the one for who does not care. *chosen counts from 0. NULL where nobody can be asked. */
    bool (*ask)(void *self, const char *question, const char *const *answers, size_t count,
                size_t *chosen, bool *quit, fd_error *error);
    /* A new turn is told below the earlier ones. */
    bool (*tell)(void *self, const fd_scene *scene, const fd_status_line *status, fd_error *error);
    /* The last `count` scenes never happened. Undoing one turn is forgetting two scenes and
     * telling, as known, the one that is now the newest: the plain front end keeps none. */
    void (*forget)(void *self, size_t count);
    /* The model is at work: `done` of `wanted` tokens, done == wanted when it stopped. Called
     * often; must not block. */
    void (*think)(void *self, size_t done, size_t wanted);
    /* Waits at most `wait_ms` for the reader (negative: as long as it takes). With 0, while the
     * model works, only what interrupts it need be told; lines typed ahead stay. After CHOOSE and
     * TYPE the screen takes no other action until tell, forget or notice; UNDO, RETRY, SAVE and
     * QUIT may come at any time. */
    bool (*read)(void *self, int wait_ms, fd_event *event, fd_error *error);
    /* What goes on beside the story, in a few words; "" when nothing does. Called often; NULL where
     * `ask` is, since nothing then begins unasked. */
    void (*beside)(void *self, const char *words);
    /* A sentence for the reader: "Saved." */
    void (*notice)(void *self, const char *sentence);
    void (*close)(void *self);
} fd_frontend;

typedef struct fd_frontend_options {
    bool instant; /* no slow reveal */
    bool colour;  /* false with NO_COLOR */
} fd_frontend_options;

/* Each returns its state, and its table in *table; NULL on failure. A terminal that has no screen
 * to draw on, or that nobody knows, is no failure: NULL, and the error is untouched. */
void *fd_screen_open(const fd_frontend_options *options, const fd_frontend **table,
                     fd_error *error); /* ncurses, in screen.c */
void *fd_plain_open(const fd_frontend_options *options, const fd_frontend **table,
                    fd_error *error); /* lines in, lines out, in plain.c */

/* Nobody's screen, in null.c: chooses at random (from `seed`), answers questions with the author's
 * words, and leaves at an ending or after `most_turns`. */
void *fd_null_open(uint64_t seed, size_t most_turns, const fd_frontend **table, fd_error *error);

/* fd_plain_open on other ends than stdin, stdout and stderr, which stay the caller's. */
void *fd_plain_open_on(int input, FILE *output, FILE *hints, const fd_frontend **table,
                       fd_error *error);

#endif
