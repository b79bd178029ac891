/* sse_neon.c - squared error, 32 bytes of each row at a time. */
#include "arm/sse.h"

#include <arm_neon.h>
#include <string.h>

enum {
    STEP = 32,
    AHEAD = 1024,
};

typedef struct sums {
    uint32x4_t even; /* of the bytes of even places, ... */
    uint32x4_t odd;
} sums;

static inline void add(sums *s, uint8x16_t even, uint8x16_t odd)
{
    s->even = vpadalq_u16(s->even, vmull_u8(vget_low_u8(even), vget_low_u8(even)));
    s->even = vpadalq_u16(s->even, vmull_high_u8(even, even));
    s->odd = vpadalq_u16(s->odd, vmull_u8(vget_low_u8(odd), vget_low_u8(odd)));
    s->odd = vpadalq_u16(s->odd, vmull_high_u8(odd, odd));
}

static inline void add_at(sums *s, const uint8_t *a, const uint8_t *b)
{
    const uint8x16_t low = vabdq_u8(vld1q_u8(a), vld1q_u8(b)), high = vabdq_u8(vld1q_u8(a + 16), vld1q_u8(b + 16));
    add(s, vuzp1q_u8(low, high), vuzp2q_u8(low, high));
}

/* One row. At most 65536 bytes: a 32-bit lane takes up 4 x 255^2 of every 32, under 2^30 in all. */
static inline sums row(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    sums s = {vdupq_n_u32(0), vdupq_n_u32(0)};
    size_t x = 0;
    for (; x + STEP <= bytes; x += STEP) {
        __builtin_prefetch(a + x + AHEAD);
        __builtin_prefetch(b + x + AHEAD);
        add_at(&s, a + x, b + x);
    }
    if (x < bytes) {
        uint8_t rest[2][STEP] = {0};
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
        *even += vaddlvq_u32(s.even);
        *odd += vaddlvq_u32(s.odd);
    }
}

void nenc_sse_neon(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t width, uint32_t height,
                   uint64_t sse[1])
{
    uint64_t even = 0, odd = 0;
    rows(a, a_stride, b, b_stride, width, height, &even, &odd);
    sse[0] += even + odd;
}

void nenc_sse_pairs_neon(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t width,
                         uint32_t height, uint64_t sse[2])
{
    rows(a, a_stride, b, b_stride, 2 * (size_t)width, height, &sse[0], &sse[1]);
}
