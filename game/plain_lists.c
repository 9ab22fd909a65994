/* plain_lists.c - the plain front end's lists to pick from, pages, and texts to be written. */
#include <stdlib.h>
#include <string.h>

#include "game/plain.h"
#include "game/sanitise.h"

/* The text's lines, each behind `margin`. */
static bool print_indented(fd_plain *p, const char *margin, const char *text, fd_error *error) {
    char *clean = fd_sanitise(text, strlen(text), error);
    for (const char *line = clean; line && *line;) {
        size_t length = strcspn(line, "\n");
        (void)fprintf(p->output, "%s%.*s\n", length ? margin : "", (int)length, line);
        line += length + (line[length] == '\n');
    }
    free(clean);
    return clean != NULL;
}

static bool print_item(fd_plain *p, size_t number, const fd_item *item, fd_error *error) {
    char before[64], after[256] = "";
    char *detail = fd_sanitise_line(item->detail, error);
    if (!detail)
        return false;
    (void)snprintf(before, sizeof before, "%*s%zu) ", (int)(item->indent > 20 ? 20 : item->indent),
                   "", number);
    (void)snprintf(after, sizeof after, "%s%s%s%s", detail[0] ? " (" : "", detail,
                   detail[0] ? ")" : "", item->marked ? " <- here" : "");
    free(detail);
    return fd_plain_line(p, before, item->label, after, error) &&
           print_indented(p, "   ", item->text, error);
}

static bool print_list(fd_plain *p, const fd_list *list, fd_error *error) {
    fd_plain_section(p);
    bool ok = fd_plain_line(p, "", list->title, "", error);
    for (size_t i = 0; ok && i < list->count; i++)
        ok = print_item(p, i + 1, &list->items[i], error);
    if (ok && list->keys[0])
        ok = fd_plain_line(p, "(", list->hint, ")", error);
    (void)fputs(list->keys[0] ? "(a number, a key's letter and a number, or back)\n"
                              : "(a number, or back)\n",
                p->output);
    return ok && fd_plain_wrote(p, error);
}

/* "2" picks, "d 2" picks with the key d. False when the line is neither. */
static bool find_item(const fd_list *list, const char *line, size_t *picked, char *key) {
    *key = '\n';
    if (line[0] && strchr(list->keys, line[0]) && !fd_plain_is_number(line)) {
        *key = *line++;
        line += strspn(line, " ");
    }
    if (!fd_plain_is_number(line))
        return false;
    unsigned long long number = strtoull(line, NULL, 10);
    *picked = (size_t)number - 1;
    return number >= 1 && number <= list->count;
}

/* Lines are told once: they wait until all items are there. */
static bool await_items(fd_plain *p, fd_list *list, fd_error *error) {
    const fd_coming *coming = list->coming;
    bool ok = true;
    for (bool more = coming != NULL; ok && more;) {
        ok = coming->look(coming->context, 200, &list->items, &list->count, &more, error);
        fd_plain_think(p, 0, more);
    }
    return ok;
}

bool fd_plain_pick(void *self, const fd_list *asked, size_t *picked, char *key, fd_error *error) {
    fd_plain *p = self;
    fd_list whole = *asked;
    const fd_list *list = &whole;
    bool ok = await_items(p, &whole, error) && print_list(p, list, error);
    *picked = list->count;
    *key = '\n';
    while (ok && fd_plain_await(p, -1.0, &ok, error)) {
        char *clean = fd_plain_take_line(p, error), *line = clean ? fd_plain_trim(clean) : NULL;
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

bool fd_plain_page(void *self, const char *heading, const fd_stretch *stretches, size_t count,
                   fd_error *error) {
    fd_plain *p = self;
    const fd_scene scene = {.stretches = stretches, .stretch_count = count};
    fd_plain_section(p);
    return fd_plain_line(p, "", heading, "", error) && fd_plain_text(p, &scene, error) &&
           fd_plain_wrote(p, error);
}

/* Lines up to one that is a single dot. *ended is false when the input was over before. */
static bool read_lines(fd_plain *p, fd_buffer *text, bool *ended, fd_error *error) {
    bool ok = true;
    *ended = false;
    while (ok && !*ended && fd_plain_await(p, -1.0, &ok, error)) {
        char *line = fd_plain_take_line(p, error);
        *ended = line && strcmp(line, ".") == 0;
        ok =
            line && (*ended || fd_buffer_addf(text, error, "%s%s", text->length ? "\n" : "", line));
        free(line);
    }
    return ok;
}

bool fd_plain_write(void *self, const char *heading, fd_buffer *text, size_t most, bool *kept,
                    fd_error *error) {
    fd_plain *p = self;
    fd_buffer lines = FD_BUFFER((size_t)1 << 24);
    bool ended = false;
    fd_plain_section(p);
    bool ok = fd_plain_line(p, "", heading, "", error) &&
              print_indented(p, "", fd_buffer_text(text), error);
    (void)fputs("(type its lines anew, then a line with a single dot; a dot alone keeps it)\n",
                p->output);
    ok = ok && fd_plain_wrote(p, error) && read_lines(p, &lines, &ended, error);
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
