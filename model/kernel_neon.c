/* kernel_neon.c - fd_kernels for ARM64: smlal and smlal2 multiply int16 and add in int32. */
#include "model/kernels.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#include "model/kernel_float.h"

typedef int32x4_t sums;
typedef int16x8_t wide;
typedef double doubles __attribute__((vector_size(32)));
#define LANES 4
#define STEP 8
#define ROWS 4

static inline sums no_sums(void) {
    return vdupq_n_s32(0);
}

static inline wide widen(const int8_t *w) {
    return vmovl_s8(vld1_s8(w));
}

static inline wide load(const int16_t *x) {
    return vld1q_s16(x);
}

static inline sums multiply_add(sums s, wide a, wide b) {
    return vmlal_high_s16(vmlal_s16(s, vget_low_s16(a), vget_low_s16(b)), a, b);
}

static inline doubles add_up(const sums s[4]) {
    int32x4_t all = vpaddq_s32(vpaddq_s32(s[0], s[1]), vpaddq_s32(s[2], s[3]));
    return __builtin_convertvector(all, doubles);
}

static inline sums add_pairs(sums s, wide a, wide b) {
    int32x4_t low = vmull_s16(vget_low_s16(a), vget_low_s16(b)), high = vmull_high_s16(a, b);
    return vaddq_s32(s, vpaddq_s32(low, high));
}

static inline wide every_lane(int32_t pair) {
    return vreinterpretq_s16_s32(vdupq_n_s32(pair));
}

#include "model/kernel_attend.h"
#include "model/kernel_tile.h"

const fd_kernels fd_kernels_neon = {"neon",          multiply,   quantise, quantise_by_norm,
                                    quantise_by_sum, layer_norm, gelu,     softmax,
                                    log_sum_exp,     score,      gather};
#endif
