/* parallel.h - the same work on several threads. */
#ifndef FD_MODEL_PARALLEL_H
#define FD_MODEL_PARALLEL_H

#include <stddef.h>

#include "model/error.h"

/* Threads that stay, for work that comes in many small jobs: between two jobs they look out for the
 * next one for some ten microseconds, then sleep. A pool serves one caller at a time. */
typedef struct fd_pool fd_pool;

/* A piece of a job; `worker` is below fd_pool_workers and no two pieces have the same at a time. */
typedef void fd_task(void *context, size_t piece, size_t worker);

/* `threads`, at least 1, counts the caller. Threads that cannot be started are done without. */
fd_pool *fd_pool_new(size_t threads, fd_error *error);
void fd_pool_free(fd_pool *pool);
size_t fd_pool_workers(const fd_pool *pool);

/* Runs pieces 0 to pieces - 1, each once, and returns when all are done. Every thread does
 * neighbouring pieces in order, then helps those that are slower. */
void fd_pool_run(fd_pool *pool, fd_task *run, void *context, size_t pieces);

/* One of `threads` shares of the work; `share` counts from 0. */
typedef void fd_share(void *context, size_t share, size_t threads);

/* Runs every share once, on the threads of a pool, and returns when all are done. */
void fd_pool_share(fd_pool *pool, size_t threads, fd_share *run, void *context);

/* Runs every share once, on threads of their own where they can be started, and returns when all
 * are done. */
bool fd_parallel(size_t threads, fd_share *run, void *context, fd_error *error);

#endif
