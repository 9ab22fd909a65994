/* preview_work.h - the model at work for the writer's desk, in a thread of its own: one job at a
 * time, looked at while it runs. */
#ifndef FD_GAME_PREVIEW_WORK_H
#define FD_GAME_PREVIEW_WORK_H

#include "story/label.h"

typedef struct fd_work fd_work;

typedef enum fd_work_state {
    FD_WORK_IDLE,
    FD_WORK_BUSY,
    FD_WORK_DONE, /* what came of it is to be taken */
} fd_work_state;

fd_work *fd_work_new(fd_error *error); /* starts the thread */
void fd_work_free(fd_work *work);      /* stops what is under way, and waits */

/* Begin a job; only when idle. The plan's opening and seed are copied; its model, segments and what
 * was read (`kept`) stay the caller's, and are left alone until the work is idle again. */
bool fd_work_draw(fd_work *work, const fd_preview *plan, size_t first, size_t count,
                  fd_error *error);
bool fd_work_weigh(fd_work *work, const fd_preview *plan, const char *before, const char *word,
                   fd_error *error);
bool fd_work_label(fd_work *work, const fd_preview *plan, const char *text, fd_error *error);

void fd_work_stop(fd_work *work); /* soon; never waits */
fd_work_state fd_work_look(fd_work *work, size_t *done, size_t *wanted);

/* What is drawn so far of sample `index` of the job under way; "" when it is none. */
bool fd_work_live(fd_work *work, size_t index, fd_buffer *text, fd_error *error);

/* What comes of a job, each of its own kind. */
typedef struct fd_work_result {
    fd_candidate *all; /* [count] drawn, or NULL; freed with fd_candidates_free and free */
    size_t count;
    fd_weighing weighing;
    char label[FD_LABEL_SIZE];
} fd_work_result;

/* Takes what came of a job that is done; the work is then idle. False with why it failed,
 * FD_CANCELLED when it was stopped. */
bool fd_work_take(fd_work *work, fd_work_result *result, fd_error *error);

#endif
