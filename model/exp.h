/* exp.h - the project's own exponential: multiplications, additions and bit moves alone, so that
 * every compiler and CPU gives the same bits (libm's differ), and branch-free, so that loops over
 * it vectorise. Cody and Waite range reduction, then the Taylor polynomial of degree 7 on
 * [-ln2/2, ln2/2]; relative error below 2e-7. */
#ifndef FD_MODEL_EXP_H
#define FD_MODEL_EXP_H

#include <stdint.h>
#include <string.h>

/* e^x; arguments below -87 give e^-87 (about 1.6e-38), above 88 give e^88. */
static inline float fd_exp(float x) {
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    const float magic = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer */
    float shifted = x * 1.44269504f + magic;
    float n = shifted - magic;
    float r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    float p = 1.98412698e-4f;
    p = p * r + 1.38888889e-3f;
    p = p * r + 8.33333333e-3f;
    p = p * r + 4.16666667e-2f;
    p = p * r + 1.66666667e-1f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    int32_t exponent = ((int32_t)n + 127) << 23;
    float scale;
    memcpy(&scale, &exponent, sizeof scale);
    return p * scale;
}

#endif
