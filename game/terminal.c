#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif
#define NCURSES_NOMACROS
#include "game/terminal.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <utf8proc.h>
#include <wchar.h>

#include "game/layout.h"
#include "game/palette.h"
#include "game/paste.h"
#include "model/clock.h"
#include "model/memory.h"

enum { STOPS = 3, SIGNALS = 65 /* and one more than there are */ };
static const int stop_signals[STOPS] = {SIGHUP, SIGTERM, SIGINT};

/* Keys that curses does not know by itself. */
enum { WORD_LEFT_CODE = KEY_MAX + 1, WORD_RIGHT_CODE, PASTE_CODE };

enum { PASTE_AT_ONCE = 1 << 16 /* bytes, between two looks at the clock and the signals */ };
static const double LONGEST_GAP = 2.0; /* seconds inside a paste; a terminal may never end one */

struct fd_terminal {
    SCREEN *screen;
    struct sigaction stops_before[STOPS], crashes_before[SIGNALS], aside_before;
    bool has_mouse;
    bool painted[FD_LOOKS]; /* which looks have a pair of colours: look + 1 */
    bool italic, dim;
    bool pasting; /* bytes that come are text */
    double pasted;
    fd_paste paste;
    char *text; /* of the last paste */
};

/* Signals reach a program only through handlers, which see nothing else than these. */
static volatile sig_atomic_t stop_asked = 0, aside_asked = 0;
static struct rescue {
    struct termios modes;
    char bytes[256]; /* what puts the terminal's picture back */
    size_t length;
} rescue;

/* --- life --- */

static void ask_stop(int number) {
    (void)number;
    stop_asked = 1;
}

static void ask_aside(int number) {
    (void)number;
    aside_asked = 1;
}

/* Only what may be called in a handler. The handler is gone once it was entered: the signal, raised
 * again, ends the process as it would have. */
static void crash(int number) {
    ssize_t written = write(STDOUT_FILENO, rescue.bytes, rescue.length);
    (void)written;
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &rescue.modes);
    (void)raise(number);
}

/* Linux's own, whose mouse is not the terminal's: curses would load a library for it, which leaks.
 */
static bool is_console(void) {
    const char *terminal = getenv("TERM");
    return terminal && strncmp(terminal, "linux", 5) == 0;
}

static bool has_capability(const char *name) {
    char own[16];
    (void)snprintf(own, sizeof own, "%s", name);
    const char *value = tigetstr(own);
    return value && value != (const char *)-1;
}

/* Without the "$<5>" that ask for delays. */
static void keep_bytes(const char *value) {
    while (*value && rescue.length < sizeof rescue.bytes)
        if (value[0] == '$' && value[1] == '<' && strchr(value, '>'))
            value = strchr(value, '>') + 1;
        else
            rescue.bytes[rescue.length++] = *value++;
}

static void keep_capability(const char *name) {
    char own[16];
    (void)snprintf(own, sizeof own, "%s", name);
    if (has_capability(name))
        keep_bytes(tigetstr(own));
}

/* Whether a signal ends a program that does not expect it: all do but these. */
static bool is_deadly(int number) {
    static const int others[] = {SIGHUP,  SIGTERM, SIGINT,   SIGKILL, SIGSTOP, SIGTSTP,
                                 SIGTTIN, SIGTTOU, SIGWINCH, SIGCHLD, SIGCONT, SIGURG};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (number == others[i])
            return false;
    return true;
}

/* Those that are ignored stay so; so is a download's other end that hangs up. */
static void catch_crashes(fd_terminal *t) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    (void)sigemptyset(&action.sa_mask);
    action.sa_handler = crash;
    action.sa_flags = (int)(SA_RESETHAND | SA_NODEFER);
    for (int number = 1; number < SIGNALS && number <= SIGRTMAX; number++)
        if (is_deadly(number) && sigaction(number, NULL, &t->crashes_before[number]) == 0 &&
            t->crashes_before[number].sa_handler != SIG_IGN)
            (void)sigaction(number, &action, NULL);
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
}

