/* ssim.h - the ladder of SSIM kernels on 64-bit Arm. Each rung needs its flags and replaces what stands below it. */
#ifndef NENC_ARM_SSIM_H
#define NENC_ARM_SSIM_H

#include "core/dispatch.h"

nenc_ssim_row_fn nenc_ssim_row_neon;
nenc_ssim_row_fn nenc_ssim_row_pairs_neon;

static inline void nenc_ssim_init_simd(nenc_dispatch *table, uint32_t flags)
{
#if NENC_HAVE_NEON
    if (flags & NENC_CPU_NEON) {
        table->ssim_row = nenc_ssim_row_neon;
        table->ssim_row_pairs = nenc_ssim_row_pairs_neon;
    }
#endif
}

#endif
