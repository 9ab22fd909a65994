/* causal.h - causal self-attention over whole windows, forward and back, for training.
 *
 * Works through blocks of queries: only one block's scores exist at a time for each thread, and
 * keys after the block are not touched. The way back computes the scores again from the kept
 * logarithms of the softmax's sums (Dao et al. 2022). */
#ifndef FD_MODEL_CAUSAL_H
#define FD_MODEL_CAUSAL_H

#include <stddef.h>

/* Rows (tokens) are batch * length, window after window. */
typedef struct fd_causal {
    size_t batch, length, heads, width;
    const float *qkv; /* [rows][3 * width]: query, key, value, each its heads side by side */
    float *out;       /* [rows][width] */
    float *log_sums;  /* [batch * heads][length] */
    float *scratch;   /* fd_causal_scratch(length) floats for each thread */
} fd_causal;

size_t fd_causal_scratch(size_t length);

/* A share (parallel.h) of the work, some heads of some windows: writes `out` and `log_sums`. */
void fd_causal_share(const fd_causal *self, size_t share, size_t threads);

/* A share of the way back: writes d_qkv [rows][3 * width] from d_out [rows][width]. */
void fd_causal_back_share(const fd_causal *self, const float *d_out, float *d_qkv, size_t share,
                          size_t threads);

#endif
