/* pid.h - a PID around an operating point: rate = anchor (1 + p + i + d), for an integrating process with dead time.
 *
 * The process: a queue integrates what is sent beyond the capacity, dq/dt = rate / capacity - 1, and answers after a dead time.
 * Gains are per dead time (SIMC rules: Skogestad, "Simple analytic rules for model reduction and PID controller tuning",
 * J. Process Control 13, 2003), so that one set of them serves 5 ms and 500 ms of rtt. */
#ifndef NENC_CORE_PID_H
#define NENC_CORE_PID_H

#include "nenc/nenc.h"

typedef struct nenc_pid {
    double anchor_bps;
    double p;
    double i;
    double d;
    double error;    /* (set point - measured) / dead time */
    double measured; /* the last measurement, in seconds of queue, and its filtered slope */
    double slope;
    int primed;      /* a measurement has been processed */
    int fresh;       /* a measurement waits for the next step: ... */
    double queue_s;
    double set_point_s;
    double since_s;  /* time from the previous measurement to this one */
} nenc_pid;

/* Sets a new operating point: the integral becomes zero, the measurement's history stays. */
static inline void nenc_pid_anchor(nenc_pid *pid, double anchor_bps)
{
    pid->anchor_bps = anchor_bps;
    pid->i = 0.0;
}

/* Passes a measurement to the next step: queue delay and set point in seconds, dt since the previous measurement. The newest
 * one counts. */
static inline void nenc_pid_measure(nenc_pid *pid, double queue_s, double set_point_s, double dt_s)
{
    pid->since_s = pid->fresh ? pid->since_s + dt_s : dt_s;
    pid->queue_s = queue_s;
    pid->set_point_s = set_point_s;
    pid->fresh = 1;
}

/* Anti-windup: bps is the rate that was really used, and the integral absorbs the difference. */
static inline void nenc_pid_track(nenc_pid *pid, double bps) { pid->i = bps / pid->anchor_bps - 1.0 - pid->p - pid->d; }

/* Runs one tick of dt_s: processes the waiting measurement, if any, and advances the integral. Returns the rate in bit/s that
 * the law asks for. dead_s > 0. Every variant gives the same bits as nenc_pid_step_c. */
typedef double nenc_pid_step_fn(nenc_pid *pid, const nenc_config *config, double dead_s, double dt_s);
nenc_pid_step_fn nenc_pid_step_c;

#endif
