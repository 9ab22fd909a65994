/* layers.h - the layers of a GPT-2 for training, forward and back, each shared between threads.
 *
 * Rows are tokens. A gradient pointer that is NULL belongs to something frozen: it is not computed.
 * Gradients of parameters are added to. */
#ifndef FD_MODEL_LAYERS_H
#define FD_MODEL_LAYERS_H

#include <stddef.h>

#include "model/parallel.h"

/* The threads that share a layer: `count` shares, whatever the pool has. */
typedef struct fd_crew {
    fd_pool *pool;
    size_t count;
} fd_crew;

/* Low-rank adapters (Hu et al. 2021) beside a frozen matrix: scale * in * a' * b' is added to what
 * the matrix gives. */
typedef struct fd_adapter {
    size_t rank;      /* 0: there is none */
    float scale;      /* alpha / rank */
    const float *a;   /* [rank][ins] */
    const float *b;   /* [outs][rank] */
    float *d_a, *d_b; /* gradients */
    float *inner;     /* [rows][rank] working memory */
    float *d_inner;   /* [rows][rank] working memory */
} fd_adapter;

/* A linear layer: out = in * weight + bias. */
typedef struct fd_dense {
    fd_crew crew;
    size_t rows, ins, outs;
    const float *in;     /* [rows][ins] */
    const float *weight; /* [ins][outs] */
    const float *bias;   /* [outs] */
    fd_adapter adapter;
    /* Forward. */
    const float *residual; /* [rows][outs] added to the output, or NULL */
    float *out;            /* [rows][outs] */
    float *activated;      /* [rows][outs] becomes GELU of out, or NULL */
    /* Back. */
    const float *d_out; /* [rows][outs] */
    float *d_in;        /* [rows][ins] */
    const float
        *before; /* [rows][ins] what GELU made into `in`, d_in being its gradient; or NULL */
    float *d_weight, *d_bias;
} fd_dense;

void fd_dense_forward(fd_dense *self);
void fd_dense_back(fd_dense *self);

/* A layer norm (Ba et al. 2016). */
typedef struct fd_norming {
    fd_crew crew;
    size_t rows, width;
    float epsilon;
    const float *in; /* [rows][width] */
    const float *gain, *bias;
    float *out; /* [rows][width] */
    /* Back. */
    const float *d_out; /* [rows][width] */
    float *d_in;        /* [rows][width] added to */
    float *d_gain, *d_bias;
    float *partial; /* [threads][2 * width] working memory */
} fd_norming;

void fd_norm_forward(fd_norming *self);
void fd_norm_back(fd_norming *self);

/* GELU of each of `count` values. */
void fd_gelu_shared(const float *in, float *out, size_t count, fd_crew crew);

#endif
