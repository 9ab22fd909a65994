/* A key changes the screen at once, also while the model is busy. The program under test is the one
 * that FEVERDREAM names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "model/clock.h"
#include "tests/pty.h"

enum { KEYS = 200, ROUNDS = 3, CHOICES = 32 };
static const double MOST_MS = 50.0;

/* A page whose every choice leads to long dreams, told ahead while the page is read. */
static void write_story(const char *file) {
    FILE *story = fopen(file, "w");
    assert_non_null(story);
    (void)fputs(":: StoryData\n{\"start\": \"Hall\"}\n\n:: Hall\nThe hall is cold.\n\n", story);
    for (int i = 0; i < CHOICES; i++)
        (void)fprintf(story, "[[Door %d->Room %d]]\n", i, i);
    for (int i = 0; i < CHOICES; i++)
        (void)fprintf(story,
                      "\n:: Room %d\nRoom %d.\n\n{dream 900 \"You\": Nothing.}\n\n"
                      "{dream 900 \"You\": Nothing.}\n\n[[Back->Hall]]\n",
                      i, i);
    assert_int_equal(fclose(story), 0);
}

/* Seconds of processor that the process has used. */
static double used(pid_t child) {
    char name[64];
    unsigned long user = 0, system = 0;
    (void)snprintf(name, sizeof name, "/proc/%d/stat", (int)child);
    FILE *stat = fopen(name, "r");
    if (!stat)
        return 0.0;
    int read =
        fscanf(stat, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    (void)fclose(stat);
    return read == 2 ? (double)(user + system) / (double)sysconf(_SC_CLK_TCK) : 0.0;
}

static int by_size(const void *a, const void *b) {
    double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

/* The 99th percentile, in milliseconds, of the time from a key to the first changed byte. */
static double measure(const fd_pty *pty) {
    double times[KEYS];
    for (int i = 0; i < KEYS; i++) {
        double start = fd_clock_seconds();
        fd_pty_send(pty, i / 8 % 2 ? "k" : "j");
        assert_true(fd_pty_readable(pty, 5000));
        times[i] = (fd_clock_seconds() - start) * 1e3;
        fd_pty_drain(pty, 5, NULL, 0);
    }
    qsort(times, KEYS, sizeof times[0], by_size);
    return times[KEYS * 99 / 100];
}

static void keys_are_answered_while_the_model_works(void **state) {
    (void)state;
    const char *program = getenv("FEVERDREAM");
    char story[] = "/tmp/feverdream-latency-XXXXXX", home[] = "/tmp/feverdream-home-XXXXXX";
    fd_pty pty;
    if (!program)
        skip();
    int file = mkstemp(story);
    assert_true(file >= 0);
    (void)close(file);
    assert_non_null(mkdtemp(home));
    write_story(story);
    if (fd_pty_fork(&pty, "xterm-256color", 60, 80) == 0) {
        (void)setenv("FEVERDREAM_HOME", home, 1);
        (void)execl(program, program, "play", story, "--offline", "--calm", "--foresight", "64",
                    "--seed", "busy", "--save", "", (char *)NULL);
        _exit(127);
    }
    char seen[1 << 15] = "";
    for (int i = 0; i < 600 && !strstr(seen, "Enter begins"); i++)
        fd_pty_drain(&pty, 100, seen, sizeof seen);
    fd_pty_send(&pty, "\r");
    for (int i = 0; i < 600 && !strstr(seen, "Door 31"); i++)
        fd_pty_drain(&pty, 100, seen, sizeof seen);
    assert_non_null(strstr(seen, "Door 31"));
    double best = 1e9, began = fd_clock_seconds(), before = used(pty.child);
    for (int i = 0; i < ROUNDS && best >= MOST_MS; i++) { /* others may be busy, too */
        double here = measure(&pty);
        best = here < best ? here : best;
    }
    double share = (used(pty.child) - before) / (fd_clock_seconds() - began);
    fd_pty_send(&pty, "\003\003");
    int status = -1;
    fd_pty_drain(&pty, 500, NULL, 0);
    status = fd_pty_end(&pty);
    (void)unlink(story);
    (void)rmdir(home);
    print_message("p99 %.1f ms from key to screen, the model at %.0f %% of a processor\n", best,
                  share * 100.0);
    assert_int_equal(status, 0);
    assert_true(share > 0.1); /* it was busy, or this proves nothing */
    assert_true(best < MOST_MS);
}

int main(void) {
    (void)alarm(170);
    const struct CMUnitTest tests[] = {cmocka_unit_test(keys_are_answered_while_the_model_works)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
