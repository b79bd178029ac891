/* loss_trial.h - is loss the path's own? A trial lowers the rate for a while, and loss that stays is not caused by us. */
#ifndef NENC_CORE_LOSS_TRIAL_H
#define NENC_CORE_LOSS_TRIAL_H

#include "core/estimate.h"

typedef struct nenc_loss_trial {
    int64_t excess_ns; /* time since which loss counts as congestion, INT64_MIN: it does not */
    int64_t judged_ns; /* end of the last trial, INT64_MIN: there was none */
    int64_t since_ns;  /* start of the present trial, INT64_MIN: none */
    double most_bps;   /* the highest rate during a trial, infinite without one */
    double loss;       /* when it began */
} nenc_loss_trial;

void nenc_loss_trial_init(nenc_loss_trial *trial);
/* With each sample: begins a trial when loss has held the rate back for a while, and judges it a dead time and two seconds
 * later, when it may raise the path's loss floor. */
void nenc_loss_trial_judge(nenc_loss_trial *trial, nenc_estimate *path, const nenc_config *config, double rate_bps, double dead_s,
                           int64_t now_ns);

#endif
