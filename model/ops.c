#include "model/ops.h"

#include <math.h>

#include "model/lanes.h"

float fd_sum(const float *values, size_t count) {
    return fd_sum_lanes(values, count);
}

float fd_dot(const float *a, const float *b, size_t count) {
    return fd_dot_lanes(a, b, count);
}

void fd_gelu(const float *in, float *out, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = in[i] * fd_gelu_gate(in[i]);
}

double fd_log(double x) {
    int exponent;
    double m = frexp(x, &exponent); /* exact: x = m * 2^exponent, m in [0.5, 1) */
    if (m < 0.70710678118654752) {
        m *= 2.0;
        exponent--;
    }
    /* log m = 2 artanh(z), |z| below 0.172, by its series. */
    double z = (m - 1.0) / (m + 1.0), square = z * z, sum = 0.0;
    for (int k = 21; k > 0; k -= 2)
        sum = sum * square + 1.0 / k;
    return 2.0 * z * sum + exponent * 0.69314718055994531;
}
