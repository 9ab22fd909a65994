/* lesson_view.h - what a training shows on stderr while it runs: on a terminal a chart of the
 * losses that stays at the bottom, elsewhere plain lines. */
#ifndef FD_GAME_LESSON_VIEW_H
#define FD_GAME_LESSON_VIEW_H

#include "game/loss_log.h"

typedef struct fd_lesson_view {
    bool terminal, colour; /* NO_COLOR is obeyed */
    double shown;          /* when, as of clock.h */
    size_t lines;          /* of the chart that stands at the bottom */
} fd_lesson_view;

fd_lesson_view fd_lesson_view_new(void);

/* Shows how it stands: `words` is one line. Often there is nothing to be seen: more than a line a
 * second, or a chart five times a second, is shown only when it is `due`. */
void fd_lesson_view_show(fd_lesson_view *view, const fd_loss_log *log, const char *words, bool due);

/* A line that stays, above the chart. */
void fd_lesson_view_say(fd_lesson_view *view, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes the chart away, so that others may write; it comes back when it is shown. */
void fd_lesson_view_clear(fd_lesson_view *view);

/* The chart stays where it is. */
void fd_lesson_view_end(fd_lesson_view *view);

#endif
