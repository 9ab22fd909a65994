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
    return fd_paired(head) * sizeof(int16_t) + sizeof(float);
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
                  (float *)(void *)(at + room * fd_paired(span->head) * sizeof(int16_t))};
}

void fd_span_keep(fd_span *span, const fd_kernels *kernels, size_t layer, size_t head,
                  size_t position, const float *key, const float *value, int16_t *whole) {
    size_t t = position - span->start, size = span->head;
    side keys = side_of(span, layer, head, false), values = side_of(span, layer, head, true);
    int16_t *pairs = keys.whole + t / FD_BLOCK * FD_BLOCK * fd_paired(size) + t % FD_BLOCK * 2;
    int16_t *two = values.whole + t / 2 * 2 * size;
    whole[size] = 0;
    kernels->quantise_by_norm(key, size, whole, &keys.scales[t]);
    for (size_t i = 0; i < size; i += 2)
        memcpy(pairs + i * FD_BLOCK, whole + i, 2 * sizeof *whole);
    kernels->quantise(value, size, whole, &values.scales[t]);
    for (size_t i = 0; i < size; i++)
        two[2 * i + t % 2] = whole[i];
    for (size_t i = 0; t % 2 == 0 && i < size; i++)
        two[2 * i + 1] = 0; /* until there is one */
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
    float *scales; /* [count] of what lies in the looks' `whole` */
} crowd;

/* Scores of the span's tokens up to `end`. The order of positions is that of the sequence, whatever
 * spans it lies in. */
static void score(const crowd *self, const fd_span *span, size_t end) {
    const int16_t *queries[FD_TOGETHER];
    float *scores[FD_TOGETHER];
    for (size_t i = 0; i < self->count; i++) {
        queries[i] = self->looks[i].whole;
        scores[i] = self->looks[i].scores + span->start;
    }
    side keys = side_of(span, self->layer, self->head, false);
    self->kernels->score(queries, self->scales, self->count, keys.whole, keys.scales,
                         end - span->start, span->head, scores);
}

static void score_up_to(const crowd *self, const fd_span *span, size_t end) {
    if (span->parent)
        score_up_to(self, span->parent, span->start);
    score(self, span, end);
}

static void gather(const crowd *self, const fd_span *span, size_t end) {
    const int16_t *weights[FD_TOGETHER];
    int32_t *sums[FD_TOGETHER];
    for (size_t i = 0; i < self->count; i++) {
        weights[i] = self->looks[i].whole + span->start;
        sums[i] = self->looks[i].sums;
    }
    side values = side_of(span, self->layer, self->head, true);
    self->kernels->gather(weights, self->count, values.whole, end - span->start, span->head, sums);
}

static void gather_up_to(const crowd *self, const fd_span *span, size_t end) {
    if (span->parent)
        gather_up_to(self, span->parent, span->start);
    gather(self, span, end);
}

/* Multiplies one row's weights by the scales of the values they are meant for. */
static void weigh_up_to(const crowd *one, const fd_span *span, size_t end) {
    if (span->parent)
        weigh_up_to(one, span->parent, span->start);
    const float *scales = side_of(span, one->layer, one->head, true).scales;
    float *weights = one->looks->scores + span->start;
    for (size_t t = 0; t < end - span->start; t++)
        weights[t] *= scales[t];
}

/* One row's scores become weights in `whole`, 0 for tokens after its own. */
static void weigh(const crowd *one, size_t end) {
    const fd_look *look = one->looks;
    size_t count = look->position + 1;
    one->kernels->softmax(look->scores, count);
    weigh_up_to(one, look->span, count);
    one->kernels->quantise_by_sum(look->scores, count, look->whole, one->scales);
    for (size_t t = count; t < end; t++)
        look->whole[t] = 0;
}

/* All rows go through what they share, then each through its own span. */
void fd_span_attend(const fd_look *looks, size_t count, const fd_kernels *kernels, size_t layer,
                    size_t head) {
    const fd_span *first = looks[0].span, *shared = first;
    size_t size = first->head, end = 0;
    float scales[FD_TOGETHER];
    const crowd all = {kernels, layer, head, count, looks, scales};
    for (size_t i = 0; i < count; i++) {
        const fd_look *look = &looks[i];
        shared = look->span == first ? shared : first->parent;
        end = look->position + 1 > end ? look->position + 1 : end;
        look->whole[size] = 0;
        kernels->quantise_by_norm(look->query, size, look->whole, &scales[i]);
        scales[i] *= 1.0f / sqrtf((float)size);
    }
    bool own = shared == first;
    end = own ? end : first->start;
    score_up_to(&all, shared, end);
    for (size_t i = 0; i < count; i++) {
        const crowd one = {kernels, layer, head, 1, &looks[i], &scales[i]};
        if (!own)
            score(&one, looks[i].span, looks[i].position + 1);
        weigh(&one, end);
        memset(looks[i].sums, 0, size * sizeof *looks[i].sums);
    }
    gather_up_to(&all, shared, end);
    for (size_t i = 0; i < count; i++) {
        const crowd one = {kernels, layer, head, 1, &looks[i], &scales[i]};
        if (!own)
            gather(&one, looks[i].span, looks[i].position + 1);
        for (size_t n = 0; n < size; n++)
            looks[i].out[n] = (float)looks[i].sums[n] * scales[i];
    }
}
