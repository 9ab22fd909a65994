#define _GNU_SOURCE
#include "story/foresight.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "story/tendency.h"

/* One turn to be told, or told. */
typedef struct task {
    fd_action action;
    size_t attempt;
    char key[65];
    fd_turn *turn; /* once told */
    bool failed;
    fd_error error;
} task;

struct fd_foresight {
    fd_narrator narrator; /* with what was read of the last prompt */
    pthread_t thread;
    pthread_mutex_t lock; /* guards everything below */
    size_t ahead, threads;
    pthread_cond_t changed;  /* something to do, or something done */
    fd_situation *situation; /* of every task; NULL before the first look */
    fd_situation *used;      /* what the worker reads without the lock; NULL when idle */
    task *tasks;             /* in order of urgency */
    size_t count, capacity;
    fd_turn *held[FD_FORESIGHT_HELD]; /* told for another place; a ring, NULL where none is */
    size_t hold_next;
    char wanted[65];  /* the key asked for, "" when none */
    char working[65]; /* the key being told, "" when idle */
    fd_progress progress;
    bool stop;
};

static void free_turn(fd_turn *turn) {
    if (turn)
        fd_turn_free(turn);
    free(turn);
}

static void hold(fd_foresight *self, fd_turn *turn) {
    free_turn(self->held[self->hold_next]);
    self->held[self->hold_next] = turn;
    self->hold_next = (self->hold_next + 1) % FD_FORESIGHT_HELD;
}

/* The turn with that key, if it is held; it is no longer. */
static fd_turn *let_go(fd_foresight *self, const char *key) {
    for (size_t i = 0; i < FD_FORESIGHT_HELD; i++) {
        fd_turn *turn = self->held[i];
        if (!turn || strcmp(turn->key, key) != 0)
            continue;
        self->held[i] = NULL;
        return turn;
    }
    return NULL;
}

static task *find(fd_foresight *self, const char *key) {
    for (size_t i = 0; i < self->count; i++)
        if (strcmp(self->tasks[i].key, key) == 0)
            return &self->tasks[i];
    return NULL;
}

static task *next_open(fd_foresight *self) {
    task *wanted = self->wanted[0] ? find(self, self->wanted) : NULL;
    if (wanted && !wanted->turn && !wanted->failed)
        return wanted;
    for (size_t i = 0; i < self->count; i++)
        if (!self->tasks[i].turn && !self->tasks[i].failed)
            return &self->tasks[i];
    return NULL;
}

static void free_situation(fd_situation *situation) {
    if (situation)
        fd_situation_free(situation);
    free(situation);
}

/* Tells one task without the lock, from what nobody takes away meanwhile: a copy of the task, and
 * the situation that is `used`. Called, and returns, with the lock held. */
static void work_on(fd_foresight *self, task *chosen) {
    task job = *chosen;
    fd_error error = {FD_OK, ""};
    if (job.action.text && !(job.action.text = fd_copy_text(job.action.text, &chosen->error))) {
        chosen->failed = true;
        pthread_cond_broadcast(&self->changed);
        return;
    }
    self->used = self->situation;
    self->narrator.threads = self->threads;
    memcpy(self->working, job.key, sizeof self->working);
    atomic_store(&self->progress.done, 0);
    atomic_store(&self->progress.wanted, 0);
    atomic_store(&self->progress.cancel, false);
    pthread_mutex_unlock(&self->lock);
    fd_turn *turn = fd_narrator_tell(&self->narrator, self->used, &job.action, job.attempt,
                                     &self->progress, &error);
    free(job.action.text);
    pthread_mutex_lock(&self->lock);
    if (self->used != self->situation)
        free_situation(self->used);
    self->used = NULL;
    self->working[0] = '\0';
    task *still = find(self, job.key);
    if (turn && still) {
        still->turn = turn;
    } else if (turn) {
        hold(self, turn);
    } else if (still && error.status != FD_CANCELLED) {
        still->failed = true;
        still->error = error;
    }
    pthread_cond_broadcast(&self->changed);
}

/* The threads that read for the model are begun by this one and are as nice. Without the right to
 * be nicer nothing is lost. */
static void be_nice(void) {
#ifdef __linux__
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), FD_FORESIGHT_NICE);
#endif
}

