/* window.h - the ladder of window kernels on 64-bit Arm. Each rung needs its flags and replaces what stands below it. */
#ifndef NENC_ARM_WINDOW_H
#define NENC_ARM_WINDOW_H

#include "core/dispatch.h"

/* No rung yet: NEON will stand in arm/window_neon.c. The plain C of core/window_stats.c stays in the table. */
static inline void nenc_window_init_simd(nenc_dispatch *table, uint32_t flags)
{
    (void)table;
    (void)flags;
}

#endif
