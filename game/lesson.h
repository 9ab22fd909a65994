/* lesson.h - what a training is asked to do, what it does unasked, and how it is remembered, so
 * that a stopped one goes on without being told again. */
#ifndef FD_GAME_LESSON_H
#define FD_GAME_LESSON_H

#include <cjson/cJSON.h>
#include <limits.h>

#include "model/config.h"

#define FD_UNSAID ((size_t)-1)

typedef struct fd_lesson {
    const char *from;  /* a model; or */
    const char *fresh; /* WIDTHxLAYERSxHEADS; or */
    bool resume;       /* what was begun under `out` */
    const char *out;   /* a model's name, or a directory when it has a slash */
    bool json, yes;    /* of this run alone: never remembered */
    const char **texts;
    size_t text_count;
    const char *dev;   /* measured and not learned from; or NULL */
    size_t held_out;   /* percents of the texts, when there is no `dev` */
    size_t patience;   /* measurements that may fail to get better; 0: any number */
    const char *kind;  /* of optimiser: adamw or muon */
    bool freeze;       /* only what is inside blocks moves */
    size_t lora;       /* rank of adapters beside a model that stays; 0: none */
    double alpha;      /* of adapters */
    bool keep_adapter; /* do not merge them into a whole model */
    bool merge;        /* do, after all */
    size_t vocab, context, steps, batch, accumulate, threads, seed;
    double rate;
    cJSON *memory; /* owned: what remembered texts point into */
} fd_lesson;

/* How a training stands. */
typedef struct fd_standing {
    double best;          /* held-out nats a token of the model that is kept */
    size_t best_at;       /* its step */
    bool measured;        /* whether there is one */
    size_t worse;         /* measurements since */
    char texts[65];       /* SHA-256 of what is learned from and measured, in hex */
    char begun[PATH_MAX]; /* the directory of the model it began with; "" for a fresh one */
} fd_standing;

/* Nothing said yet: zeros, NULLs and FD_UNSAID. */
fd_lesson fd_lesson_new(void);
void fd_lesson_free(fd_lesson *lesson);

/* Refuses (FD_USAGE) what does not go together; asked of what was said, before it is completed. */
bool fd_lesson_check(const fd_lesson *lesson, fd_error *error);

/* What was not said: of a remembered lesson as the note has it, then what is usual for a model of
 * this configuration and a text of `tokens`. */
bool fd_lesson_recall(fd_lesson *lesson, const char *note, fd_standing *standing, fd_error *error);
void fd_lesson_complete(fd_lesson *lesson, const fd_config *config);
void fd_lesson_complete_steps(fd_lesson *lesson, size_t tokens);

/* The note; cJSON_free it. NULL when memory is short. Texts are named by their full paths. */
char *fd_lesson_note(const fd_lesson *lesson, const fd_standing *standing);

/* Steps between two measurements. */
size_t fd_lesson_pace(const fd_lesson *lesson);

#endif
