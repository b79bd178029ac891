/* cpu.h - what this processor can do, less what a mask hides. */
#ifndef NENC_CORE_CPU_H
#define NENC_CORE_CPU_H

#include <stdint.h>

/* The mask alone; nenc_set_cpu_mask (dispatch.c) also has the kernels chosen again. */
void nenc_cpu_set_mask(uint32_t mask);

#endif
