#include "model/span.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Keys come in whole blocks. */
static size_t padded(size_t room) {
    return (room + FD_BLOCK - 1) / FD_BLOCK * FD_BLOCK;
}

/* Of one head's key, or its value. */
static size_t bytes_per_token(size_t head) {
    return head * sizeof(int16_t) + sizeof(float);
}

fd_span *fd_span_new(const fd_model *model, const fd_span *parent, size_t room, fd_error *error) {
    const fd_config *config = fd_model_config(model);
    size_t head = config->width / config->heads;
    size_t token = config->layers * config->heads * 2 * bytes_per_token(head);
    fd_span *span = fd_alloc(1, sizeof *span, "a sequence", error);
    if (!span)
        return NULL;
    span->parent = parent;
    span->start = parent ? fd_span_end(parent) : 0;
    span->room = room;
    span->heads = config->heads;
    span->head = head;
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

/* One head's keys or values: whole numbers, and the scales of the tokens. */
typedef struct side {
    int16_t *whole;
    float *scales;
} side;

static side side_of(const fd_span *span, size_t layer, size_t head, bool values) {
    size_t room = padded(span->room), number = (layer * span->heads + head) * 2 + values;
    unsigned char *at = span->cache + number * room * bytes_per_token(span->head);
    return (side){(int16_t *)(void *)at,
                  (float *)(void *)(at + room * span->head * sizeof(int16_t))};
}

void fd_span_keep(fd_span *span, const fd_kernels *kernels, size_t layer, size_t head,
                  size_t position, const float *key, const float *value) {
    size_t t = position - span->start;
    side keys = side_of(span, layer, head, false), values = side_of(span, layer, head, true);
    int16_t *block = keys.whole + t / FD_BLOCK * FD_BLOCK * span->head;
    int16_t *whole =
        values.whole + t * span->head; /* of the key as well, until it is in its block */
    kernels->quantise(key, span->head, whole, &keys.scales[t]);
    for (size_t i = 0; i < span->head; i++)
        block[i * FD_BLOCK + t % FD_BLOCK] = whole[i];
    kernels->quantise(value, span->head, whole, &values.scales[t]);
}

bool fd_span_together(const fd_look *looks, size_t count, const fd_span *span) {
    bool one = true, siblings = span->parent != NULL;
    for (size_t i = 0; i < count; i++) {
        one = one && looks[i].span == span;
        siblings = siblings && looks[i].span->parent == span->parent;
    }
    return one || siblings;
}

/* Rows that go through the same keys and values of one head. */
typedef struct crowd {
    const fd_kernels *kernels;
    size_t layer, head, count;
    const fd_look *looks;
} crowd;

/* Scores of the span's tokens up to `end`. The order of positions is that of the sequence, whatever
 * spans it lies in. */
static void score(const crowd *self, const fd_span *span, size_t end) {
    const float *queries[FD_TOGETHER];
    float *scores[FD_TOGETHER];
    for (size_t i = 0; i < self->count; i++) {
        queries[i] = self->looks[i].query;
        scores[i] = self->looks[i].scores + span->start;
    }
    side keys = side_of(span, self->layer, self->head, false);
    self->kernels->score(queries, self->count, keys.whole, keys.scales, end - span->start,
                         span->head, 1.0f / sqrtf((float)span->head), scores);
}

static void score_up_to(const crowd *self, const fd_span *span, size_t end) {
    if (span->parent)
        score_up_to(self, span->parent, span->start);
    score(self, span, end);
}

static void gather(const crowd *self, const fd_span *span, size_t from, size_t end) {
    float *weights[FD_TOGETHER], *out[FD_TOGETHER];
    for (size_t i = 0; i < self->count; i++) {
        weights[i] = self->looks[i].scores + from;
        out[i] = self->looks[i].out;
    }
    side values = side_of(span, self->layer, self->head, true);
    size_t first = from - span->start;
    self->kernels->gather(weights, self->count, values.whole + first * span->head,
                          values.scales + first, end - from, span->head, out);
}

static void gather_up_to(const crowd *self, const fd_span *span, size_t end) {
    if (span->parent)
        gather_up_to(self, span->parent, span->start);
    gather(self, span, span->start, end);
}

/* All rows go through what they share, then each through the rest of its own span. */
void fd_span_attend(const fd_look *looks, size_t count, const fd_kernels *kernels, size_t layer,
                    size_t head) {
    const crowd all = {kernels, layer, head, count, looks};
    const fd_span *shared = looks[0].span;
    size_t first = looks[0].position, last = first;
    for (size_t i = 1; i < count; i++) {
        shared = looks[i].span == looks[0].span ? shared : looks[0].span->parent;
        first = looks[i].position < first ? looks[i].position : first;
        last = looks[i].position > last ? looks[i].position : last;
    }
    bool own = shared == looks[0].span;
    size_t end = own ? first + 1 : looks[0].span->start;
    score_up_to(&all, shared, own ? last + 1 : end);
    for (size_t i = 0; i < count; i++) {
        const crowd one = {kernels, layer, head, 1, &looks[i]};
        if (!own)
            score(&one, looks[i].span, looks[i].position + 1);
        kernels->softmax(looks[i].scores, looks[i].position + 1);
        memset(looks[i].out, 0, shared->head * sizeof(float));
    }
    gather_up_to(&all, shared, end);
    for (size_t i = 0; i < count; i++) {
        const crowd one = {kernels, layer, head, 1, &looks[i]};
        gather(&one, looks[i].span, end, looks[i].position + 1);
    }
}
