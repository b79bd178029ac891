/* law.h - the interface of a control law. To add one, write its file and add a line to the table in control/table.c. */
#ifndef NENC_CORE_LAW_H
#define NENC_CORE_LAW_H

#include "core/dispatch.h"
#include "nenc/nenc.h"

/* Inputs of a law in a tick. Statistics cover the last second's samples. */
typedef struct nenc_law_input {
    int64_t now_ns;
    int64_t dt_ns;        /* time since the previous tick */
    int64_t newest_ns;    /* arrival of the newest sample, INT64_MIN before the first */
    const nenc_state *window; /* the state being filled; its statistics are already set */
    const nenc_dispatch *kernels;
} nenc_law_input;

/* A law sets rate_bps, encode_bps, p, i, d, error, delivered_bps, tfrc_bps, queue_delay_ms, base_rtt_ms, loss_event_rate and
 * bounds of the state; step.c sets everything else. */
typedef struct nenc_law_ops {
    nenc_controller_kind kind;
    size_t size; /* size of the law's private state, which is zeroed before init */
    void (*init)(void *self, const nenc_config *config, int64_t now_ns);
    /* Called for each accepted sample, in order, before the tick that sees it. */
    void (*sample)(void *self, const nenc_config *config, const nenc_sample *sample);
    void (*step)(void *self, const nenc_config *config, const nenc_law_input *input, nenc_state *state);
    /* The gains in config have changed; the rate must not jump. */
    void (*gains_changed)(void *self, const nenc_config *config);
} nenc_law_ops;

#endif
