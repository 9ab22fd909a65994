/* bench_reader.c - how often foresight was ahead of a reader: plays The Well House with a scripted
 * reader and prints how many of the choices showed their first word within 50 ms of the key.
 *
 * usage: bench_reader [--model M | --shape 124M --vocabulary DIR] [--threads N] [--foresight N]
 *                     [--words N a minute] [--turns N a play] [--plays N] [--first N]
 *        (from the repository's root; DIR has GPT-2's vocab.json and merges.txt)
 * With --shape the weights are random: the dreams are nonsense, and their length is the longest. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "game/options.h"
#include "game/paths.h"
#include "reader.h"
#include "shaped.h"

static double cpu_seconds(void) {
    struct rusage used;
    (void)getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

static void tell_late(const fd_session *session, double waited_s, bool typed) {
    const fd_path *path = &session->path;
    const fd_turn *told = fd_path_last(path), *before = path->turns[path->count - 2];
    printf("  late %.2f s: turn %zu, \"%s\", %zu dreams, after %zu words%s\n", waited_s,
           path->count, session->story->twee.passages[told->passage].name, told->dreams,
           reader_words(before), typed ? " and words of the reader's own" : "");
}

static bool play_once(const reader *who, const fd_session_options *asked, reading *all,
                      fd_error *error) {
    fd_session session;
    bool ok = fd_session_begin(&session, asked, "", error) &&
              reader_play(who, &session, all, tell_late, error);
    fd_session_end(&session);
    return ok;
}

static bool run(int argc, char **argv, fd_error *error) {
    char folder[PATH_MAX] = "", seed[32];
    const char *shape = NULL, *vocabulary = NULL;
    size_t words = 250, turns = 30, plays = 1, first = 0;
    fd_session_options asked = {.threads = (fd_processors() + 1) / 2, .ahead = 16};
    const fd_option options[] = {{"--model", FD_TEXT, &asked.model},
                                 {"--shape", FD_TEXT, &shape},
                                 {"--vocabulary", FD_TEXT, &vocabulary},
                                 {"--threads", FD_COUNT, &asked.threads},
                                 {"--foresight", FD_COUNT_OR_ZERO, &asked.ahead},
                                 {"--words", FD_COUNT, &words},
                                 {"--turns", FD_COUNT, &turns},
                                 {"--plays", FD_COUNT, &plays},
                                 {"--first", FD_COUNT_OR_ZERO, &first}};
    int given;
    if (!fd_options_read(argc, argv, options, sizeof options / sizeof options[0], &given, error))
        return false;
    if (shape && !shaped_model(shape, vocabulary, folder, error))
        return false;
    if (shape)
        asked.model = folder;
    reading all = {0};
    double cpu = cpu_seconds();
    bool ok = true;
    for (size_t play = first; ok && play < first + plays; play++) {
        (void)snprintf(seed, sizeof seed, "reader %zu", play);
        asked.seed = seed;
        const reader who = {(double)words, turns, {play, 1}};
        ok = play_once(&who, &asked, &all, error);
    }
    cpu = cpu_seconds() - cpu;
    printf("%zu choices, %zu late: %.1f %% within 50 ms; the worst took %.2f s\n"
           "%zu answers typed; %.1f s of the processor a turn, of %.1f s that a turn is read\n",
           all.choices, all.late,
           100.0 * (double)(all.choices - all.late) / fmax(1.0, (double)all.choices), all.worst_s,
           all.typed, cpu / fmax(1.0, (double)all.turns),
           all.read_s / fmax(1.0, (double)all.turns));
    return ok;
}

int main(int argc, char **argv) {
    fd_error error = {FD_OK, ""};
    (void)setenv("FEVERDREAM_ASSETS", "assets", 0);
    if (run(argc, argv, &error))
        return 0;
    fprintf(stderr, "bench_reader: %s\n", error.message);
    return (int)error.status;
}
