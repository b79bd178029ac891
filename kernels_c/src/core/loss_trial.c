/* loss_trial.c - a lower rate for a while tells loss by congestion from the path's own. */
#include "core/loss_trial.h"

#include <math.h>

void nenc_loss_trial_init(nenc_loss_trial *trial)
{
    *trial = (nenc_loss_trial){.excess_ns = INT64_MIN, .judged_ns = INT64_MIN, .since_ns = INT64_MIN, .most_bps = INFINITY};
}

void nenc_loss_trial_judge(nenc_loss_trial *trial, nenc_estimate *path, const nenc_config *config, double rate_bps, double dead_s,
                           int64_t now_ns)
{
    static const int64_t patience_ns = 2000000000, look_ns = 2000000000, again_ns = 30000000000;
    if (trial->since_ns != INT64_MIN) {
        if (now_ns - trial->since_ns < look_ns + (int64_t)(dead_s * 1e9)) return;
        if (path->loss > 0.7 * trial->loss) path->loss_floor = path->loss;
        trial->since_ns = INT64_MIN;
        trial->most_bps = INFINITY;
        trial->judged_ns = now_ns;
    } else if (nenc_estimate_loss_queue_s(path, config) <= 0.0) {
        trial->excess_ns = INT64_MIN;
    } else if (trial->excess_ns == INT64_MIN) {
        trial->excess_ns = now_ns;
    } else if (now_ns - trial->excess_ns > patience_ns &&
               (trial->judged_ns == INT64_MIN || now_ns - trial->judged_ns > again_ns)) {
        trial->since_ns = now_ns;
        trial->most_bps = 0.75 * rate_bps;
        trial->loss = path->loss;
    }
}
