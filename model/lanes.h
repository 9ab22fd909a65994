/* lanes.h - sums in a fixed order. Every sum over floats is taken over 16 lanes (element i goes to
 * lane i mod 16), which are then added in pairs 8 apart, 4, 2 and 1: the same bits on every CPU,
 * whether a register holds 4 lanes or all 16. */
#ifndef FD_MODEL_LANES_H
#define FD_MODEL_LANES_H

#include <stddef.h>
#include <string.h>

enum { FD_LANES = 16 };

/* 16 floats that may lie anywhere. */
typedef float fd_lanes __attribute__((vector_size(64), aligned(4), may_alias));

/* Adds the lanes up, from where the sums lie. */
static inline float fd_add_lanes(float *lanes) {
    for (size_t half = FD_LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            lanes[i] += lanes[i + half];
    return lanes[0];
}

static inline float fd_sum_lanes(const float *values, size_t count) {
    fd_lanes sums = {0};
    float lanes[FD_LANES];
    size_t whole = count - count % FD_LANES;
    for (size_t i = 0; i < whole; i += FD_LANES)
        sums += *(const fd_lanes *)(values + i);
    memcpy(lanes, &sums, sizeof lanes);
    for (size_t i = whole; i < count; i++)
        lanes[i - whole] += values[i];
    return fd_add_lanes(lanes);
}

static inline float fd_dot_lanes(const float *a, const float *b, size_t count) {
    fd_lanes sums = {0};
    float lanes[FD_LANES];
    size_t whole = count - count % FD_LANES;
    for (size_t i = 0; i < whole; i += FD_LANES)
        sums += *(const fd_lanes *)(a + i) * *(const fd_lanes *)(b + i);
    memcpy(lanes, &sums, sizeof lanes);
    for (size_t i = whole; i < count; i++)
        lanes[i - whole] += a[i] * b[i];
    return fd_add_lanes(lanes);
}

static inline float fd_largest_lanes(const float *values, size_t count) {
    float lanes[FD_LANES], largest = values[0];
    size_t whole = count - count % FD_LANES;
    for (size_t l = 0; l < FD_LANES; l++)
        lanes[l] = largest;
    for (size_t i = 0; i < whole; i += FD_LANES)
        for (size_t l = 0; l < FD_LANES; l++)
            lanes[l] = values[i + l] > lanes[l] ? values[i + l] : lanes[l];
    for (size_t i = whole; i < count; i++)
        lanes[0] = values[i] > lanes[0] ? values[i] : lanes[0];
    for (size_t l = 0; l < FD_LANES; l++)
        largest = lanes[l] > largest ? lanes[l] : largest;
    return largest;
}

#endif
