/* ssim_avx2.c - a row of SSIM windows, eight at a time. Same operations as ssim_row.c. */
#include "x86/ssim.h"

#include <immintrin.h>
#include <string.h>

enum { BYTES = 32 }; /* of a register: eight blocks, or four of pairs */

/* The sums of eight blocks; as in nenc_ssim_sums. */
typedef struct eight {
    __m256i values;
    __m256i apart;
    __m256i products;
} eight;

/* Eight blocks as they are being added up: a 32-bit lane is a block, but the samples wait as two 16-bit sums of each. */
typedef struct adding {
    __m256i a;
    __m256i b;
    __m256i apart;
    __m256i products;
} adding;

static inline __m256i load(const uint8_t *at) { return _mm256_loadu_si256((const __m256i *)at); }

static inline void add_row(adding *s, __m256i a, __m256i b)
{
    const __m256i byte = _mm256_set1_epi16(0xff), ones = _mm256_set1_epi8(1);
    const __m256i a_even = _mm256_and_si256(a, byte), a_odd = _mm256_srli_epi16(a, 8);
    const __m256i b_even = _mm256_and_si256(b, byte), b_odd = _mm256_srli_epi16(b, 8);
    const __m256i even = _mm256_sub_epi16(a_even, b_even), odd = _mm256_sub_epi16(a_odd, b_odd);
    s->a = _mm256_add_epi16(s->a, _mm256_maddubs_epi16(a, ones));
    s->b = _mm256_add_epi16(s->b, _mm256_maddubs_epi16(b, ones));
    s->apart = _mm256_add_epi32(s->apart, _mm256_madd_epi16(even, even));
    s->apart = _mm256_add_epi32(s->apart, _mm256_madd_epi16(odd, odd));
    s->products = _mm256_add_epi32(s->products, _mm256_madd_epi16(a_even, b_even));
    s->products = _mm256_add_epi32(s->products, _mm256_madd_epi16(a_odd, b_odd));
    /* One row after the other: gcc would otherwise add up four rows as a tree, for which there are not registers enough. */
    __asm__("" : "+x"(s->a), "+x"(s->b), "+x"(s->apart), "+x"(s->products));
}

static inline eight added(const adding *s)
{
    const __m256i ones = _mm256_set1_epi16(1);
    const __m256i a = _mm256_madd_epi16(s->a, ones), b = _mm256_madd_epi16(s->b, ones);
    return (eight){_mm256_or_si256(a, _mm256_slli_epi32(b, 16)), s->apart, s->products};
}

static inline eight blocks_at(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride)
{
    adding s = {0};
    for (int y = 0; y < 4; y++) add_row(&s, load(a + y * a_stride), load(b + y * b_stride));
    return added(&s);
}

/* The first or second bytes of 32 pairs: pairs 0-7, 16-23, 8-15, 24-31. */
static inline __m256i split(const uint8_t *at, int component)
{
    const __m256i low = load(at), high = load(at + BYTES), byte = _mm256_set1_epi16(0xff);
    return component == 0 ? _mm256_packus_epi16(_mm256_and_si256(low, byte), _mm256_and_si256(high, byte))
                          : _mm256_packus_epi16(_mm256_srli_epi16(low, 8), _mm256_srli_epi16(high, 8));
}

static inline eight pair_blocks_at(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, int component)
{
    adding s = {0};
    for (int y = 0; y < 4; y++) add_row(&s, split(a + y * a_stride, component), split(b + y * b_stride, component));
    const eight out_of_order = added(&s);
    return (eight){_mm256_permute4x64_epi64(out_of_order.values, 0xd8), _mm256_permute4x64_epi64(out_of_order.apart, 0xd8),
                   _mm256_permute4x64_epi64(out_of_order.products, 0xd8)};
}

/* Puts this row's sums in the place of those above; returns both added. */
static inline eight exchange(nenc_ssim_sums *above, uint32_t i, eight now)
{
    __m256i *values = (__m256i *)(above->values + i), *apart = (__m256i *)(above->apart + i);
    __m256i *products = (__m256i *)(above->products + i);
    const eight both = {_mm256_add_epi32(*values, now.values), _mm256_add_epi32(*apart, now.apart),
                        _mm256_add_epi32(*products, now.products)};
    *values = now.values;
    *apart = now.apart;
    *products = now.products;
    return both;
}

/* Lanes 1 to 7 of a, lane 0 of b. */
static inline __m256i next(__m256i a, __m256i b) { return _mm256_alignr_epi8(_mm256_permute2x128_si256(a, b, 0x21), a, 4); }

