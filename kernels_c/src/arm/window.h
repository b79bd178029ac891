/* window.h - the ladder of window kernels on 64-bit Arm. Each rung needs its flags and replaces what stands below it. */
#ifndef NENC_ARM_WINDOW_H
#define NENC_ARM_WINDOW_H

#include "core/dispatch.h"

nenc_window_stats_fn nenc_window_stats_neon;

static inline void nenc_window_init_simd(nenc_dispatch *table, uint32_t flags)
{
#if NENC_HAVE_NEON
    if (flags & NENC_CPU_NEON) table->window_stats = nenc_window_stats_neon;
#endif
}

#endif
