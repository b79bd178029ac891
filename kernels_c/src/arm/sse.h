/* sse.h - the ladder of squared-error kernels on 64-bit Arm. Each rung needs its flags and replaces what stands below it. */
#ifndef NENC_ARM_SSE_H
#define NENC_ARM_SSE_H

#include "core/dispatch.h"

nenc_sse_fn nenc_sse_neon;
nenc_sse_pairs_fn nenc_sse_pairs_neon;

static inline void nenc_sse_init_simd(nenc_dispatch *table, uint32_t flags)
{
#if NENC_HAVE_NEON
    if (flags & NENC_CPU_NEON) {
        table->sse = nenc_sse_neon;
        table->sse_pairs = nenc_sse_pairs_neon;
    }
#endif
}

#endif
