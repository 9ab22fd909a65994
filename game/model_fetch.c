/* model_fetch.c - `feverdream model fetch` and `remove`: models come and go. */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "game/model.h"
#include "game/paths.h"
#include "game/progress.h"
#include "game/settings.h"
#include "model/clock.h"
#include "model/install.h"

/* Ctrl-C reaches a program only through a signal handler, which sees nothing else. */
static volatile sig_atomic_t stop_asked = 0;

typedef struct meter {
    bool terminal;
    fd_rate rate;
    double drawn;
    unsigned shown; /* percents, of the last line */
    char doing[64];
} meter;

/* A line that is written over and over. */
static void draw_line(meter *self, const fd_fetch_progress *now) {
    enum { BAR = 10, COLUMNS = 79 };
    char words[96], bar[BAR + 1], line[256];
    double when = fd_clock_seconds();
    bool changed = strncmp(self->doing, now->doing, sizeof self->doing - 1) != 0;
    if (when - self->drawn < 0.1 && !changed && now->done < now->total)
        return;
    self->drawn = when;
    unsigned full = fd_progress_percent(now->done, now->total) * BAR / 100;
    for (unsigned i = 0; i < BAR; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR] = '\0';
    fd_progress_words(&self->rate, now->done, now->total, words, sizeof words);
    (void)snprintf(line, sizeof line, "[%s] %s  %s", bar, words, now->doing);
    fprintf(stderr, "\r\033[K%.*s", COLUMNS, line);
    (void)snprintf(self->doing, sizeof self->doing, "%s", now->doing);
}

/* A line for every twentieth, and for whatever else is being done. */
static void print_line(meter *self, const fd_fetch_progress *now) {
    char words[96];
    unsigned percent = fd_progress_percent(now->done, now->total);
    percent -= percent % 5;
    bool changed = strncmp(self->doing, now->doing, sizeof self->doing - 1) != 0;
    if (percent == self->shown && !changed)
        return;
    fd_progress_words(&self->rate, now->done, now->total, words, sizeof words);
    fprintf(stderr, "%s  %s\n", words, now->doing);
    self->shown = percent;
    (void)snprintf(self->doing, sizeof self->doing, "%s", now->doing);
}

static bool show(void *context, const fd_fetch_progress *now) {
    meter *self = context;
    fd_rate_look(&self->rate, now->done, fd_clock_seconds());
    if (self->terminal)
        draw_line(self, now);
    else
        print_line(self, now);
    return !stop_asked;
}

static void ask_stop(int number) {
    (void)number;
    stop_asked = 1;
}

bool fd_model_fetch(const fd_model_request *asked, fd_error *error) {
    char models[PATH_MAX];
    const fd_remote *remote = asked->name ? fd_catalogue_remote(asked->name) : NULL;
    if (!remote)
        return fd_fail(error, FD_USAGE,
                       "model fetch wants one of distilgpt2, gpt2, gpt2-medium, gpt2-large and "
                       "gpt2-xl.");
    if (!fd_models_path(models, error))
        return false;
    meter self = {.terminal = isatty(STDERR_FILENO) == 1};
    const fd_fetch_options options = {.host = fd_model_host(), .progress = show, .context = &self};
    struct sigaction action = {.sa_handler = ask_stop}, before;
    (void)sigemptyset(&action.sa_mask);
    stop_asked = 0;
    (void)sigaction(SIGINT, &action, &before);
    bool ok = fd_install(&options, remote, models, asked->keep_float, error);
    (void)sigaction(SIGINT, &before, NULL);
    if (self.terminal && self.doing[0])
        fputc('\n', stderr);
    return ok && printf("%s/%s\n", models, remote->name) > 0;
}

/* A model that is gone is neither played on nor fetched again unasked. */
static bool forget(const char *name, fd_error *error) {
    char value[FD_SETTING_SIZE];
    static const char *const settings[][2] = {{"model", FD_EMBEDDED}, {"fetch", "no"}};
    for (size_t i = 0; i < 2; i++)
        if (!fd_setting_get(settings[i][0], value, error) ||
            (strcmp(value, name) == 0 && !fd_setting_put(settings[i][0], settings[i][1], error)))
            return false;
    return true;
}

bool fd_model_remove(const fd_model_request *asked, fd_error *error) {
    char models[PATH_MAX];
    uint64_t bytes = 0;
    if (!asked->name)
        return fd_fail(error, FD_USAGE, "model remove wants a model's name.");
    if (!fd_models_path(models, error) || !fd_install_remove(models, asked->name, &bytes, error) ||
        !forget(asked->name, error))
        return false;
    return printf("removed %s/%s: %.1f MB\n", models, asked->name, (double)bytes / 1e6) > 0;
}
