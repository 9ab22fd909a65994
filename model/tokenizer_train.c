#define _POSIX_C_SOURCE 200809L
#include "model/tokenizer_train.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/file.h"
#include "model/pretoken.h"

/* Distinct pre-tokens stand one after another in `symbols`, each as the ids it is cut into now. */
typedef struct word {
    size_t start;
    size_t length; /* symbols left after the merges so far */
    size_t bytes;  /* its length in the text, which keys the table of words */
    const char *text;
    int64_t count;
} word;

typedef struct pair {
    uint64_t key; /* left << 32 | right, plus one; 0 is an empty slot */
    int64_t count;
} pair;

typedef struct learner {
    word *words;
    size_t word_count, word_capacity;
    size_t *table; /* open-addressed: index of a word plus one */
    size_t slots;
    int32_t *symbols;
    pair *pairs;
    size_t pair_slots, pair_used;
    fd_buffer *pieces; /* the masked text of each id, as vocab.json writes it */
    size_t piece_count;
} learner;

static uint64_t mix(uint64_t value) {
    value *= 0x9E3779B97F4A7C15u;
    return value ^ value >> 29;
}

static bool count_word(learner *self, const char *text, size_t length, fd_error *error) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)text[i]) * 1099511628211u;
    size_t at = (size_t)mix(hash) & (self->slots - 1);
    for (; self->table[at]; at = (at + 1) & (self->slots - 1)) {
        word *known = &self->words[self->table[at] - 1];
        if (known->bytes == length && memcmp(known->text, text, length) == 0) {
            known->count++;
            return true;
        }
    }
    if (!fd_grow((void **)&self->words, &self->word_capacity, self->word_count + 1, sizeof(word),
                 "a vocabulary's words", error))
        return false;
    self->words[self->word_count] = (word){0, length, length, text, 1};
    self->table[at] = ++self->word_count;
    return true;
}

static bool count_words(learner *self, const char *text, size_t length, fd_error *error) {
    const size_t mark = sizeof FD_END_OF_TEXT - 1;
    for (self->slots = 1024; self->slots < length;)
        self->slots *= 2; /* there are fewer words than bytes */
    self->table = fd_alloc(self->slots, sizeof *self->table, "a vocabulary's words", error);
    if (!self->table)
        return false;
    for (size_t at = 0; at < length;) {
        if (length - at >= mark && memcmp(text + at, FD_END_OF_TEXT, mark) == 0) {
            at += mark;
            continue;
        }
        size_t wide = fd_pretoken_end(text + at, length - at);
        const char *stop = wide > mark ? NULL : memchr(text + at + 1, '<', wide - 1);
        if (stop && strncmp(stop, "<|", 2) == 0)
            wide = (size_t)(stop - text) - at;
        if (!count_word(self, text + at, wide, error))
            return false;
        at += wide;
    }
    return true;
}

static bool add_pair(learner *self, int32_t left, int32_t right, int64_t count, fd_error *error);

static bool grow_pairs(learner *self, fd_error *error) {
    pair *old = self->pairs;
    size_t slots = self->pair_slots;
    self->pair_slots = slots ? 2 * slots : 65536;
    self->pair_used = 0;
    self->pairs = fd_alloc(self->pair_slots, sizeof(pair), "a vocabulary's pairs", error);
    bool ok = self->pairs != NULL;
    for (size_t i = 0; ok && i < slots; i++)
        if (old[i].count > 0)
            ok = add_pair(self, (int32_t)((old[i].key - 1) >> 32),
                          (int32_t)((old[i].key - 1) & 0xffffffffu), old[i].count, error);
    free(old);
    return ok;
}

static bool add_pair(learner *self, int32_t left, int32_t right, int64_t count, fd_error *error) {
    if (2 * self->pair_used >= self->pair_slots && !grow_pairs(self, error))
        return false;
    uint64_t key = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) + 1;
    size_t at = (size_t)mix(key) & (self->pair_slots - 1);
    while (self->pairs[at].key && self->pairs[at].key != key)
        at = (at + 1) & (self->pair_slots - 1);
    self->pair_used += self->pairs[at].key == 0;
    self->pairs[at].key = key;
    self->pairs[at].count += count;
    return true;
}

/* Adds every pair of the word `sign` times its count. */
static bool count_pairs(learner *self, const word *w, int64_t sign, fd_error *error) {
    for (size_t i = 0; i + 1 < w->length; i++)
        if (!add_pair(self, self->symbols[w->start + i], self->symbols[w->start + i + 1],
                      sign * w->count, error))
            return false;
    return true;
}

static const pair *best_pair(const learner *self) {
    const pair *best = NULL;
    for (size_t i = 0; i < self->pair_slots; i++) {
        const pair *here = &self->pairs[i];
        if (here->count > 0 && (!best || here->count > best->count ||
                                (here->count == best->count && here->key < best->key)))
            best = here;
    }
    return best;
}

static bool has_pair(const learner *self, const word *w, int32_t left, int32_t right) {
    for (size_t i = 0; i + 1 < w->length; i++)
        if (self->symbols[w->start + i] == left && self->symbols[w->start + i + 1] == right)
            return true;
    return false;
}

