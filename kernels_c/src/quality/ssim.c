/* ssim.c - SSIM of whole pictures: planes are cut into vertical strips, and each strip is processed one row of blocks at a
 * time. */
#include "core/dispatch.h"
#include "quality/picture.h"

#include <math.h>

/* Adds up the windows of one strip. The first row of blocks has no row above it, so its result (from zeros) is discarded. */
static void strip(const nenc_plane_pair *p, uint32_t from, uint32_t blocks, nenc_ssim_row_fn *kernel, int64_t ssim[2])
{
    nenc_ssim_sums above[2] = {0};
    int64_t none[2] = {0};
    const uint8_t *a = p->a + (size_t)from * 4 * (size_t)p->components, *b = p->b + (size_t)from * 4 * (size_t)p->components;
    for (uint32_t y = 0; y < p->height / 4; y++, a += 4 * p->a_stride, b += 4 * p->b_stride)
        kernel(a, p->a_stride, b, p->b_stride, blocks, above, y == 0 ? none : ssim);
}

/* Mean over the windows of each component of a plane; NaN when there is no window. */
static void plane_ssim(const nenc_plane_pair *p, double mean[2])
{
    const nenc_dispatch *kernels = nenc_dispatch_get();
    const uint32_t blocks = p->width / 4;
    int64_t ssim[2] = {0};
    mean[0] = mean[1] = NAN;
    if (blocks < 2 || p->height < 8) return;
    /* A strip begins with the last blocks of the previous one, because a window spans two blocks. */
    for (uint32_t from = 0; from + 1 < blocks; from += NENC_SSIM_BLOCKS - 1) {
        const uint32_t left = blocks - from;
        strip(p, from, left < NENC_SSIM_BLOCKS ? left : NENC_SSIM_BLOCKS,
              p->components == 2 ? kernels->ssim_row_pairs : kernels->ssim_row, ssim);
    }
    const double windows = (double)(blocks - 1) * (p->height / 4 - 1);
    for (int c = 0; c < p->components; c++) mean[c] = (double)ssim[c] / (double)NENC_SSIM_ONE / windows;
}

int nenc_ssim(const nenc_picture *a, const nenc_picture *b, nenc_quality *ssim)
{
    nenc_plane_pair planes[NENC_PLANES];
    const int count = ssim ? nenc_picture_pair(a, b, planes) : NENC_EINVAL;
    if (count < 0) return count;
    double component[NENC_PLANES] = {NAN, NAN, NAN}, sum = 0, samples = 0;
    for (const nenc_plane_pair *p = planes; p < planes + count; p++) {
        double mean[2];
        plane_ssim(p, mean);
        for (int c = 0; c < p->components; c++) {
            component[p->first + c] = mean[c];
            if (isnan(mean[c])) continue;
            sum += mean[c] * p->width * p->height;
            samples += (double)p->width * p->height;
        }
    }
    if (samples == 0) return NENC_ERANGE;
    ssim->all = sum / samples;
    for (int i = 0; i < NENC_PLANES; i++) ssim->component[i] = component[i];
    return NENC_OK;
}