static void release_crashes(const fd_terminal *t) {
    for (int number = 1; number < SIGNALS && number <= SIGRTMAX; number++)
        if (is_deadly(number))
            (void)sigaction(number, &t->crashes_before[number], NULL);
}

static void catch_signals(fd_terminal *t) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    (void)sigemptyset(&action.sa_mask);
    action.sa_handler = ask_stop;
    stop_asked = aside_asked = 0;
    for (int i = 0; i < STOPS; i++)
        (void)sigaction(stop_signals[i], &action, &t->stops_before[i]);
    rescue.length = 0;
    keep_capability("sgr0");
    keep_capability("cnorm");
    keep_capability("rmkx");
    keep_capability("rmcup");
    keep_bytes(FD_PASTE_OFF);
    if (t->has_mouse)
        keep_bytes("\033[?1006l\033[?1000l");
    catch_crashes(t);
    (void)sigaction(SIGTSTP, NULL, &t->aside_before);
    action.sa_handler = ask_aside;
    if (t->aside_before.sa_handler != SIG_IGN) /* a shell without jobs ignores it */
        (void)sigaction(SIGTSTP, &action, NULL);
}

/* Only characters: numbers in files keep their dots. A bare "C" locale, as containers have, would
 * show nothing but ASCII. */
static void set_characters(void) {
    (void)setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0 && strcmp(setlocale(LC_CTYPE, NULL), "C") == 0)
        (void)setlocale(LC_CTYPE, "C.UTF-8");
}

static void set_keys(void) {
    static const struct {
        const char *bytes;
        int code;
    } keys[] = {{"\033[1;5D", WORD_LEFT_CODE},  {"\033[1;3D", WORD_LEFT_CODE},
                {"\033[1;5C", WORD_RIGHT_CODE}, {"\033[1;3C", WORD_RIGHT_CODE},
                {"\033b", WORD_LEFT_CODE},      {"\033f", WORD_RIGHT_CODE},
                {FD_PASTE_BEGINS, PASTE_CODE}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        (void)define_key(keys[i].bytes, keys[i].code);
}

/* The Linux console is black; others say so in COLORFGBG ("15;0"), or not at all. */
static fd_theme find_theme(void) {
    const char *colours = getenv("COLORFGBG");
    const char *ground = colours ? strrchr(colours, ';') : NULL;
    if (is_console())
        return FD_THEME_DARK;
    if (!ground || !ground[1])
        return FD_THEME_AUTO;
    long number = strtol(ground + 1, NULL, 10);
    return number == 7 || number == 15 ? FD_THEME_LIGHT : FD_THEME_DARK;
}

/* The number by which curses knows a colour of the palette. */
static int curses_colour(int colour) {
    bool direct = COLORS > 256; /* takes red, green and blue themselves */
    return direct && colour >= 16 ? (int)fd_palette_rgb(colour) : colour;
}

static void set_colours(fd_terminal *t, fd_theme theme) {
    theme = theme == FD_THEME_AUTO ? find_theme() : theme;
    memset(t->painted, 0, sizeof t->painted);
    if (theme == FD_THEME_NONE || !has_colors())
        return;
    (void)start_color();
    (void)use_default_colors();
    for (int i = 0; i < FD_LOOKS; i++) {
        fd_look look = (fd_look)i;
        fd_paint paint = COLORS >= 256 ? fd_palette(theme, look) : fd_palette_of_eight(theme, look);
        t->painted[i] =
            (paint.ink != FD_OWN || paint.ground != FD_OWN) &&
            init_extended_pair(i + 1, curses_colour(paint.ink), curses_colour(paint.ground)) == OK;
    }
}

/* Past curses, which knows nothing of it. Terminals that do not either ignore it. */
static void send_mode(const char *bytes) {
    ssize_t written = write(STDOUT_FILENO, bytes, strlen(bytes));
    (void)written;
}

static void set_modes(fd_terminal *t) {
    (void)raw(); /* Ctrl-C is a key */
    (void)noecho();
    (void)nonl();
    (void)keypad(stdscr, TRUE);
    (void)set_escdelay(25);
    set_keys();
    send_mode(FD_PASTE_ON);
    t->italic = (termattrs() & A_ITALIC) != 0;
    t->dim = (termattrs() & A_DIM) != 0;
}

void fd_terminal_adopt(fd_terminal *t, const fd_terminal_options *options) {
    const mmask_t buttons = BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED;
    if (t->has_mouse) {
        (void)mousemask(options->mouse ? buttons : 0, NULL);
        (void)mouseinterval(0);
    }
    set_colours(t, options->theme);
    (void)clearok(curscr, TRUE); /* what stands there has the colours from before */
}

fd_terminal *fd_terminal_open(const fd_terminal_options *options, fd_error *error) {
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
        tcgetattr(STDIN_FILENO, &rescue.modes) != 0) {
        fd_fail(error, FD_FAILED, "The screen wants a terminal for input and output.");
        return NULL;
    }
    fd_terminal *t = fd_alloc(1, sizeof *t, "the screen", error);
    if (!t)
        return NULL;
    set_characters();
    t->screen = newterm(NULL, stdout, stdin);
    if (!t->screen || !has_capability("cup")) { /* without moving the cursor there is no page */
        if (t->screen) {
            (void)endwin();
            delscreen(t->screen);
        }
        free(t);
        return NULL;
    }
    t->has_mouse = has_capability("kmous") && !is_console();
    catch_signals(t); /* after curses has set its own handlers, which would end the program */
    set_modes(t);
    fd_terminal_adopt(t, options);
    return t;
}

