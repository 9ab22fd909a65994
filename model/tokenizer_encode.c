/* tokenizer_encode.c - text to ids: cut into words (pretoken.h), whose bytes are joined pair by
 * pair. */
#include <stdlib.h>
#include <string.h>

#include "model/pretoken.h"
#include "model/vocabulary.h"

#define NO_RANK UINT32_MAX

/* A symbol of a word whose pairs are being joined; those that remain form a list. */
typedef struct symbol {
    int32_t id;
    uint32_t before, after; /* the word's length where there is none */
    uint32_t rank;          /* of joining this one with the next; NO_RANK if they do not join */
} symbol;

/* A word that was met before: where it stands in the text, and its ids in what was written. */
typedef struct memory {
    const char *text;
    size_t length;
    size_t first, count;
} memory;

/* One call. The memory is a direct-mapped cache: the last word met of each hash. */
typedef struct encoder {
    const fd_tokenizer *tokenizer;
    fd_tokens *tokens;
    fd_error *error;
    memory *memories;
    size_t memory_count; /* a power of two */
    symbol *symbols;     /* [longest word so far] */
    uint64_t *queue;     /* heap of rank << 32 | place */
    uint32_t *joined;    /* places whose new pairs are yet to be looked up */
    size_t symbol_capacity, queue_capacity, joined_capacity;
    size_t queued;
} encoder;

static void push(encoder *self, uint32_t rank, uint32_t place) {
    uint64_t item = (uint64_t)rank << 32 | place;
    size_t at = self->queued++;
    for (; at > 0 && self->queue[(at - 1) / 2] > item; at = (at - 1) / 2)
        self->queue[at] = self->queue[(at - 1) / 2];
    self->queue[at] = item;
}

static uint64_t pop(encoder *self) {
    uint64_t least = self->queue[0], last = self->queue[--self->queued];
    size_t at = 0;
    for (size_t child = 1; child < self->queued; child = 2 * at + 1) {
        if (child + 1 < self->queued && self->queue[child + 1] < self->queue[child])
            child++;
        if (self->queue[child] >= last)
            break;
        self->queue[at] = self->queue[child];
        at = child;
    }
    self->queue[at] = last;
    return least;
}

/* Looks up how symbol `place` joins with the next, unless that is known, and queues it. */
static void look_up(encoder *self, uint32_t place, uint32_t length) {
    symbol *here = &self->symbols[place];
    if (here->rank != NO_RANK || here->after == length)
        return;
    uint64_t found = *fd_merge_slot(self->tokenizer, here->id, self->symbols[here->after].id);
    if (!found)
        return;
    here->rank = (uint32_t)(found & ((1u << FD_RANK_BITS) - 1)) - 1;
    push(self, here->rank, place);
}

/* Joins symbol `place` with the next one. The pairs they were part of are no more. */
static void join(encoder *self, uint32_t place, uint32_t length) {
    symbol *left = &self->symbols[place], *right = &self->symbols[left->after];
    left->id = self->tokenizer->joined[left->rank];
    left->after = right->after;
    left->rank = right->rank = NO_RANK;
    if (left->after < length)
        self->symbols[left->after].before = place;
    if (left->before < length)
        self->symbols[left->before].rank = NO_RANK;
}

/* Joins all pairs of the least rank from left to right, then looks up the pairs that this made, and
 * so on until no two symbols join: what GPT-2's own encoder does, with a queue instead of a search,
 * so that a word of any length takes n log n steps. */
static void join_all(encoder *self, uint32_t length) {
    for (uint32_t i = 0; i < length; i++)
        look_up(self, i, length);
    while (self->queued) {
        uint64_t rank = self->queue[0] >> 32;
        size_t count = 0;
        while (self->queued && self->queue[0] >> 32 == rank) {
            uint32_t place = (uint32_t)pop(self);
            if (self->symbols[place].rank != rank)
                continue; /* one of the two was joined with another since */
            join(self, place, length);
            self->joined[count++] = place;
        }
        for (size_t i = 0; i < count; i++) {
            uint32_t place = self->joined[i], before = self->symbols[place].before;
            if (before < length)
                look_up(self, before, length);
            look_up(self, place, length);
        }
    }
}

