/* pid.c - the PID in plain C: the reference that every SIMD variant reproduces bit for bit. */
#include "core/pid.h"

#include <math.h>

double nenc_pid_step_c(nenc_pid *pid, const nenc_config *config, double dead_s, double dt_s)
{
    if (pid->fresh) {
        /* The derivative is of the measurement and not of the error, so that a moving set point causes no kick. */
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
