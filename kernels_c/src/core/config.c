/* config.c - the controller's settings: unit, default, range and reason of each, and the checks on a whole set. */
#include "nenc/nenc.h"

#include <math.h>
#include <string.h>

#define KNOB(field, unit, value, low, high, reason) {#field, unit, value, low, high, reason, offsetof(nenc_config, field)}

static const nenc_knob knobs[] = {
    KNOB(rate_min_bps, "bit/s", 5e6, 1e4, 4294967295.0,
         "the original program's minimum: below this a 4K picture is not worth sending, and frames are dropped instead"),
    KNOB(rate_max_bps, "bit/s", 120e6, 1e4, 4294967295.0,
         "the original program's MAX_BITRATE_8K; the range ends where get_current_bitrate's 32 bits do"),
    KNOB(rate_start_bps, "bit/s", 5e6, 1e4, 4294967295.0,
         "the minimum rate, because nothing is known about the path yet (RFC 8867 section 4.3 starts at the minimum as well)"),
    KNOB(fps_max, "1/s", 60, 1, 240, "the source's frame rate; the scheduler never asks for more frames than the source has"),
    KNOB(height_max, "lines", 2160, 1080, 4320,
         "the source's resolution; one of 1080, 1440, 2160, 4320: the scheduler never scales up"),
    KNOB(packet_bytes, "B", 1200, 64, 65507,
         "a UDP payload that practically every path carries unfragmented; s of the throughput equation (RFC 5348 section 3.1)"),
    KNOB(kp, "", 0.25, 0, 100,
         "per dead time: SIMC for an integrating process with tau_c = 3 dead times (Skogestad 2003): video's frame sizes are a "
         "noise of 20 %, which tau_c = 1 (0.5) would pass on to the rate"),
    KNOB(ki, "", 0.06, 0, 100,
         "per dead time squared: damping kp / (2 sqrt(ki)) = 0.5; SIMC's 1/64 would take a minute to share a link"),
    KNOB(kd, "", 0.1, 0, 100, "reacts to a filling queue before it is long; a larger gain would follow the frames' jitter"),
    KNOB(derivative_ns, "ns", 100e6, 0, 5e9,
         "two feedback intervals: the difference of two samples depends mostly on where in a frame they were taken"),
    KNOB(lag_ns, "ns", 130e6, 0, 5e9,
         "tick 8 ms, feedback 25 ms and encoder 50 ms on average, filters 50 ms: the loop's dead time on a path without delay"),
    KNOB(bitrate_step, "", 0.05, 1e-4, 1,
         "the original program's BITRATE_STEP: an encoder follows 5 % per frame without a visible jump in quality"),
    KNOB(queue_target_ns, "ns", 10e6, 1e5, 1e9,
         "over half a frame at 60 fps: less starves the link between frames, more adds delay without benefit"),
    KNOB(queue_fair_ns, "ns", 60e6, 0, 1e9,
         "a slow flow aims at more queue than a fast one, which is what makes flows on one link converge"),
    KNOB(queue_high_ns, "ns", 130e6, 1e6, 5e9,
         "a queue beyond any steady state: the capacity has fallen, and waiting for the integral would fill the buffer"),
    KNOB(drain_ns, "ns", 250e6, 1e6, 10e9, "a few round trips: less cuts deeper than the link needs, more makes the viewer wait"),
    KNOB(ramp_gain, "", 0.5, 0, 4,
         "growth per dead time: slow start's doubling overshoots by half a buffer, half of it still fills 24:1 in seconds"),
    KNOB(ramp_queue_ns, "ns", 150e6, 1e6, 5e9,
         "a ramp is blind for one dead time: its excess in that time must fit into half of a 300 ms buffer"),
    KNOB(base_window_ns, "ns", 10e9, 1e8, 3600e9,
         "long enough not to mistake a standing queue for the path, short enough to learn a longer path"),
    KNOB(base_probe_ns, "ns", 5e9, 1e8, 3600e9,
         "twice per base_window: a flow that joins a busy link late learns the true base from it"),
    KNOB(stale_intervals, "", 4, 1, 100, "one or two lost reports in a row are chance, four are an outage"),
    KNOB(stale_min_ns, "ns", 250e6, 1e6, 60e9,
         "never stale before this, however often feedback usually comes: jitter and a longer path delay it as well"),
    KNOB(stale_halving_ns, "ns", 100e6, 1e6, 60e9,
         "120 Mbit/s falls to the minimum of 5 in 4.6 halvings: under half a second into a dead path"),
    KNOB(loss_tolerance, "", 0.02, 0, 1, "one second of 1 % burst loss varies by about as much"),
    KNOB(loss_delay_ns, "ns", 1e9, 0, 60e9,
         "5 % of loss caused by the rate weighs as much as 50 ms of queue: finds the capacity behind a short buffer"),
    KNOB(loss_headroom, "", 1.5, 1, 10,
         "random loss up to a third never limits the rate; above it the path is broken, not noisy"),
    KNOB(shed_loss, "", 0.3, 0, 1,
         "no usable link has so much loss: when even the minimum rate does not fit, frames must be dropped"),
    KNOB(shed_fps_min, "1/s", 8, 0.1, 240,
         "two of fifteen frames: 0.67 of the minimum of 5 Mbit/s, and enough feedback to notice when the path recovers"),
    KNOB(qp_min, "", 18, 0, 51, "the original program's min_qp: finer quantisation is not visible"),
    KNOB(qp_max, "", 51, 0, 51, "the original program's max_qp: the coarsest of H.264 and H.265"),
    KNOB(qp_initial, "", 25, 0, 51, "the original program's initial_qp"),
};

