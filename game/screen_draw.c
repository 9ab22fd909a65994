/* screen_draw.c - the story, what it offers, the line being typed and the status line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/layout.h"
#include "game/line.h"
#include "game/rows_draw.h"
#include "game/screen.h"
#include "model/clock.h"

enum {
    FEWEST = 8, /* columns that say anything of the facts */
    ROOMY = 12  /* rows that leave one free above the status line */
};

static int height_of(const fd_screen *s) {
    return fd_terminal_height(s->terminal);
}

static int width_of(const fd_screen *s) {
    return fd_terminal_width(s->terminal);
}

static int put(const fd_screen *s, int y, int x, int limit, const char *text) {
    return fd_terminal_put(s->terminal, y, x, limit, text, strlen(text));
}

int fd_screen_margin(const fd_screen *s) {
    return height_of(s) >= 20;
}

/* The status line, the editor and, with room, a gap lie below. */
void fd_screen_measure_window(fd_screen *s) {
    int rows = height_of(s) - 1 - s->editing - (height_of(s) >= ROOMY) - fd_screen_margin(s);
    s->window.visible = rows > 1 ? (size_t)rows : 1;
}

/* As far as it is revealed. */
static void draw_story(const fd_screen *s, int y, const fd_row *r) {
    bool newest = r->scene + 1 == s->scene_count, changed = s->haunt.text == r->text;
    fd_row_style style = {.left = s->left,
                          .columns = s->column,
                          .justify = s->options.justify,
                          .needle = s->needle,
                          .end = r->end,
                          .dusk = newest ? fd_screen_dusk(s) : (size_t)-1,
                          .other = changed ? s->haunt.other : NULL,
                          .other_at = s->haunt.at};
    if (newest && s->revealing && r->end > s->shown)
        style.end =
            r->start < s->shown
                ? r->start + fd_text_cut(r->text + r->start, r->end - r->start, s->shown - r->start)
                : r->start;
    fd_row_draw(s->terminal, &s->scenes[r->scene], r, &style, y);
}

static void draw_offer(const fd_screen *s, int y, const fd_row *r) {
    const fd_told *now = fd_screen_newest(s);
    bool chosen = r->option == s->selected && !s->editing,
         free_typing = r->option >= now->choice_count;
    if (r->start == 0) {
        char number[8] = "…";
        if (!free_typing && r->option < 99)
            (void)snprintf(number, sizeof number, "%zu", r->option + 1);
        fd_terminal_use(s->terminal, chosen ? FD_LOOK_STRONG : FD_LOOK_FAINT);
        if (chosen)
            (void)put(s, y, s->left, width_of(s), "›");
        (void)put(s, y, s->left + (strlen(number) == 2 ? 1 : 2), width_of(s), number);
    }
    fd_terminal_use(s->terminal, s->answered && !chosen ? FD_LOOK_FAINT
                                 : chosen               ? FD_LOOK_SELECTED
                                                        : FD_LOOK_PLAIN);
    int x = fd_terminal_put(s->terminal, y, s->left + FD_LABEL, width_of(s), r->text + r->start,
                            r->end - r->start);
    if (free_typing && r->text[r->end] == '\0' && x + 6 <= width_of(s)) {
        fd_terminal_use(s->terminal, FD_LOOK_FAINT);
        (void)put(s, y, x, width_of(s), "  Tab");
    }
}

static void draw_row(const fd_screen *s, int y, const fd_row *r) {
    size_t length = r->end - r->start;
    bool unseen = s->revealing && r->scene + 1 == s->scene_count;
    if (r->kind == FD_ROW_TEXT) {
        draw_story(s, y, r);
    } else if (r->kind == FD_ROW_ACTION) {
        fd_terminal_use(s->terminal, FD_LOOK_PLAYER);
        (void)fd_terminal_put(s->terminal, y, s->left, width_of(s), r->text + r->start, length);
    } else if (r->kind == FD_ROW_BLANK || unseen) {
        return;
    } else if (r->kind == FD_ROW_OFFER) {
        draw_offer(s, y, r);
    } else if (r->kind == FD_ROW_QUESTION) {
        fd_terminal_use(s->terminal, FD_LOOK_STRONG);
        (void)fd_terminal_put(s->terminal, y, s->left, width_of(s), r->text + r->start, length);
    } else {
        fd_terminal_use(s->terminal, FD_LOOK_DREAD);
        fd_terminal_centre(s->terminal, y, r->text);
    }
}

/* Returns the cursor's column. */
static int draw_editor(const fd_screen *s) {
    static const char *const prompts[] = {[FD_ENTRY_TEXT] = "> ",
                                          [FD_ENTRY_DO] = "You do > ",
                                          [FD_ENTRY_SAY] = "You say > ",
                                          [FD_ENTRY_GO_ON] = "Let it go on "};
    const fd_told *now = fd_screen_newest(s);
    const fd_editor nothing = {"", 0, 0};
    bool goes_on = s->entry == FD_ENTRY_GO_ON;
    return fd_line_draw(s->terminal, height_of(s) - 2, s->left, s->left + s->column,
                        prompts[s->entry], goes_on ? &nothing : &s->line,
                        now->question && now->fallback ? now->fallback : "");
}

