#define _POSIX_C_SOURCE 200809L
#include "model/clock.h"

#include <time.h>

double fd_clock_seconds(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
