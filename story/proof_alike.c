/* proof_alike.c - passages that share too much, by the runs of words that they have in common. */
#include <stdlib.h>

#include "story/proof.h"
#include "story/prose.h"
#include "story/words.h"

enum { RUN = 6, SHARED_FEWEST = 12, REFRAIN = 8, PERCENT = 30 };

typedef struct run {
    uint64_t hash;
    size_t passage;
} run;

typedef struct pair {
    size_t a, b;
} pair;

typedef struct likeness {
    const fd_proof *proof;
    run *runs;
    size_t count, capacity;
    pair *pairs; /* once for each run that both have */
    size_t pair_count, pair_capacity;
    size_t *sizes; /* [passages] different runs */
} likeness;

static int by_hash(const void *a, const void *b) {
    const run *left = a, *right = b;
    if (left->hash != right->hash)
        return left->hash < right->hash ? -1 : 1;
    return (left->passage > right->passage) - (left->passage < right->passage);
}

static int by_passages(const void *a, const void *b) {
    const pair *left = a, *right = b;
    if (left->a != right->a)
        return left->a < right->a ? -1 : 1;
    return (left->b > right->b) - (left->b < right->b);
}

static bool add_passage(likeness *self, size_t passage) {
    fd_prose prose;
    fd_words words = {0};
    fd_error *error = self->proof->error;
    bool ok = fd_prose_of(self->proof->story, passage, true, &prose, error) &&
              fd_words_add(fd_buffer_text(&prose.text), prose.text.length, &words, error) &&
              fd_grow((void **)&self->runs, &self->capacity, self->count + words.count,
                      sizeof *self->runs, "a check", error);
    for (size_t i = 0; ok && i + RUN <= words.count; i++)
        self->runs[self->count++] = (run){fd_words_run(words.items + i, RUN), passage};
    fd_words_free(&words);
    fd_prose_free(&prose);
    return ok;
}

static bool add_pairs(likeness *self, const run *runs, size_t count) {
    bool ok = true;
    for (size_t i = 0; i < count; i++)
        self->sizes[runs[i].passage]++;
    for (size_t i = 0; count <= REFRAIN && i < count; i++)
        for (size_t k = i + 1; ok && k < count; k++) {
            ok = fd_grow((void **)&self->pairs, &self->pair_capacity, self->pair_count + 1,
                         sizeof *self->pairs, "a check", self->proof->error);
            if (ok)
                self->pairs[self->pair_count++] = (pair){runs[i].passage, runs[k].passage};
        }
    return ok;
}

static bool find_pairs(likeness *self) {
    size_t kept = 0;
    bool ok = true;
    qsort(self->runs, self->count, sizeof *self->runs, by_hash);
    for (size_t i = 0; i < self->count; i++) /* once a passage */
        if (!kept || by_hash(&self->runs[kept - 1], &self->runs[i]) != 0)
            self->runs[kept++] = self->runs[i];
    for (size_t i = 0, end; ok && i < kept; i = end) {
        for (end = i + 1; end < kept && self->runs[end].hash == self->runs[i].hash;)
            end++;
        ok = add_pairs(self, self->runs + i, end - i);
    }
    if (self->pair_count)
        qsort(self->pairs, self->pair_count, sizeof *self->pairs, by_passages);
    return ok;
}

static void tell_pairs(const likeness *self) {
    const fd_passage *passages = self->proof->story->twee.passages;
    for (size_t i = 0, end; i < self->pair_count; i = end) {
        size_t a = self->pairs[i].a, b = self->pairs[i].b;
        for (end = i + 1;
             end < self->pair_count && by_passages(self->pairs + i, self->pairs + end) == 0;)
            end++;
        size_t shared = end - i;
        size_t smaller = self->sizes[a] < self->sizes[b] ? self->sizes[a] : self->sizes[b];
        if (shared >= SHARED_FEWEST && 100 * shared >= PERCENT * smaller)
            fd_proof_tell(
                self->proof, FD_FIND_ALIKE, b, passages[b].line,
                "\"%s\" and \"%s\" (%s:%zu) are much alike: %zu %% of the runs of %d words.",
                passages[b].name, passages[a].name, passages[a].source, passages[a].line,
                100 * shared / smaller, RUN);
    }
}

bool fd_proof_alike(const fd_proof *proof) {
    size_t count = proof->story->twee.count;
    likeness self = {.proof = proof};
    self.sizes = fd_alloc(count, sizeof *self.sizes, "a check", proof->error);
    bool ok = self.sizes != NULL;
    for (size_t p = 0; ok && p < count; p++)
        ok = !fd_story_is_told(proof->story, p) || add_passage(&self, p);
    ok = ok && (!self.count || find_pairs(&self));
    if (ok)
        tell_pairs(&self);
    free(self.runs);
    free(self.pairs);
    free(self.sizes);
    return ok;
}