/* Whether Enter answers with what the author would. */
static bool takes_fallback(const fd_screen *s) {
    const fd_told *now = fd_screen_newest(s);
    return now->question && now->fallback && now->fallback[0] && s->line.length == 0;
}

/* What is hidden or possible right now, at the right end of the status line. */
static void status_hint(const fd_screen *s, char *hint, size_t size) {
    const char spinner[] = "|/-\\";
    const fd_told *now = fd_screen_newest(s);
    bool cycles = s->editing && s->entry != FD_ENTRY_TEXT;
    if (fd_screen_thinking(s))
        (void)snprintf(hint, size, "%c dreaming… %zu/%zu%s",
                       spinner[(size_t)(fd_clock_seconds() * 6.0) % 4], s->done, s->wanted,
                       s->turn > 0 && s->column > 50 ? " · u: give up" : "");
    else if (!s->revealing && !fd_window_at_end(&s->window, &s->rows))
        (void)snprintf(hint, size, "more ↓");
    else
        (void)snprintf(hint, size, "%s%s%s", s->beside ? s->beside : "",
                       s->beside && s->beside[0] ? " · " : "",
                       cycles       ? "Enter sends · Tab: do, say, go on"
                       : s->editing ? takes_fallback(s) ? "Enter takes it" : "Enter sends"
                       : now && now->free && !s->revealing && s->column > 50
                           ? "Tab: your own words · ? help"
                           : "? help");
}

/* The facts, as many as fit: the last ones give way first. */
static void draw_facts(const fd_screen *s, int y, int limit) {
    char line[1024];
    for (int facts = 4; facts > 1; facts--) {
        (void)snprintf(line, sizeof line, "%s · turn %zu%s%s%s%s", s->title, s->turn,
                       facts > 2 ? " · seed " : "", facts > 2 ? s->seed : "",
                       facts > 3 && s->model[0] ? " · " : "", facts > 3 ? s->model : "");
        if (s->left + (int)fd_text_width(line, strlen(line)) <= limit)
            break;
        (void)snprintf(line, sizeof line, "%s", s->title);
    }
    (void)fd_terminal_put_cut(s->terminal, y, s->left, limit, line);
}

/* A sentence in as many rows as it takes, the last of them `last`, if some of the story can still
 * be seen. Returns the first. */
static int draw_notice(const fd_screen *s, const char *sentence, int last) {
    int limit = s->left + s->column, most = last > 2 ? last - 1 : 1, first = last;
    fd_lines lines = {NULL, 0, 0};
    fd_terminal_use(s->terminal, FD_LOOK_STRONG);
    if (fd_wrap(sentence, strlen(sentence), (size_t)s->column, &lines, NULL) && lines.count > 1)
        first = (int)lines.count < most ? last + 1 - (int)lines.count : last + 1 - most;
    for (int y = first; y < last; y++) {
        const fd_line *line = &lines.items[y - first];
        (void)fd_terminal_put(s->terminal, y, s->left, limit, sentence + line->start,
                              line->end - line->start);
    }
    const char *rest = sentence + (first < last ? lines.items[last - first].start : 0);
    (void)fd_terminal_put_cut(s->terminal, last, s->left, limit, rest);
    free(lines.items);
    return first;
}

/* The status, or what there is to be said in its place; above it, and the line being typed, while a
 * dream is awaited, or when it wants several rows there. Returns the first row that it takes. */
static int draw_status(const fd_screen *s) {
    int y = height_of(s) - 1, limit = s->left + s->column;
    if (s->searching)
        return y;
    bool waits = fd_screen_thinking(s) && height_of(s) >= ROOMY;
    bool wide = s->notice && (int)fd_text_width(s->notice, strlen(s->notice)) > s->column;
    bool above = s->notice && (waits || (s->editing && wide));
    if (s->leaving)
        return draw_notice(s, s->column > 32 ? "Leave? The story is saved. y/n" : "Leave? y/n", y);
    if (s->notice && !above)
        return draw_notice(s, s->notice, y);
    int first = above ? draw_notice(s, s->notice, y - 1 - s->editing) : y;
    char hint[160];
    status_hint(s, hint, sizeof hint);
    int columns = (int)fd_text_width(hint, strlen(hint));
    fd_terminal_use(s->terminal, FD_LOOK_FAINT);
    if (columns <= s->column)
        (void)put(s, y, limit - columns, limit, hint);
    if (limit - columns - 2 > s->left + FEWEST)
        draw_facts(s, y, limit - columns - 2);
    return first;
}

void fd_screen_draw(fd_screen *s) {
    int x = 0;
    fd_terminal_clear(s->terminal);
    int end = draw_status(s);
    for (size_t i = 0; i < s->window.visible && s->window.top + i < s->rows.count; i++)
        if (fd_screen_margin(s) + (int)i < end)
            draw_row(s, fd_screen_margin(s) + (int)i, &s->rows.items[s->window.top + i]);
    if (s->editing)
        x = draw_editor(s);
    int y = s->editing && !s->leaving ? height_of(s) - 2 : -1;
    if (s->searching) {
        y = height_of(s) - 1;
        x = fd_line_draw(s->terminal, y, s->left, s->left + s->column, "/", &s->query, s->needle);
    }
    fd_terminal_show(s->terminal, y, x);
    s->dirty = false;
}
