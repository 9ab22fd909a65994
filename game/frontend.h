/* frontend.h - what a front end is: one small table of functions. The game tells it scenes and
 * reads events from it, and never knows whether a screen, a pipe or nothing is behind. */
#ifndef FD_GAME_FRONTEND_H
#define FD_GAME_FRONTEND_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "game/terminal.h"
#include "model/memory.h"
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
    bool free;            /* the reader may do, say or go on beside what is offered */
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
    FD_EVENT_DO,   /* text: free play, at any turn that a model could go on from */
    FD_EVENT_SAY,  /* text */
    FD_EVENT_GO_ON,
    FD_EVENT_UNDO,
    FD_EVENT_REDO,
    FD_EVENT_RETRY,
    FD_EVENT_OTHERS,   /* draw other dreams and pick one */
    FD_EVENT_EDIT,     /* the newest dreamed stretch */
    FD_EVENT_MEMORY,   /* facts pinned to be remembered */
    FD_EVENT_CONTEXT,  /* what the model is given */
    FD_EVENT_MAP,      /* all turns ever taken, as a tree */
    FD_EVENT_SAVES,    /* the saved stories */
    FD_EVENT_EXPORT,   /* the story so far, as a file to be read */
    FD_EVENT_SETTINGS, /* what the player may decide */
    FD_EVENT_SAVE,     /* where this story is saved */
    FD_EVENT_QUIT,     /* also the end of input and a hang-up */
} fd_event_kind;

typedef struct fd_event {
    fd_event_kind kind;
    size_t choice; /* from 0 */
    char text[1024];
} fd_event;

/* One thing of a list. All texts are the caller's. */
typedef struct fd_item {
    const char *label;  /* one line */
    const char *text;   /* paragraphs shown below it, or "" */
    const char *detail; /* a few words at the right end (a date, a count), or "" */
    size_t indent;      /* of trees */
    bool marked;        /* where the reader stands now */
} fd_item;

/* Items that come one after the other while their list is shown. */
typedef struct fd_coming {
    /* Waits at most `wait_ms` for another; the items that are there then, and whether more will
     * come. */
    bool (*look)(void *context, int wait_ms, const fd_item **items, size_t *count, bool *more,
                 fd_error *error);
    void *context;
    const char *words; /* what is shown while they come */
} fd_coming;

typedef struct fd_list {
    const char *title;
    const char *hint; /* what the keys do, one line */
    const char *keys; /* further keys that end the list beside Enter: "dx"; or "" */
    const fd_item *items;
    size_t count, selected;  /* where it opens */
    const fd_coming *coming; /* NULL: all items are there */
} fd_list;

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
    /* Shows the list until something is picked. *picked is its place, or the number of items
     * when the reader went back; *key is '\n' or one of list->keys. */
    bool (*pick)(void *self, const fd_list *list, size_t *picked, char *key, fd_error *error);
    /* Shows a text in its voices to be read, scrolled and searched until the reader goes back. */
    bool (*page)(void *self, const char *title, const fd_stretch *stretches, size_t count,
                 fd_error *error);
    /* Lets the reader change a text of any number of lines, of at most `most` bytes. *kept is false
     * when it was given up, and the text then as it was. */
    bool (*write)(void *self, const char *title, fd_buffer *text, size_t most, bool *kept,
                  fd_error *error);
    /* Waits at most `wait_ms` for the reader (negative: as long as it takes). With 0, while the
     * model works, only what interrupts it need be told; lines typed ahead stay. After CHOOSE and
     * TYPE, and DO, SAY and GO_ON, the screen takes no other action until tell, forget or notice;
     * all others may come at any time. */
    bool (*read)(void *self, int wait_ms, fd_event *event, fd_error *error);
    /* What goes on beside the story, in a few words; "" when nothing does. Called often; NULL where
     * `ask` is, since nothing then begins unasked. */
    void (*beside)(void *self, const char *words);
    /* The setting of that name was changed: what it says of the front end holds from now on. NULL
     * where settings say nothing of it. */
    bool (*adopt)(void *self, const char *name, fd_error *error);
    /* A sentence for the reader: "Saved."; "" takes the last one away. */
    void (*notice)(void *self, const char *sentence);
    void (*close)(void *self);
} fd_frontend;

typedef struct fd_frontend_options {
    fd_terminal_options terminal;
    bool instant; /* no slow reveal */
    bool calm;    /* nothing moves or changes by itself */
    bool justify; /* lines of full width */
} fd_frontend_options;

/* What the settings and the environment (NO_COLOR) say. */
bool fd_frontend_options_read(fd_frontend_options *options, fd_error *error);

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
