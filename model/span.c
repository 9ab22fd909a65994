#include "model/span.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Keys come in whole blocks. */
static size_t padded(size_t room) {
    return (room + FD_BLOCK - 1) / FD_BLOCK * FD_BLOCK;
}

fd_span *fd_span_new(const fd_model *model, const fd_span *parent, size_t room, fd_error *error) {
    const fd_config *config = fd_model_config(model);
    size_t token = 2 * config->layers * config->width * sizeof(float);
    fd_span *span = fd_alloc(1, sizeof *span, "a sequence", error);
    if (!span)
        return NULL;
    span->parent = parent;
    span->start = parent ? fd_span_end(parent) : 0;
    span->room = room;
    span->heads = config->heads;
    span->head = config->width / config->heads;
    span->cache = fd_alloc_lines(padded(room), token, "the key and value cache", error);
    if (span->cache)
        return span;
    free(span);
    return NULL;
}

void fd_span_free(fd_span *span) {
    if (span)
        free(span->cache);
    free(span);
}

size_t fd_span_end(const fd_span *span) {
    return span->start + span->count;
}

static float *keys_of(const fd_span *span, size_t layer, size_t head) {
    return span->cache + (layer * span->heads + head) * 2 * padded(span->room) * span->head;
}

static float *values_of(const fd_span *span, size_t layer, size_t head) {
    return keys_of(span, layer, head) + padded(span->room) * span->head;
}

void fd_span_keep(fd_span *span, size_t layer, size_t head, size_t position, const float *key,
                  const float *value) {
    size_t t = position - span->start;
    float *keys = keys_of(span, layer, head) + t / FD_BLOCK * FD_BLOCK * span->head;
    for (size_t i = 0; i < span->head; i++)
        keys[i * FD_BLOCK + t % FD_BLOCK] = key[i];
    memcpy(values_of(span, layer, head) + t * span->head, value, span->head * sizeof(float));
}

/* The order of positions is that of the sequence, whatever spans it lies in. */
static void score(const fd_span *span, const fd_kernels *kernels, size_t layer, size_t head,
                  size_t end, const float *query, float *scores) {
    if (span->parent)
        score(span->parent, kernels, layer, head, span->start, query, scores);
    kernels->score(query, keys_of(span, layer, head), end - span->start, span->head,
                   1.0f / sqrtf((float)span->head), scores + span->start);
}

static void gather(const fd_span *span, const fd_kernels *kernels, size_t layer, size_t head,
                   size_t end, const float *scores, float *out) {
    if (span->parent)
        gather(span->parent, kernels, layer, head, span->start, scores, out);
    kernels->gather(scores + span->start, values_of(span, layer, head), end - span->start,
                    span->head, out);
}

void fd_span_attend(const fd_span *span, const fd_kernels *kernels, size_t layer, size_t head,
                    size_t position, const float *query, float *scores, float *out) {
    score(span, kernels, layer, head, position + 1, query, scores);
    kernels->softmax(scores, position + 1);
    memset(out, 0, span->head * sizeof(float));
    gather(span, kernels, layer, head, position + 1, scores, out);
}
