/* screen_keys.c - what keys do while a story is told. One table binds them and is the help. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/line.h"
#include "game/screen.h"

/* --- the page --- */

static size_t leaf(const fd_screen *s) {
    return s->window.visible > 2 ? s->window.visible - 1 : 1;
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

/* A sentence instead of what a key cannot do now. */
static void notice(fd_screen *s, const char *words) {
    free(s->notice);
    s->notice = fd_copy_text(words, NULL);
}

/* While a turn is awaited there is nothing to answer. */
static bool waits(const fd_screen *s) {
    return s->answered || fd_screen_thinking(s);
}

/* The same, said to who tries it nevertheless. */
static bool must_wait(fd_screen *s) {
    if (waits(s))
        notice(s, s->turn > 0 ? "A dream is being told; u gives up." : "A dream is being told.");
    return waits(s);
}

static void take(fd_screen *s, size_t option, fd_event *event) {
    if (must_wait(s) || option >= fd_screen_options(s))
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
static void accept(fd_screen *s, fd_event *event) {
    int side = selected_side(s);
    if (side > 0)
        fd_window_scroll(&s->window, &s->rows, true, leaf(s));
    else if (side < 0)
        see_selected(s);
    else if (fd_screen_only_typing(s) && !waits(s))
        fd_screen_open_editor(s, FD_ENTRY_TEXT);
    else
        take(s, s->selected, event);
}

/* A choice is taken where it is clicked; anywhere else a click reads on. */
static void click(fd_screen *s, fd_key k, fd_event *event) {
    int line = k.y - fd_screen_margin(s);
    size_t row = s->window.top + (line > 0 ? (size_t)line : 0);
    bool inside = line >= 0 && (size_t)line < s->window.visible && row < s->rows.count;
    if (inside && s->rows.items[row].kind == FD_ROW_OFFER)
        take(s, s->rows.items[row].option, event);
    else if (selected_side(s) > 0)
        fd_window_scroll(&s->window, &s->rows, true, leaf(s));
}

/* --- searching --- */

static void find(fd_screen *s, bool forward) {
    bool wrapped;
    fd_found found =
        fd_search_rows(&s->rows, s->needle, &s->found, s->window.top, forward, &wrapped);
    s->found = found;
    if (!found.any) {
        notice(s, "Nothing like that was told.");
        return;
    }
    if (wrapped)
        notice(s, forward ? "On from the beginning." : "On from the end.");
    if (found.row < s->window.top || found.row >= s->window.top + s->window.visible)
        s->window.top = found.row > s->window.visible / 3 ? found.row - s->window.visible / 3 : 0;
    size_t last = fd_window_last(&s->window, &s->rows);
    s->window.top = s->window.top < last ? s->window.top : last;
    s->window.strayed = true;
}

/* Nothing typed is what was searched for before. */
static void search_key(fd_screen *s, fd_key k) {
    if (k.kind == FD_KEY_ENTER) {
        s->searching = false;
        if (s->query.length > 0)
            memcpy(s->needle, s->query.text, s->query.length + 1);
        s->found.any = false;
        if (!s->needle[0])
            notice(s, "Nothing is searched for; / searches.");
        else
            find(s, true);
    } else if (k.kind == FD_KEY_ESCAPE || (k.kind == FD_KEY_BACKSPACE && s->query.length == 0)) {
        s->searching = false;
    } else {
        (void)fd_line_obey(&s->query, k);
    }
}

/* --- the line being typed --- */

static void open_entry(fd_screen *s) {
    const fd_told *now = fd_screen_newest(s);
    if (!now || must_wait(s))
        return;
    if (now->typing || now->question)
        fd_screen_open_editor(s, FD_ENTRY_TEXT);
    else if (now->free)
        fd_screen_open_editor(s, FD_ENTRY_DO);
    else
        notice(s, "Here only the story goes on.");
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
    if (k.kind == FD_KEY_ENTER)
        submit(s, event);
    else if (k.kind == FD_KEY_ESCAPE)
        fd_screen_close_editor(s);
    else if (k.kind == FD_KEY_TAB)
        next_entry(s);
    else if (s->entry != FD_ENTRY_GO_ON)
        (void)fd_line_obey(&s->line, k);
}

/* --- what each key does --- */

/* What keys do that do not only tell the game something. */
typedef enum act {
    TELL, /* `event` */
    ACCEPT,
    UP,
    DOWN,
    TAKE,
    CLICK,
    ENTRY,
    LEAF_UP,
    LEAF_DOWN,
    WHEEL_UP,
    WHEEL_DOWN,
    FIRST,
    LAST,
    SEARCH,
    NEXT,
    PREVIOUS,
    CLEAR,
    HELP,
    LEAVE,
} act;

typedef struct binding {
    const char *chars;
    fd_key_kind kinds[2]; /* FD_KEY_NONE: none */
    act act;
    fd_event_kind event;
    const char *keys, *help; /* as the help names it; NULL where the line before says it */
} binding;

/* Everything that keys do, in the order of the help. */
static const binding bindings[] = {
    {" l", {FD_KEY_ENTER, FD_KEY_RIGHT}, ACCEPT, 0, "Enter, Space", "take it; read on"},
    {"k", {FD_KEY_UP}, UP, 0, "arrows, k, j", "another choice or line"},
    {"j", {FD_KEY_DOWN}, DOWN, 0, NULL, NULL},
    {"123456789abcdef", {0}, TAKE, 0, "1-9, a-f", "take that choice"},
    {"", {FD_KEY_CLICK}, CLICK, 0, "a click", "take it; read on"},
    {"", {FD_KEY_TAB}, ENTRY, 0, "Tab", "your own words"},
    {"u", {0}, TELL, FD_EVENT_UNDO, "u", "back one turn"},
    {"U\x12", {0}, TELL, FD_EVENT_REDO, "U, Ctrl-R", "forward again"},
    {"r", {0}, TELL, FD_EVENT_RETRY, "r", "tell it differently"},
    {"O", {0}, TELL, FD_EVENT_OTHERS, "O", "other dreams to pick"},
    {"E", {0}, TELL, FD_EVENT_EDIT, "E", "change the last dream"},
    {"M", {0}, TELL, FD_EVENT_MEMORY, "M", "what is remembered"},
    {"C", {0}, TELL, FD_EVENT_CONTEXT, "C", "what the model reads"},
    {"T", {0}, TELL, FD_EVENT_MAP, "T", "all turns ever taken"},
    {"\x02", {FD_KEY_PAGE_UP}, LEAF_UP, 0, "PgUp, PgDn", "page back, page on"},
    {"\x06", {FD_KEY_PAGE_DOWN}, LEAF_DOWN, 0, NULL, NULL},
    {"", {FD_KEY_WHEEL_UP}, WHEEL_UP, 0, NULL, NULL},
    {"", {FD_KEY_WHEEL_DOWN}, WHEEL_DOWN, 0, NULL, NULL},
    {"g", {FD_KEY_HOME}, FIRST, 0, "g, G", "the beginning, the end"},
    {"G", {FD_KEY_END}, LAST, 0, NULL, NULL},
    {"/", {0}, SEARCH, 0, "/", "search what was told"},
    {"n", {0}, NEXT, 0, "n, N", "next and former match"},
    {"N", {0}, PREVIOUS, 0, NULL, NULL},
    {"", {0}, TELL, 0, "/ in a list", "narrow it by a word"}, /* fd_modal_pick obeys it */
    {"", {FD_KEY_ESCAPE}, CLEAR, 0, "Esc", "close; end the search"},
    {"L", {0}, TELL, FD_EVENT_SAVES, "L", "the saved stories"},
    {"X", {0}, TELL, FD_EVENT_EXPORT, "X", "the story as a file"},
    {"S", {0}, TELL, FD_EVENT_SETTINGS, "S", "what may be set"},
    {"s", {0}, TELL, FD_EVENT_SAVE, "s", "where it is saved"},
    {"?", {FD_KEY_HELP}, HELP, 0, "?, F1", "these keys"},
    {"", {0}, TELL, 0, "Ctrl-L", "draw the screen anew"}, /* these two the terminal obeys */
    {"", {0}, TELL, 0, "Ctrl-Z", "set aside (fg: back)"},
    {"q", {0}, LEAVE, 0, "q, Ctrl-C", "leave; it is saved"},
};
enum { BINDINGS = sizeof bindings / sizeof bindings[0] };

bool fd_screen_help(fd_screen *s, fd_error *error) {
    fd_buffer text = FD_BUFFER(1 << 16);
    bool ok = true;
    for (size_t i = 0; ok && i < BINDINGS; i++)
        if (bindings[i].keys)
            ok = fd_buffer_addf(&text, error, "%-14s%s\n", bindings[i].keys, bindings[i].help);
    const fd_stretch stretch = {FD_AUTHORED, text.data};
    ok = ok && fd_modal_page(s->terminal, "Keys", &stretch, 1, error);
    fd_buffer_free(&text);
    s->stale = s->dirty = true;
    return ok;
}

static const binding *binding_of(fd_key k) {
    for (size_t i = 0; i < BINDINGS; i++) {
        const binding *b = &bindings[i];
        bool kind = k.kind != FD_KEY_NONE && (k.kind == b->kinds[0] || k.kind == b->kinds[1]);
        if (kind || fd_key_is(k, b->chars))
            return b;
    }
    return NULL;
}

static size_t option_of(fd_key k) {
    return k.code <= '9' ? k.code - '1' : k.code - 'a';
}

static void search(fd_screen *s) {
    s->searching = true;
    s->query = (fd_editor){"", 0, 0};
}

static bool command_key(fd_screen *s, fd_key k, fd_event *event, fd_error *error) {
    enum { WHEEL = 3 };
    if (k.kind == FD_KEY_PASTE) { /* words of the player's own, to be looked at before they go */
        open_entry(s);
        if (s->editing)
            (void)fd_line_obey(&s->line, k);
        return true;
    }
    const binding *b = binding_of(k);
    act what = b ? b->act : TELL;
    size_t choices = fd_screen_newest(s) ? fd_screen_newest(s)->choice_count : 0;
    bool down = what == LEAF_DOWN || what == WHEEL_DOWN || what == LAST || what == DOWN;
    switch (what) {
    case TELL:
        if (b && (b->event == FD_EVENT_UNDO || !must_wait(s)))
            event->kind = b->event;
        break;
    case ACCEPT:
        accept(s, event);
        break;
    case UP:
    case DOWN:
        step(s, down);
        break;
    case TAKE:
        if (waits(s) || option_of(k) < choices)
            take(s, option_of(k), event);
        else
            notice(s, "There is no such choice here.");
        break;
    case CLICK:
        click(s, k, event);
        break;
    case ENTRY:
        open_entry(s);
        break;
    case LEAF_UP:
    case LEAF_DOWN:
        fd_window_scroll(&s->window, &s->rows, down, leaf(s));
        break;
    case WHEEL_UP:
    case WHEEL_DOWN:
        fd_window_scroll(&s->window, &s->rows, down, WHEEL);
        break;
    case FIRST:
    case LAST:
        fd_window_scroll(&s->window, &s->rows, down, s->rows.count);
        break;
    case SEARCH:
        search(s);
        break;
    case NEXT:
    case PREVIOUS:
        if (!s->needle[0])
            notice(s, "Nothing is searched for; / searches.");
        else
            find(s, what == NEXT);
        break;
    case CLEAR:
        s->needle[0] = '\0';
        s->found.any = false;
        break;
    case HELP:
        return fd_screen_help(s, error);
    case LEAVE:
        s->leaving = true;
        break;
    }
    return true;
}

/* The line editor leaves the page to be scrolled. */
static bool page_key(fd_screen *s, fd_key k) {
    const binding *b = k.kind == FD_KEY_CHAR ? NULL : binding_of(k);
    fd_event none = {FD_EVENT_NONE, 0, ""};
    bool scrolls = b && b->act >= LEAF_UP && b->act <= WHEEL_DOWN;
    return scrolls && command_key(s, k, &none, NULL);
}

/* Ctrl-C asks like q, anywhere, and twice leaves. */
static bool interrupt(fd_screen *s, fd_key k, fd_event *event) {
    if (!fd_key_is_control(k, 'c'))
        return false;
    if (s->leaving)
        event->kind = FD_EVENT_QUIT;
    s->leaving = true;
    s->searching = false;
    return true;
}

/* A key shows at once what is still appearing, and then does what it always does: choices may be
 * known, and words typed ahead. Only what accepts the page as read does no more than show it. */
static bool shows_only(fd_screen *s, fd_key k) {
    s->revealing = s->dawning = false;
    const binding *b = binding_of(k);
    if (k.kind == FD_KEY_PASTE || (k.kind == FD_KEY_CHAR && k.code > ' '))
        fd_screen_offer_editor(s);
    return !s->editing && b && (b->act == ACCEPT || b->act == CLICK);
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
    if (s->revealing && shows_only(s, k))
        return true;
    free(s->notice);
    s->notice = NULL;
    if (s->searching)
        search_key(s, k);
    else if (!s->editing)
        return command_key(s, k, event, error);
    else if (!page_key(s, k))
        edit_key(s, k, event);
    return true;
}
