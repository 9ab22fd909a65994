#include "game/preview_work.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

typedef enum job_kind { DRAW, WEIGH, LABEL } job_kind;

struct fd_work {
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t asked;
    fd_work_state state;
    bool leave;
    size_t done, wanted;
    fd_buffer *live; /* [count] */
    /* The job: the thread's alone while it is busy. */
    fd_preview plan;
    fd_script opening;
    job_kind kind;
    char *seed, *before, *text; /* the word to be weighed after `before`, or what wants a label */
    size_t first, count;
    fd_candidate *all;
    fd_weighing weighing;
    char label[FD_LABEL_SIZE];
    bool ok;
    fd_error error;
    atomic_bool stop;
};

static bool observe(void *context, const fd_sample *samples, size_t count, size_t done,
                    size_t wanted) {
    fd_work *self = context;
    (void)pthread_mutex_lock(&self->lock);
    self->done = done;
    self->wanted = wanted;
    for (size_t i = 0; i < count; i++) {
        size_t had = self->live[i].length;
        if (samples[i].text.length > had)
            (void)fd_buffer_add(&self->live[i], samples[i].text.data + had,
                                samples[i].text.length - had, NULL);
    }
    (void)pthread_mutex_unlock(&self->lock);
    return !atomic_load(&self->stop);
}

static bool work(fd_work *self, fd_error *error) {
    if (self->kind == WEIGH)
        return fd_preview_weigh(&self->plan, self->before, self->text, &self->weighing, error);
    if (self->kind == LABEL)
        return fd_label_propose(&self->plan, self->text, self->label, error);
    return fd_preview_draw(&self->plan, self->first, self->count, self->all, NULL, error);
}

static void *run(void *context) {
    fd_work *self = context;
    (void)pthread_mutex_lock(&self->lock);
    while (!self->leave) {
        if (self->state != FD_WORK_BUSY) {
            (void)pthread_cond_wait(&self->asked, &self->lock);
            continue;
        }
        (void)pthread_mutex_unlock(&self->lock);
        self->error = (fd_error){FD_OK, ""};
        self->ok = work(self, &self->error);
        (void)pthread_mutex_lock(&self->lock);
        self->state = FD_WORK_DONE;
    }
    (void)pthread_mutex_unlock(&self->lock);
    return NULL;
}

fd_work *fd_work_new(fd_error *error) {
    fd_work *self = fd_alloc(1, sizeof *self, "the desk", error);
    if (!self)
        return NULL;
    self->opening = FD_SCRIPT;
    (void)pthread_mutex_init(&self->lock, NULL);
    (void)pthread_cond_init(&self->asked, NULL);
    if (pthread_create(&self->thread, NULL, run, self) == 0)
        return self;
    (void)pthread_mutex_destroy(&self->lock);
    (void)pthread_cond_destroy(&self->asked);
    free(self);
    (void)fd_fail(error, FD_FAILED, "A thread for the model could not be started.");
    return NULL;
}

static void forget_job(fd_work *self) {
    for (size_t i = 0; self->live && i < self->count; i++)
        fd_buffer_free(&self->live[i]);
    if (self->all)
        fd_candidates_free(self->all, self->count);
    free(self->live);
    free(self->all);
    free(self->seed);
    free(self->before);
    free(self->text);
    fd_script_free(&self->opening);
    self->live = NULL;
    self->all = NULL;
    self->seed = self->before = self->text = NULL;
    self->count = 0;
}

void fd_work_free(fd_work *self) {
    if (!self)
        return;
    atomic_store(&self->stop, true);
    (void)pthread_mutex_lock(&self->lock);
    self->leave = true;
    (void)pthread_cond_signal(&self->asked);
    (void)pthread_mutex_unlock(&self->lock);
    (void)pthread_join(self->thread, NULL);
    (void)pthread_mutex_destroy(&self->lock);
    (void)pthread_cond_destroy(&self->asked);
    forget_job(self);
    free(self);
}

