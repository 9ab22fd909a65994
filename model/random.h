/* random.h - counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers:
 * as easy as 1, 2, 3", 2011). A draw is a pure function of key and index, so the order in which
 * things are computed cannot matter. Philox of an all-zero counter and key begins 6627e8d5
 * e169c58d bc57ac4c 9b00dbd8. */
#ifndef FD_MODEL_RANDOM_H
#define FD_MODEL_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void fd_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* What tells one purpose's draws from another's. */
typedef struct fd_random_key {
    uint64_t key;
    uint64_t stream;
} fd_random_key;

/* 64 bits for draw number `index`. */
uint64_t fd_random_bits(fd_random_key key, uint64_t index);

/* Uniform in [0, 1), 53 bits. */
double fd_random_unit(fd_random_key key, uint64_t index);

/* Uniform in [0, bound), bound > 0; the bias is below bound / 2^64. */
uint64_t fd_random_below(fd_random_key key, uint64_t index, uint64_t bound);

/* Standard normal (Box and Muller 1958). Not promised to the last bit between machines. */
double fd_random_normal(fd_random_key key, uint64_t index);

#endif
