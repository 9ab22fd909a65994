/* parallel.h - the same work on several threads. */
#ifndef FD_MODEL_PARALLEL_H
#define FD_MODEL_PARALLEL_H

#include <stddef.h>

#include "model/error.h"

/* One of `threads` shares of the work; `share` counts from 0. */
typedef void fd_share(void *context, size_t share, size_t threads);

/* Runs every share, share 0 on the calling thread, and returns when all are done. When a thread
 * cannot be started its share runs on the calling thread too: the result is the same. */
bool fd_parallel(size_t threads, fd_share *run, void *context, fd_error *error);

#endif
