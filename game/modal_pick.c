/* modal_pick.c - a list to pick from: its items above, what is to be said of the selected one
 * below. */
#include <stdlib.h>
#include <string.h>

#include "game/layout.h"
#include "game/modal.h"
#include "game/sanitise.h"

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
    bool more; /* will come */
    size_t selected, top, visible;
    int first; /* the row that the list begins in */
} picker;

static void free_items(picker *p) {
    for (size_t i = 0; p->items && i < p->count; i++) {
        free(p->items[i].label);
        free(p->items[i].text);
        free(p->items[i].detail);
    }
    free(p->items);
}

static bool copy_items(picker *p, const fd_item *about, size_t count, fd_error *error) {
    free_items(p);
    p->about = about;
    p->count = count;
    p->items = fd_alloc(count, sizeof *p->items, "a list", error);
    bool ok = p->items != NULL;
    for (size_t i = 0; ok && i < count; i++) {
        const fd_item *from = &about[i];
        ok = (p->items[i].label = fd_sanitise_line(from->label, error)) != NULL &&
             (p->items[i].text = fd_sanitise(from->text, strlen(from->text), error)) != NULL &&
             (p->items[i].detail = fd_sanitise_line(from->detail, error)) != NULL;
    }
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

static void draw_item(const picker *p, size_t index, int y, int left, int columns) {
    const fd_item *about = &p->about[index];
    const item *it = &p->items[index];
    bool chosen = index == p->selected;
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
    const char *text = p->selected < p->count ? p->items[p->selected].text : "";
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
    p->top = p->selected < p->top ? p->selected : p->top;
    if (p->selected >= p->top + p->visible)
        p->top = p->selected + 1 - p->visible;
    fd_modal_frame(p->terminal, p->title, p->hint);
    size_t i = 0;
    for (; i < p->visible && p->top + i < p->count; i++)
        draw_item(p, p->top + i, p->first + (int)i, left, columns);
    fd_terminal_use(p->terminal, FD_LOOK_FAINT);
    if (p->more && i < p->visible)
        (void)fd_terminal_put_cut(p->terminal, p->first + (int)i, left + MARK, left + columns,
                                  p->list->coming->words);
    bool ok = draw_text(p, p->first + (int)(p->visible + gap), below, left, columns, error);
    fd_terminal_show(p->terminal, -1, 0);
    return ok;
}

static void move(picker *p, bool down, size_t by) {
    size_t last = p->count ? p->count - 1 : 0;
    if (down)
        p->selected = last - p->selected < by ? last : p->selected + by;
    else
        p->selected = p->selected < by ? 0 : p->selected - by;
}

/* The first click selects, the second picks. */
static bool click(picker *p, fd_key k, char *key) {
    size_t line = k.y >= p->first ? (size_t)(k.y - p->first) : p->visible, index = p->top + line;
    if (line >= p->visible || index >= p->count)
        return false;
    bool again = index == p->selected;
    p->selected = index;
    *key = again ? '\n' : '\0';
    return again;
}

/* Returns whether something was picked (*key is not 0), or the reader goes back. */
static bool obey(picker *p, fd_key k, char *key) {
    bool any = p->count > 0;
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
    if (k.kind == FD_KEY_UP || k.kind == FD_KEY_WHEEL_UP || fd_key_is(k, "k"))
        move(p, false, 1);
    else if (k.kind == FD_KEY_DOWN || k.kind == FD_KEY_WHEEL_DOWN || fd_key_is(k, "j"))
        move(p, true, 1);
    else if (k.kind == FD_KEY_PAGE_UP || fd_key_is_control(k, 'b'))
        move(p, false, p->visible);
    else if (k.kind == FD_KEY_PAGE_DOWN || fd_key_is_control(k, 'f'))
        move(p, true, p->visible);
    else if (k.kind == FD_KEY_HOME || fd_key_is(k, "g"))
        move(p, false, p->count);
    else if (k.kind == FD_KEY_END || fd_key_is(k, "G"))
        move(p, true, p->count);
    return k.kind == FD_KEY_ESCAPE || k.kind == FD_KEY_LEFT || fd_key_is(k, "qh") ||
           fd_key_is_control(k, 'c');
}

bool fd_modal_pick(fd_terminal *terminal, const fd_list *list, size_t *picked, char *key,
                   fd_error *error) {
    picker p = {.terminal = terminal, .list = list, .more = list->coming != NULL};
    p.selected = list->selected < list->count ? list->selected : 0;
    bool ok = copy(&p, error);
    *key = '\0';
    for (bool done = false; ok && !done;) {
        fd_key k;
        ok = look(&p, error) && draw(&p, error);
        done =
            !fd_terminal_key(terminal, p.more ? COMING_MS : FD_KEY_WAIT_MS, &k) || obey(&p, k, key);
    }
    *picked = *key ? p.selected : p.count;
    *key = *key ? *key : '\n';
    free_items(&p);
    free(p.title);
    free(p.hint);
    return ok;
}
