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

enum { TYPED_LIMIT = 1000, LINE_LIMIT = 1 << 16 };

typedef struct plain {
    int input;
    FILE *output, *hints;
    struct sigaction pipe_before;
    bool begun;    /* something was printed: a blank line parts it from what follows */
    bool prompted; /* for the line being waited for */

    char bytes[4096]; /* read but not yet looked at: at..count */
    size_t at, count;
    fd_buffer line; /* the line being read; what does not fit is dropped */
    bool ended;

    char **choices; /* what the newest scene offers */
    size_t choice_count;
    bool typing, question, free;
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

static void help(const plain *p) {
    for (size_t i = 0; i < COMMANDS; i++)
        if (commands[i].help)
            (void)fprintf(p->hints, "%-9s %s\n", commands[i].word, commands[i].help);
    (void)fputs("A number, or the beginning of a choice, takes that choice.\n", p->hints);
    (void)fflush(p->hints);
}

/* Whether the line is a word that acts, with its text where it wants one. */
static bool find_command(const plain *p, const char *line, fd_event *event) {
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
    } else if (text[0] == '\0' || find_command(p, text, event)) {
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
        if (p->line.length < LINE_LIMIT)
            (void)fd_buffer_add(&p->line, &byte, 1, NULL);
    }
    return false;
}

/* The line, clean, which is emptied for the next one; the caller frees it. */
static char *clean_line(plain *p, fd_error *error) {
    char *clean = fd_sanitise_line(fd_buffer_text(&p->line), error);
    fd_buffer_clear(&p->line);
    p->prompted = false;
    return clean;
}

/* Cuts spaces at both ends, and what is too long for an event; returns where the rest begins. */
static char *trim(char *line) {
    char *start = line + strspn(line, " ");
    size_t length = fd_text_cut(start, strlen(start), TYPED_LIMIT);
    while (length > 0 && start[length - 1] == ' ')
        length--;
    start[length] = '\0';
    return start;
}

