/* scheduler.h - the frame scheduler: the resolution and frame rate that a bitrate can pay for. */
#ifndef NENC_CORE_SCHEDULER_H
#define NENC_CORE_SCHEDULER_H

#include "nenc/nenc.h"

enum { NENC_RUNGS = 4 };

typedef struct nenc_scheduler {
    double enter_bps[NENC_RUNGS]; /* rate at which a rung is entered ... */
    double leave_bps[NENC_RUNGS]; /* ... and below which it is left; infinite for rungs above the source's resolution */
    int rung;              /* index into the ladder of resolutions */
    int step;              /* index into the ladder of frame rates, 0 = all frames */
    int64_t rung_ns;       /* when the rung last changed */
    int64_t step_ns;       /* when the frame rate last changed */
} nenc_scheduler;

/* Sets the state to the rung that rate_start pays for, with all frames. */
void nenc_scheduler_init(nenc_scheduler *scheduler, const nenc_config *config, int64_t now_ns, nenc_state *state);
/* Updates the state's rung and fps from its rate_bps, encode_bps and NENC_BOUND_SHED. */
void nenc_scheduler_step(nenc_scheduler *scheduler, const nenc_config *config, int64_t now_ns, nenc_state *state);

#endif
