#define _DEFAULT_SOURCE 1 /* struct winsize; POSIX and all */
#include "game/lesson_view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "game/layout.h"
#include "game/loss_chart.h"
#include "game/sanitise.h"
#include "model/clock.h"

enum { CHART_LINES = 6, MOST_COLUMNS = 100, LONGEST = 1024 };

fd_lesson_view fd_lesson_view_new(void) {
    const char *plain = getenv("NO_COLOR"), *kind = getenv("TERM");
    bool dumb = !kind || !*kind || *kind == 'd'; /* dumb */
    fd_lesson_view view = {.terminal = isatty(STDERR_FILENO) == 1 && !dumb, .shown = -1e9};
    view.colour = !(plain && *plain);
    return view;
}

static size_t columns_now(void) {
    struct winsize size;
    size_t columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
    return columns < MOST_COLUMNS ? columns : MOST_COLUMNS;
}

void fd_lesson_view_clear(fd_lesson_view *view) {
    if (view->lines)
        fprintf(stderr, "\033[%zuA\r\033[J", view->lines);
    view->lines = 0;
}

static void draw(fd_lesson_view *view, const fd_loss_log *log, const char *words) {
    size_t columns = columns_now() - 1;
    fd_buffer chart = FD_BUFFER(1 << 16);
    fd_lesson_view_clear(view);
    if (fd_loss_chart(log->rows, log->count, columns, CHART_LINES, view->colour, &chart, NULL))
        fputs(fd_buffer_text(&chart), stderr);
    view->lines = chart.length ? CHART_LINES + 1 : 1;
    fprintf(stderr, "%.*s\n", (int)fd_text_fit(words, strlen(words), columns), words);
    fd_buffer_free(&chart);
}

void fd_lesson_view_show(fd_lesson_view *view, const fd_loss_log *log, const char *words,
                         bool due) {
    double now = fd_clock_seconds();
    if (!due && now - view->shown < (view->terminal ? 0.2 : 1.0))
        return;
    view->shown = now;
    if (view->terminal)
        draw(view, log, words);
    else
        fprintf(stderr, "%s\n", words);
}

void fd_lesson_view_say(fd_lesson_view *view, const char *format, ...) {
    char line[LONGEST];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fd_lesson_view_clear(view);
    (void)fd_showf(stderr, NULL, "%s\n", line);
}

void fd_lesson_view_end(fd_lesson_view *view) {
    view->lines = 0;
}
