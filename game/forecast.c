#define _POSIX_C_SOURCE 200809L
#include "game/forecast.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "game/pupil.h"
#include "model/file.h"

enum { USUAL_RANK = 8, LONG_SECONDS = 3600 };

fd_train_plan fd_lesson_plan(const fd_lesson *lesson) {
    return (fd_train_plan){.steps = lesson->steps,
                           .warmup = lesson->steps / 20 + 1,
                           .batch = lesson->batch,
                           .accumulate = lesson->accumulate,
                           .length = lesson->context,
                           .threads = lesson->threads,
                           .rate = (float)lesson->rate,
                           .decay = 0.1f,
                           .seed = lesson->seed};
}

/* Bytes the system could give without swapping; 0 when it does not say. */
static double free_memory(void) {
    fd_buffer text = FD_BUFFER(1 << 16);
    double kibibytes = 0.0;
    if (fd_file_read("/proc/meminfo", &text, NULL)) {
        const char *line = strstr(fd_buffer_text(&text), "MemAvailable:");
        if (line)
            kibibytes = strtod(line + strlen("MemAvailable:"), NULL);
    }
    fd_buffer_free(&text);
    return kibibytes * 1024.0;
}

/* Bytes at most, with adapters of `rank` (0: none); merging them, at the end, takes the model
 * twice. *activations: what of it follows from batch and context. */
static double memory_of(const fd_lesson *lesson, const fd_config *config, size_t rank,
                        double *activations) {
    fd_train_plan plan = fd_lesson_plan(lesson);
    fd_train_memory memory =
        fd_train_memory_of(config, fd_pupil_moving(config, lesson, rank), rank, &plan);
    size_t merging = rank && !lesson->keep_adapter ? 2 * memory.parameters : 0;
    *activations = (double)memory.activations;
    return (double)(memory.total > merging ? memory.total : merging);
}

static bool check_memory(const fd_lesson *lesson, const fd_config *config, double needed,
                         double activations, fd_error *error) {
    double there = free_memory(), unused;
    if (there == 0.0 || needed <= there)
        return true;
    char low[64] = "";
    if (!lesson->lora && !lesson->fresh)
        (void)snprintf(low, sizeof low, "--lora %d (about %.1f GB), ", USUAL_RANK,
                       memory_of(lesson, config, USUAL_RANK, &unused) * 1e-9);
    return fd_fail(error, FD_FAILED,
                   "This training needs about %.1f GB of memory and %.1f GB are free; %sa smaller "
                   "--context or a smaller --batch (%.1f GB are for that) would need less.",
                   needed * 1e-9, there * 1e-9, low, activations * 1e-9);
}

/* The model, and three numbers for all that moves: replaced by files beside them, so twice each. */
static bool check_disk(const fd_lesson *lesson, const fd_config *config, const char *out,
                       fd_error *error) {
    struct statvfs disk;
    char folder[PATH_MAX];
    const char *slash = strrchr(out, '/');
    size_t moving = fd_pupil_moving(config, lesson, lesson->lora);
    double bytes = 4.0 * (2.0 * (double)fd_parameter_total(config) + 6.0 * (double)moving);
    if (!fd_file_path(folder, error, "%.*s", slash && slash > out ? (int)(slash - out) : 1,
                      slash ? out : "."))
        return false;
    if (statvfs(folder, &disk) != 0)
        return true; /* what cannot be told will be found out */
    double room = (double)disk.f_bavail * (double)disk.f_frsize;
    return bytes <= room ||
           fd_fail(error, FD_FAILED,
                   "This training needs about %.1f GB on the disk of %s, which has %.1f GB left.",
                   bytes * 1e-9, out, room * 1e-9);
}

bool fd_forecast_room(const fd_lesson *lesson, const fd_config *config, const char *out,
                      double *needed, fd_error *error) {
    double activations;
    if (lesson->context > config->context)
        return fd_fail(error, FD_USAGE, "This model reads 1 to %zu tokens: --context %zu is more.",
                       config->context, lesson->context);
    *needed = memory_of(lesson, config, lesson->lora, &activations);
    fprintf(stderr, "%zu parameters; training them takes about %.1f GB of memory.\n",
            fd_parameter_total(config), *needed * 1e-9);
    return check_memory(lesson, config, *needed, activations, error) &&
           check_disk(lesson, config, out, error);
}

void fd_duration_words(double seconds, char *words, size_t size) {
    double minutes = ceil(seconds / 60.0);
    if (seconds < 90.0)
        (void)snprintf(words, size, "%.0f s", seconds);
    else if (minutes < 90.0)
        (void)snprintf(words, size, "%.0f min", minutes);
    else
        (void)snprintf(words, size, "%.0f h %.0f min", floor(minutes / 60.0), fmod(minutes, 60.0));
}

/* An answer that begins with a y. */
static bool ask(void) {
    char answer[64];
    fprintf(stderr, "Begin? [y/N] ");
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

bool fd_forecast_time(const fd_lesson *lesson, size_t steps, double seconds, double needed,
                      fd_error *error) {
    char words[64];
    double all = seconds * (double)steps;
    size_t tokens = lesson->batch * lesson->accumulate * lesson->context;
    fd_duration_words(all, words, sizeof words);
    fprintf(stderr, "%zu steps of %zu tokens: about %.1f GB and %s\n", steps, tokens, needed * 1e-9,
            words);
    if (all <= (double)LONG_SECONDS || lesson->yes || isatty(STDIN_FILENO) != 1 ||
        isatty(STDERR_FILENO) != 1 || ask())
        return true;
    return fd_fail(error, FD_CANCELLED, "Nothing was trained.");
}
