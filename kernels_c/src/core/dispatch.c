/* dispatch.c - fills the table of kernels from the processor's flags. */
#include "core/dispatch.h"

#include "core/cpu.h"

#include <pthread.h>

#if defined(__x86_64__) || defined(__i386__)
#include "x86/pid.h"
#include "x86/sse.h"
#include "x86/ssim.h"
#include "x86/window.h"
#elif defined(__aarch64__)
#include "arm/pid.h"
#include "arm/sse.h"
#include "arm/ssim.h"
#include "arm/window.h"
#else
static inline void nenc_pid_init_simd(nenc_dispatch *table, uint32_t flags) {}
static inline void nenc_sse_init_simd(nenc_dispatch *table, uint32_t flags) {}
static inline void nenc_ssim_init_simd(nenc_dispatch *table, uint32_t flags) {}
static inline void nenc_window_init_simd(nenc_dispatch *table, uint32_t flags) {}
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;
static nenc_dispatch table;

static void fill(void)
{
    table = (nenc_dispatch){
        .name = "c",
        .window_stats = nenc_window_stats_c,
        .pid_step = nenc_pid_step_c,
        .sse = nenc_sse_c,
        .sse_pairs = nenc_sse_pairs_c,
        .ssim_row = nenc_ssim_row_c,
        .ssim_row_pairs = nenc_ssim_row_pairs_c,
    };
    const uint32_t flags = nenc_cpu_flags();
    nenc_window_init_simd(&table, flags);
    nenc_pid_init_simd(&table, flags);
    nenc_sse_init_simd(&table, flags);
    nenc_ssim_init_simd(&table, flags);
    if (table.window_stats != nenc_window_stats_c) table.name = flags & NENC_CPU_NEON ? "neon" : "avx2";
}

const nenc_dispatch *nenc_dispatch_get(void)
{
    pthread_once(&once, fill);
    return &table;
}

void nenc_set_cpu_mask(uint32_t mask)
{
    nenc_cpu_set_mask(mask);
    pthread_once(&once, fill);
    fill();
}

const char *nenc_kernel_name(void) { return nenc_dispatch_get()->name; }
