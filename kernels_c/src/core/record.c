/* record.c - checks samples once, on the producer's thread, and queues them. */
#include "core/encoder.h"

#include <math.h>

/* No path takes longer (t_mbi of RFC 5348); the bound keeps all later products and squares far from overflow. */
static const float rtt_limit_ms = 64000;

/* Also false for a NaN. */
static bool within(float value, float low, float high) { return value >= low && value <= high; }

/* Adding 0 turns -0 into 0. */
static bool normalise(const nenc_sample *raw, nenc_sample *sample)
{
    if (!within(raw->rtt_ms, 0, HUGE_VALF) || isinf(raw->rtt_ms) || !within(raw->loss, 0, 1)) return false;
    *sample = (nenc_sample){
        .time_ns = raw->time_ns,
        .throughput_kbps = raw->throughput_kbps,
        .rtt_ms = (raw->rtt_ms < rtt_limit_ms ? raw->rtt_ms : rtt_limit_ms) + 0.0f,
        .loss = raw->loss + 0.0f,
        /* Optional values that make no sense become unknown. A one-way delay between two clocks may be negative. */
        .owd_ms = isfinite(raw->owd_ms) ? raw->owd_ms : NAN,
        .ecn = within(raw->ecn, 0, 1) ? raw->ecn : NAN,
        .bytes_in_flight = isfinite(raw->bytes_in_flight) && raw->bytes_in_flight >= 0 ? raw->bytes_in_flight : NAN,
    };
    return true;
}

int nenc_record(AdaptiveEncoder *enc, const nenc_sample *sample)
{
    nenc_sample accepted;
    if (!enc) return NENC_EINVAL;
    if (!sample || !normalise(sample, &accepted)) {
        atomic_fetch_add_explicit(&enc->refused, 1, memory_order_relaxed);
        return NENC_EINVAL;
    }
    nenc_ring_push(&enc->ring, &accepted);
    return NENC_OK;
}
