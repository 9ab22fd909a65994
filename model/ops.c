#include "model/ops.h"

#include <math.h>

enum { LANES = 16 };

/* Adds the lanes pairwise: 8 apart, then 4, 2, 1. */
static float add_lanes(float *lanes) {
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            lanes[i] += lanes[i + half];
    return lanes[0];
}

float fd_sum(const float *values, size_t count) {
    float lanes[LANES] = {0};
    size_t whole = count - count % LANES;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            lanes[l] += values[i + l];
    for (size_t i = whole; i < count; i++)
        lanes[i - whole] += values[i];
    return add_lanes(lanes);
}

float fd_dot(const float *a, const float *b, size_t count) {
    float lanes[LANES] = {0};
    size_t whole = count - count % LANES;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            lanes[l] += a[i + l] * b[i + l];
    for (size_t i = whole; i < count; i++)
        lanes[i - whole] += a[i] * b[i];
    return add_lanes(lanes);
}

void fd_add_scaled(float *restrict out, const float *restrict values, float weight, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] += weight * values[i];
}

void fd_layer_norm(const float *in, const float *gain, const float *bias, float epsilon,
                   size_t count, float *out) {
    float mean = fd_sum(in, count) / (float)count;
    for (size_t i = 0; i < count; i++)
        out[i] = in[i] - mean;
    float variance = fd_dot(out, out, count) / (float)count;
    float inverse = 1.0f / sqrtf(variance + epsilon); /* IEEE 754 rounds both correctly */
    for (size_t i = 0; i < count; i++)
        out[i] = out[i] * inverse * gain[i] + bias[i];
}

void fd_gelu(const float *in, float *out, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = in[i] * fd_gelu_gate(in[i]);
}

static float largest_of(const float *values, size_t count) {
    float largest = values[0];
    for (size_t i = 1; i < count; i++)
        largest = values[i] > largest ? values[i] : largest;
    return largest;
}

void fd_softmax(float *values, size_t count) {
    float largest = largest_of(values, count);
    for (size_t i = 0; i < count; i++)
        values[i] = fd_exp(values[i] - largest);
    float inverse = 1.0f / fd_sum(values, count);
    for (size_t i = 0; i < count; i++)
        values[i] *= inverse;
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

double fd_log_sum_exp(const float *values, size_t count) {
    double lanes[LANES] = {0}, sum = 0.0;
    float largest = largest_of(values, count);
    for (size_t i = 0; i < count; i++)
        lanes[i % LANES] += (double)fd_exp(values[i] - largest);
    for (size_t l = 0; l < LANES; l++)
        sum += lanes[l];
    return (double)largest + fd_log(sum);
}