static void *run(void *context) {
    fd_foresight *self = context;
    be_nice();
    pthread_mutex_lock(&self->lock);
    while (!self->stop) {
        task *open = next_open(self);
        if (open)
            work_on(self, open);
        else
            pthread_cond_wait(&self->changed, &self->lock);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

fd_foresight *fd_foresight_new(const fd_narrator *narrator, size_t ahead, fd_error *error) {
    fd_foresight *self = fd_alloc(1, sizeof *self, "foresight", error);
    if (!self)
        return NULL;
    self->narrator = *narrator;
    self->ahead = ahead;
    self->threads = narrator->threads;
    if (narrator->model && !(self->narrator.kept = fd_prefix_new(narrator->model, error))) {
        free(self);
        return NULL;
    }
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    if (pthread_create(&self->thread, NULL, run, self) == 0)
        return self;
    fd_fail(error, FD_FAILED, "The narrator's thread could not be started.");
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    fd_prefix_free(self->narrator.kept);
    free(self);
    return NULL;
}

/* Forgets all tasks and tells the worker to let go of its own; never waits for it, since the
 * reader would have to wait, too. Called with the lock held. */
static void drop_tasks(fd_foresight *self) {
    for (size_t i = 0; i < self->count; i++) {
        free(self->tasks[i].action.text);
        if (self->tasks[i].turn)
            hold(self, self->tasks[i].turn);
    }
    self->count = 0;
    self->wanted[0] = '\0';
    if (self->working[0])
        atomic_store(&self->progress.cancel, true);
}

void fd_foresight_free(fd_foresight *self) {
    if (!self)
        return;
    pthread_mutex_lock(&self->lock);
    self->stop = true;
    drop_tasks(self);
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
    free_situation(self->situation);
    for (size_t i = 0; i < FD_FORESIGHT_HELD; i++)
        free_turn(self->held[i]);
    fd_prefix_free(self->narrator.kept);
    free(self->tasks);
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

/* Adds the task that `action` asks for, unless it is there. */
static bool add(fd_foresight *self, const fd_action *action, size_t attempt, char key[65],
                fd_error *error) {
    if (!fd_narrator_key(&self->narrator, self->situation, action, attempt, key, error))
        return false;
    if (find(self, key))
        return true;
    if (!fd_grow((void **)&self->tasks, &self->capacity, self->count + 1, sizeof(task), "foresight",
                 error))
        return false;
    task fresh = {.action = *action, .attempt = attempt};
    memcpy(fresh.key, key, sizeof fresh.key);
    if (action->text && !(fresh.action.text = fd_copy_text(action->text, error)))
        return false;
    fresh.turn = let_go(self, key);
    self->tasks[self->count++] = fresh;
    return true;
}

static const char *or_none(const char *text) {
    return text ? text : "";
}

/* Stands where the path ends. Called with the lock held. */
static bool move_to(fd_foresight *self, const fd_path *path, fd_error *error) {
    const fd_turn *last = fd_path_last(path);
    if (self->situation && strcmp(self->situation->key, last ? last->key : "") == 0 &&
        strcmp(or_none(self->situation->pinned), or_none(path->pinned)) == 0)
        return true;
    drop_tasks(self);
    fd_situation *fresh = fd_alloc(1, sizeof *fresh, "foresight", error);
    if (!fresh || !fd_situation_of(path, fresh, error)) {
        free(fresh);
        return false;
    }
    if (self->situation != self->used)
        free_situation(self->situation);
    self->situation = fresh;
    return true;
}

/* Adds what the player will likely do next. Called with the lock held. */
static bool add_likely(fd_foresight *self, const fd_path *path, fd_error *error) {
    const fd_turn *here = fd_path_last(path);
    char key[65];
    if (!here || self->ahead == 0)
        return true;
    if (here->question) {
        const fd_action silent = {FD_ACT_ANSWER, 0, here->question->fallback};
        return add(self, &silent, 0, key, error);
    }
    size_t *order = fd_alloc(here->choice_count, sizeof *order, "foresight", error);
    size_t count = order ? fd_tendency_order(path, order, self->ahead) : 0;
    bool ok = order != NULL;
    for (size_t i = 0; ok && i < count; i++) {
        const fd_action action = {FD_ACT_CHOOSE, order[i], NULL};
        ok = add(self, &action, 0, key, error);
    }
    free(order);
    return ok;
}

bool fd_foresight_look(fd_foresight *self, const fd_path *path, fd_error *error) {
    pthread_mutex_lock(&self->lock);
    bool ok = move_to(self, path, error) && add_likely(self, path, error);
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    return ok;
}

bool fd_foresight_ask(fd_foresight *self, const fd_path *path, const fd_action *action,
                      size_t attempt, fd_error *error) {
    pthread_mutex_lock(&self->lock);
    bool ok = move_to(self, path, error) && add(self, action, attempt, self->wanted, error);
    if (ok && self->working[0] && strcmp(self->working, self->wanted) != 0)
        atomic_store(&self->progress.cancel, true);
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    return ok;
}

bool fd_foresight_take(fd_foresight *self, int wait_ms, fd_turn **turn, size_t *done,
                       size_t *wanted, fd_error *error) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000L;
    until.tv_sec += wait_ms / 1000 + until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    *turn = NULL;
    pthread_mutex_lock(&self->lock);
    task *one = find(self, self->wanted);
    while (one && !one->turn && !one->failed &&
           pthread_cond_timedwait(&self->changed, &self->lock, &until) != ETIMEDOUT)
        one = find(self, self->wanted);
    bool ok = one && !one->failed;
    if (ok && one->turn) {
        *turn = one->turn;
        free(one->action.text);
        self->count--;
        memmove(one, one + 1, (size_t)(self->tasks + self->count - one) * sizeof *one);
        self->wanted[0] = '\0';
    } else if (one && one->failed) {
        *error = one->error;
    } else if (!one) {
        fd_fail(error, FD_FAILED, "No turn was asked for.");
    }
    *done = atomic_load(&self->progress.done);
    *wanted = atomic_load(&self->progress.wanted);
    pthread_mutex_unlock(&self->lock);
    return ok;
}

void fd_foresight_limit(fd_foresight *self, size_t ahead, size_t threads) {
    pthread_mutex_lock(&self->lock);
    if (self->ahead != ahead || self->threads != threads)
        drop_tasks(self);
    self->ahead = ahead;
    self->threads = threads;
    pthread_mutex_unlock(&self->lock);
}

size_t fd_foresight_left(fd_foresight *self) {
    pthread_mutex_lock(&self->lock);
    size_t left = self->working[0] != '\0';
    for (size_t i = 0; i < self->count; i++)
        left += !self->tasks[i].turn && !self->tasks[i].failed &&
                strcmp(self->tasks[i].key, self->working) != 0;
    pthread_mutex_unlock(&self->lock);
    return left;
}
