/* scheduler.h - the frame scheduler: how many lines and how many frames the rate pays for. */
#ifndef NENC_CORE_SCHEDULER_H
#define NENC_CORE_SCHEDULER_H

#include "nenc/nenc.h"

enum { NENC_RUNGS = 4 };

typedef struct nenc_scheduler {
    double enter_bps[NENC_RUNGS]; /* a rung is entered at this rate ... */
    double leave_bps[NENC_RUNGS]; /* ... and left below this one; infinite for those the source does not have */
    int rung;              /* index into the ladder of resolutions */
    int step;              /* index into the ladder of frame rates, 0 = all frames */
    int64_t rung_ns;       /* when the rung last changed */
    int64_t step_ns;       /* when the frame rate last changed */
} nenc_scheduler;

/* The rung that rate_start pays for, all frames: into the state. */
void nenc_scheduler_init(nenc_scheduler *scheduler, const nenc_config *config, int64_t now_ns, nenc_state *state);
/* From rate_bps, encode_bps and NENC_BOUND_SHED of the state; keeps its rung and fps up to date. */
void nenc_scheduler_step(nenc_scheduler *scheduler, const nenc_config *config, int64_t now_ns, nenc_state *state);

#endif
