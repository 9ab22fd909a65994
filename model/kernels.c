#include "model/kernels.h"

#include <string.h>

/* One body, compiled once for each instruction set; the compiler turns the inner loop into its
 * multiply-and-add of 16-bit pairs. It is exact however it is vectorised: integers are
 * associative. */
static inline __attribute__((always_inline)) void multiply(const fd_int_product *p, size_t from,
                                                           size_t to) {
    enum { CHUNK = 1024, BLOCK = 4 };
    int16_t w[FD_INNER_MAX];
    size_t inner = p->inner;
    for (size_t o = from; o < to; o++) {
        const int8_t *narrow = p->w + o * inner;
        for (size_t i = 0; i < inner; i++)
            w[i] = narrow[i];
        double scale = (double)p->w_scale[o];
        float bias = p->bias ? p->bias[o] : 0.0f;
        for (size_t r = 0; r < p->rows; r += BLOCK) {
            size_t rows = p->rows - r < BLOCK ? p->rows - r : BLOCK;
            int64_t sums[BLOCK] = {0};
            for (size_t c = 0; c < inner; c += CHUNK) {
                size_t end = inner - c < CHUNK ? inner : c + CHUNK;
                if (rows == BLOCK) {
                    const int16_t *x0 = p->x + r * inner, *x1 = x0 + inner;
                    const int16_t *x2 = x1 + inner, *x3 = x2 + inner;
                    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
                    for (size_t i = c; i < end; i++) {
                        s0 += (int32_t)w[i] * (int32_t)x0[i];
                        s1 += (int32_t)w[i] * (int32_t)x1[i];
                        s2 += (int32_t)w[i] * (int32_t)x2[i];
                        s3 += (int32_t)w[i] * (int32_t)x3[i];
                    }
                    sums[0] += s0;
                    sums[1] += s1;
                    sums[2] += s2;
                    sums[3] += s3;
                } else {
                    for (size_t k = 0; k < rows; k++) {
                        const int16_t *x = p->x + (r + k) * inner;
                        int32_t s = 0;
                        for (size_t i = c; i < end; i++)
                            s += (int32_t)w[i] * (int32_t)x[i];
                        sums[k] += s;
                    }
                }
            }
            for (size_t k = 0; k < rows; k++)
                p->y[(r + k) * p->outs + o] =
                    (float)((double)sums[k] * (scale * (double)p->x_scale[r + k])) + bias;
        }
    }
}

static void multiply_portable(const fd_int_product *product, size_t from, size_t to) {
    multiply(product, from, to);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void multiply_avx2(const fd_int_product *product,
                                                          size_t from, size_t to) {
    multiply(product, from, to);
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))) static void
multiply_avx512(const fd_int_product *product, size_t from, size_t to) {
    multiply(product, from, to);
}

static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2");
}

static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vnni");
}
#endif

static bool always(void) {
    return true;
}

static const struct choice {
    const char *name;
    fd_int_kernel *kernel;
    bool (*works)(void);
} choices[] = {
#if defined(__x86_64__)
    {"avx512", multiply_avx512, has_avx512},
    {"avx2", multiply_avx2, has_avx2},
#elif defined(__aarch64__)
    {"neon", multiply_portable, always}, /* every such CPU has NEON: the compiler uses it */
#endif
    {"portable", multiply_portable, always},
};

fd_int_kernel *fd_int_kernel_choose(const char *isa, const char **name, fd_error *error) {
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        if ((!isa || strcmp(isa, choices[i].name) == 0) && choices[i].works()) {
            if (name)
                *name = choices[i].name;
            return choices[i].kernel;
        }
    fd_fail(error, FD_USAGE, "This machine has no instruction set called \"%s\".", isa);
    return NULL;
}

void fd_quantise_activations(const float *values, size_t count, int16_t *x, float *scale) {
    const float magic = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number */
    float largest = 1e-30f;
    for (size_t i = 0; i < count; i++) {
        float size = values[i] < 0.0f ? -values[i] : values[i];
        largest = size > largest ? size : largest;
    }
    float inverse = (float)FD_ACTIVATION_MAX / largest;
    for (size_t i = 0; i < count; i++) {
        float whole = values[i] * inverse + magic - magic;
        whole = whole > (float)FD_ACTIVATION_MAX ? (float)FD_ACTIVATION_MAX : whole;
        whole = whole < -(float)FD_ACTIVATION_MAX ? -(float)FD_ACTIVATION_MAX : whole;
        x[i] = (int16_t)(int32_t)whole;
    }
    *scale = largest / (float)FD_ACTIVATION_MAX;
}
