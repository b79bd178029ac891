/* dispatch.h - the table of kernels: plain C, or a faster variant for this processor with the same result. */
#ifndef NENC_CORE_DISPATCH_H
#define NENC_CORE_DISPATCH_H

#include "core/pid.h"
#include "core/window.h"
#include "quality/sse.h"
#include "quality/ssim.h"

typedef struct nenc_dispatch {
    const char *name; /* "c", "avx2", "neon" */
    nenc_window_stats_fn *window_stats;
    nenc_pid_step_fn *pid_step;
    nenc_sse_fn *sse;
    nenc_sse_pairs_fn *sse_pairs;
    nenc_ssim_row_fn *ssim_row;
    nenc_ssim_row_fn *ssim_row_pairs;
} nenc_dispatch;

/* Returns the table in use, always at the same address. */
const nenc_dispatch *nenc_dispatch_get(void);

#endif
