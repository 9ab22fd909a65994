/* screen_keys.c - what keys do while a story is told. One table binds them and is the help. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/screen.h"

typedef struct binding {
    const char *keys; /* characters that do it, of which the help names the first */
    fd_event_kind kind;
    const char *help;
} binding;

/* Keys that tell the game something and need nothing of the screen. */
static const binding bindings[] = {
    {"u", FD_EVENT_UNDO, "back one turn"},
    {"U\x12", FD_EVENT_REDO, "forward again (also Ctrl-R)"},
    {"r", FD_EVENT_RETRY, "the same turn, told differently"},
    {"O", FD_EVENT_OTHERS, "other dreams to pick one from"},
    {"E", FD_EVENT_EDIT, "change what was dreamed last"},
    {"M", FD_EVENT_MEMORY, "what shall be remembered"},
    {"C", FD_EVENT_CONTEXT, "what the model is given"},
    {"T", FD_EVENT_MAP, "every turn ever taken, as a tree"},
    {"L", FD_EVENT_SAVES, "the saved stories"},
    {"X", FD_EVENT_EXPORT, "the story so far, as a file"},
    {"S", FD_EVENT_SETTINGS, "what may be set"},
    {"s", FD_EVENT_SAVE, "where this story is saved"},
};

static const struct {
    const char *keys, *help;
} others[] = {
    {"Enter, Space", "take the choice, read on"},
    {"arrows, j, k", "another choice, another line"},
    {"1-9, a-f", "take that choice"},
    {"Tab", "type your own words: do, say, go on"},
    {"PgUp, PgDn", "page back, page on"},
    {"g, G", "the beginning, the end"},
};

static const struct {
    const char *keys, *help;
} ends[] = {
    {"Ctrl-L", "draw the screen anew"},
    {"Ctrl-Z", "put the program aside (fg comes back)"},
    {"q", "leave; the story is saved"},
};

static bool add_line(fd_buffer *text, const char *keys, const char *help, fd_error *error) {
    return fd_buffer_addf(text, error, "%-13s %s\n", keys, help);
}

bool fd_screen_help(fd_screen *s, fd_error *error) {
    fd_buffer text = FD_BUFFER(1 << 16);
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof others / sizeof others[0]; i++)
        ok = add_line(&text, others[i].keys, others[i].help, error);
    for (size_t i = 0; ok && i < sizeof bindings / sizeof bindings[0]; i++) {
        const char key[] = {bindings[i].keys[0], '\0'};
        ok = add_line(&text, key, bindings[i].help, error);
    }
    for (size_t i = 0; ok && i < sizeof ends / sizeof ends[0]; i++)
        ok = add_line(&text, ends[i].keys, ends[i].help, error);
    const fd_stretch stretch = {FD_AUTHORED, text.data};
    ok = ok && fd_modal_page(s->terminal, "Keys", &stretch, 1, error);
    fd_buffer_free(&text);
    s->stale = s->dirty = true;
    return ok;
}

/* --- the page --- */

static bool page_key(fd_screen *s, fd_key k) {
    size_t page = s->window.visible > 2 ? s->window.visible - 1 : 1;
    bool up = k.kind == FD_KEY_PAGE_UP, down = k.kind == FD_KEY_PAGE_DOWN;
    if (!s->editing) {
        up = up || fd_key_is_control(k, 'b');
        down = down || fd_key_is_control(k, 'f');
    }
    if (up || down)
        fd_window_scroll(&s->window, &s->rows, down, page);
    return up || down;
}

static bool end_key(fd_screen *s, fd_key k) {
    bool first = k.kind == FD_KEY_HOME || fd_key_is(k, "g");
    bool last = k.kind == FD_KEY_END || fd_key_is(k, "G");
    if (first || last)
        fd_window_scroll(&s->window, &s->rows, last, s->rows.count);
    return first || last;
}

/* Where the selected option stands to the window: -1 above, 0 inside, 1 below. Where there is
 * nothing to select, the end of the page counts. */
