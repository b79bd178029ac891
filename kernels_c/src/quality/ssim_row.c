/* ssim_row.c - a row of SSIM windows in plain C: the reference for every SIMD variant. */
#include "quality/ssim.h"

#include <math.h>

/* Sums over the four blocks of a window: each picture's samples are below 2^14, the other sums below 2^22, so nothing
 * overflows. */
static int32_t window(uint32_t values, uint32_t apart, uint32_t products)
{
    const int32_t s1 = (int32_t)(values & 0xffff), s2 = (int32_t)(values >> 16);
    const int32_t squares = s1 * s1 + s2 * s2, twice = 2 * s1 * s2, shared = 128 * (int32_t)products;
    const float above = (float)(twice + NENC_SSIM_C1) * (float)(shared - twice + NENC_SSIM_C2);
    const float below = (float)(squares + NENC_SSIM_C1) * (float)(64 * (int32_t)apart + shared - squares + NENC_SSIM_C2);
    return (int32_t)lrintf(above / below * NENC_SSIM_ONE);
}

static void block(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, int step, uint32_t sums[3])
{
    sums[0] = sums[1] = sums[2] = 0;
    for (int y = 0; y < 4; y++, a += a_stride, b += b_stride)
        for (int x = 0; x < 4 * step; x += step) {
            const int apart = a[x] - b[x];
            sums[0] += a[x] + ((uint32_t)b[x] << 16);
            sums[1] += (uint32_t)(apart * apart);
            sums[2] += (uint32_t)a[x] * b[x];
        }
}

static void row(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, int step, uint32_t blocks,
                nenc_ssim_sums *above, int64_t *ssim)
{
    uint32_t left[3] = {0}, sums[3], both[3]; /* sums of two blocks, one above the other */
    for (uint32_t i = 0; i < blocks; i++, a += 4 * step, b += 4 * step) {
        block(a, a_stride, b, b_stride, step, sums);
        both[0] = sums[0] + above->values[i];
        both[1] = sums[1] + above->apart[i];
        both[2] = sums[2] + above->products[i];
        if (i > 0) *ssim += window(left[0] + both[0], left[1] + both[1], left[2] + both[2]);
        for (int s = 0; s < 3; s++) left[s] = both[s];
        above->values[i] = sums[0];
        above->apart[i] = sums[1];
        above->products[i] = sums[2];
    }
}

void nenc_ssim_row_c(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t blocks,
                     nenc_ssim_sums *above, int64_t *ssim)
{
    row(a, a_stride, b, b_stride, 1, blocks, above, ssim);
}

void nenc_ssim_row_pairs_c(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t blocks,
                           nenc_ssim_sums *above, int64_t *ssim)
{
    row(a, a_stride, b, b_stride, 2, blocks, above, ssim);
    row(a + 1, a_stride, b + 1, b_stride, 2, blocks, above + 1, ssim + 1);
}
