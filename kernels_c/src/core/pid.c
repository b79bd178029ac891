/* pid.c - the PID in plain C: the reference whose bits every SIMD variant reproduces. */
#include "core/pid.h"

#include <math.h>

void nenc_pid_anchor(nenc_pid *pid, double anchor_bps)
{
    pid->anchor_bps = anchor_bps;
    pid->i = 0.0;
}

void nenc_pid_measure(nenc_pid *pid, double queue_s, double set_point_s, double dt_s)
{
    pid->since_s = pid->fresh ? pid->since_s + dt_s : dt_s;
    pid->queue_s = queue_s;
    pid->set_point_s = set_point_s;
    pid->fresh = 1;
}

double nenc_pid_step_c(nenc_pid *pid, const nenc_config *config, double dead_s, double dt_s)
{
    if (pid->fresh) {
        /* The derivative is of the measurement, not of the error: a set point that moves gives no kick. */
        if (pid->primed && pid->since_s > 0.0) {
            const double slope = (pid->queue_s - pid->measured) / pid->since_s;
            const double share = pid->since_s / (pid->since_s + config->derivative_ns * 1e-9);
            pid->slope = fma(slope - pid->slope, share, pid->slope);
        }
        pid->error = (pid->set_point_s - pid->queue_s) / dead_s;
        pid->measured = pid->queue_s;
        pid->primed = 1;
        pid->fresh = 0;
    }
    pid->p = config->kp * pid->error;
    pid->i = fma(config->ki * pid->error, dt_s / dead_s, pid->i);
    pid->d = -config->kd * pid->slope;
    return pid->anchor_bps * (1.0 + pid->p + pid->i + pid->d);
}

void nenc_pid_track(nenc_pid *pid, double bps) { pid->i = bps / pid->anchor_bps - 1.0 - pid->p - pid->d; }
