/* pid.h - the ladder of PID kernels on 64-bit Arm. Each rung needs its flags and replaces what stands below it. */
#ifndef NENC_ARM_PID_H
#define NENC_ARM_PID_H

#include "core/dispatch.h"

nenc_pid_step_fn nenc_pid_step_neon;

static inline void nenc_pid_init_simd(nenc_dispatch *table, uint32_t flags)
{
#if NENC_HAVE_NEON
    if (flags & NENC_CPU_NEON) table->pid_step = nenc_pid_step_neon;
#endif
}

#endif
