/* production.c - the production law: ramp up, hold a short queue with a PID, drain a long one at once, back off without
 * feedback.
 *
 *   warm-up   no sample yet: rate_start
 *   ramp      no sign of congestion: the rate grows by ramp_gain per dead time, slowly near the capacity last seen
 *   control   the PID holds the queue delay at the set point
 *   drain     the queue is, or will be, over queue_high: rate = capacity x what empties it in drain_ns (no slew limit)
 *   stale     feedback stopped: the rate halves every stale_halving_ns (no slew limit)
 *
 * It uses throughput, rtt and loss alone. Below rate_min the encoder drops frames and lowers the resolution (encode_bps), while
 * the target stays at rate_min.
 */
#include <math.h>
#include <string.h>

#include "core/estimate.h"
#include "core/law.h"
#include "core/loss_trial.h"
#include "core/pid.h"
#include "core/tfrc.h"

typedef enum law_mode { WARMUP, RAMP, CONTROL, DRAIN, STALE } law_mode;

typedef struct production {
    law_mode mode;
    double rate_bps; /* may be below rate_min, in which case frames are dropped */
    int64_t quiet_ns; /* control: time since which the queue has been empty */
    int64_t sample_ns;
    int64_t probe_ns; /* time since which the set point is 0, INT64_MIN: it is not */
    int64_t probed_ns; /* end of the last probe for the base rtt */
    uint32_t bounds;  /* set while samples come in, reported at the next tick */
    nenc_estimate path;
    nenc_loss_trial trial;
    double per_range; /* 1 / log2(rate_max / rate_min), 0 when the two are equal */
    nenc_pid pid;
    nenc_tfrc tfrc;
} production;

/* Turns a NaN into low. */
static double clamp(double x, double low, double high) { return x > low ? (x < high ? x : high) : low; }

/* The lowest possible rate: frames of rate_min's size at only shed_fps_min of the frame rate. */
static double floor_bps(const nenc_config *config) { return config->rate_min_bps * config->shed_fps_min / config->fps_max; }

/* Sets a new operating point, which is never so low that the PID could not work around it. */
static void anchor(production *law, const nenc_config *config, double bps)
{
    law->rate_bps = clamp(bps, floor_bps(config), config->rate_max_bps);
    nenc_pid_anchor(&law->pid, law->rate_bps);
}

/* Dead time of the loop: from a decision to the sample that shows its effect. Never 0, because it is a divisor. */
static double dead_s(const production *law, const nenc_config *config)
{
    static const double least_s = 1e-3;
    const double rtt_ms = law->path.count ? law->path.rtt_base_ms : 0.0;
    const double dead = rtt_ms * 1e-3 + config->lag_ns * 1e-9;
    return dead > least_s ? dead : least_s;
}

/* log2 of x >= 1, linear between powers of two: computed from the exponent and fraction of the number, with the same result on
 * every machine. */
static double log2_linear(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (double)((int64_t)bits - ((int64_t)1023 << 52)) * 0x1p-52;
}

/* Set point of the queue: the slower the flow, the longer the queue. Flows that see the same queue then converge to equal rates
 * (the idea of NADA's x_ref R_max / r, RFC 8698 section 4.3, on a logarithmic scale that stays short at low rates). */
static double set_point_s(const production *law, const nenc_config *config)
{
    const double rate = clamp(law->rate_bps, config->rate_min_bps, config->rate_max_bps);
    const double below = log2_linear(config->rate_max_bps / rate) * law->per_range;
    return (config->queue_target_ns + config->queue_fair_ns * below) * 1e-9;
}

static void enter(production *law, law_mode mode)
{
    law->mode = mode;
    law->quiet_ns = INT64_MIN;
    law->probe_ns = INT64_MIN;
}

static void init(void *self, const nenc_config *config, int64_t now_ns)
{
    production *law = self;
    law->rate_bps = config->rate_start_bps;
    law->sample_ns = INT64_MIN;
    const double range = log2_linear(config->rate_max_bps / config->rate_min_bps);
    law->per_range = range > 0.0 ? 1.0 / range : 0.0;
    nenc_estimate_init(&law->path, config, now_ns);
    nenc_tfrc_init(&law->tfrc);
    nenc_pid_anchor(&law->pid, law->rate_bps);
    enter(law, WARMUP);
    law->probed_ns = now_ns;
    nenc_loss_trial_init(&law->trial);
}

