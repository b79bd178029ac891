/* qp.c - QP from queue delay: no queue is qp_min, the queue the law aims at is qp_initial, a queue to drain is qp_max. */
#include "core/qp.h"

/* A change of less than this is not followed: jitter of the delay must not be seen in the picture. */
static const double band = 2;

/* Coarser at once, from end to end in half a second; finer slowly, one step about every sixth of a second. */
static const double coarser_per_s = 66, finer_per_s = 6;

static double from_delay(const nenc_qp *qp, const nenc_config *config, double delay_ns)
{
    if (!(delay_ns > 0)) return config->qp_min;
    if (delay_ns < config->queue_target_ns) return config->qp_min + qp->below_per_ns * delay_ns;
    if (delay_ns < config->queue_high_ns) return config->qp_initial + qp->above_per_ns * (delay_ns - config->queue_target_ns);
    return config->qp_max;
}

void nenc_qp_init(nenc_qp *qp, const nenc_config *config)
{
    qp->level = qp->wanted = config->qp_initial;
    qp->below_per_ns = (config->qp_initial - config->qp_min) / config->queue_target_ns;
    qp->above_per_ns = (config->qp_max - config->qp_initial) / (config->queue_high_ns - config->queue_target_ns);
}

float nenc_qp_step(nenc_qp *qp, const nenc_config *config, double queue_delay_ms, int64_t dt_ns)
{
    double wanted = from_delay(qp, config, queue_delay_ms * 1e6);
    double change = wanted - qp->wanted;
    /* The ends are reached exactly, the band applies between them. */
    if (change >= band || change <= -band || wanted == config->qp_min || wanted == config->qp_max) qp->wanted = wanted;
    double dt_s = (double)dt_ns * 1e-9;
    double up = qp->level + coarser_per_s * dt_s, down = qp->level - finer_per_s * dt_s;
    qp->level = qp->wanted > up ? up : qp->wanted < down ? down : qp->wanted;
    return (float)(int)(qp->level + 0.5);
}
