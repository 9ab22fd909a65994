/* plain.c - the story as lines: for pipes, scripts, tests and screen readers. What it prints does
 * not depend on the width of anything. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

#include "game/frontend.h"
#include "game/layout.h"
#include "game/sanitise.h"
#include "model/clock.h"
#include "model/memory.h"

enum { TYPED_LIMIT = 1000 };

typedef struct plain {
    int input;
    FILE *output, *hints;
    struct sigaction pipe_before;
    bool begun;    /* something was printed: a blank line parts it from what follows */
    bool prompted; /* for the line being waited for */

    char bytes[4096]; /* read but not yet looked at: at..count */
    size_t at, count;
    char line[TYPED_LIMIT + 1]; /* the line being read; what does not fit is dropped */
    size_t length;
    bool ended;

    char **choices; /* what the newest scene offers */
    size_t choice_count;
    bool typing, question;
} plain;

static void forget_choices(plain *p) {
    for (size_t i = 0; i < p->choice_count; i++)
        free(p->choices[i]);
    free(p->choices);
    p->choices = NULL;
    p->choice_count = 0;
}

/* --- telling --- */

static bool wrote(plain *p, fd_error *error) {
    if (fflush(p->output) == 0 && !ferror(p->output))
        return true;
    return fd_fail(error, FD_FAILED, "The story could not be written: %s.", strerror(errno));
}

static void begin_section(plain *p) {
    if (p->begun)
        (void)fputc('\n', p->output);
    p->begun = true;
}

/* One line made of `text` between two pieces of punctuation. */
static bool print_line(plain *p, const char *before, const char *text, const char *after,
                       fd_error *error) {
    char *clean = fd_sanitise_line(text, error);
    if (clean)
        (void)fprintf(p->output, "%s%s%s\n", before, clean, after);
    free(clean);
    return clean != NULL;
}

/* The stretches joined, without empty lines at either end. */
static bool print_text(plain *p, const fd_scene *scene, fd_error *error) {
    fd_buffer text = FD_BUFFER((size_t)-1);
    bool ok = true;
    for (size_t i = 0; ok && i < scene->stretch_count; i++)
        ok = fd_buffer_add_text(&text, scene->stretches[i].text, error);
    char *clean = ok ? fd_sanitise(fd_buffer_text(&text), text.length, error) : NULL;
    if (clean) {
        const char *start = clean + strspn(clean, "\n");
        size_t length = strlen(start);
        while (length > 0 && (start[length - 1] == '\n' || start[length - 1] == ' '))
            length--;
        if (length > 0) {
            begin_section(p);
            (void)fwrite(start, 1, length, p->output);
            (void)fputc('\n', p->output);
        }
    }
    free(clean);
    fd_buffer_free(&text);
    return clean != NULL;
}

static bool print_question(plain *p, const fd_scene *scene, fd_error *error) {
    char *fallback = fd_sanitise_line(scene->fallback ? scene->fallback : "", error);
    char *question = fallback ? fd_sanitise_line(scene->question, error) : NULL;
    if (question) {
        begin_section(p);
        (void)fprintf(p->output, "%s [%s]\n", question, fallback);
    }
    free(fallback);
    free(question);
    return question != NULL;
}

static bool print_offers(plain *p, const fd_scene *scene, fd_error *error) {
    if (scene->question)
        return print_question(p, scene, error);
    bool ok = true;
    if (scene->choice_count > 0 || scene->typing || scene->ending)
        begin_section(p);
    for (size_t i = 0; ok && i < scene->choice_count; i++) {
        char number[32];
        (void)snprintf(number, sizeof number, "%zu) ", i + 1);
        ok = print_line(p, number, scene->choices[i], "", error);
    }
    if (ok && scene->typing)
        ok = print_line(p, "(or type: ", scene->typing, ")", error);
    if (ok && scene->ending)
        (void)fputs("-- The end --\n", p->output);
    return ok;
}

