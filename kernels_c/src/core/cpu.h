/* cpu.h - the processor's SIMD features, minus those that a mask hides. */
#ifndef NENC_CORE_CPU_H
#define NENC_CORE_CPU_H

#include <stdint.h>

/* Sets the mask only; nenc_set_cpu_mask (dispatch.c) also selects the kernels again. */
void nenc_cpu_set_mask(uint32_t mask);

#endif
