/* modal_pick.c - a list to pick from, which what is typed after / narrows: its items above, what is
 * to be said of the selected one below. */
#include <stdlib.h>
#include <string.h>

#include "game/layout.h"
#include "game/line.h"
#include "game/modal.h"
#include "game/sanitise.h"
#include "game/search.h"

enum { MOST_INDENT = 24, MARK = 2 /* columns before a label */, COMING_MS = 40 };

typedef struct item {
    char *label, *text, *detail;
} item;

typedef struct picker {
    fd_terminal *terminal;
    const fd_list *list;
    char *title, *hint;
    const fd_item *about; /* what the items are made of */
    item *items;
    size_t count;
    bool more;    /* will come */
    size_t *seen; /* the places of the items that are listed: all, or those found */
    size_t seen_count;
    bool searching; /* `query` is being typed */
    fd_editor query;
    size_t from;                   /* the item that was selected before it */
    size_t selected, top, visible; /* among those seen */
    int first;                     /* the row that the list begins in */
} picker;

static void free_items(picker *p) {
    for (size_t i = 0; p->items && i < p->count; i++) {
        free(p->items[i].label);
        free(p->items[i].text);
        free(p->items[i].detail);
    }
    free(p->items);
    free(p->seen);
}

/* Lists the items that have what is typed in their label, all when nothing is, and selects the item
 * `index`, or the first where that is not listed. */
static void narrow(picker *p, size_t index) {
    fd_match match;
    p->seen_count = p->selected = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (p->query.length && !fd_search(p->items[i].label, 0, p->query.text, &match))
            continue;
        p->selected = i == index ? p->seen_count : p->selected;
        p->seen[p->seen_count++] = i;
    }
}

/* The item that is selected; `count` when none is. */
static size_t selected_item(const picker *p) {
    return p->selected < p->seen_count ? p->seen[p->selected] : p->count;
}

static bool copy_items(picker *p, const fd_item *about, size_t count, fd_error *error) {
    size_t selected = p->seen ? selected_item(p) : p->list->selected;
    free_items(p);
    p->about = about;
    p->count = count;
    p->items = fd_alloc(count, sizeof *p->items, "a list", error);
    p->seen = fd_alloc(count, sizeof *p->seen, "a list", error);
    bool ok = p->items && p->seen;
    for (size_t i = 0; ok && i < count; i++) {
        const fd_item *from = &about[i];
        ok = (p->items[i].label = fd_sanitise_line(from->label, error)) != NULL &&
             (p->items[i].text = fd_sanitise(from->text, strlen(from->text), error)) != NULL &&
             (p->items[i].detail = fd_sanitise_line(from->detail, error)) != NULL;
    }
    if (ok)
        narrow(p, selected);
    return ok;
}

static bool copy(picker *p, fd_error *error) {
    p->title = fd_sanitise_line(p->list->title, error);
    p->hint = fd_sanitise_line(p->list->hint, error);
    return p->title && p->hint && copy_items(p, p->list->items, p->list->count, error);
}

/* Takes what came meanwhile. */
static bool look(picker *p, fd_error *error) {
    const fd_coming *coming = p->list->coming;
    const fd_item *about;
    size_t count;
    if (!p->more)
        return true;
    return coming->look(coming->context, 0, &about, &count, &p->more, error) &&
           ((about == p->about && count == p->count) || copy_items(p, about, count, error));
}

/* How many rows the texts want: all of them the same room, so that the list does not jump. */
static size_t text_rows(const picker *p, int columns) {
    size_t height = (size_t)fd_terminal_height(p->terminal), most = 0, third = height / 3;
    for (size_t i = 0; i < p->count && most < third; i++) {
        fd_lines lines = {NULL, 0, 0};
        if (p->items[i].text[0] &&
            fd_wrap(p->items[i].text, strlen(p->items[i].text), (size_t)columns, &lines, NULL) &&
            lines.count > most)
            most = lines.count;
        free(lines.items);
    }
    return most < third ? most : third;
}

