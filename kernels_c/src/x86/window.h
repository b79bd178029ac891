/* window.h - the ladder of window kernels on x86. Each rung needs its flags and replaces what stands below it. */
#ifndef NENC_X86_WINDOW_H
#define NENC_X86_WINDOW_H

#include "core/dispatch.h"

nenc_window_stats_fn nenc_window_stats_avx2;

static inline void nenc_window_init_simd(nenc_dispatch *table, uint32_t flags)
{
#if NENC_HAVE_AVX2
    if ((flags & NENC_CPU_AVX2) && (flags & NENC_CPU_FMA)) table->window_stats = nenc_window_stats_avx2;
#endif
}

#endif