static bool merge_everywhere(learner *self, int32_t left, int32_t right, int32_t joined,
                             fd_error *error) {
    for (size_t n = 0; n < self->word_count; n++) {
        word *w = &self->words[n];
        if (!has_pair(self, w, left, right))
            continue;
        if (!count_pairs(self, w, -1, error))
            return false;
        int32_t *symbols = self->symbols + w->start;
        size_t kept = 0;
        for (size_t i = 0; i < w->length; i++) {
            bool pairs = i + 1 < w->length && symbols[i] == left && symbols[i + 1] == right;
            symbols[kept++] = pairs ? joined : symbols[i];
            i += pairs;
        }
        w->length = kept;
        if (!count_pairs(self, w, 1, error))
            return false;
    }
    return true;
}

/* The 256 bytes in the order and the masked characters of GPT-2's vocabulary. */
static bool add_bytes(learner *self, int32_t of_byte[256], fd_error *error) {
    for (int pass = 0, others = 0; pass < 2; pass++)
        for (int byte = 0; byte < 256; byte++) {
            bool own = (byte >= 33 && byte <= 126) || (byte >= 161 && byte != 173);
            if (own != (pass == 0))
                continue;
            int character = own ? byte : 256 + others++;
            char utf8[2] = {(char)(character < 128 ? character : 0xC0 | character >> 6),
                            (char)(0x80 | (character & 63))};
            of_byte[byte] = (int32_t)self->piece_count;
            if (!fd_buffer_add(&self->pieces[self->piece_count++], utf8, character < 128 ? 1 : 2,
                               error))
                return false;
        }
    return true;
}

static bool lay_out(learner *self, fd_error *error) {
    int32_t of_byte[256];
    size_t total = 0;
    for (size_t n = 0; n < self->word_count; n++) {
        self->words[n].start = total;
        total += self->words[n].length;
    }
    self->symbols = fd_alloc(total, sizeof *self->symbols, "a vocabulary's words", error);
    if (!self->symbols || !add_bytes(self, of_byte, error))
        return false;
    for (size_t n = 0; n < self->word_count; n++) {
        const word *w = &self->words[n];
        for (size_t i = 0; i < w->length; i++)
            self->symbols[w->start + i] = of_byte[(uint8_t)w->text[i]];
        if (!count_pairs(self, w, 1, error))
            return false;
    }
    return true;
}

static bool learn(learner *self, size_t size, fd_buffer *merges, fd_error *error) {
    if (!fd_buffer_add_text(merges, "#version: 0.2\n", error))
        return false;
    while (self->piece_count + 1 < size) {
        const pair *best = best_pair(self);
        if (!best)
            return fd_fail(error, FD_BAD_FILE, "The text is too small for a vocabulary of %zu.",
                           size);
        int32_t left = (int32_t)((best->key - 1) >> 32);
        int32_t right = (int32_t)((best->key - 1) & 0xffffffffu);
        const char *a = fd_buffer_text(&self->pieces[left]);
        const char *b = fd_buffer_text(&self->pieces[right]);
        if (!fd_buffer_addf(merges, error, "%s %s\n", a, b) ||
            !fd_buffer_addf(&self->pieces[self->piece_count], error, "%s%s", a, b) ||
            !merge_everywhere(self, left, right, (int32_t)self->piece_count, error))
            return false;
        self->piece_count++;
    }
    return true;
}

static bool write_vocabulary(const learner *self, fd_buffer *json, fd_error *error) {
    for (size_t i = 0; i < self->piece_count; i++) {
        if (!fd_buffer_add_text(json, i ? ",\"" : "{\"", error))
            return false;
        for (const char *c = fd_buffer_text(&self->pieces[i]); *c; c++)
            if (!fd_buffer_addf(json, error, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c))
                return false;
        if (!fd_buffer_addf(json, error, "\":%zu", i))
            return false;
    }
    return fd_buffer_addf(json, error, ",\"" FD_END_OF_TEXT "\":%zu}\n", self->piece_count);
}

static bool write_file(const char *directory, const char *name, const fd_buffer *text,
                       fd_error *error) {
    char path[PATH_MAX];
    return fd_file_path(path, error, "%s/%s", directory, name) &&
           fd_file_replace(path, text->data, text->length, error);
}

bool fd_tokenizer_train(const char *text, size_t length, size_t size, const char *directory,
                        fd_error *error) {
    if (size < 257 || size > 100000)
        return fd_fail(error, FD_USAGE, "A vocabulary has 257 to 100000 tokens, not %zu.", size);
    learner self = {0};
    fd_buffer merges = FD_BUFFER(1 << 26), json = FD_BUFFER(1 << 26);
    self.pieces = fd_alloc(size, sizeof *self.pieces, "a vocabulary", error);
    for (size_t i = 0; self.pieces && i < size; i++)
        self.pieces[i] = FD_BUFFER(1 << 16);
    bool ok = self.pieces && count_words(&self, text, length, error) && lay_out(&self, error) &&
              learn(&self, size, &merges, error) && write_vocabulary(&self, &json, error) &&
              write_file(directory, "vocab.json", &json, error) &&
              write_file(directory, "merges.txt", &merges, error);
    for (size_t i = 0; self.pieces && i < size; i++)
        fd_buffer_free(&self.pieces[i]);
    free(self.pieces);
    free(self.words);
    free(self.table);
    free(self.symbols);
    free(self.pairs);
    fd_buffer_free(&merges);
    fd_buffer_free(&json);
    return ok;
}