static bool keep_choices(plain *p, const fd_scene *scene, fd_error *error) {
    forget_choices(p);
    p->typing = scene->typing != NULL;
    p->question = scene->question != NULL;
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

static bool plain_tell(void *self, const fd_scene *scene, const fd_status_line *status,
                       fd_error *error) {
    plain *p = self;
    (void)status;
    return keep_choices(p, scene, error) && print_text(p, scene, error) &&
           print_offers(p, scene, error) && wrote(p, error);
}

static bool plain_title(void *self, const fd_status_line *status, const char *note, bool *quit,
                        fd_error *error) {
    plain *p = self;
    *quit = false;
    begin_section(p);
    char *clean = fd_sanitise(note, strlen(note), error);
    bool ok = clean && print_line(p, "", status->title, "", error);
    if (ok && clean[0])
        (void)fprintf(p->output, "%s\n", clean);
    free(clean);
    return ok && wrote(p, error);
}

static void plain_forget(void *self, size_t count) {
    (void)count;
    forget_choices(self);
}

static void plain_notice(void *self, const char *sentence) {
    plain *p = self;
    char *clean = fd_sanitise_line(sentence, NULL);
    if (clean)
        (void)fprintf(p->hints, "%s\n", clean);
    free(clean);
    (void)fflush(p->hints);
}

/* --- understanding a line --- */

/* Letters without case, spelled in one way; NULL when that cannot be told. */
static char *folded(const char *text) {
    return (char *)utf8proc_NFKC_Casefold((const utf8proc_uint8_t *)text);
}

/* Whether `text` is a label or begins one: 2 or 1, else 0. */
static int likeness(const char *text, const char *label) {
    char *given = folded(text), *wanted = folded(label);
    int like = 0;
    if (given && wanted && given[0])
        like = strcmp(given, wanted) == 0 ? 2 : strncmp(given, wanted, strlen(given)) == 0;
    free(given);
    free(wanted);
    return like;
}

/* The choice that the text names, in full or by a beginning that no other choice has. */
static bool find_choice(const plain *p, const char *text, size_t *choice) {
    size_t begun = 0;
    for (size_t i = 0; i < p->choice_count; i++) {
        int like = likeness(text, p->choices[i]);
        if (like == 0)
            continue;
        if (like == 1 && begun++ > 0)
            continue;
        *choice = i;
        if (like == 2)
            return true;
    }
    return begun == 1;
}

static bool find_command(const char *text, fd_event_kind *kind) {
    static const struct {
        const char *name;
        fd_event_kind kind;
    } commands[] = {{"undo", FD_EVENT_UNDO},
                    {"retry", FD_EVENT_RETRY},
                    {"save", FD_EVENT_SAVE},
                    {"quit", FD_EVENT_QUIT}};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(text, commands[i].name) == 0) {
            *kind = commands[i].kind;
            return true;
        }
    return false;
}

static bool is_number(const char *text) {
    return text[0] && strspn(text, "0123456789") == strlen(text);
}

static void hint(const plain *p, const char *text) {
    if (p->choice_count > 0)
        (void)fprintf(p->hints, "There is no choice \"%s\": type a number from 1 to %zu.\n", text,
                      p->choice_count);
    else
        (void)fprintf(p->hints, "There is nothing to choose here; undo, retry, save or quit.\n");
    (void)fflush(p->hints);
}

static void type(fd_event *event, const char *text) {
    event->kind = FD_EVENT_TYPE;
    (void)snprintf(event->text, sizeof event->text, "%s", text);
}

static void choose(fd_event *event, size_t choice) {
    event->kind = FD_EVENT_CHOOSE;
    event->choice = choice;
}

/* `text` is clean and without spaces at its ends. */
static void understand(const plain *p, const char *text, fd_event *event) {
    size_t choice = 0;
    if (p->question) {
        type(event, text);
    } else if (text[0] == '\0' || find_command(text, &event->kind)) {
        return;
    } else if (is_number(text) && p->choice_count > 0) {
        unsigned long long number = strtoull(text, NULL, 10); /* too large stays too large */
        if (number >= 1 && number <= p->choice_count)
            choose(event, (size_t)number - 1);
        else
            hint(p, text);
    } else if (p->typing) {
        type(event, text);
    } else if (find_choice(p, text, &choice)) {
        choose(event, choice);
    } else {
        hint(p, text);
    }
}

