/* screen_title.c - the title page, and questions about the program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/layout.h"
#include "game/sanitise.h"
#include "game/screen.h"

static const char word[] = "FEVERDREAM";
enum { LETTERS = sizeof word - 1, FLICKER_MS = 120 };

/* Letters burn low for a moment, each seldom. */
static void flicker(fd_screen *s) {
    if (s->options.calm)
        s->low = 0;
    else if (fd_haunt_chance(&s->haunt, 12))
        s->low = 1u << fd_random_below(s->haunt.key, s->haunt.drawn++, LETTERS);
    else if (fd_haunt_chance(&s->haunt, 2))
        s->low = 0;
}

/* The word, and below it what remains of it as one falls asleep. */
static int draw_word(const fd_screen *s, int y) {
    static const char *const remains[] = {"f  e  v     r  d  r  e     m",
                                          "   e     .     d     e  .   ",
                                          ".        .        .         "};
    int lines = fd_terminal_height(s->terminal) >= 18 ? 4 : 1;
    int width = fd_terminal_width(s->terminal), apart = width >= 32 ? 3 : 1;
    int left = width > LETTERS * apart ? (width - (LETTERS - 1) * apart - 1) / 2 : 0;
    for (int i = 0; i < LETTERS; i++) {
        fd_terminal_use(s->terminal, s->low >> i & 1 ? FD_LOOK_EMBER : FD_LOOK_DREAD);
        (void)fd_terminal_put(s->terminal, y, left + i * apart, width, &word[i], 1);
    }
    fd_terminal_use(s->terminal, FD_LOOK_FAINT);
    for (int i = 1; i < lines && apart > 1; i++)
        fd_terminal_centre(s->terminal, y + i, remains[i - 1]);
    return y + lines;
}

/* Draws the note in the middle and moves *y below it. */
static bool draw_note(const fd_screen *s, int *y, const char *note, fd_error *error) {
    fd_lines lines = {NULL, 0, 0};
    int width = fd_terminal_width(s->terminal), height = fd_terminal_height(s->terminal);
    size_t columns = s->column < 60 ? (size_t)s->column : 60;
    bool ok = fd_wrap(note, strlen(note), columns, &lines, error);
    fd_terminal_use(s->terminal, FD_LOOK_PLAIN);
    for (size_t i = 0; ok && i < lines.count && *y < height - 2; i++, ++*y) {
        const char *line = note + lines.items[i].start;
        size_t length = lines.items[i].end - lines.items[i].start;
        int used = (int)fd_text_width(line, length);
        (void)fd_terminal_put(s->terminal, *y, (width - used) / 2, width, line, length);
    }
    free(lines.items);
    return ok;
}

static bool draw_title(fd_screen *s, const char *note, fd_error *error) {
    int height = fd_terminal_height(s->terminal), width = fd_terminal_width(s->terminal);
    bool roomy = height >= 18, tight = height < 10;
    char facts[1024];
    fd_terminal_clear(s->terminal);
    int y = draw_word(s, tight ? 0 : height < 14 ? 1 : height / 4) + (tight ? 0 : 1);
    fd_terminal_use(s->terminal, FD_LOOK_STRONG);
    fd_terminal_centre(s->terminal, y, s->title);
    (void)snprintf(facts, sizeof facts, "seed %s%s%s", s->seed, s->model[0] ? " · " : "", s->model);
    fd_terminal_use(s->terminal, FD_LOOK_FAINT);
    y += roomy ? 2 : 1;
    fd_terminal_centre(s->terminal, y, facts);
    y += tight ? 1 : 2;
    if (!draw_note(s, &y, note, error))
        return false;
    fd_terminal_use(s->terminal, FD_LOOK_PLAIN);
    fd_terminal_centre(s->terminal, height - (tight ? 1 : 2),
                       width < 32 ? "Enter  ?  q" : "Enter begins   ? help   q quits");
    fd_terminal_show(s->terminal, -1, 0);
    return true;
}

