/* ops.h - what inference and training compute alike. Sums are taken in the fixed order of lanes.h,
 * and every function is the project's own, so the same input gives the same bits on every CPU and
 * in any batch. */
#ifndef FD_MODEL_OPS_H
#define FD_MODEL_OPS_H

#include <stddef.h>

#include "model/exp.h"

float fd_sum(const float *values, size_t count);
float fd_dot(const float *a, const float *b, size_t count);

/* GELU in its tanh form (Hendrycks and Gimpel 2016) is x times this, tanh being written through
 * the logistic function. */
static inline float fd_gelu_gate(float x) {
    float twice_u = 1.59576912f * (x + 0.044715f * x * x * x);
    return 1.0f / (1.0f + fd_exp(-twice_u));
}

void fd_gelu(const float *in, float *out, size_t count);

/* Natural logarithm of a positive, finite number; relative error below 1e-12. */
double fd_log(double x);

#endif