static bool understand_line(plain *p, fd_event *event, fd_error *error) {
    char *clean = clean_line(p, error);
    if (clean)
        understand(p, trim(clean), event);
    free(clean);
    return clean != NULL;
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

/* Whether a line is there; waits for one until `deadline` if that is not negative. */
static bool await_line(plain *p, double deadline, bool *ok, fd_error *error) {
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

static bool plain_read(void *self, int wait_ms, fd_event *event, fd_error *error) {
    plain *p = self;
    double deadline = wait_ms < 0 ? -1.0 : fd_clock_seconds() + wait_ms * 1e-3;
    bool ok = true;
    *event = (fd_event){FD_EVENT_NONE, 0, ""};
    if (wait_ms == 0)
        return true; /* lines typed ahead are for later turns */
    while (ok && event->kind == FD_EVENT_NONE) {
        if (await_line(p, deadline, &ok, error))
            ok = understand_line(p, event, error);
        else if (p->ended)
            event->kind = FD_EVENT_QUIT;
        else
            break;
    }
    return ok;
}

/* --- lists, pages and texts to be written --- */

/* The text's lines, each behind `margin`. */
static bool print_indented(plain *p, const char *margin, const char *text, fd_error *error) {
    char *clean = fd_sanitise(text, strlen(text), error);
    for (const char *line = clean; line && *line;) {
        size_t length = strcspn(line, "\n");
        (void)fprintf(p->output, "%s%.*s\n", length ? margin : "", (int)length, line);
        line += length + (line[length] == '\n');
    }
    free(clean);
    return clean != NULL;
}

static bool print_item(plain *p, size_t number, const fd_item *item, fd_error *error) {
    char before[64], after[256] = "";
    char *detail = fd_sanitise_line(item->detail, error);
    if (!detail)
        return false;
    (void)snprintf(before, sizeof before, "%*s%zu) ", (int)(item->indent > 20 ? 20 : item->indent),
                   "", number);
    (void)snprintf(after, sizeof after, "%s%s%s%s", detail[0] ? " (" : "", detail,
                   detail[0] ? ")" : "", item->marked ? " <- here" : "");
    free(detail);
    return print_line(p, before, item->label, after, error) &&
           print_indented(p, "   ", item->text, error);
}

static bool print_list(plain *p, const fd_list *list, fd_error *error) {
    begin_section(p);
    bool ok = print_line(p, "", list->title, "", error);
    for (size_t i = 0; ok && i < list->count; i++)
        ok = print_item(p, i + 1, &list->items[i], error);
    if (ok && list->keys[0])
        ok = print_line(p, "(", list->hint, ")", error);
    (void)fputs(list->keys[0] ? "(a number, a key's letter and a number, or back)\n"
                              : "(a number, or back)\n",
                p->output);
    return ok && wrote(p, error);
}

/* "2" picks, "d 2" picks with the key d. False when the line is neither. */
static bool find_item(const fd_list *list, const char *line, size_t *picked, char *key) {
    *key = '\n';
    if (line[0] && strchr(list->keys, line[0]) && !is_number(line)) {
        *key = *line++;
        line += strspn(line, " ");
    }
    if (!is_number(line))
        return false;
    unsigned long long number = strtoull(line, NULL, 10);
    *picked = (size_t)number - 1;
    return number >= 1 && number <= list->count;
}

static bool plain_pick(void *self, const fd_list *list, size_t *picked, char *key,
                       fd_error *error) {
    plain *p = self;
    bool ok = print_list(p, list, error);
    *picked = list->count;
    *key = '\n';
    while (ok && await_line(p, -1.0, &ok, error)) {
        char *clean = clean_line(p, error), *line = clean ? trim(clean) : NULL;
        ok = clean != NULL;
        bool back = ok && (strcmp(line, "back") == 0 || line[0] == '\0'),
             found = ok && !back && find_item(list, line, picked, key);
        if (ok && !back && !found)
            (void)fprintf(p->hints, "Type a number from 1 to %zu, or back.\n", list->count);
        (void)fflush(p->hints);
        free(clean);
        if (found)
            return true;
        *picked = list->count;
        *key = '\n';
        if (back)
            break;
    }
    return ok;
}

static bool plain_page(void *self, const char *heading, const fd_stretch *stretches, size_t count,
                       fd_error *error) {
    plain *p = self;
    const fd_scene scene = {.stretches = stretches, .stretch_count = count};
    begin_section(p);
    return print_line(p, "", heading, "", error) && print_text(p, &scene, error) && wrote(p, error);
}

/* Lines up to one that is a single dot. *ended is false when the input was over before. */
static bool read_lines(plain *p, fd_buffer *text, bool *ended, fd_error *error) {
    bool ok = true;
    *ended = false;
    while (ok && !*ended && await_line(p, -1.0, &ok, error)) {
        char *line = clean_line(p, error);
        *ended = line && strcmp(line, ".") == 0;
        ok =
            line && (*ended || fd_buffer_addf(text, error, "%s%s", text->length ? "\n" : "", line));
        free(line);
    }
    return ok;
}

static bool plain_write(void *self, const char *heading, fd_buffer *text, size_t most, bool *kept,
                        fd_error *error) {
    plain *p = self;
    fd_buffer lines = FD_BUFFER((size_t)1 << 24);
    bool ended = false;
    begin_section(p);
    bool ok =
        print_line(p, "", heading, "", error) && print_indented(p, "", fd_buffer_text(text), error);
    (void)fputs("(type its lines anew, then a line with a single dot; a dot alone keeps it)\n",
                p->output);
    ok = ok && wrote(p, error) && read_lines(p, &lines, &ended, error);
    *kept = ok && ended && lines.length > 0 && lines.length <= most;
    if (ok && lines.length > most)
        (void)fprintf(p->hints, "That is longer than %zu bytes; nothing was changed.\n", most);
    (void)fflush(p->hints);
    if (*kept) {
        fd_buffer_clear(text);
        ok = fd_buffer_add(text, lines.data, lines.length, error);
    }
    fd_buffer_free(&lines);
    return ok;
}

static void plain_close(void *self) {
    plain *p = self;
    (void)sigaction(SIGPIPE, &p->pipe_before, NULL);
    forget_choices(p);
    fd_buffer_free(&p->line);
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
                                        .pick = plain_pick,
                                        .page = plain_page,
                                        .write = plain_write,
                                        .read = plain_read,
                                        .notice = plain_notice,
                                        .close = plain_close};

void *fd_plain_open_on(int input, FILE *output, FILE *hints, const fd_frontend **table,
                       fd_error *error) {
    plain *p = fd_alloc(1, sizeof *p, "the story's lines", error);
    if (!p)
        return NULL;
    p->input = input;
    p->line = FD_BUFFER(LINE_LIMIT);
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
