/* desk.h - what one reading of a model works with: threads and memory, kept from call to call. A
 * model has as many as were ever in use at a time; each serves one caller at a time. */
#ifndef FD_MODEL_DESK_H
#define FD_MODEL_DESK_H

#include <stdint.h>

#include "model/config.h"
#include "model/parallel.h"

typedef struct fd_desk {
    fd_pool *pool;
    float *stream;  /* [rows][width] */
    float *normed;  /* [rows][width] */
    float *wide;    /* [rows][4 width]: queries, keys, values; then the MLP's inside */
    int16_t *x;     /* [rows][4 width] quantised activations */
    float *x_scale; /* [rows] */
    float **lines;  /* [rows] pointers to rows of results */
    float *scores;  /* [workers][FD_TOGETHER][room], what attention works with */
    int16_t *whole; /* the same */
    int32_t *sums;  /* [workers][FD_TOGETHER][head] */
    size_t room;    /* for the scores of a whole context, or one head */
    size_t rows;
    size_t threads;
    struct fd_desk *next;
} fd_desk;

typedef struct fd_desks fd_desks;
fd_desks *fd_desks_new(const fd_config *config, fd_error *error);
void fd_desks_free(fd_desks *desks); /* none may be taken */

/* A desk with that many threads and room for `rows` rows; NULL when memory is short. It goes back
 * with fd_desk_give. Any number of threads may take desks at the same time. */
fd_desk *fd_desk_take(fd_desks *desks, size_t threads, size_t rows, fd_error *error);
void fd_desk_give(fd_desks *desks, fd_desk *desk);

#endif
