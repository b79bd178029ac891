/* law.h - what a control law is: a file of its own, and a line in control/table.c. */
#ifndef NENC_CORE_LAW_H
#define NENC_CORE_LAW_H

#include "core/dispatch.h"
#include "nenc/nenc.h"

/* What a law sees in a tick. Statistics are over the last second's samples. */
typedef struct nenc_law_input {
    int64_t now_ns;
    int64_t dt_ns;        /* since the tick before */
    int64_t newest_ns;    /* arrival of the newest sample, INT64_MIN before the first */
    const nenc_state *window; /* the statistics fields of the state being filled */
    const nenc_dispatch *kernels;
} nenc_law_input;

/* What a law says: rate_bps, encode_bps, p, i, d, error, delivered_bps, tfrc_bps, queue_delay_ms, base_rtt_ms,
 * loss_event_rate and bounds of the state; everything else in it belongs to step.c. */
typedef struct nenc_law_ops {
    nenc_controller_kind kind;
    size_t size; /* of the law's private state, zeroed before init */
    void (*init)(void *self, const nenc_config *config, int64_t now_ns);
    /* Each accepted sample, in order, before the tick that sees it. */
    void (*sample)(void *self, const nenc_config *config, const nenc_sample *sample);
    void (*step)(void *self, const nenc_config *config, const nenc_law_input *input, nenc_state *state);
    /* The gains in config have changed: keep the rate where it is. */
    void (*gains_changed)(void *self, const nenc_config *config);
} nenc_law_ops;

#endif
