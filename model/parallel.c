#define _POSIX_C_SOURCE 200809L
#include "model/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/memory.h"

/* How often a thread looks before it sleeps; a look takes some ten nanoseconds. With more threads
 * than processors another may need the processor to get on: then none looks twice. */
enum { LOOKS = 4000 };

/* Lines of cache go between processors two at a time. */
enum { APART = 128 };

typedef struct worker {
    _Alignas(APART) fd_pool *pool;
    size_t number;
    pthread_t thread;
    atomic_size_t unclaimed; /* of its own run of pieces */
} worker;

/* Every worker has a run of neighbouring pieces, which it does in order; when they are done it
 * helps the others. A piece is claimed by taking one from `unclaimed`; whoever holds a piece may
 * read the job, which stays until `unfinished` is 0. What a thread has done it reports when it
 * finds nothing left to claim: numbers that all write to are slow. A thread sleeps only after it
 * said so in `idle` (or `waiting`) and looked again; the other side first changes the number, then
 * looks who sleeps. */
struct fd_pool {
    size_t count;   /* workers, the caller being worker 0 */
    size_t started; /* of them; what the others would do, these do */
    worker *workers;
    fd_task *run;
    void *context;
    size_t pieces;
    size_t looks;
    atomic_size_t unfinished;
    atomic_size_t idle;
    atomic_bool waiting, stopping;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
};

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* The first piece of a worker's run. */
static size_t run_start(const fd_pool *pool, size_t number) {
    return pool->pieces * number / pool->count;
}

/* Claims a piece of that worker's run, if one is left. */
static bool claim(fd_pool *pool, size_t number, size_t *piece) {
    atomic_size_t *unclaimed = &pool->workers[number].unclaimed;
    size_t left = atomic_load(unclaimed);
    do
        if (left == 0)
            return false;
    while (!atomic_compare_exchange_weak(unclaimed, &left, left - 1));
    *piece = run_start(pool, number + 1) - left;
    return true;
}

static bool any_unclaimed(const fd_pool *pool) {
    for (size_t i = 0; i < pool->count; i++)
        if (atomic_load(&pool->workers[i].unclaimed))
            return true;
    return false;
}

/* Claims a piece of its own run or, when that is done, of another's. */
static bool claim_any(fd_pool *pool, size_t number, size_t *piece) {
    for (size_t helped = 0; helped < pool->count; helped++)
        if (claim(pool, (number + helped) % pool->count, piece))
            return true;
    return false;
}

/* Runs pieces of the present job while any are left. */
static void run_pieces(fd_pool *pool, size_t number) {
    size_t piece, done = 0;
    for (; claim_any(pool, number, &piece); done++)
        pool->run(pool->context, piece, number);
    if (done && atomic_fetch_sub(&pool->unfinished, done) == done && atomic_load(&pool->waiting)) {
        pthread_mutex_lock(&pool->lock);
        pthread_cond_signal(&pool->done);
        pthread_mutex_unlock(&pool->lock);
    }
}

static void wait_for_work(fd_pool *pool) {
    for (size_t i = 0; i < pool->looks; i++) {
        if (any_unclaimed(pool) || atomic_load(&pool->stopping))
            return;
        pause_briefly();
    }
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->idle, 1);
    while (!any_unclaimed(pool) && !atomic_load(&pool->stopping))
        pthread_cond_wait(&pool->work, &pool->lock);
    atomic_fetch_sub(&pool->idle, 1);
    pthread_mutex_unlock(&pool->lock);
}

static void *work(void *context) {
    const worker *self = context;
    while (!atomic_load(&self->pool->stopping)) {
        wait_for_work(self->pool);
        run_pieces(self->pool, self->number);
    }
    return NULL;
}

fd_pool *fd_pool_new(size_t threads, fd_error *error) {
    fd_pool *pool = fd_alloc(1, sizeof *pool, "threads", error);
    worker *workers = pool ? fd_alloc_lines(threads, sizeof *workers, "threads", error) : NULL;
    if (!workers) {
        free(pool);
        return NULL;
    }
    memset(workers, 0, threads * sizeof *workers);
    pool->workers = workers;
    pool->looks = (long)threads <= sysconf(_SC_NPROCESSORS_ONLN) ? LOOKS : 1;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->count = threads;
    for (size_t i = 0; i < threads; i++) {
        workers[i].pool = pool;
        workers[i].number = i;
    }
    for (pool->started = 1; pool->started < threads; pool->started++)
        if (pthread_create(&workers[pool->started].thread, NULL, work, &workers[pool->started]) !=
            0)
            break;
    return pool;
}

void fd_pool_free(fd_pool *pool) {
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->stopping, true);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 1; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool);
}

size_t fd_pool_workers(const fd_pool *pool) {
    return pool->count;
}

static void publish(fd_pool *pool, fd_task *run, void *context, size_t pieces) {
    pool->run = run;
    pool->context = context;
    pool->pieces = pieces;
    atomic_store(&pool->unfinished, pieces);
    for (size_t i = pool->count; i-- > 0;) /* whoever looks finds its own run before the caller's */
        atomic_store(&pool->workers[i].unclaimed, run_start(pool, i + 1) - run_start(pool, i));
    if (atomic_load(&pool->idle)) {
        pthread_mutex_lock(&pool->lock);
        pthread_cond_broadcast(&pool->work);
        pthread_mutex_unlock(&pool->lock);
    }
}

static void wait_for_others(fd_pool *pool) {
    for (size_t i = 0; i < pool->looks; i++) {
        if (!atomic_load(&pool->unfinished))
            return;
        pause_briefly();
    }
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->waiting, true);
    while (atomic_load(&pool->unfinished))
        pthread_cond_wait(&pool->done, &pool->lock);
    atomic_store(&pool->waiting, false);
    pthread_mutex_unlock(&pool->lock);
}

void fd_pool_run(fd_pool *pool, fd_task *run, void *context, size_t pieces) {
    if (pool->started == 1 || pieces == 1) {
        for (size_t i = 0; i < pieces; i++)
            run(context, i, 0);
        return;
    }
    publish(pool, run, context, pieces);
    run_pieces(pool, 0);
    wait_for_others(pool);
}

typedef struct shared {
    fd_share *run;
    void *context;
    size_t threads;
} shared;

static void run_share(void *context, size_t piece, size_t number) {
    const shared *job = context;
    (void)number;
    job->run(job->context, piece, job->threads);
}

void fd_pool_share(fd_pool *pool, size_t threads, fd_share *run, void *context) {
    shared job = {run, context, threads};
    fd_pool_run(pool, run_share, &job, threads);
}

bool fd_parallel(size_t threads, fd_share *run, void *context, fd_error *error) {
    fd_pool *pool = fd_pool_new(threads, error);
    if (pool)
        fd_pool_share(pool, threads, run, context);
    fd_pool_free(pool);
    return pool != NULL;
}
