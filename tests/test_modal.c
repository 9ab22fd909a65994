/* Lists, pages and texts to be written, on a terminal: what keys lead to. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "game/modal.h"
#include "tests/pty.h"

enum { QUIET_MS = 120 };

typedef struct result {
    bool ok, kept;
    size_t picked;
    char key;
    char text[512];
} result;

static const fd_item items[] = {{"The well", "Old and deep.", "3 turns", 0, false},
                                {"The stair", "", "", 1, true},
                                {"The attic", "It is warm.", "", 2, false}};
static const fd_list list = {"Turns", "d deletes", "d", items, 3, 1, NULL};

/* Items of which one more comes at every look. */
static bool look(void *context, int wait_ms, const fd_item **now, size_t *count, bool *more,
                 fd_error *error) {
    size_t *there = context;
    (void)wait_ms, (void)error;
    *there += *there < 3;
    *now = items;
    *count = *there;
    *more = *there < 3;
    return true;
}

static char told[] = "The well is old.\n\nIt is deep.\n\nIt waits.\n\nIt hums.";
static const fd_stretch stretches[] = {{FD_AUTHORED, told}};

typedef enum view { PICK, COMING, PAGE, WRITE } view;

static void show(view what, fd_terminal *terminal, result *to) {
    fd_buffer text = FD_BUFFER(1000);
    size_t there = 0;
    const fd_coming coming = {look, &there, "Another is told"};
    const fd_list growing = {"Turns", "", "", items, 0, 0, &coming};
    if (what == PICK)
        to->ok = fd_modal_pick(terminal, &list, &to->picked, &to->key, NULL);
    else if (what == COMING)
        to->ok = fd_modal_pick(terminal, &growing, &to->picked, &to->key, NULL);
    else if (what == PAGE)
        to->ok = fd_modal_page(terminal, "Given", stretches, 1, NULL);
    else
        to->ok = fd_buffer_add_text(&text, "one two\nthree", NULL) &&
                 fd_modal_write(terminal, "Memory", &text, 40, &to->kept, NULL);
    (void)snprintf(to->text, sizeof to->text, "%s", fd_buffer_text(&text));
    fd_buffer_free(&text);
}

/* Sends the keys, one string after the other; what the terminal saw is in `seen`. */
static result act(view what, const char *const *keys, char *seen, size_t size) {
    int ends[2];
    fd_pty pty;
    result got = {0};
    assert_int_equal(pipe(ends), 0);
    if (fd_pty_fork(&pty, "xterm-256color", 10, 40) == 0) {
        const fd_terminal_options options = {FD_THEME_AUTO, true};
        fd_terminal *terminal = fd_terminal_open(&options, NULL);
        if (terminal) {
            show(what, terminal, &got);
            fd_terminal_close(terminal);
        }
        ssize_t written = write(ends[1], &got, sizeof got);
        _exit(written != sizeof got);
    }
    (void)close(ends[1]);
    seen[0] = '\0';
    while (!fd_pty_readable(&pty, 10000))
        fail_msg("The view is not shown.");
    fd_pty_drain(&pty, QUIET_MS, seen, size);
    for (; *keys; keys++) {
        fd_pty_send(&pty, *keys);
        fd_pty_drain(&pty, QUIET_MS, seen, size);
    }
    struct pollfd answer = {ends[0], POLLIN, 0};
    if (poll(&answer, 1, 10000) <= 0) {
        (void)kill(pty.child, SIGKILL);
        fail_msg("The view did not end.");
    }
    assert_int_equal(read(ends[0], &got, sizeof got), sizeof got);
    (void)close(ends[0]);
    assert_int_equal(fd_pty_end(&pty), 0);
    assert_true(got.ok);
    return got;
}

#define ACT(what, ...) act(what, (const char *const[]){__VA_ARGS__, NULL}, seen, sizeof seen)

static char seen[1 << 16];

