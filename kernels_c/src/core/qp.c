/* qp.c - QP from queue delay: no queue gives qp_min, the law's set point gives qp_initial, a queue to drain gives qp_max. */
#include "core/qp.h"

#include <math.h>

/* Smaller changes are ignored, so that jitter of the delay is not visible in the picture. */
static const double band = 2;

/* Coarser at once, over the whole range in half a second; finer slowly, about one step every sixth of a second. */
static const double coarser_per_s = 66, finer_per_s = 6;

/* Two straight lines that meet at the law's set point, computed without a branch, which noise in the delay would mispredict. */
static double from_delay(const nenc_qp *qp, const nenc_config *config, double delay_ns)
{
    const double within = delay_ns > 0.0 ? delay_ns : 0.0;
    const double below = within < config->queue_target_ns ? within : config->queue_target_ns;
    const double most = config->queue_high_ns - config->queue_target_ns;
    const double above = within - below < most ? within - below : most;
    return config->qp_min + qp->below_per_ns * below + qp->above_per_ns * above;
}

void nenc_qp_init(nenc_qp *qp, const nenc_config *config)
{
    qp->level = qp->wanted = config->qp_initial;
    qp->below_per_ns = (config->qp_initial - config->qp_min) / config->queue_target_ns;
    qp->above_per_ns = (config->qp_max - config->qp_initial) / (config->queue_high_ns - config->queue_target_ns);
}

float nenc_qp_step(nenc_qp *qp, const nenc_config *config, double queue_delay_ms, int64_t dt_ns)
{
    const double delay_ns = queue_delay_ms * 1e6;
    const double wanted = from_delay(qp, config, delay_ns), change = fabs(wanted - qp->wanted);
    /* The ends of the range can be reached; the dead band applies only between them. */
    const int followed = (change >= band) | !(delay_ns > 0.0) | (delay_ns >= config->queue_high_ns);
    const double choice[2] = {qp->wanted, wanted};
    qp->wanted = choice[followed];
    const double dt_s = (double)dt_ns * 1e-9;
    const double up = qp->level + coarser_per_s * dt_s, down = qp->level - finer_per_s * dt_s;
    const double most = qp->wanted < up ? qp->wanted : up;
    qp->level = most > down ? most : down;
    return (float)(int)(qp->level + 0.5);
}