static void draw_item(const picker *p, size_t place, int y, int left, int columns) {
    const fd_item *about = &p->about[p->seen[place]];
    const item *it = &p->items[p->seen[place]];
    bool chosen = place == p->selected;
    int indent = about->indent < MOST_INDENT ? (int)about->indent : MOST_INDENT;
    int x = left + MARK + (indent < columns / 2 ? indent : columns / 2), limit = left + columns;
    int detail = (int)fd_text_width(it->detail, strlen(it->detail));
    fd_terminal_use(p->terminal, FD_LOOK_STRONG);
    if (chosen)
        (void)fd_terminal_put_cut(p->terminal, y, left, limit, "›");
    else if (about->marked)
        (void)fd_terminal_put_cut(p->terminal, y, left, limit, "•");
    bool room = detail > 0 && detail < columns / 2;
    fd_terminal_use(p->terminal, FD_LOOK_FAINT);
    if (room)
        (void)fd_terminal_put_cut(p->terminal, y, limit - detail, limit, it->detail);
    fd_terminal_use(p->terminal, chosen          ? FD_LOOK_SELECTED
                                 : about->marked ? FD_LOOK_STRONG
                                                 : FD_LOOK_PLAIN);
    (void)fd_terminal_put_cut(p->terminal, y, x, room ? limit - detail - 1 : limit, it->label);
}

static bool draw_text(const picker *p, int y, size_t rows, int left, int columns, fd_error *error) {
    size_t selected = selected_item(p);
    const char *text = selected < p->count ? p->items[selected].text : "";
    fd_lines lines = {NULL, 0, 0};
    bool ok = fd_wrap(text, strlen(text), (size_t)columns, &lines, error);
    fd_terminal_use(p->terminal, FD_LOOK_PLAIN);
    for (size_t i = 0; ok && i < lines.count && i < rows; i++)
        (void)fd_terminal_put(p->terminal, y + (int)i, left, left + columns,
                              text + lines.items[i].start,
                              lines.items[i].end - lines.items[i].start);
    free(lines.items);
    return ok;
}

static bool draw(picker *p, fd_error *error) {
    int left, columns;
    fd_measure(p->terminal, &left, &columns);
    size_t below = text_rows(p, columns), gap = below > 0;
    fd_modal_rows(p->terminal, &p->first, &p->visible);
    p->visible = p->visible > below + gap ? p->visible - below - gap : 1;
    if (p->top + p->visible > p->seen_count)
        p->top = p->seen_count > p->visible ? p->seen_count - p->visible : 0;
    p->top = p->selected < p->top ? p->selected : p->top;
    if (p->selected >= p->top + p->visible)
        p->top = p->selected + 1 - p->visible;
    fd_modal_frame(p->terminal, p->title, p->searching ? "" : p->hint);
    size_t i = 0;
    for (; i < p->visible && p->top + i < p->seen_count; i++)
        draw_item(p, p->top + i, p->first + (int)i, left, columns);
    const char *words = p->more                             ? p->list->coming->words
                        : p->query.length && !p->seen_count ? "Nothing like that is here."
                                                            : "";
    fd_terminal_use(p->terminal, FD_LOOK_FAINT);
    if (i < p->visible)
        (void)fd_terminal_put_cut(p->terminal, p->first + (int)i, left + MARK, left + columns,
                                  words);
    bool ok = draw_text(p, p->first + (int)(p->visible + gap), below, left, columns, error);
    int y = fd_terminal_height(p->terminal) - 1, x = 0;
    if (p->searching)
        x = fd_line_draw(p->terminal, y, left, left + columns, "/", &p->query,
                         "Enter takes it   Esc shows all");
    fd_terminal_show(p->terminal, p->searching ? y : -1, x);
    return ok;
}

static void move(picker *p, bool down, size_t by) {
    size_t last = p->seen_count ? p->seen_count - 1 : 0;
    if (down)
        p->selected = last - p->selected < by ? last : p->selected + by;
    else
        p->selected = p->selected < by ? 0 : p->selected - by;
}

