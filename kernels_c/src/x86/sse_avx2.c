/* sse_avx2.c - squared error, 256 bytes of each row at a time, as fast as memory gives them. */
#include "x86/sse.h"

#include <immintrin.h>
#include <string.h>

enum {
    STEP = 256, /* four cache lines of each picture */
    AHEAD = 512, /* found by measuring: where the four lines of this step do not yet wait for those two steps on */
};

typedef struct sums {
    __m256i even; /* eight lanes of 32 bits: of the bytes of even places, ... */
    __m256i odd;
} sums;

static inline void add(sums *s, __m256i a, __m256i b)
{
    const __m256i apart = _mm256_sub_epi8(_mm256_max_epu8(a, b), _mm256_min_epu8(a, b));
    const __m256i even = _mm256_and_si256(apart, _mm256_set1_epi16(0xff)), odd = _mm256_srli_epi16(apart, 8);
    s->even = _mm256_add_epi32(s->even, _mm256_madd_epi16(even, even));
    s->odd = _mm256_add_epi32(s->odd, _mm256_madd_epi16(odd, odd));
}

static inline void add_at(sums *s, const uint8_t *a, const uint8_t *b)
{
    add(s, _mm256_loadu_si256((const __m256i *)a), _mm256_loadu_si256((const __m256i *)b));
}

static inline uint64_t total(__m256i lanes)
{
    const __m256i low = _mm256_and_si256(lanes, _mm256_set1_epi64x(0xffffffff)), high = _mm256_srli_epi64(lanes, 32);
    const __m256i four = _mm256_add_epi64(low, high);
    const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
    return (uint64_t)_mm_cvtsi128_si64(two) + (uint64_t)_mm_extract_epi64(two, 1);
}

/* One row. At most 65536 bytes: a 32-bit lane takes up 2 x 255^2 of every 32, under 2^29 in all. */
static inline sums row(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    sums s = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    size_t x = 0;
    for (; x + STEP <= bytes; x += STEP) {
        for (int line = 0; line < STEP; line += 64) {
            _mm_prefetch((const char *)a + x + AHEAD + line, _MM_HINT_T0);
            _mm_prefetch((const char *)b + x + AHEAD + line, _MM_HINT_T0);
        }
        for (int i = 0; i < STEP; i += 32) add_at(&s, a + x + i, b + x + i);
    }
    for (; x + 32 <= bytes; x += 32) add_at(&s, a + x, b + x);
    if (x < bytes) {
        uint8_t rest[2][32] = {0};
        memcpy(rest[0], a + x, bytes - x);
        memcpy(rest[1], b + x, bytes - x);
        add_at(&s, rest[0], rest[1]);
    }
    return s;
}

static inline void rows(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, size_t bytes, uint32_t height,
                        uint64_t *even, uint64_t *odd)
{
    for (uint32_t y = 0; y < height; y++, a += a_stride, b += b_stride) {
        const sums s = row(a, b, bytes);
        *even += total(s.even);
        *odd += total(s.odd);
    }
}

void nenc_sse_avx2(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t width, uint32_t height,
                   uint64_t sse[1])
{
    uint64_t even = 0, odd = 0;
    rows(a, a_stride, b, b_stride, width, height, &even, &odd);
    sse[0] += even + odd;
}

void nenc_sse_pairs_avx2(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t width,
                         uint32_t height, uint64_t sse[2])
{
    rows(a, a_stride, b, b_stride, 2 * (size_t)width, height, &sse[0], &sse[1]);
}
