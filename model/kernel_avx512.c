/* kernel_avx512.c - fd_kernels for AVX-512 with VNNI: 32 products in one instruction, exact in
 * int32. */
#include "model/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "model/kernel_float.h"

typedef __m512i sums, wide;
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

static inline sums multiply_add(sums s, wide a, wide b) {
    return _mm512_dpwssd_epi32(s, a, b); /* not its saturating sister dpwssds */
}

/* Pairs of neighbours, of pairs, then the four quarters. */
static inline __m128i add_up(const sums s[4]) {
    sums a = _mm512_add_epi32(_mm512_unpacklo_epi32(s[0], s[1]), _mm512_unpackhi_epi32(s[0], s[1]));
    sums b = _mm512_add_epi32(_mm512_unpacklo_epi32(s[2], s[3]), _mm512_unpackhi_epi32(s[2], s[3]));
    sums c = _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(c), _mm512_extracti64x4_epi64(c, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

#include "model/kernel_tile.h"

const fd_kernels fd_kernels_avx512 = {"avx512", multiply,    quantise, layer_norm, gelu,
                                      softmax,  log_sum_exp, score,    gather};
#endif