static void a_list_is_picked_from(void **state) {
    (void)state;
    result got = ACT(PICK, "\r");
    assert_int_equal(got.picked, 1); /* where it opens */
    assert_int_equal(got.key, '\n');
    assert_non_null(strstr(seen, "Turns"));
    assert_non_null(strstr(seen, "3 turns"));
    got = ACT(PICK, "j", "d");
    assert_int_equal(got.picked, 2);
    assert_int_equal(got.key, 'd');
    assert_non_null(strstr(seen, "It is warm."));
    assert_int_equal(ACT(PICK, "\033OA", "\033OA", "\r").picked, 0);
    assert_int_equal(ACT(PICK, "G", "g", "q").picked, list.count);
    assert_int_equal(ACT(PICK, "\033").picked, list.count);
    assert_int_equal(ACT(PICK, "\003").picked, list.count);
    got = ACT(PICK, "j", "\033[200~d\rgq\003\033[201~", "d");
    assert_int_equal(got.picked, 2);
    /* What is typed after / narrows it, j and q too; Esc shows all again. */
    assert_int_equal(ACT(PICK, "/", "AT", "\r").picked, 2);
    assert_int_equal(ACT(PICK, "/the ", "\033OB", "\r").picked, 1);
    got = ACT(PICK, "/attjq", "\r", "\x7f\x7f", "d\x7f", "\r");
    assert_int_equal(got.picked, 2);
    assert_int_equal(got.key, '\n');
    assert_non_null(strstr(seen, "Nothing like that is here."));
    assert_int_equal(ACT(PICK, "/attic", "\033", "\033OA", "\r").picked, 1);
    assert_int_equal(ACT(PICK, "/none", "\033", "\r").picked, 1); /* where it was */
    assert_int_equal(ACT(PICK, "/well", "\x15", "\r").picked, 1);
    assert_int_equal(ACT(PICK, "/attic", "\033", "q").picked, list.count);
    assert_int_equal(ACT(PICK, "/t", "\033[<0;8;5M\033[<0;8;5m", "\033[<0;8;5M\033[<0;8;5m").picked,
                     2);
    /* A click selects, a second picks. */
    assert_int_equal(ACT(PICK, "\033[<0;8;5M\033[<0;8;5m", "\033[<0;8;5M\033[<0;8;5m").picked, 2);
}

static void a_list_grows_while_it_is_shown(void **state) {
    (void)state;
    result got = ACT(COMING, "G", "\r");
    assert_int_equal(got.picked, 2);
    assert_non_null(strstr(seen, "Another is told"));
    assert_non_null(strstr(seen, "The attic"));
    assert_int_equal(ACT(COMING, "q").picked, 3);
}

static void a_page_is_scrolled_and_searched(void **state) {
    (void)state;
    (void)ACT(PAGE, "q");
    assert_non_null(strstr(seen, "The well is old."));
    assert_null(strstr(seen, "It hums."));
    (void)ACT(PAGE, "G", "q");
    assert_non_null(strstr(seen, "hums."));
    (void)ACT(PAGE, "/", "HUMS\r", "\033");
    assert_non_null(strstr(seen, "hums"));
    (void)ACT(PAGE, "/", "\033[200~HU\r\033[201~", "MS\r", "\033");
    assert_non_null(strstr(seen, "hums"));
    (void)ACT(PAGE, "/", "attic\r", "q");
    assert_non_null(strstr(seen, "Nothing like that is here."));
}

static void a_text_is_written(void **state) {
    (void)state;
    result got = ACT(WRITE, " four\x13");
    assert_true(got.kept);
    assert_string_equal(got.text, "one two\nthree four");
    /* Ctrl-A, up, Ctrl-K, a newline; Ctrl-W. */
    assert_string_equal(ACT(WRITE, "\x01", "\033OA", "\x0bzero\r", "end", "\x17x\x13").text,
                        "zero\nx\nthree");
    assert_string_equal(ACT(WRITE, "\x15", "\x19", "\x7f", "\x13").text, "one two\nthre");
    assert_string_equal(ACT(WRITE, "\033[1;5D", "\033[1;5D", "\033b", "my \x13").text,
                        "my one two\nthree");
    got = ACT(WRITE, "lost", "\033", "n");
    assert_false(got.kept);
    assert_string_equal(got.text, "one two\nthree");
    assert_non_null(strstr(seen, "Keep the changes?"));
    /* What is pasted is text, in pieces or not, whatever the bytes would be as keys. */
    got = ACT(WRITE, "\033[200~ a\rb\x13\033[A", "\033OAc\033[20", "1~\x13");
    assert_true(got.kept);
    assert_string_equal(got.text, "one two\nthree a\nbAc");
    assert_non_null(strstr(seen, "\033[?2004h"));
    assert_null(strstr(strstr(seen, "\033[?2004l"), "\033[?2004h"));
    assert_string_equal(
        ACT(WRITE, "\033[200~ far more than there is room for\033[201~", "\x13").text,
        "one two\nthree far more than there is roo");
    assert_string_equal(ACT(WRITE, "\033[200~ a b\033[201~", "\x19", "!\x13").text,
                        "one two\nthree!");
    got = ACT(WRITE, " more", "\033", "\r");
    assert_true(got.kept);
    assert_string_equal(got.text, "one two\nthree more");
    assert_false(ACT(WRITE, "\033").kept); /* nothing changed: nothing asked */
}

int main(void) {
    (void)alarm(120); /* a view that never ends is an end, too */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_picked_from),
        cmocka_unit_test(a_list_grows_while_it_is_shown),
        cmocka_unit_test(a_page_is_scrolled_and_searched),
        cmocka_unit_test(a_text_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
