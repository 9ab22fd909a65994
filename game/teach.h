/* teach.h - one training: texts to tokens, a model that learns from them, and what is left of it in
 * a directory. */
#ifndef FD_GAME_TEACH_H
#define FD_GAME_TEACH_H

#include <stddef.h>

#include "model/error.h"

typedef struct fd_lesson {
    const char *from;  /* a model; or */
    const char *fresh; /* WIDTHxLAYERSxHEADS; or */
    bool resume;       /* what is in `out` */
    const char *out;
    const char *dev;   /* a text that is measured and not learned from; or NULL */
    bool muon;         /* instead of AdamW */
    bool freeze;       /* only what is inside blocks moves */
    size_t lora;       /* rank of adapters beside a model that stays; 0: none */
    double alpha;      /* of adapters; 0: twice the rank */
    bool keep_adapter; /* leave the adapters alone instead of a whole model */
    size_t vocab, context, steps, batch, accumulate, threads, seed;
    double rate;
    bool json; /* one JSON object on stdout at the end */
} fd_lesson;

/* Teaches the files called texts[0..count). What the run will take is said before it starts; one
 * that needs more memory than is free is refused (FD_FAILED). Checkpoints are written on the way:
 * `resume` goes on from the last one as if nothing had happened. */
bool fd_teach(const fd_lesson *lesson, char **texts, int count, fd_error *error);

#endif
