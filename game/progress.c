#include "game/progress.h"

#include <stdio.h>

void fd_rate_look(fd_rate *rate, uint64_t bytes, double when) {
    const double look_s = 0.5, weight = 0.2; /* the last few seconds count */
    if (rate->when <= 0.0 || bytes < rate->bytes) {
        *rate = (fd_rate){when, bytes, 0.0};
        return;
    }
    double passed = when - rate->when;
    if (passed < look_s)
        return;
    double now = (double)(bytes - rate->bytes) / passed;
    double before = rate->per_second;
    *rate = (fd_rate){when, bytes, before > 0.0 ? before + weight * (now - before) : now};
}

unsigned fd_progress_percent(uint64_t done, uint64_t total) {
    return total == 0 || done >= total ? 100 : (unsigned)((double)done / (double)total * 100.0);
}

static void left_words(double seconds, char *words, size_t size) {
    if (seconds < 90.0)
        (void)snprintf(words, size, ", %.0f s left", seconds);
    else if (seconds < 5400.0)
        (void)snprintf(words, size, ", %.0f min left", seconds / 60.0);
    else if (seconds < 360000.0)
        (void)snprintf(words, size, ", %.0f h left", seconds / 3600.0);
}

void fd_progress_words(const fd_rate *rate, uint64_t done, uint64_t total, char *words,
                       size_t size) {
    const double megabyte = 1e6;
    char speed[32] = "", left[32] = "";
    if (rate->per_second > 0.0 && done < total) {
        (void)snprintf(speed, sizeof speed, ", %.1f MB/s", rate->per_second / megabyte);
        left_words((double)(total - done) / rate->per_second, left, sizeof left);
    }
    (void)snprintf(words, size, "%u %%, %.0f of %.0f MB%s%s", fd_progress_percent(done, total),
                   (double)done / megabyte, (double)total / megabyte, speed, left);
}
