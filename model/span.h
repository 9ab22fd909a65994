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
     * fd_kernels.gather does: what one head looks at lies in one piece. The system gives pages
     * as they are written. */
    float *cache;
};

/* Keeps one head's key and value of the token at `position`, which lies in the span itself. */
void fd_span_keep(fd_span *span, size_t layer, size_t head, size_t position, const float *key,
                  const float *value);

/* out = one head's attention from `position` over everything up to it, in the span and its
 * ancestors. `scores` has room for the context and FD_BLOCK more. */
void fd_span_attend(const fd_span *span, const fd_kernels *kernels, size_t layer, size_t head,
                    size_t position, const float *query, float *scores, float *out);

#endif
