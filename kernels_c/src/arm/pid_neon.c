/* pid_neon.c - the PID's four quotients in two divisions, its fused steps in one instruction each. Same bits as pid.c. */
#include "arm/pid.h"

#include <arm_neon.h>

static inline double fused(double a, double b, double c)
{
    return vget_lane_f64(vfma_f64(vdup_n_f64(c), vdup_n_f64(a), vdup_n_f64(b)), 0);
}

static inline float64x2_t pair(double a, double b) { return (float64x2_t){a, b}; }

double nenc_pid_step_neon(nenc_pid *pid, const nenc_config *config, double dead_s, double dt_s)
{
    const double since_s = pid->since_s;
    /* Those that do not count may be 0 / 0. */
    const float64x2_t of_dead = vdivq_f64(pair(pid->set_point_s - pid->queue_s, dt_s), vdupq_n_f64(dead_s));
    const float64x2_t of_since =
        vdivq_f64(pair(pid->queue_s - pid->measured, since_s), pair(since_s, since_s + config->derivative_ns * 1e-9));
    if (pid->fresh) {
        if (pid->primed && since_s > 0.0)
            pid->slope = fused(vgetq_lane_f64(of_since, 0) - pid->slope, vgetq_lane_f64(of_since, 1), pid->slope);
        pid->error = vgetq_lane_f64(of_dead, 0);
        pid->measured = pid->queue_s;
        pid->primed = 1;
        pid->fresh = 0;
    }
    pid->p = config->kp * pid->error;
    pid->i = fused(config->ki * pid->error, vgetq_lane_f64(of_dead, 1), pid->i);
    pid->d = -config->kd * pid->slope;
    return pid->anchor_bps * (1.0 + pid->p + pid->i + pid->d);
}
