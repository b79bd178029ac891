/* psnr.c - squared error of whole pictures, and its PSNR in decibels. */
#include "core/dispatch.h"
#include "quality/picture.h"

#include <math.h>

/* Squared error and number of samples of each component; both are 0 for components that the format lacks. */
static int measure(const nenc_picture *a, const nenc_picture *b, uint64_t sse[NENC_PLANES], uint64_t samples[NENC_PLANES])
{
    const nenc_dispatch *kernels = nenc_dispatch_get();
    nenc_plane_pair planes[NENC_PLANES];
    const int count = nenc_picture_pair(a, b, planes);
    if (count < 0) return count;
    for (int i = 0; i < NENC_PLANES; i++) sse[i] = samples[i] = 0;
    for (const nenc_plane_pair *p = planes; p < planes + count; p++) {
        nenc_sse_fn *kernel = p->components == 2 ? kernels->sse_pairs : kernels->sse;
        kernel(p->a, p->a_stride, p->b, p->b_stride, p->width, p->height, sse + p->first);
        for (int c = 0; c < p->components; c++) samples[p->first + c] = (uint64_t)p->width * p->height;
    }
    return NENC_OK;
}

int nenc_sse(const nenc_picture *a, const nenc_picture *b, uint64_t sse[NENC_PLANES])
{
    uint64_t samples[NENC_PLANES], sums[NENC_PLANES];
    const int status = sse ? measure(a, b, sums, samples) : NENC_EINVAL;
    if (status == NENC_OK)
        for (int i = 0; i < NENC_PLANES; i++) sse[i] = sums[i];
    return status;
}

static double decibels(uint64_t sse, uint64_t samples)
{
    if (samples == 0) return NAN;
    if (sse == 0) return INFINITY;
    return 10 * log10(255.0 * 255.0 * (double)samples / (double)sse);
}

int nenc_psnr(const nenc_picture *a, const nenc_picture *b, nenc_quality *psnr_db)
{
    uint64_t sse[NENC_PLANES], samples[NENC_PLANES], sse_all = 0, samples_all = 0;
    const int status = psnr_db ? measure(a, b, sse, samples) : NENC_EINVAL;
    if (status != NENC_OK) return status;
    for (int i = 0; i < NENC_PLANES; i++) {
        psnr_db->component[i] = decibels(sse[i], samples[i]);
        sse_all += sse[i];
        samples_all += samples[i];
    }
    psnr_db->all = decibels(sse_all, samples_all);
    return NENC_OK;
}
