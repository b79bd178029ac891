/* sse.c - squared error in plain C: the reference for every SIMD variant. */
#include "quality/sse.h"

static inline uint32_t squared(uint8_t a, uint8_t b)
{
    const int difference = a - b;
    return (uint32_t)(difference * difference);
}

void nenc_sse_c(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t width, uint32_t height,
                uint64_t sse[1])
{
    for (uint32_t y = 0; y < height; y++, a += a_stride, b += b_stride) {
        uint64_t row = 0; /* 65536 times 255 squared exceeds 32 bits */
        for (uint32_t x = 0; x < width; x++) row += squared(a[x], b[x]);
        sse[0] += row;
    }
}

void nenc_sse_pairs_c(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t width, uint32_t height,
                      uint64_t sse[2])
{
    for (uint32_t y = 0; y < height; y++, a += a_stride, b += b_stride) {
        uint64_t first = 0, second = 0;
        for (uint32_t x = 0; x < width; x++) {
            first += squared(a[2 * x], b[2 * x]);
            second += squared(a[2 * x + 1], b[2 * x + 1]);
        }
        sse[0] += first;
        sse[1] += second;
    }
}
