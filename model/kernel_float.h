/* kernel_float.h - the floating-point half of fd_kernels. A kernel file includes it, so that the
 * compiler widens these loops for its instruction set; the order of operations stays as written. */
#include <math.h>
#include <string.h>

#include "model/kernels.h"
#include "model/lanes.h"
#include "model/ops.h"

/* x[i] = values[i] * inverse, rounded, and no further from 0 than `most`. */
static void to_whole(const float *values, size_t count, float inverse, float most, int16_t *x) {
    const float magic = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number */
    for (size_t i = 0; i < count; i++) {
        float whole = values[i] * inverse + magic - magic;
        whole = whole > most ? most : whole;
        whole = whole < -most ? -most : whole;
        x[i] = (int16_t)(int32_t)whole;
    }
}

static float largest_size(const float *values, size_t count) {
    int32_t bits = 0; /* those of floats without a sign are in their order */
    for (size_t i = 0; i < count; i++) {
        int32_t size;
        memcpy(&size, &values[i], sizeof size);
        size &= INT32_MAX;
        bits = size > bits ? size : bits;
    }
    float largest;
    memcpy(&largest, &bits, sizeof largest);
    return largest > 1e-30f ? largest : 1e-30f;
}

static void quantise(const float *values, size_t count, int16_t *x, float *scale) {
    float largest = largest_size(values, count), most = (float)FD_ACTIVATION_MAX;
    to_whole(values, count, most / largest, most, x);
    *scale = largest / most;
}

/* Where a sum of `count` numbers bounds them as well; rounding adds at most a half to each. */
static void quantise_within(const float *values, size_t count, float sum, int32_t most_sum,
                            int16_t *x, float *scale) {
    float each = largest_size(values, count) / (float)INT16_MAX;
    float all = sum / (float)(most_sum - (int32_t)count);
    *scale = all > each ? all : each;
    to_whole(values, count, 1.0f / *scale, (float)INT16_MAX, x);
}

static void quantise_by_norm(const float *values, size_t count, int16_t *x, float *scale) {
    quantise_within(values, count, sqrtf(fd_dot_lanes(values, values, count)), FD_NORM_MAX, x,
                    scale);
}

static void quantise_by_sum(const float *weights, size_t count, int16_t *x, float *scale) {
    quantise_within(weights, count, fd_sum_lanes(weights, count), FD_WEIGHTS_MAX, x, scale);
}

static void layer_norm(const float *in, const float *gain, const float *bias, float epsilon,
                       size_t count, float *out) {
    float mean = fd_sum_lanes(in, count) / (float)count;
    for (size_t i = 0; i < count; i++)
        out[i] = in[i] - mean;
    float variance = fd_dot_lanes(out, out, count) / (float)count;
    float inverse = 1.0f / sqrtf(variance + epsilon); /* IEEE 754 rounds both correctly */
    for (size_t i = 0; i < count; i++)
        out[i] = out[i] * inverse * gain[i] + bias[i];
}

static void gelu(float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        values[i] = values[i] * fd_gelu_gate(values[i]);
}

static void softmax(float *values, size_t count) {
    float largest = fd_largest_lanes(values, count);
    for (size_t i = 0; i < count; i++)
        values[i] = fd_exp(values[i] - largest);
    float inverse = 1.0f / fd_sum_lanes(values, count);
    for (size_t i = 0; i < count; i++)
        values[i] *= inverse;
}

static double log_sum_exp(const float *values, size_t count) {
    double lanes[FD_LANES] = {0}, sum = 0.0;
    float largest = fd_largest_lanes(values, count);
    size_t whole = count - count % FD_LANES;
    for (size_t i = 0; i < whole; i += FD_LANES)
        for (size_t l = 0; l < FD_LANES; l++)
            lanes[l] += (double)fd_exp(values[i + l] - largest);
    for (size_t i = whole; i < count; i++)
        lanes[i - whole] += (double)fd_exp(values[i] - largest);
    for (size_t l = 0; l < FD_LANES; l++)
        sum += lanes[l];
    return (double)largest + fd_log(sum);
}
