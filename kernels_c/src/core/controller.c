/* controller.c - the built-in controller behind the interface of controller.h, so that it loads like a user's controller. */
#include "nenc/controller.h"

#include "core/encoder.h"

#include <math.h>
#include <stdio.h>

static bool set(nenc_config *config, const char *name, double value, char *why, size_t why_size)
{
    if (nenc_config_set(config, name, value) == NENC_OK) return true;
    snprintf(why, why_size, "%s = %g: unknown setting, or out of range", name, value);
    return false;
}

static bool translate(const nenc_controller_config *from, nenc_config *config, char *why, size_t why_size)
{
    nenc_config_default(config);
    config->tick_ns = from->tick_ns;
    const nenc_controller_knob own[] = {
        {"rate_min_bps", from->rate_min_bps}, {"rate_max_bps", from->rate_max_bps}, {"rate_start_bps", from->rate_start_bps},
        {"fps_max", from->fps_max},           {"height_max", from->height_max},     {"packet_bytes", from->packet_bytes},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (!set(config, own[i].name, own[i].value, why, why_size)) return false;
    for (uint32_t i = 0; i < from->knob_count; i++)
        if (!set(config, from->knobs[i].name, from->knobs[i].value, why, why_size)) return false;
    return true;
}

static void *create(const nenc_controller_config *from, char *why, size_t why_size)
{
    nenc_config config;
    if (!translate(from, &config, why, why_size)) return NULL;
    const char *culprit = NULL;
    if (nenc_config_check(&config, &culprit) != NENC_OK) {
        snprintf(why, why_size, "%s is inconsistent with the other values", culprit);
        return NULL;
    }
    int status;
    AdaptiveEncoder *enc = nenc_create(&config, from->now_ns, &status);
    if (!enc) snprintf(why, why_size, "%s", nenc_strerror(status));
    return enc;
}

static void record(void *controller, const nenc_sample *sample) { nenc_record(controller, sample); }

static int step(void *controller, int64_t now_ns, nenc_decision *decision)
{
    nenc_state state;
    int64_t rate_bps = nenc_step(controller, now_ns, &state);
    if (rate_bps < 0) return (int)rate_bps;
    decision->rung = state.rung;
    decision->rate_bps = state.rate_bps;
    decision->encode_bps = state.encode_bps;
    decision->qp = state.qp;
    decision->fps = state.fps;
    decision->p = state.p;
    decision->i = state.i;
    decision->d = state.d;
    decision->error = state.error;
    decision->anchor_bps = state.anchor_bps;
    decision->delivered_bps = state.delivered_bps;
    decision->capacity_bps = state.capacity_bps;
    decision->tfrc_bps = state.tfrc_bps;
    decision->queue_delay_ms = state.queue_delay_ms;
    decision->base_rtt_ms = state.base_rtt_ms;
    decision->bounds = state.bounds;
    return NENC_OK;
}

static int set_gains(void *controller, double kp, double ki, double kd)
{
    AdaptiveEncoder *enc = controller;
    nenc_gains now = {.kp = enc->config.kp, .ki = enc->config.ki, .kd = enc->config.kd};
    /* Gains that the next step will pick up are checked too. They stay queued in case this set is invalid; nothing picks them
     * up meanwhile, because all calls come from one thread. */
    const uint64_t taken = enc->gains.taken;
    nenc_gains_take(&enc->gains, &now);
    enc->gains.taken = taken;
    return nenc_set_gains(enc, isnan(kp) ? now.kp : kp, isnan(ki) ? now.ki : ki, isnan(kd) ? now.kd : kd);
}

static void destroy(void *controller) { nenc_destroy(controller); }

const struct nenc_controller_v1 nenc_controller_v1 = {
    .abi_version = NENC_CONTROLLER_ABI,
    .size = sizeof(struct nenc_controller_v1),
    .name = "nenc",
    .version = NENC_VERSION,
    .create = create,
    .record = record,
    .step = step,
    .set_gains = set_gains,
    .destroy = destroy,
};
