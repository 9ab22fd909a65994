/* plain.h - what the files of the plain front end share: its state, telling (plain.c), lines read
 * and understood (plain_input.c), lists, pages and texts to be written (plain_lists.c).
 *
 * The story and all that belongs to it goes to `output`; what is said about using the program goes
 * to `hints`. When a person types, on a terminal, more is said there: what may be typed, where one
 * is after going back, that a dream takes time. */
#ifndef FD_GAME_PLAIN_H
#define FD_GAME_PLAIN_H

#include <signal.h>
#include <stdio.h>

#include "game/frontend.h"
#include "model/memory.h"

typedef struct fd_plain {
    int input;
    FILE *output, *hints;
    struct sigaction pipe_before;
    bool person;   /* the input is a terminal */
    bool voices;   /* it is said what was dreamed */
    bool begun;    /* something was printed: a blank line parts it from what follows */
    bool prompted; /* for the line being waited for */
    bool helped;   /* it was said once what may be typed */
    bool moved;    /* scenes were forgotten: the next one is somewhere else */
    bool patient;  /* it was said that the dream takes time */
    double since;  /* when the dream began, 0 without one */

    char bytes[4096]; /* read but not yet looked at: at..count */
    size_t at, count;
    fd_buffer line; /* the line being read; what does not fit is dropped */
    bool ended;

    char **choices; /* what the newest scene offers */
    size_t choice_count;
    bool typing, question, free;
} fd_plain;

/* --- plain.c --- */

bool fd_plain_wrote(fd_plain *plain, fd_error *error); /* flushes; what failed is told here */
void fd_plain_section(fd_plain *plain);                /* a blank line, but for the first */

/* One line made of `text` between two pieces of punctuation. */
bool fd_plain_line(fd_plain *plain, const char *before, const char *text, const char *after,
                   fd_error *error);

/* The stretches joined, without empty lines at either end. */
bool fd_plain_text(fd_plain *plain, const fd_scene *scene, fd_error *error);

/* --- plain_input.c --- */

enum { FD_PLAIN_TYPED = 1000, FD_PLAIN_LINE = 1 << 16 /* bytes that are kept of a line */ };

/* Whether a line is there; waits for one until `deadline` if that is not negative. */
bool fd_plain_await(fd_plain *plain, double deadline, bool *ok, fd_error *error);

/* That line, clean, which the caller frees; and without spaces at its ends, cut to what an event
 * holds. */
char *fd_plain_take_line(fd_plain *plain, fd_error *error);
char *fd_plain_trim(char *line);
bool fd_plain_is_number(const char *text);

/* --- functions of the table in frontend.h --- */

void fd_plain_think(void *self, size_t done, size_t wanted);
bool fd_plain_read(void *self, int wait_ms, fd_event *event, fd_error *error);
bool fd_plain_pick(void *self, const fd_list *list, size_t *picked, char *key, fd_error *error);
bool fd_plain_page(void *self, const char *title, const fd_stretch *stretches, size_t count,
                   fd_error *error);
bool fd_plain_write(void *self, const char *title, fd_buffer *text, size_t most, bool *kept,
                    fd_error *error);

#endif
