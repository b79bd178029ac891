/* qp.h - the quality controller: a QP target from the network's latency. */
#ifndef NENC_CORE_QP_H
#define NENC_CORE_QP_H

#include "nenc/nenc.h"

typedef struct nenc_qp {
    double level;  /* the target before rounding */
    double wanted; /* the value it approaches */
    double below_per_ns; /* slopes of the line from no queue to the set point ... */
    double above_per_ns; /* ... and from there to a queue to drain */
} nenc_qp;

void nenc_qp_init(nenc_qp *qp, const nenc_config *config);
/* Returns the target after dt_ns with this queue delay: a value in qp_min..qp_max, rounded to the nearest whole number. */
float nenc_qp_step(nenc_qp *qp, const nenc_config *config, double queue_delay_ms, int64_t dt_ns);

#endif
