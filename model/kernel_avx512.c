/* kernel_avx512.c - fd_kernels for AVX-512 with VNNI: 32 products in one instruction, exact in
 * int32. */
#include "model/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "model/kernel_float.h"

typedef __m512i sums, wide;
typedef double doubles __attribute__((vector_size(32)));
#define LANES 16
#define STEP 32
#define ROWS 4

static inline sums no_sums(void) {
    return _mm512_setzero_si512();
}

static inline wide widen(const int8_t *w) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(const void *)w));
}

static inline wide load(const int16_t *x) {
    return _mm512_loadu_si512(x);
}

/* vpdpwssd, not its saturating sister vpdpwssds. As an intrinsic it makes GCC 12 copy every sum
 * twice, which halves the speed. */
static inline sums multiply_add(sums s, wide a, wide b) {
    __asm__("vpdpwssd %2, %1, %0" : "+v"(s) : "v"(a), "v"(b));
    return s;
}

/* Pairs of neighbours, of pairs, then the halves and their quarters. */
static inline doubles add_up(const sums s[4]) {
    sums a = _mm512_add_epi32(_mm512_unpacklo_epi32(s[0], s[1]), _mm512_unpackhi_epi32(s[0], s[1]));
    sums b = _mm512_add_epi32(_mm512_unpacklo_epi32(s[2], s[3]), _mm512_unpackhi_epi32(s[2], s[3]));
    sums c = _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    __m512d d = _mm512_add_pd(_mm512_cvtepi32_pd(_mm512_castsi512_si256(c)),
                              _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(c, 1)));
    return (doubles)_mm256_add_pd(_mm512_castpd512_pd256(d), _mm512_extractf64x4_pd(d, 1));
}

#define add_pairs multiply_add /* which adds neighbours as it is */

static inline wide every_lane(int32_t pair) {
    return _mm512_set1_epi32(pair);
}

#include "model/kernel_attend.h"
#include "model/kernel_tile.h"

const fd_kernels fd_kernels_avx512 = {"avx512",        multiply,   quantise, quantise_by_norm,
                                      quantise_by_sum, layer_norm, gelu,     softmax,
                                      log_sum_exp,     score,      gather};
#endif
