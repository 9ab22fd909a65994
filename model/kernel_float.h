/* kernel_float.h - the floating-point half of fd_kernels. A kernel file includes it, so that the
 * compiler widens these loops for its instruction set; the order of operations stays as written. */
#include <math.h>
#include <string.h>

#include "model/kernels.h"
#include "model/lanes.h"
#include "model/ops.h"

static void quantise(const float *values, size_t count, int16_t *x, float *scale) {
    const float magic = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number */
    int32_t bits = 0; /* of the largest size: those of floats without a sign are in their order */
    for (size_t i = 0; i < count; i++) {
        int32_t size;
        memcpy(&size, &values[i], sizeof size);
        size &= INT32_MAX;
        bits = size > bits ? size : bits;
    }
    float largest;
    memcpy(&largest, &bits, sizeof largest);
    largest = largest > 1e-30f ? largest : 1e-30f;
    float inverse = (float)FD_ACTIVATION_MAX / largest;
    for (size_t i = 0; i < count; i++) {
        float whole = values[i] * inverse + magic - magic;
        whole = whole > (float)FD_ACTIVATION_MAX ? (float)FD_ACTIVATION_MAX : whole;
        whole = whole < -(float)FD_ACTIVATION_MAX ? -(float)FD_ACTIVATION_MAX : whole;
        x[i] = (int16_t)(int32_t)whole;
    }
    *scale = largest / (float)FD_ACTIVATION_MAX;
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

/* A block of keys at a time, a key in each element of a register: lane l of all their sums is one
 * register, and the lanes are added as in fd_add_lanes. */
static void score(const float *query, const float *keys, size_t count, size_t head, float scale,
                  float *scores) {
    size_t whole = head - head % FD_LANES;
    for (size_t t = 0; t < count; t += FD_BLOCK, keys += head * FD_BLOCK) {
        fd_lanes lanes[FD_LANES];
        for (size_t l = 0; l < FD_LANES; l++)
            lanes[l] = (fd_lanes){0};
        for (size_t i = 0; i < whole; i += FD_LANES)
            for (size_t l = 0; l < FD_LANES; l++)
                lanes[l] += query[i + l] * *(const fd_lanes *)(keys + (i + l) * FD_BLOCK);
        if (whole < head) {
            fd_lanes rest[FD_LANES] = {{0}};
            for (size_t i = whole; i < head; i++)
                rest[i - whole] = query[i] * *(const fd_lanes *)(keys + i * FD_BLOCK);
            for (size_t l = 0; l < FD_LANES; l++)
                lanes[l] += rest[l];
        }
        for (size_t half = FD_LANES / 2; half > 0; half /= 2)
            for (size_t l = 0; l < half; l++)
                lanes[l] += lanes[l + half];
        *(fd_lanes *)(scores + t) = lanes[0] * scale;
    }
}

/* 64 elements at a time stay in registers while all tokens are added to them. */
static void gather(const float *weights, const float *values, size_t count, size_t head,
                   float *out) {
    enum { WIDE = 4 * FD_LANES };
    size_t at = 0;
    for (; at + WIDE <= head; at += WIDE) {
        fd_lanes *sums = (fd_lanes *)(out + at);
        fd_lanes a = sums[0], b = sums[1], c = sums[2], d = sums[3];
        for (size_t t = 0; t < count; t++) {
            const fd_lanes *v = (const fd_lanes *)(values + t * head + at);
            a += weights[t] * v[0];
            b += weights[t] * v[1];
            c += weights[t] * v[2];
            d += weights[t] * v[3];
        }
        sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
    }
    for (size_t t = 0; t < count; t++)
        for (size_t i = at; i < head; i++)
            out[i] += weights[t] * values[t * head + i];
}
