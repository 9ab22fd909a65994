/* plain_input.c - lines of the plain front end: read, and understood as what the player does. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

#include "game/layout.h"
#include "game/plain.h"
#include "game/sanitise.h"
#include "model/clock.h"

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
static bool find_choice(const fd_plain *p, const char *text, size_t *choice) {
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

/* The words that act, and what they do. */
static const struct command {
    const char *word;
    fd_event_kind kind;
    bool text; /* wants words after it */
    const char *help;
} commands[] = {
    {"undo", FD_EVENT_UNDO, false, "back one turn"},
    {"redo", FD_EVENT_REDO, false, "forward again"},
    {"retry", FD_EVENT_RETRY, false, "the same turn, told differently"},
    {"others", FD_EVENT_OTHERS, false, "other dreams to pick one from"},
    {"edit", FD_EVENT_EDIT, false, "change what was dreamed last"},
    {"do", FD_EVENT_DO, true, "do something of your own: do TEXT"},
    {"say", FD_EVENT_SAY, true, "say something of your own: say TEXT"},
    {"go", FD_EVENT_GO_ON, false, "let it go on by itself"},
    {"go on", FD_EVENT_GO_ON, false, NULL},
    {"memory", FD_EVENT_MEMORY, false, "what shall be remembered"},
    {"context", FD_EVENT_CONTEXT, false, "what the model is given"},
    {"map", FD_EVENT_MAP, false, "every turn ever taken"},
    {"saves", FD_EVENT_SAVES, false, "the saved stories"},
    {"export", FD_EVENT_EXPORT, false, "the story so far, as a file"},
    {"settings", FD_EVENT_SETTINGS, false, "what may be set"},
    {"save", FD_EVENT_SAVE, false, "where this story is saved"},
    {"help", FD_EVENT_NONE, false, "these words"},
    {"quit", FD_EVENT_QUIT, false, "leave; the story is saved"},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void help(const fd_plain *p) {
    for (size_t i = 0; i < COMMANDS; i++)
        if (commands[i].help)
            (void)fprintf(p->hints, "%-9s %s\n", commands[i].word, commands[i].help);
    (void)fputs("A number, or the beginning of a choice, takes that choice.\n", p->hints);
    (void)fflush(p->hints);
}

/* Whether the line is a word that acts, with its text where it wants one. */
static bool find_command(const fd_plain *p, const char *line, fd_event *event) {
    for (size_t i = 0; i < COMMANDS; i++) {
        size_t length = strlen(commands[i].word);
        const char *rest = line + length;
        if (strncmp(line, commands[i].word, length) != 0 || *rest != (commands[i].text ? ' ' : 0))
            continue;
        if (commands[i].kind == FD_EVENT_GO_ON && !p->free)
            continue; /* "go" may begin a choice */
        event->kind = commands[i].kind;
        if (commands[i].text)
            (void)snprintf(event->text, sizeof event->text, "%s", rest + strspn(rest, " "));
        if (event->kind == FD_EVENT_NONE)
            help(p);
        return true;
    }
    return false;
}

bool fd_plain_is_number(const char *text) {
    return text[0] && strspn(text, "0123456789") == strlen(text);
}

static void hint(const fd_plain *p, const char *text) {
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
static void understand(const fd_plain *p, const char *text, fd_event *event) {
    size_t choice = 0;
    if (p->question) {
        type(event, text);
    } else if (text[0] == '\0' || find_command(p, text, event)) {
        return;
    } else if (fd_plain_is_number(text) && p->choice_count > 0) {
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
static bool take_line(fd_plain *p) {
    while (p->at < p->count) {
        char byte = p->bytes[p->at++];
        if (byte == '\n')
            return true;
        if (p->line.length < FD_PLAIN_LINE)
            (void)fd_buffer_add(&p->line, &byte, 1, NULL);
    }
    return false;
}

/* The line, clean, which is emptied for the next one; the caller frees it. */
char *fd_plain_take_line(fd_plain *p, fd_error *error) {
    char *clean = fd_sanitise_line(fd_buffer_text(&p->line), error);
    fd_buffer_clear(&p->line);
    p->prompted = false;
    return clean;
}

/* Cuts spaces at both ends, and what is too long for an event; returns where the rest begins. */
char *fd_plain_trim(char *line) {
    char *start = line + strspn(line, " ");
    size_t length = fd_text_cut(start, strlen(start), FD_PLAIN_TYPED);
    while (length > 0 && start[length - 1] == ' ')
        length--;
    start[length] = '\0';
    return start;
}

static bool understand_line(fd_plain *p, fd_event *event, fd_error *error) {
    char *clean = fd_plain_take_line(p, error);
    if (clean)
        understand(p, fd_plain_trim(clean), event);
    free(clean);
    return clean != NULL;
}

/* Waits for bytes, until `deadline` if that is not negative. False when the time is over. */
static bool fill(fd_plain *p, double deadline, fd_error *error, bool *ok) {
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

static bool prompt(fd_plain *p, fd_error *error) {
    if (p->prompted || !p->person)
        return true;
    p->prompted = true;
    (void)fputs("> ", p->output);
    return fd_plain_wrote(p, error);
}

bool fd_plain_await(fd_plain *p, double deadline, bool *ok, fd_error *error) {
    while (*ok) {
        if (!prompt(p, error))
            return *ok = false;
        if (take_line(p) || (p->ended && p->line.length > 0)) /* the last may lack its newline */
            return true;
        if (p->ended || !fill(p, deadline, error, ok))
            break;
    }
    return false;
}

bool fd_plain_read(void *self, int wait_ms, fd_event *event, fd_error *error) {
    fd_plain *p = self;
    double deadline = wait_ms < 0 ? -1.0 : fd_clock_seconds() + wait_ms * 1e-3;
    bool ok = true;
    *event = (fd_event){FD_EVENT_NONE, 0, ""};
    if (wait_ms == 0)
        return true; /* lines typed ahead are for later turns */
    while (ok && event->kind == FD_EVENT_NONE) {
        if (fd_plain_await(p, deadline, &ok, error))
            ok = understand_line(p, event, error);
        else if (p->ended)
            event->kind = FD_EVENT_QUIT;
        else
            break;
    }
    return ok;
}
