/* step.c - one control tick: samples in, law, quality controller, frame scheduler, state out. */
#include "core/encoder.h"
#include "core/trace.h"

#include <assert.h>

static int64_t whole(double rate_bps) { return (int64_t)(rate_bps + 0.5); }

/* Arrival times are adjusted to the clock of the ticks: not before the previous sample, and not after now (a sample that
 * arrives while the tick begins may carry a slightly later time). */
static void take_samples(AdaptiveEncoder *enc, int64_t now_ns)
{
    nenc_sample sample;
    for (int i = 0; i < NENC_RING_SLOTS && nenc_ring_pop(&enc->ring, &sample); i++) {
        sample.time_ns = sample.time_ns > enc->newest_ns ? sample.time_ns : enc->newest_ns;
        sample.time_ns = sample.time_ns > -NENC_TIME_LIMIT ? sample.time_ns : -NENC_TIME_LIMIT;
        sample.time_ns = sample.time_ns < now_ns ? sample.time_ns : now_ns;
        enc->newest_ns = sample.time_ns;
        nenc_window_push(&enc->window, &sample);
        enc->law->sample(enc->law_state, &enc->config, &sample);
        enc->state.throughput_bps = sample.throughput_kbps * 1e3;
        enc->state.rtt_ms = sample.rtt_ms;
        enc->state.loss = sample.loss;
    }
}

static void take_gains(AdaptiveEncoder *enc)
{
    nenc_gains gains;
    if (!nenc_gains_take(&enc->gains, &gains)) return;
    enc->config.kp = gains.kp;
    enc->config.ki = gains.ki;
    enc->config.kd = gains.kd;
    enc->law->gains_changed(enc->law_state, &enc->config);
}

static void fill_statistics(nenc_state *state, const nenc_window_stats *stats)
{
    state->throughput_mean_kbps = stats->throughput_mean_kbps;
    state->throughput_min_kbps = stats->throughput_min_kbps;
    state->throughput_max_kbps = stats->throughput_max_kbps;
    state->throughput_std_kbps = stats->throughput_std_kbps;
    state->rtt_mean_ms = stats->rtt_mean_ms;
    state->rtt_min_ms = stats->rtt_min_ms;
    state->rtt_max_ms = stats->rtt_max_ms;
    state->rtt_std_ms = stats->rtt_std_ms;
    state->rtt_slope = stats->rtt_slope;
    state->loss_mean = stats->loss_mean;
}

static uint32_t age_us(int64_t newest_ns, int64_t now_ns)
{
    if (newest_ns == INT64_MIN || (now_ns - newest_ns) / 1000 > UINT32_MAX) return UINT32_MAX;
    return (uint32_t)((now_ns - newest_ns) / 1000);
}

static void publish(AdaptiveEncoder *enc)
{
    const uint32_t from_bps = atomic_load_explicit(&enc->rate_bps, memory_order_relaxed);
    const uint32_t to_bps = (uint32_t)whole(enc->state.rate_bps);
    nenc_publish_put(&enc->published, &enc->state);
    if (to_bps != from_bps) { /* when nothing has changed, the readers keep their cache line */
        atomic_store_explicit(&enc->rate_bps, to_bps, memory_order_relaxed);
        NENC_TRACE_RATE(enc, from_bps, to_bps);
    }
    NENC_TRACE_TICK(enc, enc->state.now_ns, to_bps);
}

int nenc_tick(AdaptiveEncoder *enc, int64_t now_ns)
{
    nenc_state *state = &enc->state;
    if (now_ns < state->now_ns || now_ns > NENC_TIME_LIMIT) return NENC_ERANGE;
    int64_t dt_ns = now_ns - state->now_ns;
    state->now_ns = now_ns;

    take_samples(enc, now_ns);
    nenc_window_expire(&enc->window, now_ns);
    take_gains(enc);
    fill_statistics(state, nenc_window_statistics(&enc->window, enc->dispatch->window_stats));
    state->samples = (uint32_t)enc->window.soa.samples;
    state->age_us = age_us(enc->newest_ns, now_ns);

    enc->law->step(enc->law_state, &enc->config,
                   &(nenc_law_input){
                       .now_ns = now_ns, .dt_ns = dt_ns, .newest_ns = enc->newest_ns, .window = state, .kernels = enc->dispatch},
                   state);
    assert(state->rate_bps >= enc->config.rate_min_bps && state->rate_bps <= enc->config.rate_max_bps);
    assert(state->encode_bps > 0 && state->encode_bps <= state->rate_bps);
    if (enc->newest_ns != INT64_MIN) state->qp = nenc_qp_step(&enc->qp, &enc->config, state->queue_delay_ms, dt_ns);
    nenc_scheduler_step(&enc->scheduler, &enc->config, now_ns, state);

    state->ticks++;
    state->recorded = nenc_ring_pushed(&enc->ring);
    state->refused = atomic_load_explicit(&enc->refused, memory_order_relaxed);
    state->overwritten = enc->ring.overwritten;
    publish(enc);
    return NENC_OK;
}

int64_t nenc_step(AdaptiveEncoder *enc, int64_t now_ns, nenc_state *state)
{
    if (!enc) return NENC_EINVAL;
    if (enc->thread.running) return NENC_ESTATE;
    int status = nenc_tick(enc, now_ns);
    if (status != NENC_OK) return status;
    if (state) *state = enc->state;
    return whole(enc->state.rate_bps);
}

int nenc_state_get(AdaptiveEncoder *enc, nenc_state *state)
{
    if (!enc || !state) return NENC_EINVAL;
    nenc_publish_get(&enc->published, state);
    return NENC_OK;
}

int nenc_set_gains(AdaptiveEncoder *enc, double kp, double ki, double kd)
{
    nenc_config limits;
    nenc_config_default(&limits);
    if (!enc || nenc_config_set(&limits, "kp", kp) != NENC_OK || nenc_config_set(&limits, "ki", ki) != NENC_OK ||
        nenc_config_set(&limits, "kd", kd) != NENC_OK)
        return NENC_EINVAL;
    nenc_gains_put(&enc->gains, &(nenc_gains){.kp = kp, .ki = ki, .kd = kd});
    return NENC_OK;
}