bool fd_screen_title(void *self, const fd_status_line *status, const char *note, bool *quit,
                     fd_error *error) {
    fd_screen *s = self;
    char *clean = fd_sanitise(note, strlen(note), error);
    bool ok = clean && fd_screen_status(s, status, error);
    *quit = false;
    for (bool done = false; ok && !done;) {
        fd_key k;
        fd_measure(s->terminal, &s->left, &s->column);
        flicker(s);
        ok = draw_title(s, clean, error);
        *quit = !fd_terminal_key(s->terminal, FLICKER_MS, &k) || fd_key_is(k, "q") ||
                fd_key_is_control(k, 'c');
        done = *quit || k.kind == FD_KEY_ENTER || fd_key_is(k, " ");
        if (ok && !done && (fd_key_is(k, "?") || k.kind == FD_KEY_HELP))
            ok = fd_screen_help(s, error);
    }
    free(clean);
    s->stale = true;
    return ok;
}

/* --- a question about the program --- */

typedef struct inquiry {
    const char *question;
    const char *const *answers;
    size_t count, selected;
} inquiry;

static bool draw_question(fd_screen *s, const inquiry *asked, fd_error *error) {
    int height = fd_terminal_height(s->terminal), width = fd_terminal_width(s->terminal);
    bool tight = height < 14;
    fd_terminal_clear(s->terminal);
    int y = draw_word(s, tight ? 0 : height / 8) + (tight ? 0 : 1);
    if (!draw_note(s, &y, asked->question, error))
        return false;
    y += !tight;
    for (size_t i = 0; i < asked->count && y < height - 1; i++, y++) {
        char number[32];
        bool chosen = i == asked->selected;
        int left = width > 60 ? (width - 60) / 2 : 0;
        (void)snprintf(number, sizeof number, "%s %zu", chosen ? "›" : " ", i + 1);
        fd_terminal_use(s->terminal, chosen ? FD_LOOK_STRONG : FD_LOOK_FAINT);
        (void)fd_terminal_put(s->terminal, y, left, width, number, strlen(number));
        fd_terminal_use(s->terminal, chosen ? FD_LOOK_SELECTED : FD_LOOK_PLAIN);
        (void)fd_terminal_put_cut(s->terminal, y, left + FD_LABEL, width, asked->answers[i]);
    }
    fd_terminal_use(s->terminal, FD_LOOK_FAINT);
    fd_terminal_centre(s->terminal, height - 1, "Enter takes it   q quits");
    fd_terminal_show(s->terminal, -1, 0);
    return true;
}

/* Returns whether it is answered. */
static bool answer(inquiry *asked, fd_key k) {
    if (fd_key_is(k, "123456789") && k.code - '1' < asked->count) {
        asked->selected = k.code - '1';
        return true;
    }
    bool up = k.kind == FD_KEY_UP || fd_key_is(k, "k");
    bool down = k.kind == FD_KEY_DOWN || fd_key_is(k, "j");
    if (up && asked->selected > 0)
        asked->selected--;
    if (down && asked->selected + 1 < asked->count)
        asked->selected++;
    return k.kind == FD_KEY_ENTER || fd_key_is(k, " ");
}

bool fd_screen_ask(void *self, const char *question, const char *const *answers, size_t count,
                   size_t *chosen, bool *quit, fd_error *error) {
    fd_screen *s = self;
    inquiry asked = {question, answers, count, 0};
    bool ok = true;
    *quit = false;
    for (bool done = false; ok && !done;) {
        fd_key k;
        fd_measure(s->terminal, &s->left, &s->column);
        ok = draw_question(s, &asked, error);
        *quit = !fd_terminal_key(s->terminal, FD_KEY_WAIT_MS, &k) || fd_key_is(k, "q") ||
                fd_key_is_control(k, 'c');
        done = *quit || answer(&asked, k);
    }
    *chosen = asked.selected;
    return ok;
}