/* Appends the ids of one word that is not remembered. */
static bool cut_word(encoder *self, const char *text, size_t length) {
    const char *what = "a text's tokens";
    /* At most length - 1 pairs at first, and two more for each of as many that are joined. */
    if (length > UINT32_MAX / 4)
        return fd_fail(self->error, FD_FAILED, "A word of %zu bytes is too long.", length);
    if (!fd_grow((void **)&self->symbols, &self->symbol_capacity, length, sizeof(symbol), what,
                 self->error) ||
        !fd_grow((void **)&self->queue, &self->queue_capacity, 3 * length, sizeof(uint64_t), what,
                 self->error) ||
        !fd_grow((void **)&self->joined, &self->joined_capacity, length, sizeof(uint32_t), what,
                 self->error))
        return false;
    uint32_t end = (uint32_t)length;
    for (uint32_t i = 0; i < end; i++)
        self->symbols[i] = (symbol){.id = self->tokenizer->of_byte[(uint8_t)text[i]],
                                    .before = i > 0 ? i - 1 : end,
                                    .after = i + 1,
                                    .rank = NO_RANK};
    join_all(self, end);
    for (uint32_t i = 0; i < end; i = self->symbols[i].after)
        if (!fd_tokens_add(self->tokens, self->symbols[i].id, self->error))
            return false;
    return true;
}

static bool encode_word(encoder *self, const char *text, size_t length) {
    fd_tokens *tokens = self->tokens;
    uint64_t hash = fd_hash_bytes(text, length);
    memory *known = &self->memories[fd_hash_fold(hash) & (self->memory_count - 1)];
    if (known->length == length && memcmp(known->text, text, length) == 0) {
        if (!fd_grow((void **)&tokens->ids, &tokens->capacity, tokens->count + known->count,
                     sizeof *tokens->ids, "a text's tokens", self->error))
            return false;
        for (size_t i = 0; i < known->count; i++)
            tokens->ids[tokens->count++] = tokens->ids[known->first + i];
        return true;
    }
    size_t first = tokens->count;
    if (!cut_word(self, text, length))
        return false;
    *known = (memory){text, length, first, tokens->count - first};
    return true;
}

static bool encode_ordinary(encoder *self, const char *text, size_t length) {
    for (size_t at = 0; at < length;) {
        size_t wide = fd_pretoken_end(text + at, length - at);
        if (!encode_word(self, text + at, wide))
            return false;
        at += wide;
    }
    return true;
}

/* Where the next "<|endoftext|>" of text[0..length) begins, or length. */
static size_t find_end_of_text(const char *text, size_t length) {
    const size_t wide = sizeof FD_END_OF_TEXT - 1;
    for (size_t at = 0; at + wide <= length; at++) {
        const char *mark = memchr(text + at, '<', length - at);
        if (!mark)
            break;
        at = (size_t)(mark - text);
        if (length - at >= wide && memcmp(mark, FD_END_OF_TEXT, wide) == 0)
            return at;
    }
    return length;
}

/* The text between marks of its end, and the marks. */
static bool encode_marked(encoder *self, const char *text, size_t length) {
    for (size_t at = 0; at < length;) {
        size_t run = find_end_of_text(text + at, length - at);
        if (!encode_ordinary(self, text + at, run))
            return false;
        at += run;
        if (at < length && !fd_tokens_add(self->tokens, self->tokenizer->end_of_text, self->error))
            return false;
        at += at < length ? sizeof FD_END_OF_TEXT - 1 : 0;
    }
    return true;
}

bool fd_tokenizer_encode(const fd_tokenizer *tokenizer, const char *text, size_t length,
                         bool special, fd_tokens *tokens, fd_error *error) {
    enum { MOST_MEMORIES = 1 << 13 };
    encoder self = {.tokenizer = tokenizer, .tokens = tokens, .error = error};
    self.memory_count = fd_table_size(length / 8 < MOST_MEMORIES ? length / 8 : MOST_MEMORIES);
    self.memories = fd_alloc(self.memory_count, sizeof(memory), "a text's tokens", error);
    bool ok = self.memories &&
              (special && tokenizer->end_of_text >= 0 ? encode_marked(&self, text, length)
                                                      : encode_ordinary(&self, text, length));
    free(self.memories);
    free(self.symbols);
    free(self.queue);
    free(self.joined);
    return ok;
}
