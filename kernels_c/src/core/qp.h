/* qp.h - the quality controller's input: a QP target from the network's latency. */
#ifndef NENC_CORE_QP_H
#define NENC_CORE_QP_H

#include "nenc/nenc.h"

typedef struct nenc_qp {
    double level;  /* where the target is, before rounding */
    double wanted; /* where it is going */
    double below_per_ns; /* slopes of the line from no queue to the one aimed at ... */
    double above_per_ns; /* ... and from there to the one to drain */
} nenc_qp;

void nenc_qp_init(nenc_qp *qp, const nenc_config *config);
/* The target after dt_ns with this queue delay: the whole number nearest to a value in qp_min..qp_max. */
float nenc_qp_step(nenc_qp *qp, const nenc_config *config, double queue_delay_ms, int64_t dt_ns);

#endif
