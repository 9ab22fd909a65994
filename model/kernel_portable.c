/* kernel_portable.c - fd_kernels for any CPU: the plain loops that the others must equal. */
#include "model/kernel_float.h"

static double dot(const int16_t *x, const int8_t *w, size_t count) {
    enum { CHUNK = 1024 }; /* as many products as fit 32 bits, see FD_ACTIVATION_MAX */
    int64_t total = 0;
    for (size_t from = 0; from < count; from += CHUNK) {
        size_t to = count - from < CHUNK ? count : from + CHUNK;
        int32_t sum = 0;
        for (size_t i = from; i < to; i++)
            sum += x[i] * w[i];
        total += sum;
    }
    return (double)total;
}

static void multiply(const fd_int_product *p, size_t from, size_t to) {
    for (size_t o = from; o < to; o++)
        for (size_t r = 0; r < p->rows; r++)
            p->y[r][o] =
                fd_int_result(p, r, o, dot(p->x + r * p->inner, p->w + o * p->inner, p->inner));
}

const fd_kernels fd_kernels_portable = {"portable", multiply,    quantise, layer_norm, gelu,
                                        softmax,    log_sum_exp, score,    gather};