static void drain(production *law, const nenc_config *config, int64_t now_ns)
{
    const nenc_estimate *path = &law->path;
    const double target_s = 0.5 * set_point_s(law, config), dead = dead_s(law, config);
    const double time_s = config->drain_ns * 1e-9 > dead ? config->drain_ns * 1e-9 : dead;
    const double capacity = path->capacity_bps > 0.0 ? path->capacity_bps : path->delivered_bps;
    const double queue_s = nenc_estimate_coming_queue_s(path, now_ns, 0);
    law->rate_bps = capacity * clamp(1.0 - (queue_s - target_s) / time_s, 0.25, 1.0);
    law->bounds |= NENC_BOUND_DRAIN;
    /* RFC 5348 applies only while the queue shows that losses are caused by congestion. Half the capacity is its lower bound,
     * because a loss-event history outlives the congestion that made it. */
    const double p = nenc_tfrc_loss_event_rate(&law->tfrc);
    const double tfrc_bps = nenc_tfrc_rate_bps(config->packet_bytes, nenc_estimate_recent(path, 0)->rtt_ms * 1e-3, p);
    const double bound = tfrc_bps > 0.5 * capacity ? tfrc_bps : 0.5 * capacity;
    if (bound < law->rate_bps) {
        law->rate_bps = bound;
        law->bounds |= NENC_BOUND_TFRC;
    }
}

static void sample(void *self, const nenc_config *config, const nenc_sample *sample)
{
    production *law = self;
    nenc_estimate *path = &law->path;
    const int64_t now_ns = sample->time_ns;
    const double dt_s = law->sample_ns == INT64_MIN ? 0.0 : (double)(now_ns - law->sample_ns) * 1e-9;
    law->sample_ns = now_ns;
    const double set_s = set_point_s(law, config), before_s = path->queue_ms * 1e-3;
    const int sated = law->rate_bps > 0.98 * config->rate_max_bps;
    const double own_ms = 1.5 * nenc_estimate_empty_ms(path), half_ms = 500.0 * set_s;
    if (nenc_estimate_sample(path, config, sample, half_ms > own_ms ? half_ms : own_ms, sated)) law->bounds |= NENC_BOUND_BASE;
    nenc_tfrc_sample(&law->tfrc, config->packet_bytes, sample);
    nenc_loss_trial_judge(&law->trial, path, config, law->rate_bps, dead_s(law, config), now_ns);
    if (law->mode == WARMUP || law->mode == STALE) enter(law, RAMP);

    const double queue_s = path->queue_ms * 1e-3 + nenc_estimate_loss_queue_s(&law->path, config);
    const double point_s = law->probe_ns == INT64_MIN ? set_s : 0.0;
    nenc_pid_measure(&law->pid, queue_s, point_s, dt_s);

    const double high_s = config->queue_high_ns * 1e-9;
    /* The queue is too long, or about to be. A flow that had all it wanted knows from one sample that the capacity has fallen;
     * one that shares a full link must not mistake the others' bursts for that. */
    const double now_s = path->queue_ms * 1e-3;
    const int watch = law->mode == DRAIN || now_s > 0.5 * set_s; /* otherwise the prediction is not needed */
    const double coming_s = watch ? nenc_estimate_coming_queue_s(path, now_ns, sated) : 0.0;
    const int lost = sated && coming_s - now_s > 0.3 * high_s;
    if (watch && law->mode != DRAIN && (now_s > high_s || coming_s > high_s || lost)) enter(law, DRAIN);
    if (law->mode == DRAIN) {
        drain(law, config, now_ns);
        if (coming_s < set_s && now_s < high_s) {
            anchor(law, config, 0.95 * (path->capacity_bps > 0.0 ? path->capacity_bps : path->delivered_bps));
            enter(law, CONTROL);
        }
    } else if (law->mode == RAMP && queue_s > 0.6 * set_s && (before_s > 0.6 * set_s || queue_s > set_s)) {
        /* Samples lag behind a growing rate, so the highest of the last few is nearest to the path's capacity. */
        const double last = nenc_estimate_recent(path, 0)->bps, before = nenc_estimate_recent(path, 1)->bps;
        const double both = last < before ? last : before;
        double carried = nenc_estimate_mean_bps(path, 4);
        if (both > carried) carried = both;
        const double known = path->busy ? path->capacity_bps : path->full_bps; /* still valid, or a ramp would have cleared it */
        if (known > carried) carried = known;
        anchor(law, config, carried < law->rate_bps ? carried : law->rate_bps);
        enter(law, CONTROL);
    } else if (law->mode == CONTROL) {
        if (queue_s * 1e3 > nenc_estimate_empty_ms(path)) law->quiet_ns = INT64_MIN;
        else if (law->quiet_ns == INT64_MIN) law->quiet_ns = now_ns;
    }
}