void fd_terminal_close(fd_terminal *t) {
    send_mode(FD_PASTE_OFF);
    (void)endwin();
    delscreen(t->screen);
    (void)sigaction(SIGTSTP, &t->aside_before, NULL);
    for (int i = 0; i < STOPS; i++)
        (void)sigaction(stop_signals[i], &t->stops_before[i], NULL);
    release_crashes(t);
    fd_paste_free(&t->paste);
    free(t->text);
    free(t);
}

/* --- drawing --- */

int fd_terminal_height(const fd_terminal *t) {
    (void)t;
    return getmaxy(stdscr);
}

int fd_terminal_width(const fd_terminal *t) {
    (void)t;
    return getmaxx(stdscr);
}

void fd_terminal_clear(fd_terminal *t) {
    (void)t;
    (void)attr_set(A_NORMAL, 0, NULL);
    (void)erase();
}

void fd_terminal_use(fd_terminal *t, fd_look look) {
    attr_t dim = t->dim ? A_DIM : A_NORMAL;
    attr_t dream = t->italic                   ? A_ITALIC
                   : t->painted[FD_LOOK_DREAM] ? A_NORMAL
                   : t->dim                    ? A_DIM
                                               : A_BOLD;
    const attr_t looks[FD_LOOKS] = {
        [FD_LOOK_PLAIN] = A_NORMAL,
        [FD_LOOK_DREAM] = dream,
        [FD_LOOK_PLAYER] = A_BOLD,
        [FD_LOOK_FAINT] = t->painted[FD_LOOK_FAINT] ? A_NORMAL : dim,
        [FD_LOOK_STRONG] = A_BOLD,
        [FD_LOOK_SELECTED] = A_REVERSE | A_BOLD,
        [FD_LOOK_DREAD] = A_BOLD,
        [FD_LOOK_EMBER] = t->painted[FD_LOOK_EMBER] ? A_NORMAL : dim,
        [FD_LOOK_DUSK] = dream | (t->painted[FD_LOOK_DUSK] ? A_NORMAL : dim),
        [FD_LOOK_FOUND] = t->painted[FD_LOOK_FOUND] ? A_NORMAL : A_REVERSE,
    };
    (void)attr_set(looks[look], (short)(t->painted[look] ? (int)look + 1 : 0), NULL);
}

