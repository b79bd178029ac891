/* pid.c - the PID's three terms. */
#include "core/pid.h"

void nenc_pid_anchor(nenc_pid *pid, double anchor_bps)
{
    pid->anchor_bps = anchor_bps;
    pid->i = 0.0;
}

void nenc_pid_measure(nenc_pid *pid, const nenc_config *config, double queue_s, double set_point_s, double dead_s, double dt_s)
{
    /* The derivative is of the measurement, not of the error: a set point that moves gives no kick. */
    if (pid->primed && dt_s > 0.0) {
        const double tau_s = config->derivative_ns * 1e-9;
        pid->slope += ((queue_s - pid->measured) / dt_s - pid->slope) * (dt_s / (dt_s + tau_s));
    }
    pid->primed = 1;
    pid->measured = queue_s;
    pid->error = (set_point_s - queue_s) / dead_s;
    pid->p = config->kp * pid->error;
    pid->d = -config->kd * pid->slope;
}

double nenc_pid_step(nenc_pid *pid, const nenc_config *config, double dead_s, double dt_s)
{
    pid->i += config->ki * pid->error * (dt_s / dead_s);
    return pid->anchor_bps * (1.0 + pid->p + pid->i + pid->d);
}

void nenc_pid_track(nenc_pid *pid, double bps) { pid->i = bps / pid->anchor_bps - 1.0 - pid->p - pid->d; }
