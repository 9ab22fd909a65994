/* vocabulary.h - a tokenizer from within: what loading it (tokenizer.c) fills in and encoding
 * (tokenizer_encode.c) looks up. */
#ifndef FD_MODEL_VOCABULARY_H
#define FD_MODEL_VOCABULARY_H

#include "model/tokenizer.h"

enum { FD_RANK_BITS = 30, FD_ID_BITS = 17 };

/* A run of bytes in the tokenizer's arena. */
typedef struct fd_piece {
    const char *bytes;
    size_t length;
} fd_piece;

struct fd_tokenizer {
    char *arena;      /* the bytes of all pieces */
    fd_piece *pieces; /* [size] */
    size_t size;
    /* Pairs of ids that join, open-addressed: left << 47 | right << 30 | rank + 1, or 0 where there
     * is none. Half as large as with fields of their own, the table misses the caches less. */
    uint64_t *merges;
    size_t merge_slots; /* a power of two */
    int32_t *joined;    /* what the merge of each rank gives */
    int32_t of_byte[256];
    int32_t end_of_text;
};

/* The slot of this pair of ids, or the empty one where it belongs. */
static inline uint64_t *fd_merge_slot(const fd_tokenizer *tokenizer, int32_t left, int32_t right) {
    uint64_t pair = (uint64_t)left << FD_ID_BITS | (uint64_t)right;
    size_t mask = tokenizer->merge_slots - 1;
    size_t at = (size_t)((pair * 0x9E3779B97F4A7C15u) >> 32) & mask;
    while (tokenizer->merges[at] && tokenizer->merges[at] >> FD_RANK_BITS != pair)
        at = (at + 1) & mask;
    return &tokenizer->merges[at];
}

#define FD_HASH_START 14695981039346656037u

/* FNV-1a, 64 bits (Fowler, Noll and Vo): takes one more byte in. */
static inline uint64_t fd_hash_byte(uint64_t hash, char byte) {
    return (hash ^ (uint8_t)byte) * 1099511628211u;
}

static inline uint64_t fd_hash_bytes(const char *bytes, size_t length) {
    uint64_t hash = FD_HASH_START;
    for (size_t i = 0; i < length; i++)
        hash = fd_hash_byte(hash, bytes[i]);
    return hash;
}

static inline uint32_t fd_hash_fold(uint64_t hash) {
    return (uint32_t)(hash ^ hash >> 32);
}

/* The size of a table that is open-addressed: at least `count`, a power of two. */
static inline size_t fd_table_size(size_t count) {
    size_t slots = 16;
    while (slots < count)
        slots *= 2;
    return slots;
}

#endif
