#include "story/overlap.h"

#include <stdlib.h>
#include <string.h>

static size_t bucket_of(const fd_overlap *self, const fd_word *words) {
    return (size_t)fd_words_run(words, FD_OVERLAP_WORDS) & (self->buckets - 1);
}

bool fd_overlap_init(fd_overlap *self, const char *source, size_t length, fd_error *error) {
    *self = (fd_overlap){.buckets = 1};
    if (!fd_words_add(source, length, &self->source, error))
        return false;
    size_t count = self->source.count;
    if (count >= UINT32_MAX)
        return fd_fail(error, FD_FAILED, "A text of %zu words is too long to compare with.", count);
    while (self->buckets < count)
        self->buckets *= 2;
    self->heads = fd_alloc(self->buckets, sizeof *self->heads, "runs of words", error);
    self->next = fd_alloc(count, sizeof *self->next, "runs of words", error);
    if (!self->heads || !self->next)
        return false;
    for (size_t i = 0; i + FD_OVERLAP_WORDS <= count; i++) { /* 0: none, so places count from 1 */
        size_t bucket = bucket_of(self, self->source.items + i);
        self->next[i] = self->heads[bucket];
        self->heads[bucket] = (uint32_t)i + 1;
    }
    return true;
}

void fd_overlap_free(fd_overlap *self) {
    for (size_t i = 0; i < FD_OVERLAP_EXAMPLES; i++)
        free(self->examples[i].text);
    fd_words_free(&self->source);
    free(self->heads);
    free(self->next);
    *self = (fd_overlap){.runs = 0};
}

/* Words from words[0..count) on that stand in a row in the source, at the best place; below
 * FD_OVERLAP_WORDS they do not count. */
static size_t longest(const fd_overlap *self, const fd_word *words, size_t count) {
    size_t best = 0;
    for (uint32_t at = self->heads[bucket_of(self, words)]; at; at = self->next[at - 1]) {
        const fd_word *here = self->source.items + at - 1;
        size_t there = self->source.count - (at - 1), same = 0;
        while (same < count && same < there && words[same].hash == here[same].hash)
            same++;
        best = same > best ? same : best;
    }
    return best;
}

static bool keep(fd_overlap *self, const char *text, const fd_word *words, size_t count,
                 fd_error *error) {
    fd_overlap_example *examples = self->examples;
    size_t place = 0;
    while (place < FD_OVERLAP_EXAMPLES && examples[place].words >= count)
        place++;
    if (place == FD_OVERLAP_EXAMPLES)
        return true;
    fd_buffer copy = FD_BUFFER((size_t)-1);
    size_t start = words[0].start;
    if (!fd_buffer_add(&copy, text + start, words[count - 1].end - start, error))
        return false;
    free(examples[FD_OVERLAP_EXAMPLES - 1].text);
    memmove(examples + place + 1, examples + place,
            (FD_OVERLAP_EXAMPLES - 1 - place) * sizeof *examples);
    examples[place] = (fd_overlap_example){copy.data, count};
    return true;
}

bool fd_overlap_add(fd_overlap *self, const char *text, size_t length, fd_error *error) {
    fd_words words = {NULL, 0, 0};
    bool ok = fd_words_add(text, length, &words, error);
    size_t told = 0; /* up to here an example was kept: no part of it is one */
    for (size_t i = 0; ok && i + FD_OVERLAP_WORDS <= words.count; i++) {
        size_t same = longest(self, words.items + i, words.count - i);
        self->runs++;
        if (same < FD_OVERLAP_WORDS)
            continue;
        self->copied++;
        if (i + same > told)
            ok = keep(self, text, words.items + i, same, error);
        told = i + same > told ? i + same : told;
    }
    fd_words_free(&words);
    return ok;
}

double fd_overlap_share(const fd_overlap *self) {
    return self->runs ? (double)self->copied / (double)self->runs : 0.0;
}
