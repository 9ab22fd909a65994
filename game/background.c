#include "game/background.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "game/progress.h"

struct fd_background {
    fd_fetch_options options;
    const fd_remote *remote;
    const char *models;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    bool stop;
    fd_background_state state;
    uint64_t done;
    fd_error error;
};

static bool note(void *context, const fd_fetch_progress *now) {
    fd_background *self = context;
    (void)pthread_mutex_lock(&self->lock);
    self->done = now->done;
    bool go_on = !self->stop;
    (void)pthread_mutex_unlock(&self->lock);
    return go_on;
}

static void *run(void *context) {
    fd_background *self = context;
    fd_error error = {FD_OK, ""};
    bool ok = fd_install(&self->options, self->remote, self->models, false, &error);
    (void)pthread_mutex_lock(&self->lock);
    self->state = ok ? FD_FETCHED : FD_NOT_FETCHED;
    self->error = error;
    (void)pthread_mutex_unlock(&self->lock);
    return NULL;
}

fd_background *fd_background_start(const fd_fetch_options *options, const fd_remote *remote,
                                   const char *models, fd_error *error) {
    fd_background *self = fd_alloc(1, sizeof *self, "the fetching", error);
    if (!self)
        return NULL;
    self->options = *options;
    self->options.progress = note;
    self->options.context = self;
    self->remote = remote;
    self->models = models;
    (void)pthread_mutex_init(&self->lock, NULL);
    if (pthread_create(&self->thread, NULL, run, self) == 0)
        return self;
    (void)pthread_mutex_destroy(&self->lock);
    free(self);
    fd_fail(error, FD_FAILED, "A thread for fetching could not be started.");
    return NULL;
}

fd_background_state fd_background_look(fd_background *self, char *words, size_t size) {
    (void)pthread_mutex_lock(&self->lock);
    fd_background_state state = self->state;
    const char *name = self->remote->name;
    uint64_t total = fd_remote_bytes(self->remote);
    if (state == FD_FETCHING && self->done >= total)
        state = FD_FINISHING;
    if (state == FD_FETCHED)
        (void)snprintf(words, size, "%s is here; it tells your next story.", name);
    else if (state == FD_NOT_FETCHED)
        (void)snprintf(words, size, "%s is not fetched: %s", name, self->error.message);
    else if (state == FD_FINISHING)
        (void)snprintf(words, size, "%s is made small", name);
    else
        (void)snprintf(words, size, "%s %u %%", name, fd_progress_percent(self->done, total));
    (void)pthread_mutex_unlock(&self->lock);
    return state;
}

void fd_background_stop(fd_background *self) {
    (void)pthread_mutex_lock(&self->lock);
    self->stop = true;
    (void)pthread_mutex_unlock(&self->lock);
}

fd_background_state fd_background_end(fd_background *self, fd_error *why) {
    fd_background_stop(self);
    (void)pthread_join(self->thread, NULL);
    fd_background_state state = self->state;
    *why = self->error;
    (void)pthread_mutex_destroy(&self->lock);
    free(self);
    return state;
}