/* Windows of eight upright pairs of blocks and their right neighbours, in units of 1 / NENC_SSIM_ONE. */
static inline __m256i windows(eight left, eight right)
{
    const __m256i values = _mm256_add_epi32(left.values, next(left.values, right.values));
    const __m256i apart = _mm256_add_epi32(left.apart, next(left.apart, right.apart));
    const __m256i products = _mm256_add_epi32(left.products, next(left.products, right.products));
    const __m256i c1 = _mm256_set1_epi32(NENC_SSIM_C1), c2 = _mm256_set1_epi32(NENC_SSIM_C2);
    const __m256i squares = _mm256_madd_epi16(values, values);
    const __m256i twice = _mm256_slli_epi32(_mm256_madd_epi16(values, _mm256_srli_epi32(values, 16)), 1);
    const __m256i shared = _mm256_slli_epi32(products, 7);
    const __m256i rest = _mm256_add_epi32(_mm256_sub_epi32(shared, squares), c2);
    const __m256 above = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_add_epi32(twice, c1)),
                                       _mm256_cvtepi32_ps(_mm256_add_epi32(_mm256_sub_epi32(shared, twice), c2)));
    const __m256 below = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_add_epi32(squares, c1)),
                                       _mm256_cvtepi32_ps(_mm256_add_epi32(_mm256_slli_epi32(apart, 6), rest)));
    return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_div_ps(above, below), _mm256_set1_ps(NENC_SSIM_ONE)));
}

static inline int64_t total(__m256i lanes)
{
    const __m256i four = _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(lanes)),
                                          _mm256_cvtepi32_epi64(_mm256_extracti128_si256(lanes, 1)));
    const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
    return _mm_cvtsi128_si64(two) + _mm_extract_epi64(two, 1);
}

/* What goes from step to step along a row, for one component. */
typedef struct state {
    eight left; /* the last eight blocks, with those above them */
    __m256i sum;
} state;

/* Eight blocks of each component; the windows whose right half they are. components is 1 or, for pairs, 2. */
static inline void step(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t i, int components,
                        nenc_ssim_sums *above, state *states)
{
    for (int c = 0; c < components; c++) {
        const eight both = exchange(
            above + c, i, components == 1 ? blocks_at(a, a_stride, b, b_stride) : pair_blocks_at(a, a_stride, b, b_stride, c));
        if (i > 0) states[c].sum = _mm256_add_epi32(states[c].sum, windows(states[c].left, both));
        states[c].left = both;
    }
}

/* The next row of blocks, into the second-level cache: prefetched along the rows instead, the first lines of each come late,
 * and there are eight rows to begin every time. */
static inline void fetch(const uint8_t *at, ptrdiff_t stride)
{
    for (int y = 0; y < 4; y++) _mm_prefetch((const char *)(at + y * stride), _MM_HINT_T1);
}

static inline void row(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t blocks,
                       int components, nenc_ssim_sums *above, int64_t *ssim)
{
    static const int32_t first_lanes[2 * NENC_SSIM_LANES] = {-1, -1, -1, -1, -1, -1, -1, -1};
    const size_t bytes = BYTES * (size_t)components;
    state states[2] = {0};
    uint32_t i = 0;
    for (; i + NENC_SSIM_LANES <= blocks; i += NENC_SSIM_LANES, a += bytes, b += bytes) {
        fetch(a + 4 * a_stride, a_stride);
        fetch(b + 4 * b_stride, b_stride);
        step(a, a_stride, b, b_stride, i, components, above, states);
    }
    if (i < blocks) { /* the last ones, with zeros behind them */
        uint8_t rest[2][4][2 * BYTES] = {0};
        for (int y = 0; y < 4; y++) {
            memcpy(rest[0][y], a + y * a_stride, (blocks - i) * 4 * (size_t)components);
            memcpy(rest[1][y], b + y * b_stride, (blocks - i) * 4 * (size_t)components);
        }
        step(rest[0][0], 2 * BYTES, rest[1][0], 2 * BYTES, i, components, above, states);
    }
    /* The last block has no right neighbour. */
    const uint32_t last = (blocks - 1) % NENC_SSIM_LANES;
    const __m256i there = _mm256_loadu_si256((const __m256i *)(first_lanes + NENC_SSIM_LANES - last));
    for (int c = 0; c < components; c++)
        ssim[c] += total(_mm256_add_epi32(states[c].sum, _mm256_and_si256(there, windows(states[c].left, states[c].left))));
}

void nenc_ssim_row_avx2(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t blocks,
                        nenc_ssim_sums *above, int64_t *ssim)
{
    row(a, a_stride, b, b_stride, blocks, 1, above, ssim);
}

void nenc_ssim_row_pairs_avx2(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t blocks,
                              nenc_ssim_sums *above, int64_t *ssim)
{
    row(a, a_stride, b, b_stride, blocks, 2, above, ssim);
}