static int selected_side(const fd_screen *s) {
    const fd_window *w = &s->window;
    size_t first, end;
    if (!fd_rows_of_option(&s->rows, s->selected, &first, &end))
        return fd_window_at_end(w, &s->rows) ? 0 : 1;
    return first < w->top ? -1 : end > w->top + w->visible && first > w->top;
}

static void see_selected(fd_screen *s) {
    size_t first, end;
    if (fd_rows_of_option(&s->rows, s->selected, &first, &end))
        fd_window_see(&s->window, first, end);
}

/* Moves the selection where it can be seen, and the page where it cannot or is at its end. */
static void step(fd_screen *s, bool down) {
    int side = selected_side(s);
    bool can_move = down ? s->selected + 1 < fd_screen_options(s) : s->selected > 0;
    if (!can_move || s->answered || (down ? side > 0 : side != 0)) {
        fd_window_scroll(&s->window, &s->rows, down, 1);
        return;
    }
    s->selected += down ? 1 : (size_t)-1;
    see_selected(s);
}

static void take(fd_screen *s, size_t option, fd_event *event) {
    if (s->answered || option >= fd_screen_options(s))
        return;
    s->selected = option;
    if (option >= fd_screen_newest(s)->choice_count) {
        fd_screen_open_editor(s, FD_ENTRY_TEXT);
        return;
    }
    event->kind = FD_EVENT_CHOOSE;
    event->choice = option;
    s->answered = true;
}

/* Reads on to what is offered before it takes anything. */
static void accept_key(fd_screen *s, fd_event *event) {
    int side = selected_side(s);
    if (side > 0)
        fd_window_scroll(&s->window, &s->rows, true,
                         s->window.visible > 2 ? s->window.visible - 1 : 1);
    else if (side < 0)
        see_selected(s);
    else if (fd_screen_only_typing(s) && !s->answered)
        fd_screen_open_editor(s, FD_ENTRY_TEXT);
    else
        take(s, s->selected, event);
}

/* The option that a digit, or one of the first letters, stands for; (size_t)-1 when none does. */
static size_t option_of(fd_key k) {
    if (fd_key_is(k, "123456789"))
        return k.code - '1';
    return fd_key_is(k, "abcdef") ? k.code - 'a' : (size_t)-1;
}

/* --- the line being typed --- */

static void open_entry(fd_screen *s) {
    const fd_told *now = fd_screen_newest(s);
    if (!now || s->answered)
        return;
    if (now->typing || now->question)
        fd_screen_open_editor(s, FD_ENTRY_TEXT);
    else if (now->free)
        fd_screen_open_editor(s, FD_ENTRY_DO);
}

/* Nothing typed is an answer to a question, but no words of the player's own. */
static void submit(fd_screen *s, fd_event *event) {
    static const fd_event_kind kinds[] = {[FD_ENTRY_TEXT] = FD_EVENT_TYPE,
                                          [FD_ENTRY_DO] = FD_EVENT_DO,
                                          [FD_ENTRY_SAY] = FD_EVENT_SAY,
                                          [FD_ENTRY_GO_ON] = FD_EVENT_GO_ON};
    const char *start = s->line.text + strspn(s->line.text, " ");
    size_t length = strlen(start);
    while (length > 0 && start[length - 1] == ' ')
        length--;
    if (s->entry == FD_ENTRY_GO_ON)
        length = 0;
    else if (length == 0 && !fd_screen_newest(s)->question)
        return;
    event->kind = kinds[s->entry];
    (void)snprintf(event->text, sizeof event->text, "%.*s", (int)length, start);
    s->answered = true;
    fd_screen_close_editor(s);
}

/* From doing to saying to going on; a story's own typing is all it wants. */
static void next_entry(fd_screen *s) {
    if (s->entry != FD_ENTRY_TEXT)
        s->entry = s->entry == FD_ENTRY_GO_ON ? FD_ENTRY_DO : s->entry + 1;
}