static void ramp(production *law, const nenc_config *config, int64_t now_ns, double dt_s)
{
    const nenc_estimate *path = &law->path;
    const double dead = dead_s(law, config);
    double gain = config->ramp_queue_ns * 1e-9 / dead;
    if (gain > config->ramp_gain) gain = config->ramp_gain;
    /* Growth is slow near the capacity last seen: the shape of CUBIC's window (RFC 9438 section 4.1) and SCReAM's scl. */
    double lead = config->ramp_gain;
    if (path->full_bps > 0.0) {
        const double away = 4.0 * (law->rate_bps / path->full_bps - 1.0);
        gain *= clamp(away * away, 0.1, 1.0);
        if (law->rate_bps > path->full_bps) lead *= 0.4;
    }
    if (path->broken) gain = 0.0;
    const double grown = law->rate_bps * (1.0 + gain * dt_s / dead);
    /* Never far above the delivered rate: an encoder that does not use its rate proves nothing about the path. */
    const double proven = (1.0 + lead) * path->delivered_bps / (1.0 - clamp(nenc_estimate_path_loss(path), 0.0, 0.9));
    if (grown <= proven) law->rate_bps = grown;
    law->bounds |= NENC_BOUND_RAMP;
}

static void control(production *law, const nenc_config *config, int64_t now_ns, double dead, double wanted)
{
    /* When the queue has not been empty for long, the base rtt may include another flow's queue: aim at 0 for a moment to find
     * out. */
    const int64_t unseen_ns = now_ns - (law->path.empty_ns > law->probed_ns ? law->path.empty_ns : law->probed_ns);
    if (law->probe_ns == INT64_MIN && (double)unseen_ns > config->base_probe_ns) law->probe_ns = now_ns;
    if (law->probe_ns != INT64_MIN && (law->path.empty_ns > law->probe_ns || (double)(now_ns - law->probe_ns) > 4e9 * dead)) {
        law->probe_ns = INT64_MIN;
        law->probed_ns = now_ns;
    }
    const double step = config->bitrate_step;
    const double used = clamp(wanted, law->rate_bps * (1.0 - step), law->rate_bps * (1.0 + step));
    if (used != wanted) law->bounds |= NENC_BOUND_SLEW;
    law->rate_bps = used;
    if (law->quiet_ns != INT64_MIN && (double)(now_ns - law->quiet_ns) > 3e9 * dead) enter(law, RAMP);
}

static void limit(production *law, const nenc_config *config, int64_t now_ns)
{
    const nenc_estimate *path = &law->path;
    if (path->count && law->mode != STALE && (path->loss > config->loss_tolerance || path->broken)) {
        const double carried = path->broken ? nenc_estimate_recent(path, 0)->bps : nenc_estimate_mean_bps(path, 8);
        const double most = config->loss_headroom * carried;
        if (most < law->rate_bps && most < nenc_estimate_reported_bps(path, path->broken ? 1.0 : 8.0)) {
            law->rate_bps = most;
            law->bounds |= NENC_BOUND_LOSS;
        }
    }
    if (law->rate_bps > law->trial.most_bps) law->rate_bps = law->trial.most_bps;
    /* Goes below rate_min only when not even that arrives, and only until it does. */
    const int broken = law->mode == STALE || path->broken || law->rate_bps < config->rate_min_bps;
    const int may_shed = broken && (law->mode == STALE || path->delivered_bps < config->rate_min_bps);
    law->rate_bps = clamp(law->rate_bps, may_shed ? floor_bps(config) : config->rate_min_bps, config->rate_max_bps);
}

