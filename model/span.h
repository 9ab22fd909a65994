/* span.h - the key and value cache behind fd_span, and attention over it; gpt2.c's own. */
#ifndef FD_MODEL_SPAN_H
#define FD_MODEL_SPAN_H

#include "model/gpt2.h"
#include "model/kernels.h"

struct fd_span {
    const fd_span *parent;
    size_t start; /* position of the first token */
    size_t count, room;
    size_t heads, head; /* heads and their width */
    /* [layers][heads], each the keys as fd_kernels.score reads them, then the values as
     * fd_kernels.gather does, each with a scale for every token: what one head looks at lies in
     * one piece. The system gives pages as they are written. */
    unsigned char *cache;
};

/* Keeps one head's key and value of the token at `position`, which lies in the span itself: as
 * whole numbers and a scale, like activations. `whole` is room to work in, [head + 1]. */
void fd_span_keep(fd_span *span, const fd_kernels *kernels, size_t layer, size_t head,
                  size_t position, const float *key, const float *value, int16_t *whole);

/* One row that looks from `position` at everything up to it, in its span and that one's ancestors:
 * out = one head's attention. */
typedef struct fd_look {
    const fd_span *span;
    size_t position;
    const float *query;
    float *out;
    float *scores;  /* room to work in: [context + FD_BLOCK] */
    int16_t *whole; /* [context + FD_BLOCK] and at least [head + 1] */
    int32_t *sums;  /* [head] */
} fd_look;

/* Whether these looks and one more from `span` may be had together: all from one span, or from
 * children of one parent. */
bool fd_span_together(const fd_look *looks, size_t count, const fd_span *span);

/* At most FD_TOGETHER of them: what they share is gone through once. */
void fd_span_attend(const fd_look *looks, size_t count, const fd_kernels *kernels, size_t layer,
                    size_t head);

#endif
