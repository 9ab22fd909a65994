/* plain.c - the story as lines: for pipes, scripts, tests and screen readers. What it prints does
 * not depend on the width of anything. */
#define _POSIX_C_SOURCE 200809L
#include "game/plain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "game/sanitise.h"
#include "game/settings.h"
#include "model/clock.h"

#define PATIENCE_S 1.5 /* a dream that takes longer is told of */

/* Something about using the program, to a person alone. */
static void remark(const fd_plain *p, const char *sentence) {
    if (p->person)
        (void)fprintf(p->hints, "(%s)\n", sentence);
    (void)fflush(p->hints);
}

static void forget_choices(fd_plain *p) {
    for (size_t i = 0; i < p->choice_count; i++)
        free(p->choices[i]);
    free(p->choices);
    p->choices = NULL;
    p->choice_count = 0;
}

/* --- telling --- */

bool fd_plain_wrote(fd_plain *p, fd_error *error) {
    if (fflush(p->output) == 0 && !ferror(p->output))
        return true;
    return fd_fail(error, FD_FAILED, "The story could not be written: %s.", strerror(errno));
}

void fd_plain_section(fd_plain *p) {
    if (p->begun)
        (void)fputc('\n', p->output);
    p->begun = true;
}

bool fd_plain_line(fd_plain *p, const char *before, const char *text, const char *after,
                   fd_error *error) {
    char *clean = fd_sanitise_line(text, error);
    if (clean)
        (void)fprintf(p->output, "%s%s%s\n", before, clean, after);
    free(clean);
    return clean != NULL;
}

/* With the name of its voice before it, where that is wanted. */
static bool add_stretch(const fd_plain *p, const fd_stretch *stretch, fd_buffer *text,
                        fd_error *error) {
    size_t gap = strspn(stretch->text, " \n");
    const char *name = !p->voices                     ? ""
                       : stretch->voice == FD_DREAMED ? "(dreamed) "
                       : stretch->voice == FD_EDITED  ? "(rewritten) "
                                                      : "";
    return fd_buffer_add(text, stretch->text, gap, error) &&
           fd_buffer_add_text(text, name, error) &&
           fd_buffer_add_text(text, stretch->text + gap, error);
}

bool fd_plain_text(fd_plain *p, const fd_scene *scene, fd_error *error) {
    fd_buffer text = FD_BUFFER((size_t)-1);
    bool ok = true;
    for (size_t i = 0; ok && i < scene->stretch_count; i++)
        ok = add_stretch(p, &scene->stretches[i], &text, error);
    char *clean = ok ? fd_sanitise(fd_buffer_text(&text), text.length, error) : NULL;
    if (clean) {
        const char *start = clean + strspn(clean, "\n");
        size_t length = strlen(start);
        while (length > 0 && (start[length - 1] == '\n' || start[length - 1] == ' '))
            length--;
        if (length > 0) {
            fd_plain_section(p);
            (void)fwrite(start, 1, length, p->output);
            (void)fputc('\n', p->output);
        }
    }
    free(clean);
    fd_buffer_free(&text);
    return clean != NULL;
}

static bool print_question(fd_plain *p, const fd_scene *scene, fd_error *error) {
    char *fallback = fd_sanitise_line(scene->fallback ? scene->fallback : "", error);
    char *question = fallback ? fd_sanitise_line(scene->question, error) : NULL;
    if (question) {
        fd_plain_section(p);
        (void)fprintf(p->output, p->person ? "%s (Enter alone answers: %s)\n" : "%s [%s]\n",
                      question, fallback);
    }
    free(fallback);
    free(question);
    return question != NULL;
}

static bool print_offers(fd_plain *p, const fd_scene *scene, fd_error *error) {
    if (scene->question)
        return print_question(p, scene, error);
    bool ok = true;
    if (scene->choice_count > 0 || scene->typing || scene->ending)
        fd_plain_section(p);
    for (size_t i = 0; ok && i < scene->choice_count; i++) {
        char number[32];
        (void)snprintf(number, sizeof number, "%zu) ", i + 1);
        ok = fd_plain_line(p, number, scene->choices[i], "", error);
    }
    if (ok && scene->typing)
        ok = fd_plain_line(p, "(or type: ", scene->typing, ")", error);
    if (ok && scene->ending)
        (void)fputs("-- The end --\n", p->output);
    return ok;
}

static bool keep_choices(fd_plain *p, const fd_scene *scene, fd_error *error) {
    forget_choices(p);
    p->typing = scene->typing != NULL;
    p->question = scene->question != NULL;
    p->free = scene->free;
    if (p->question)
        return true;
    p->choices = fd_alloc(scene->choice_count, sizeof *p->choices, "the choices", error);
    if (!p->choices)
        return false;
    for (; p->choice_count < scene->choice_count; p->choice_count++) {
        char *label = fd_sanitise_line(scene->choices[p->choice_count], error);
        if (!label)
            return false;
        p->choices[p->choice_count] = label;
    }
    return true;
}

