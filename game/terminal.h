/* terminal.h - a terminal to draw on and to read keys from; knows no stories. Its file is the only
 * one that knows curses.
 *
 * A frame is drawn by fd_terminal_clear, any number of puts, and fd_terminal_show, which sends what
 * changed. Texts are UTF-8 and have passed the sanitiser. The terminal is put back as it was by
 * fd_terminal_close, before the process stops (Ctrl-Z), and before a crash ends it. There is one
 * terminal in a process at a time. */
#ifndef FD_GAME_TERMINAL_H
#define FD_GAME_TERMINAL_H

#include <stddef.h>
#include <stdint.h>

#include "model/error.h"

typedef struct fd_terminal fd_terminal;

/* What the terminal's ground is like; AUTO finds out where it can and else takes colours that can
 * be read on both. NONE is no colours at all. */
typedef enum fd_theme { FD_THEME_AUTO, FD_THEME_DARK, FD_THEME_LIGHT, FD_THEME_NONE } fd_theme;

typedef struct fd_terminal_options {
    fd_theme theme;
    bool mouse; /* clicks and the wheel come as keys, where the terminal has them */
} fd_terminal_options;

/* NULL on failure. A terminal that cannot be drawn on, or that nobody knows, is no failure: NULL,
 * and the error is untouched. */
fd_terminal *fd_terminal_open(const fd_terminal_options *options, fd_error *error);
void fd_terminal_close(fd_terminal *terminal);

/* Other options from now on. */
void fd_terminal_adopt(fd_terminal *terminal, const fd_terminal_options *options);

/* --- drawing --- */

/* What a text is; how that looks is the terminal's matter. */
typedef enum fd_look {
    FD_LOOK_PLAIN,
    FD_LOOK_DREAM,    /* dreamed by a model */
    FD_LOOK_PLAYER,   /* the player's own words */
    FD_LOOK_FAINT,    /* beside the matter */
    FD_LOOK_STRONG,   /* headings, questions */
    FD_LOOK_SELECTED, /* where the reader stands */
    FD_LOOK_DREAD,    /* the title, the end */
    FD_LOOK_EMBER,    /* dread that dims */
    FD_LOOK_DUSK,     /* a dream that begins */
    FD_LOOK_FOUND,    /* what was searched for */
    FD_LOOKS,
} fd_look;

/* Rows and columns now; they change only inside fd_terminal_key. */
int fd_terminal_height(const fd_terminal *terminal);
int fd_terminal_width(const fd_terminal *terminal);

void fd_terminal_clear(fd_terminal *terminal);

/* How what is put from now on looks. */
void fd_terminal_use(fd_terminal *terminal, fd_look look);

/* Puts what fits before column `limit`; returns the column after it. */
int fd_terminal_put(fd_terminal *terminal, int y, int x, int limit, const char *text,
                    size_t length);

/* The same for a whole text, which is cut with an ellipsis if it must be. */
int fd_terminal_put_cut(fd_terminal *terminal, int y, int x, int limit, const char *text);

/* A whole text in the middle of the line. */
void fd_terminal_centre(fd_terminal *terminal, int y, const char *text);

/* Shows the frame, with the cursor at y, x; without one where y is negative. */
void fd_terminal_show(fd_terminal *terminal, int y, int x);

/* --- keys --- */

typedef enum fd_key_kind {
    FD_KEY_NONE,   /* no key within the wait */
    FD_KEY_CHAR,   /* code: a character, or the control character of Ctrl and a letter */
    FD_KEY_REDRAW, /* no key: the frame has to be drawn anew, perhaps for another size */
    FD_KEY_ENTER,
    FD_KEY_ESCAPE,
    FD_KEY_TAB,
    FD_KEY_BACKSPACE,
    FD_KEY_DELETE,
    FD_KEY_UP,
    FD_KEY_DOWN,
    FD_KEY_LEFT,
    FD_KEY_RIGHT,
    FD_KEY_WORD_LEFT, /* with Ctrl or Alt */
    FD_KEY_WORD_RIGHT,
    FD_KEY_HOME,
    FD_KEY_END,
    FD_KEY_PAGE_UP,
    FD_KEY_PAGE_DOWN,
    FD_KEY_HELP,
    FD_KEY_PASTE, /* text: pasted, clean; no byte of it is a key */
    FD_KEY_CLICK, /* at y, x */
    FD_KEY_WHEEL_UP,
    FD_KEY_WHEEL_DOWN,
    FD_KEY_OTHER, /* one that means nothing here */
} fd_key_kind;

typedef struct fd_key {
    fd_key_kind kind;
    uint32_t code;
    int y, x;         /* where the mouse is, of a click */
    const char *text; /* until the next key is waited for */
} fd_key;

enum { FD_KEY_WAIT_MS = 250 /* how long to wait at most, so that a signal is noticed */ };

/* The next key within `wait_ms`; false when there will be no more: the terminal hung up or the
 * program was asked to end. Ctrl-Z and Ctrl-L are obeyed here and come as FD_KEY_REDRAW. */
bool fd_terminal_key(fd_terminal *terminal, int wait_ms, fd_key *key);

/* Whether the key is one of the ASCII characters of `set`; whether it is Ctrl and the letter. */
bool fd_key_is(fd_key key, const char *set);
bool fd_key_is_control(fd_key key, char letter);

#endif
