/* window.h - the ladder of window kernels on x86. Each rung needs its flags and replaces what stands below it. */
#ifndef NENC_X86_WINDOW_H
#define NENC_X86_WINDOW_H

#include "core/dispatch.h"

/* No rung yet: AVX2 + FMA will stand in x86/window_avx2.c. The plain C of core/window_stats.c stays in the table. */
static inline void nenc_window_init_simd(nenc_dispatch *table, uint32_t flags)
{
    (void)table;
    (void)flags;
}

#endif