enum { KNOBS = sizeof knobs / sizeof *knobs };

static const double heights[] = {1080, 1440, 2160, 4320};

/* A tick is one frame; less than a tenth of a millisecond is scheduling noise, and more than a second is no control. */
static const int64_t tick_low_ns = 100000, tick_high_ns = 1000000000;

static double value_of(const nenc_config *config, const nenc_knob *knob)
{
    double value;
    memcpy(&value, (const char *)config + knob->offset, sizeof value);
    return value;
}

static const nenc_knob *find(const char *name)
{
    for (size_t i = 0; name && i < KNOBS; i++)
        if (strcmp(knobs[i].name, name) == 0) return &knobs[i];
    return NULL;
}

/* Also false for a NaN. */
static int legal(const nenc_knob *knob, double value) { return value >= knob->low && value <= knob->high; }

const nenc_knob *nenc_knobs(size_t *count)
{
    if (count) *count = KNOBS;
    return knobs;
}

void nenc_config_default(nenc_config *config)
{
    if (!config) return;
    *config = (nenc_config){.size = sizeof *config, .law = NENC_LAW_NENC, .tick_ns = 1000000000 / 60};
    for (size_t i = 0; i < KNOBS; i++) memcpy((char *)config + knobs[i].offset, &knobs[i].value, sizeof knobs[i].value);
}

int nenc_config_set(nenc_config *config, const char *name, double value)
{
    const nenc_knob *knob = find(name);
    if (!config || !knob || !legal(knob, value)) return NENC_EINVAL;
    memcpy((char *)config + knob->offset, &value, sizeof value);
    return NENC_OK;
}

int nenc_config_get(const nenc_config *config, const char *name, double *value)
{
    const nenc_knob *knob = find(name);
    if (!config || !knob || !value) return NENC_EINVAL;
    *value = value_of(config, knob);
    return NENC_OK;
}

/* Returns the first field that is out of range or inconsistent with another one; NULL when there is none. */
static const char *first_wrong(const nenc_config *config)
{
    if (config->size != sizeof *config) return "size";
    if (!nenc_controller_kind_at(config->law)) return "law";
    if (config->tick_ns < tick_low_ns || config->tick_ns > tick_high_ns) return "tick_ns";
    for (size_t i = 0; i < KNOBS; i++)
        if (!legal(&knobs[i], value_of(config, &knobs[i]))) return knobs[i].name;
    if (config->rate_max_bps < config->rate_min_bps) return "rate_max_bps";
    if (config->rate_start_bps < config->rate_min_bps || config->rate_start_bps > config->rate_max_bps) return "rate_start_bps";
    size_t height = 0;
    while (height < sizeof heights / sizeof *heights && heights[height] != config->height_max) height++;
    if (height == sizeof heights / sizeof *heights) return "height_max";
    if (config->queue_high_ns <= config->queue_target_ns) return "queue_high_ns";
    if (config->shed_fps_min > config->fps_max) return "shed_fps_min";
    if (config->qp_max < config->qp_min) return "qp_max";
    if (config->qp_initial < config->qp_min || config->qp_initial > config->qp_max) return "qp_initial";
    return NULL;
}

int nenc_config_check(const nenc_config *config, const char **culprit)
{
    const char *wrong = config ? first_wrong(config) : "config";
    if (culprit) *culprit = wrong;
    return wrong ? NENC_EINVAL : NENC_OK;
}