/* --- reading --- */

/* Moves bytes into the line until it is whole. */
static bool take_line(plain *p) {
    while (p->at < p->count) {
        char byte = p->bytes[p->at++];
        if (byte == '\n')
            return true;
        if (p->length < TYPED_LIMIT)
            p->line[p->length++] = byte;
    }
    return false;
}

/* Cleans the line, cuts its ends, and empties it for the next one. */
static bool understand_line(plain *p, fd_event *event, fd_error *error) {
    char *clean = NULL;
    p->line[p->length] = '\0';
    p->length = 0;
    p->prompted = false;
    if (!(clean = fd_sanitise_line(p->line, error)))
        return false;
    const char *start = clean + strspn(clean, " ");
    size_t length = fd_text_cut(start, strlen(start), TYPED_LIMIT);
    while (length > 0 && start[length - 1] == ' ')
        length--;
    clean[(size_t)(start - clean) + length] = '\0';
    understand(p, start, event);
    free(clean);
    return true;
}

/* Waits for bytes, until `deadline` if that is not negative. False when the time is over. */
static bool fill(plain *p, double deadline, fd_error *error, bool *ok) {
    struct pollfd input = {p->input, POLLIN, 0};
    double left = (deadline - fd_clock_seconds()) * 1e3;
    int ready = poll(&input, 1, deadline < 0.0 ? -1 : left > 0.0 ? (int)ceil(left) : 0);
    if (ready == 0)
        return false;
    ssize_t got = ready > 0 ? read(p->input, p->bytes, sizeof p->bytes) : -1;
    if (got < 0 && errno != EINTR && errno != EAGAIN)
        *ok = fd_fail(error, FD_FAILED, "The input could not be read: %s.", strerror(errno));
    p->ended = got == 0;
    p->at = 0;
    p->count = got > 0 ? (size_t)got : 0;
    return true;
}

static bool prompt(plain *p, fd_error *error) {
    if (p->prompted || !isatty(p->input))
        return true;
    p->prompted = true;
    (void)fputs("> ", p->output);
    return wrote(p, error);
}

static bool plain_read(void *self, int wait_ms, fd_event *event, fd_error *error) {
    plain *p = self;
    double deadline = wait_ms < 0 ? -1.0 : fd_clock_seconds() + wait_ms * 1e-3;
    bool ok = true;
    *event = (fd_event){FD_EVENT_NONE, 0, ""};
    if (wait_ms == 0)
        return true; /* lines typed ahead are for later turns */
    while (ok && event->kind == FD_EVENT_NONE) {
        if (!prompt(p, error))
            return false;
        if (take_line(p) || (p->ended && p->length > 0)) /* the last line may lack its newline */
            ok = understand_line(p, event, error);
        else if (p->ended)
            event->kind = FD_EVENT_QUIT;
        else if (!fill(p, deadline, error, &ok))
            break;
    }
    return ok;
}

static void plain_close(void *self) {
    plain *p = self;
    (void)sigaction(SIGPIPE, &p->pipe_before, NULL);
    forget_choices(p);
    free(p);
}

static void plain_think(void *self, size_t done, size_t wanted) {
    (void)self;
    (void)done;
    (void)wanted;
}

static const fd_frontend plain_table = {.title = plain_title,
                                        .tell = plain_tell,
                                        .forget = plain_forget,
                                        .think = plain_think,
                                        .read = plain_read,
                                        .notice = plain_notice,
                                        .close = plain_close};

void *fd_plain_open_on(int input, FILE *output, FILE *hints, const fd_frontend **table,
                       fd_error *error) {
    plain *p = fd_alloc(1, sizeof *p, "the story's lines", error);
    if (!p)
        return NULL;
    p->input = input;
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
    return fd_plain_open_on(STDIN_FILENO, stdout, stderr, table, error);
}