static void edit_key(fd_screen *s, fd_key k, fd_event *event) {
    fd_editor *e = &s->line;
    if (k.kind == FD_KEY_ENTER)
        submit(s, event);
    else if (k.kind == FD_KEY_ESCAPE)
        fd_screen_close_editor(s);
    else if (k.kind == FD_KEY_TAB)
        next_entry(s);
    else if (k.kind == FD_KEY_LEFT || fd_key_is_control(k, 'b'))
        e->at = fd_editor_before(e);
    else if (k.kind == FD_KEY_RIGHT || fd_key_is_control(k, 'f'))
        e->at = fd_editor_after(e);
    else if (k.kind == FD_KEY_HOME || fd_key_is_control(k, 'a'))
        e->at = 0;
    else if (k.kind == FD_KEY_END || fd_key_is_control(k, 'e'))
        e->at = e->length;
    else if (k.kind == FD_KEY_BACKSPACE)
        fd_editor_remove(e, fd_editor_before(e), e->at);
    else if (k.kind == FD_KEY_DELETE || fd_key_is_control(k, 'd'))
        fd_editor_remove(e, e->at, fd_editor_after(e));
    else if (fd_key_is_control(k, 'u'))
        fd_editor_remove(e, 0, e->at);
    else if (fd_key_is_control(k, 'w'))
        fd_editor_remove(e, fd_editor_word(e), e->at);
    else if (k.kind == FD_KEY_CHAR && s->entry != FD_ENTRY_GO_ON)
        fd_editor_type(e, k.code);
}

/* --- everything --- */

static bool bound(fd_key k, fd_event *event) {
    for (size_t i = 0; i < sizeof bindings / sizeof bindings[0]; i++)
        if (fd_key_is(k, bindings[i].keys)) {
            event->kind = bindings[i].kind;
            return true;
        }
    return false;
}

static bool command_key(fd_screen *s, fd_key k, fd_event *event, fd_error *error) {
    const fd_told *now = fd_screen_newest(s);
    if (end_key(s, k))
        return true;
    if (k.kind == FD_KEY_UP || fd_key_is(k, "k"))
        step(s, false);
    else if (k.kind == FD_KEY_DOWN || fd_key_is(k, "j"))
        step(s, true);
    else if (k.kind == FD_KEY_ENTER || k.kind == FD_KEY_RIGHT || fd_key_is(k, " l"))
        accept_key(s, event);
    else if (now && option_of(k) < now->choice_count)
        take(s, option_of(k), event);
    else if (k.kind == FD_KEY_TAB)
        open_entry(s);
    else if (fd_key_is(k, "?") || k.kind == FD_KEY_HELP)
        return fd_screen_help(s, error);
    else if (fd_key_is(k, "q"))
        s->leaving = true;
    else
        (void)bound(k, event);
    return true;
}

/* Ctrl-C asks like q, anywhere, and twice leaves. */
static bool interrupt(fd_screen *s, fd_key k, fd_event *event) {
    if (!fd_key_is_control(k, 'c'))
        return false;
    if (s->leaving)
        event->kind = FD_EVENT_QUIT;
    s->leaving = true;
    return true;
}

bool fd_screen_obey(fd_screen *s, fd_key k, fd_event *event, fd_error *error) {
    s->dirty = true;
    if (k.kind == FD_KEY_REDRAW) {
        s->stale = true;
        return true;
    }
    if (interrupt(s, k, event))
        return true;
    if (s->leaving) {
        s->leaving = false;
        if (fd_key_is(k, "yY"))
            event->kind = FD_EVENT_QUIT;
        return true;
    }
    if (s->revealing) {
        s->revealing = false;
        return true;
    }
    free(s->notice);
    s->notice = NULL;
    if (page_key(s, k))
        return true;
    if (!s->editing)
        return command_key(s, k, event, error);
    edit_key(s, k, event);
    return true;
}
