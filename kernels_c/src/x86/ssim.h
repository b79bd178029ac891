/* ssim.h - the ladder of SSIM kernels on x86. Each rung needs its flags and replaces what stands below it. */
#ifndef NENC_X86_SSIM_H
#define NENC_X86_SSIM_H

#include "core/dispatch.h"

nenc_ssim_row_fn nenc_ssim_row_avx2;
nenc_ssim_row_fn nenc_ssim_row_pairs_avx2;

static inline void nenc_ssim_init_simd(nenc_dispatch *table, uint32_t flags)
{
#if NENC_HAVE_AVX2
    if ((flags & NENC_CPU_AVX2) && (flags & NENC_CPU_FMA)) { /* one build of all of them */
        table->ssim_row = nenc_ssim_row_avx2;
        table->ssim_row_pairs = nenc_ssim_row_pairs_avx2;
    }
#endif
}

#endif
