/* kernel_avx2.c - fd_kernels for AVX2: vpmaddwd multiplies int16 and adds pairs in int32, which
 * cannot saturate here (vpmaddubsw, on bytes, can). */
#include "model/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "model/kernel_float.h"

typedef __m256i sums, wide;
typedef double doubles __attribute__((vector_size(32)));
#define LANES 8
#define STEP 16
#define ROWS 2

static inline sums no_sums(void) {
    return _mm256_setzero_si256();
}

static inline wide widen(const int8_t *w) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)w));
}

static inline wide load(const int16_t *x) {
    return _mm256_loadu_si256((const __m256i *)(const void *)x);
}

static inline sums multiply_add(sums s, wide a, wide b) {
    return _mm256_add_epi32(s, _mm256_madd_epi16(a, b));
}

/* hadd adds neighbours: after two of them each half holds one number of every s. */
static inline doubles add_up(const sums s[4]) {
    sums a = _mm256_hadd_epi32(s[0], s[1]), b = _mm256_hadd_epi32(s[2], s[3]);
    sums c = _mm256_hadd_epi32(a, b);
    return (doubles)_mm256_add_pd(_mm256_cvtepi32_pd(_mm256_castsi256_si128(c)),
                                  _mm256_cvtepi32_pd(_mm256_extracti128_si256(c, 1)));
}

#define add_pairs multiply_add /* which adds neighbours as it is */

static inline wide every_lane(int32_t pair) {
    return _mm256_set1_epi32(pair);
}

#include "model/kernel_attend.h"
#include "model/kernel_tile.h"

const fd_kernels fd_kernels_avx2 = {"avx2",          multiply,   quantise, quantise_by_norm,
                                    quantise_by_sum, layer_norm, gelu,     softmax,
                                    log_sum_exp,     score,      gather};
#endif
