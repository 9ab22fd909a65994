/* loss_log.h - how a training went, step by step: loss.csv and loss.svg in its directory. */
#ifndef FD_GAME_LOSS_LOG_H
#define FD_GAME_LOSS_LOG_H

#include <limits.h>
#include <stddef.h>

#include "model/error.h"

/* One step; what was not measured is not a number. Step 0 is before the first. */
typedef struct fd_loss_row {
    size_t step;
    double loss;     /* nats a token of the step's batch */
    double rate;     /* of learning */
    double held_out; /* nats a token of the held-out text, after the step */
    double bits;     /* the same in bits a byte */
} fd_loss_row;

typedef struct fd_loss_log {
    char csv[PATH_MAX], svg[PATH_MAX];
    int file; /* loss.csv; -1: closed */
    fd_loss_row *rows;
    size_t count, capacity;
} fd_loss_log;

/* Opens the log of a training that stands at `step`: rows up to it are kept, what came after it
 * (and a line that is torn) is dropped. A new training (`resume` false) begins with no rows. Closed
 * even after a failure. */
bool fd_loss_log_open(fd_loss_log *log, const char *directory, bool resume, size_t step,
                      fd_error *error);
void fd_loss_log_close(fd_loss_log *log);

bool fd_loss_log_add(fd_loss_log *log, const fd_loss_row *row, fd_error *error);

/* Writes loss.svg, which needs two rows. */
bool fd_loss_log_draw(const fd_loss_log *log, fd_error *error);

#endif