/* The first click selects, the second picks. */
static bool click(picker *p, fd_key k, char *key) {
    size_t line = k.y >= p->first ? (size_t)(k.y - p->first) : p->visible, index = p->top + line;
    if (line >= p->visible || index >= p->seen_count)
        return false;
    bool again = index == p->selected;
    p->selected = index;
    *key = again ? '\n' : '\0';
    return again;
}

/* Whether the key moves through the list, which it then did. */
static bool moves(picker *p, fd_key k) {
    if (k.kind == FD_KEY_UP || k.kind == FD_KEY_WHEEL_UP)
        move(p, false, 1);
    else if (k.kind == FD_KEY_DOWN || k.kind == FD_KEY_WHEEL_DOWN)
        move(p, true, 1);
    else if (k.kind == FD_KEY_PAGE_UP || fd_key_is_control(k, 'b'))
        move(p, false, p->visible);
    else if (k.kind == FD_KEY_PAGE_DOWN || fd_key_is_control(k, 'f'))
        move(p, true, p->visible);
    else
        return false;
    return true;
}

/* A key while `query` is typed. Returns whether something was picked. */
static bool search(picker *p, fd_key k, char *key) {
    const fd_editor before = p->query;
    if (k.kind == FD_KEY_CLICK)
        return click(p, k, key);
    if (k.kind == FD_KEY_ENTER && p->seen_count) {
        *key = '\n';
        return true;
    }
    if (k.kind == FD_KEY_ESCAPE || fd_key_is_control(k, 'c')) {
        size_t selected = p->seen_count ? selected_item(p) : p->from;
        p->searching = false;
        p->query = (fd_editor){"", 0, 0};
        narrow(p, selected);
        p->top = p->selected > p->visible / 2 ? p->selected - p->visible / 2 : 0;
    } else if (!moves(p, k) && fd_line_obey(&p->query, k) &&
               strcmp(before.text, p->query.text) != 0) {
        narrow(p, p->query.length ? p->count : p->from);
    }
    return false;
}

/* Returns whether something was picked (*key is not 0), or the reader goes back. */
static bool obey(picker *p, fd_key k, char *key) {
    bool any = p->seen_count > 0;
    if (p->searching)
        return search(p, k, key);
    if (any && fd_key_is(k, p->list->keys)) {
        *key = (char)k.code;
        return true;
    }
    if (any && (k.kind == FD_KEY_ENTER || k.kind == FD_KEY_RIGHT || fd_key_is(k, " l"))) {
        *key = '\n';
        return true;
    }
    if (k.kind == FD_KEY_CLICK)
        return click(p, k, key);
    if (moves(p, k))
        return false;
    if (fd_key_is(k, "jk"))
        move(p, fd_key_is(k, "j"), 1);
    else if (k.kind == FD_KEY_HOME || fd_key_is(k, "g"))
        move(p, false, p->count);
    else if (k.kind == FD_KEY_END || fd_key_is(k, "G"))
        move(p, true, p->count);
    else if (fd_key_is(k, "/")) {
        p->searching = true;
        p->from = selected_item(p);
    }
    return k.kind == FD_KEY_ESCAPE || k.kind == FD_KEY_LEFT || fd_key_is(k, "qh") ||
           fd_key_is_control(k, 'c');
}

bool fd_modal_pick(fd_terminal *terminal, const fd_list *list, size_t *picked, char *key,
                   fd_error *error) {
    picker p = {.terminal = terminal, .list = list, .more = list->coming != NULL};
    bool ok = copy(&p, error);
    *key = '\0';
    for (bool done = false; ok && !done;) {
        fd_key k;
        ok = look(&p, error) && draw(&p, error);
        done =
            !fd_terminal_key(terminal, p.more ? COMING_MS : FD_KEY_WAIT_MS, &k) || obey(&p, k, key);
    }
    *picked = *key ? selected_item(&p) : p.count;
    *key = *key ? *key : '\n';
    free_items(&p);
    free(p.title);
    free(p.hint);
    return ok;
}
