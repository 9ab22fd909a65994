#include "model/prefix.h"

#include <stdlib.h>
#include <string.h>

struct fd_prefix {
    const fd_model *model;
    int32_t *tokens; /* [most][FD_PREFIX_BLOCK] */
    fd_span **spans; /* each continues the one before */
    size_t count, most;
};

fd_prefix *fd_prefix_new(const fd_model *model, fd_error *error) {
    fd_prefix *prefix = fd_alloc(1, sizeof *prefix, "what was read", error);
    if (!prefix)
        return NULL;
    prefix->model = model;
    prefix->most = fd_model_config(model)->context / FD_PREFIX_BLOCK;
    prefix->tokens =
        fd_alloc(prefix->most * FD_PREFIX_BLOCK, sizeof(int32_t), "what was read", error);
    prefix->spans = fd_alloc(prefix->most, sizeof(fd_span *), "what was read", error);
    if (prefix->tokens && prefix->spans)
        return prefix;
    fd_prefix_free(prefix);
    return NULL;
}

static void keep(fd_prefix *prefix, size_t count) {
    while (prefix->count > count)
        fd_span_free(prefix->spans[--prefix->count]);
}

void fd_prefix_free(fd_prefix *prefix) {
    if (!prefix)
        return;
    keep(prefix, 0);
    free(prefix->tokens);
    free(prefix->spans);
    free(prefix);
}

static bool is_kept(const fd_prefix *prefix, size_t block, const int32_t *tokens) {
    size_t at = block * FD_PREFIX_BLOCK;
    return block < prefix->count &&
           memcmp(prefix->tokens + at, tokens + at, FD_PREFIX_BLOCK * sizeof *tokens) == 0;
}

static fd_span *last(const fd_prefix *prefix) {
    return prefix->count ? prefix->spans[prefix->count - 1] : NULL;
}

/* Reads the block after those that are kept. */
static bool read_block(fd_prefix *prefix, const int32_t *tokens, size_t threads, fd_error *error) {
    size_t at = prefix->count * FD_PREFIX_BLOCK;
    fd_span *span = fd_span_new(prefix->model, last(prefix), FD_PREFIX_BLOCK, error);
    const fd_feed feed = {span, tokens + at, FD_PREFIX_BLOCK, NULL, false};
    if (!span || !fd_model_read(prefix->model, &feed, 1, threads, error)) {
        fd_span_free(span);
        return false;
    }
    memcpy(prefix->tokens + at, tokens + at, FD_PREFIX_BLOCK * sizeof *tokens);
    prefix->spans[prefix->count++] = span;
    return true;
}

bool fd_prefix_read(fd_prefix *prefix, const int32_t *tokens, size_t count, size_t threads,
                    fd_prefix_observer *observer, void *context, const fd_span **span, size_t *read,
                    fd_error *error) {
    size_t wanted = count ? (count - 1) / FD_PREFIX_BLOCK : 0, same = 0;
    if (wanted > prefix->most)
        wanted = prefix->most;
    while (same < wanted && is_kept(prefix, same, tokens))
        same++;
    keep(prefix, same);
    while (prefix->count < wanted)
        if (!observer(context, error) || !read_block(prefix, tokens, threads, error))
            return false;
    *span = last(prefix);
    *read = prefix->count * FD_PREFIX_BLOCK;
    return true;
}
