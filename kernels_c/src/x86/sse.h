/* sse.h - the ladder of squared-error kernels on x86. Each rung needs its flags and replaces what stands below it. */
#ifndef NENC_X86_SSE_H
#define NENC_X86_SSE_H

#include "core/dispatch.h"

nenc_sse_fn nenc_sse_avx2;
nenc_sse_pairs_fn nenc_sse_pairs_avx2;

static inline void nenc_sse_init_simd(nenc_dispatch *table, uint32_t flags)
{
#if NENC_HAVE_AVX2
    if ((flags & NENC_CPU_AVX2) && (flags & NENC_CPU_FMA)) { /* one build of all of them */
        table->sse = nenc_sse_avx2;
        table->sse_pairs = nenc_sse_pairs_avx2;
    }
#endif
}

#endif
