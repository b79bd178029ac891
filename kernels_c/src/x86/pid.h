/* pid.h - the ladder of PID kernels on x86. Each rung needs its flags and replaces what stands below it. */
#ifndef NENC_X86_PID_H
#define NENC_X86_PID_H

#include "core/dispatch.h"

nenc_pid_step_fn nenc_pid_step_avx2;

static inline void nenc_pid_init_simd(nenc_dispatch *table, uint32_t flags)
{
#if NENC_HAVE_AVX2
    if ((flags & NENC_CPU_AVX2) && (flags & NENC_CPU_FMA)) table->pid_step = nenc_pid_step_avx2;
#endif
}

#endif