/* The cluster in wide characters; what the C library cannot show becomes U+FFFD. */
static int widen(const char *text, size_t length, wchar_t wide[8]) {
    int count = 0;
    for (size_t at = 0; at < length && count < 8;) {
        utf8proc_int32_t code;
        utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                 (utf8proc_ssize_t)(length - at), &code);
        bool good = step > 0 && wcwidth((wchar_t)code) >= 0;
        wide[count++] = good ? (wchar_t)code : (wchar_t)0xfffd;
        at += step > 0 ? (size_t)step : 1;
    }
    return count;
}

/* Every cluster is placed by itself, so that a width curses sees differently shifts nothing behind
 * it. */
int fd_terminal_put(fd_terminal *t, int y, int x, int limit, const char *text, size_t length) {
    (void)t;
    for (size_t at = 0; at < length;) {
        size_t width, step = fd_grapheme(text + at, length - at, &width);
        wchar_t wide[8];
        if (x + (int)width > limit)
            break;
        int count = widen(text + at, step, wide);
        if (width > 0)
            (void)mvaddnwstr(y, x, wide, count);
        x += (int)width;
        at += step;
    }
    return x;
}

int fd_terminal_put_cut(fd_terminal *t, int y, int x, int limit, const char *text) {
    size_t length = strlen(text);
    size_t room = limit > x ? (size_t)(limit - x) : 0;
    if (room == 0 || fd_text_width(text, length) <= room)
        return fd_terminal_put(t, y, x, limit, text, length);
    x = fd_terminal_put(t, y, x, limit, text, fd_text_fit(text, length, room - 1));
    return fd_terminal_put(t, y, x, limit, "…", strlen("…"));
}

void fd_terminal_centre(fd_terminal *t, int y, const char *text) {
    int columns = (int)fd_text_width(text, strlen(text)), width = fd_terminal_width(t);
    (void)fd_terminal_put_cut(t, y, columns < width ? (width - columns) / 2 : 0, width, text);
}

void fd_terminal_show(fd_terminal *t, int y, int x) {
    bool cursor = y >= 0;
    (void)curs_set(cursor);
    (void)move(cursor ? y : fd_terminal_height(t) - 1, cursor ? x : fd_terminal_width(t) - 1);
    (void)refresh();
}

/* --- keys --- */

/* Whether the terminal is gone: hung up, or readable without a byte to read. */
static bool hung_up(void) {
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    int bytes = 0;
    if (poll(&input, 1, 0) <= 0)
        return false;
    return (input.revents & ~POLLIN) != 0 ||
           (ioctl(STDIN_FILENO, FIONREAD, &bytes) == 0 && bytes == 0);
}

static fd_key_kind kind_of_code(wint_t code) {
    static const struct {
        wint_t code;
        fd_key_kind kind;
    } kinds[] = {{KEY_RESIZE, FD_KEY_REDRAW},
                 {KEY_ENTER, FD_KEY_ENTER},
                 {KEY_BACKSPACE, FD_KEY_BACKSPACE},
                 {KEY_DC, FD_KEY_DELETE},
                 {KEY_UP, FD_KEY_UP},
                 {KEY_DOWN, FD_KEY_DOWN},
                 {KEY_LEFT, FD_KEY_LEFT},
                 {KEY_RIGHT, FD_KEY_RIGHT},
                 {WORD_LEFT_CODE, FD_KEY_WORD_LEFT},
                 {WORD_RIGHT_CODE, FD_KEY_WORD_RIGHT},
                 {KEY_HOME, FD_KEY_HOME},
                 {KEY_END, FD_KEY_END},
                 {KEY_PPAGE, FD_KEY_PAGE_UP},
                 {KEY_NPAGE, FD_KEY_PAGE_DOWN},
                 {KEY_F(1), FD_KEY_HELP}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].code == code)
            return kinds[i].kind;
    return FD_KEY_OTHER;
}

static fd_key_kind kind_of_char(wint_t code) {
    switch (code) {
    case '\r':
    case '\n':
        return FD_KEY_ENTER;
    case '\t':
        return FD_KEY_TAB;
    case '\b':
    case 0x7f:
        return FD_KEY_BACKSPACE;
    case 0x1b:
        return FD_KEY_ESCAPE;
    default:
        return FD_KEY_CHAR;
    }
}