/* What a person sees on a screen and would not know here. */
static void remark_on(fd_plain *p, const fd_scene *scene) {
    if (scene->ending)
        remark(p, "undo goes back, quit leaves.");
    else if (!p->helped && scene->choice_count > 0)
        remark(p, "Type a number, then Enter. help says what else may be typed.");
    p->helped |= scene->choice_count > 0;
}

static bool plain_tell(void *self, const fd_scene *scene, const fd_status_line *status,
                       fd_error *error) {
    fd_plain *p = self;
    char where[64];
    (void)snprintf(where, sizeof where, "Turn %zu, %s.", status->turn,
                   scene->known ? "as before" : "told anew");
    if (p->moved)
        remark(p, where);
    p->moved = false;
    if (!keep_choices(p, scene, error) || !fd_plain_text(p, scene, error) ||
        !print_offers(p, scene, error) || !fd_plain_wrote(p, error))
        return false;
    remark_on(p, scene);
    return true;
}

static bool plain_title(void *self, const fd_status_line *status, const char *note, bool *quit,
                        fd_error *error) {
    fd_plain *p = self;
    *quit = false;
    fd_plain_section(p);
    char *clean = fd_sanitise(note, strlen(note), error);
    bool ok = clean && fd_plain_line(p, "", status->title, "", error);
    if (ok && clean[0])
        (void)fprintf(p->output, "%s\n", clean);
    free(clean);
    return ok && fd_plain_wrote(p, error);
}

static void plain_forget(void *self, size_t count) {
    fd_plain *p = self;
    p->moved = count > 0;
    forget_choices(p);
}

static void plain_notice(void *self, const char *sentence) {
    fd_plain *p = self;
    char *clean = fd_sanitise_line(sentence, NULL);
    if (clean)
        (void)fprintf(p->hints, "%s\n", clean);
    free(clean);
    (void)fflush(p->hints);
}

static void plain_close(void *self) {
    fd_plain *p = self;
    (void)sigaction(SIGPIPE, &p->pipe_before, NULL);
    forget_choices(p);
    fd_buffer_free(&p->line);
    free(p);
}

void fd_plain_think(void *self, size_t done, size_t wanted) {
    fd_plain *p = self;
    double now = fd_clock_seconds();
    if (done == wanted) {
        p->since = 0.0;
        p->patient = false;
    } else if (p->since <= 0.0) {
        p->since = now;
    } else if (!p->patient && now - p->since > PATIENCE_S) {
        p->patient = true;
        remark(p, "It is being dreamed.");
    }
}

static bool plain_adopt(void *self, const char *name, fd_error *error) {
    fd_plain *p = self;
    char value[FD_SETTING_SIZE];
    if (strcmp(name, "voices") != 0)
        return true;
    if (!fd_setting_get(name, value, error))
        return false;
    p->voices = strcmp(value, "on") == 0;
    return true;
}

static const fd_frontend plain_table = {.title = plain_title,
                                        .tell = plain_tell,
                                        .forget = plain_forget,
                                        .think = fd_plain_think,
                                        .pick = fd_plain_pick,
                                        .page = fd_plain_page,
                                        .write = fd_plain_write,
                                        .read = fd_plain_read,
                                        .adopt = plain_adopt,
                                        .notice = plain_notice,
                                        .close = plain_close};

void *fd_plain_open_on(int input, FILE *output, FILE *hints, const fd_frontend **table,
                       fd_error *error) {
    fd_plain *p = fd_alloc(1, sizeof *p, "the story's lines", error);
    if (!p)
        return NULL;
    p->input = input;
    p->line = FD_BUFFER(FD_PLAIN_LINE);
    p->person = isatty(input) == 1;
    p->output = output;
    p->hints = hints;
    struct sigaction ignore;
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN; /* a reader that leaves is an error to report, not an end */
    (void)sigemptyset(&ignore.sa_mask);
    (void)sigaction(SIGPIPE, &ignore, &p->pipe_before);
    *table = &plain_table;
    return p;
}

void *fd_plain_open(const fd_frontend_options *options, const fd_frontend **table,
                    fd_error *error) {
    (void)options;
    fd_plain *p = fd_plain_open_on(STDIN_FILENO, stdout, stderr, table, error);
    if (p && !plain_adopt(p, "voices", error)) {
        plain_close(p);
        return NULL;
    }
    return p;
}
