#include "model/parallel.h"

#include <pthread.h>
#include <stdlib.h>

#include "model/memory.h"

typedef struct helper {
    pthread_t thread;
    fd_share *run;
    void *context;
    size_t share, threads;
    bool started;
} helper;

static void *start(void *context) {
    helper *self = context;
    self->run(self->context, self->share, self->threads);
    return NULL;
}

bool fd_parallel(size_t threads, fd_share *run, void *context, fd_error *error) {
    helper *helpers = fd_alloc(threads, sizeof *helpers, "threads", error);
    if (!helpers)
        return false;
    for (size_t i = 1; i < threads; i++) {
        helpers[i] = (helper){.run = run, .context = context, .share = i, .threads = threads};
        helpers[i].started = pthread_create(&helpers[i].thread, NULL, start, &helpers[i]) == 0;
    }
    run(context, 0, threads);
    for (size_t i = 1; i < threads; i++)
        if (helpers[i].started)
            pthread_join(helpers[i].thread, NULL);
        else
            run(context, i, threads);
    free(helpers);
    return true;
}