/* Curses' own handler puts the terminal back before the process stops, and takes it again after. */
static void set_aside(const fd_terminal *t) {
    struct sigaction ours;
    send_mode(FD_PASTE_OFF);
    (void)sigaction(SIGTSTP, &t->aside_before, &ours);
    (void)raise(SIGTSTP);
    (void)sigaction(SIGTSTP, &ours, NULL);
    send_mode(FD_PASTE_ON);
}

static void obey(const fd_terminal *t, fd_key *key) {
    bool redraw = fd_key_is_control(*key, 'l');
    bool suspend = fd_key_is_control(*key, 'z') || aside_asked;
    aside_asked = 0;
    if (suspend)
        set_aside(t);
    if (redraw || suspend) {
        (void)clearok(curscr, TRUE);
        key->kind = FD_KEY_REDRAW;
    }
}

/* The wheel comes as the fourth and the fifth button. */
static void read_mouse(fd_key *key) {
    MEVENT event;
    if (getmouse(&event) != OK)
        return;
    key->y = event.y;
    key->x = event.x;
    if (event.bstate & BUTTON4_PRESSED)
        key->kind = FD_KEY_WHEEL_UP;
    else if (event.bstate & BUTTON5_PRESSED)
        key->kind = FD_KEY_WHEEL_DOWN;
    else if (event.bstate & BUTTON1_PRESSED)
        key->kind = FD_KEY_CLICK;
}

/* Takes what came of the paste, past curses, which would find keys in it. Not a byte more is read
 * than belongs to it. */
static void read_paste(fd_terminal *t, int wait_ms, fd_key *key) {
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    char byte;
    bool ends = false;
    for (int i = 0; i < PASTE_AT_ONCE && !ends && poll(&input, 1, i ? 0 : wait_ms) > 0 &&
                    read(STDIN_FILENO, &byte, 1) == 1;
         i++) {
        t->pasted = fd_clock_seconds();
        ends = fd_paste_take(&t->paste, byte);
    }
    if (!ends && fd_clock_seconds() - t->pasted < LONGEST_GAP)
        return;
    t->pasting = false;
    t->text = fd_paste_text(&t->paste);
    key->kind = t->text ? FD_KEY_PASTE : FD_KEY_NONE;
    key->text = t->text;
}

static void begin_paste(fd_terminal *t) {
    t->pasting = true;
    t->pasted = fd_clock_seconds();
    fd_paste_begin(&t->paste);
}

/* The next key that curses knows; false when there was none. */
static bool read_key(fd_terminal *t, int wait_ms, fd_key *key) {
    wint_t code = 0;
    timeout(wait_ms);
    int got = get_wch(&code);
    key->code = (uint32_t)code;
    if (got == OK)
        key->kind = kind_of_char(code);
    else if (got == KEY_CODE_YES && code == KEY_MOUSE)
        read_mouse(key);
    else if (got == KEY_CODE_YES && code == PASTE_CODE)
        begin_paste(t);
    else if (got == KEY_CODE_YES)
        key->kind = kind_of_code(code);
    return got != ERR;
}

bool fd_terminal_key(fd_terminal *t, int wait_ms, fd_key *key) {
    free(t->text);
    t->text = NULL;
    *key = (fd_key){.kind = FD_KEY_NONE};
    bool came = !t->pasting && read_key(t, wait_ms, key);
    if (t->pasting)
        read_paste(t, came ? 0 : wait_ms, key);
    obey(t, key);
    return !stop_asked && (came || key->kind != FD_KEY_NONE || !hung_up());
}

bool fd_key_is(fd_key key, const char *set) {
    return key.kind == FD_KEY_CHAR && key.code > 0 && key.code < 0x80 && strchr(set, (int)key.code);
}

bool fd_key_is_control(fd_key key, char letter) {
    return key.kind == FD_KEY_CHAR && key.code == ((uint32_t)letter & 0x1f);
}
