/* pupil.h - the model that a training teaches: all of it, or adapters beside it. */
#ifndef FD_GAME_PUPIL_H
#define FD_GAME_PUPIL_H

#include "game/lesson.h"
#include "model/frozen.h"
#include "model/trainee.h"

typedef struct fd_pupil {
    fd_config config;
    char source[PATH_MAX]; /* the directory it begins as; "" when fresh */
    fd_lora lora;          /* rank 0: no adapters */
    float *parameters;     /* without adapters: all of it */
    fd_frozen frozen;      /* with adapters: what stays */
    float *adapters;
    fd_trainee trainee;
} fd_pupil;

/* What the model will be, from configurations alone; the lesson is completed with it (but for its
 * steps). `out` is the directory that a resumed training is in. A new one's model is remembered in
 * standing->begun. */
bool fd_pupil_plan(fd_lesson *lesson, fd_standing *standing, const char *out, fd_pupil *pupil,
                   fd_error *error);

/* Parameters that will move. */
size_t fd_pupil_moving(const fd_config *config, const fd_lesson *lesson, size_t rank);

/* Reads it. What moves of a resumed one is still to be filled in. */
bool fd_pupil_load(const fd_lesson *lesson, fd_pupil *pupil, fd_error *error);
void fd_pupil_free(fd_pupil *pupil);

/* Writes what it is now into `out`: the model, or its adapters; and reads those adapters back. */
bool fd_pupil_keep(const fd_pupil *pupil, const char *out, fd_error *error);
bool fd_pupil_recall(fd_pupil *pupil, const char *out, fd_error *error);

/* Writes model and adapters as one model. */
bool fd_pupil_merge(const fd_pupil *pupil, const char *out, fd_error *error);

#endif
