/* progress.h - how far a fetch is, in words. */
#ifndef FD_GAME_PROGRESS_H
#define FD_GAME_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/* Follows a count of bytes; begins as zeros. */
typedef struct fd_rate {
    double when; /* seconds, of the last look */
    uint64_t bytes;
    double per_second; /* of late; 0: not known yet */
} fd_rate;

/* `when` as of clock.h. */
void fd_rate_look(fd_rate *rate, uint64_t bytes, double when);

/* "43 %, 236 of 548 MB, 11.2 MB/s, 28 s left"; what is not known is left out. */
void fd_progress_words(const fd_rate *rate, uint64_t done, uint64_t total, char *words,
                       size_t size);

/* Whole percents, 100 only for all. */
unsigned fd_progress_percent(uint64_t done, uint64_t total);

#endif