/* The thread is idle: what it works on may be changed. */
static bool prepare(fd_work *self, job_kind kind, const fd_preview *plan, size_t first,
                    size_t count, fd_error *error) {
    forget_job(self);
    self->kind = kind;
    self->plan = *plan;
    self->first = first;
    self->done = self->wanted = 0;
    atomic_store(&self->stop, false);
    self->live = fd_alloc(count, sizeof *self->live, "the desk", error);
    self->all = fd_alloc(count, sizeof *self->all, "the desk", error);
    if (!self->live || !self->all)
        return false;
    for (size_t i = 0; i < count; i++) {
        self->live[i] = FD_BUFFER(FD_SCRIPT_LIMIT);
        self->all[i] = (fd_candidate){.draft = FD_SCRIPT};
    }
    self->count = count;
    bool ok = (self->seed = fd_copy_text(plan->seed, error)) != NULL &&
              (!plan->opening || fd_script_copy(plan->opening, &self->opening, error));
    self->plan.seed = self->seed;
    self->plan.opening = &self->opening;
    self->plan.observer = observe;
    self->plan.context = self;
    return ok;
}

static void begin(fd_work *self) {
    (void)pthread_mutex_lock(&self->lock);
    self->state = FD_WORK_BUSY;
    (void)pthread_cond_signal(&self->asked);
    (void)pthread_mutex_unlock(&self->lock);
}

bool fd_work_draw(fd_work *self, const fd_preview *plan, size_t first, size_t count,
                  fd_error *error) {
    bool ok = prepare(self, DRAW, plan, first, count, error);
    if (ok)
        begin(self);
    return ok;
}

bool fd_work_weigh(fd_work *self, const fd_preview *plan, const char *before, const char *word,
                   fd_error *error) {
    bool ok = prepare(self, WEIGH, plan, 0, 0, error) &&
              (self->before = fd_copy_text(before, error)) != NULL &&
              (self->text = fd_copy_text(word, error)) != NULL;
    if (ok)
        begin(self);
    return ok;
}

bool fd_work_label(fd_work *self, const fd_preview *plan, const char *text, fd_error *error) {
    bool ok =
        prepare(self, LABEL, plan, 0, 0, error) && (self->text = fd_copy_text(text, error)) != NULL;
    if (ok)
        begin(self);
    return ok;
}

void fd_work_stop(fd_work *self) {
    atomic_store(&self->stop, true);
}

fd_work_state fd_work_look(fd_work *self, size_t *done, size_t *wanted) {
    (void)pthread_mutex_lock(&self->lock);
    fd_work_state state = self->state;
    *done = self->done;
    *wanted = self->wanted;
    (void)pthread_mutex_unlock(&self->lock);
    return state;
}

bool fd_work_live(fd_work *self, size_t index, fd_buffer *text, fd_error *error) {
    (void)pthread_mutex_lock(&self->lock);
    bool ok = fd_buffer_add(text, "", 0, error);
    if (ok && index < self->count && self->live)
        ok = fd_buffer_add(text, fd_buffer_text(&self->live[index]), self->live[index].length,
                           error);
    (void)pthread_mutex_unlock(&self->lock);
    return ok;
}

bool fd_work_take(fd_work *self, fd_work_result *result, fd_error *error) {
    bool ok = self->ok;
    *result = (fd_work_result){.weighing = self->weighing};
    memcpy(result->label, self->label, sizeof result->label);
    if (ok && self->kind == DRAW) {
        for (size_t i = 0; i < self->count; i++)
            fd_buffer_free(&self->live[i]);
        result->all = self->all;
        result->count = self->count;
        self->all = NULL;
        self->count = 0;
    }
    if (!ok && error)
        *error = self->error;
    forget_job(self);
    (void)pthread_mutex_lock(&self->lock);
    self->state = FD_WORK_IDLE;
    (void)pthread_mutex_unlock(&self->lock);
    return ok;
}
