/* clones.h - functions that are compiled for several instruction sets. For training, whose results
 * repeat on one machine and make no promise between machines. */
#ifndef FD_MODEL_CLONES_H
#define FD_MODEL_CLONES_H

#include <stddef.h>

#include "model/exp.h"
#include "model/lanes.h"

/* On x86-64 the function is compiled thrice and the dynamic linker picks the widest that works,
 * before ThreadSanitizer is ready for it. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_THREAD__)
#define FD_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FD_CLONES
#endif

/* values[i] = e^(values[i] - shift); returns the sum. */
static inline float fd_clone_exponentials(float *values, size_t count, float shift) {
    float lanes[FD_LANES] = {0}, rest = 0.0f;
    size_t whole = count - count % FD_LANES;
    for (size_t i = 0; i < whole; i += FD_LANES)
        for (size_t l = 0; l < FD_LANES; l++) {
            values[i + l] = fd_exp(values[i + l] - shift);
            lanes[l] += values[i + l];
        }
    for (size_t i = whole; i < count; i++) {
        values[i] = fd_exp(values[i] - shift);
        rest += values[i];
    }
    return fd_add_lanes(lanes) + rest;
}

#endif