static void step(void *self, const nenc_config *config, const nenc_law_input *input, nenc_state *state)
{
    production *law = self;
    const nenc_estimate *path = &law->path;
    const int64_t now_ns = input->now_ns;
    const double dt_s = (double)input->dt_ns * 1e-9;
    if (law->mode != WARMUP) {
        const double patience = config->stale_intervals * path->interval_ns;
        const double age_ns = (double)(now_ns - law->sample_ns);
        if (law->mode != STALE && age_ns > (patience > config->stale_min_ns ? patience : config->stale_min_ns)) enter(law, STALE);
    }
    const double dead = dead_s(law, config);
    const double wanted = input->kernels->pid_step(&law->pid, config, dead, dt_s);
    switch (law->mode) {
    case WARMUP: law->bounds |= NENC_BOUND_WARMUP; break;
    case RAMP: ramp(law, config, now_ns, dt_s); break;
    case CONTROL: control(law, config, now_ns, dead, wanted); break;
    case DRAIN: law->bounds |= NENC_BOUND_DRAIN; break; /* decided anew with each sample */
    case STALE:
        law->rate_bps *= 1.0 / (1.0 + dt_s * 0.6931471805599453e9 / config->stale_halving_ns);
        law->bounds |= NENC_BOUND_STALE;
        break;
    }
    const double meant_bps = law->rate_bps;
    limit(law, config, now_ns);
    /* Anti-windup acts for the bounds only, because a rate held back by the slew limit is still to come. */
    if (law->mode != CONTROL) nenc_pid_anchor(&law->pid, law->rate_bps);
    else if (law->rate_bps != meant_bps) nenc_pid_track(&law->pid, law->rate_bps);
    nenc_history_put(&law->path.sent, now_ns, law->rate_bps);

    const int controls = law->mode == CONTROL;
    state->rate_bps = law->rate_bps > config->rate_min_bps ? law->rate_bps : config->rate_min_bps;
    state->encode_bps = law->rate_bps;
    if (law->rate_bps < config->rate_min_bps) law->bounds |= NENC_BOUND_SHED;
    if (law->rate_bps <= config->rate_min_bps) law->bounds |= NENC_BOUND_MIN;
    if (law->rate_bps >= config->rate_max_bps) law->bounds |= NENC_BOUND_MAX;
    state->p = controls ? law->pid.p : 0.0;
    state->i = controls ? law->pid.i : 0.0;
    state->d = controls ? law->pid.d : 0.0;
    state->error = law->pid.error;
    state->anchor_bps = law->pid.anchor_bps;
    state->delivered_bps = path->delivered_bps;
    state->capacity_bps = path->capacity_bps;
    state->loss_event_rate = nenc_tfrc_loss_event_rate(&law->tfrc);
    state->tfrc_bps =
        nenc_tfrc_rate_bps(config->packet_bytes, nenc_estimate_recent(path, 0)->rtt_ms * 1e-3, state->loss_event_rate);
    state->queue_delay_ms = path->queue_ms;
    state->base_rtt_ms = path->count ? path->rtt_base_ms : 0.0;
    state->bounds = law->bounds;
    law->bounds = 0;
}

static void gains_changed(void *self, const nenc_config *config)
{
    production *law = self;
    if (law->mode != CONTROL) return;
    law->pid.p = config->kp * law->pid.error;
    law->pid.d = -config->kd * law->pid.slope;
    nenc_pid_track(&law->pid, law->rate_bps);
}

const nenc_law_ops nenc_law_production = {
    .kind = {"nenc", "the production law", NAN, NAN, NAN},
    .size = sizeof(production),
    .init = init,
    .sample = sample,
    .step = step,
    .gains_changed = gains_changed,
};
