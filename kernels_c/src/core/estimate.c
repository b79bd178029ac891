/* estimate.c - estimates the path's state from throughput, rtt and loss.
 *
 * A longer path looks like a longer queue. The delivered rate tells them apart: a queue means that the link is busy, and a busy
 * link delivers its capacity whatever we send. So when we have cut the rate, the delivered rate has followed it down, and the
 * rtt has not moved, there is no queue and the rtt is the new base.
 */
#include "core/estimate.h"

#include <math.h>

enum { PLATEAU = 6 }; /* samples that make a plateau, at most NENC_RECENT_SAMPLES */

static const double slow_ns = 100e6;      /* time constant of delivered_bps */
static const double loss_slow_ns = 700e6; /* time constant of loss: bursts must not look like congestion */
static const int64_t decided_ns = 60000000; /* average reaction time of an encoder plus burst of a pacer */

void nenc_estimate_init(nenc_estimate *estimate, const nenc_config *config, int64_t now_ns)
{
    estimate->width_ns = (int64_t)(config->base_window_ns / NENC_BASE_BUCKETS);
    estimate->older_ms = INFINITY;
    for (int i = 0; i < NENC_BASE_BUCKETS; i++) estimate->base_ms[i] = INFINITY;
    estimate->rtt_base_ms = INFINITY;
    estimate->bucket_ns = estimate->empty_ns = now_ns;
    estimate->loss_floor = INFINITY;
    estimate->edge_ns = INT64_MIN;
}

/* First-order low-pass without exp: exact for dt << tau, and stable for any dt. */
static double towards(double value, double input, double dt_ns, double tau_ns)
{
    return value + (input - value) * (dt_ns / (dt_ns + tau_ns));
}

static void forget_base(nenc_estimate *estimate, int64_t now_ns, double rtt_ms)
{
    for (int i = 0; i < NENC_BASE_BUCKETS; i++) estimate->base_ms[i] = INFINITY;
    estimate->base_ms[estimate->bucket] = estimate->rtt_base_ms = rtt_ms;
    estimate->older_ms = INFINITY;
    estimate->bucket_ns = now_ns;
}

static void next_bucket(nenc_estimate *estimate, int64_t now_ns)
{
    for (int moved = 0; now_ns - estimate->bucket_ns >= estimate->width_ns && moved < NENC_BASE_BUCKETS; moved++) {
        estimate->bucket = (estimate->bucket + 1) % NENC_BASE_BUCKETS;
        estimate->base_ms[estimate->bucket] = INFINITY;
        estimate->bucket_ns = moved + 1 < NENC_BASE_BUCKETS ? estimate->bucket_ns + estimate->width_ns : now_ns;
    }
    estimate->older_ms = INFINITY;
    for (int i = 0; i < NENC_BASE_BUCKETS; i++)
        if (i != estimate->bucket && estimate->base_ms[i] < estimate->older_ms) estimate->older_ms = estimate->base_ms[i];
}

static void track_base(nenc_estimate *estimate, int64_t now_ns, double rtt_ms)
{
    if (now_ns - estimate->bucket_ns >= estimate->width_ns) next_bucket(estimate, now_ns);
    double *newest_ms = &estimate->base_ms[estimate->bucket];
    if (rtt_ms < *newest_ms) *newest_ms = rtt_ms;
    estimate->rtt_base_ms = *newest_ms < estimate->older_ms ? *newest_ms : estimate->older_ms;
}

/* Number of packets that a sample represents, lost ones included. */
static double packets_of(const nenc_estimate *estimate, const nenc_config *config, double bps, double loss)
{
    const double received = bps * estimate->interval_ns * 1e-9 / (8.0 * config->packet_bytes);
    return loss > 0.0 ? received / (1.0 - 0.99 * loss) : received;
}

static void track_loss(nenc_estimate *estimate, const nenc_config *config, double dt_ns, double bps, double loss)
{
    /* Averages over at least this many packets, so that chance moves the smoothed ratio by no more than a percent or two. */
    static const double packets = 1000.0;
    if (loss == 0.0 && estimate->loss == 0.0 && estimate->loss_packets >= packets) { /* closed form of the calculation below */
        estimate->loss_floor = estimate->clean_packets = 0.0;
        estimate->broken = 0;
        return;
    }
    const double count = packets_of(estimate, config, bps, loss);
    if (estimate->loss_packets < packets) { /* the plain mean at first: a filter would remember its first sample for too long */
        estimate->loss += (loss - estimate->loss) * count / (estimate->loss_packets + count + 1.0);
    } else if (loss != estimate->loss) {
        const double packets_ns = packets * 8e9 * config->packet_bytes / (bps + 1e5);
        estimate->loss = towards(estimate->loss, loss, dt_ns, packets_ns > loss_slow_ns ? packets_ns : loss_slow_ns);
    }
    /* A run of clean packets shows that loss has ended sooner than the tail of a filter does. With loss, n clean packets in a
     * row have probability (1 - loss)^n < exp(-10) where n loss > 10, so this practically never happens while there is loss. */
    estimate->clean_packets = loss < 0.1 * estimate->loss ? estimate->clean_packets + count : 0.0;
    if (estimate->clean_packets * estimate->loss > 10.0) estimate->loss = loss;
    estimate->broken = loss > config->shed_loss && loss - 2.0 * sqrt(loss * (1.0 - loss) / (count + 1.0)) > config->shed_loss;
    estimate->loss_packets += count;
    if (estimate->loss_packets < packets) return; /* too few samples to call any loss the path's own */
    if (estimate->loss < estimate->loss_floor) estimate->loss_floor = estimate->loss;
}

/* The newest sample reports packets that were sent one rtt ago, at a rate that was decided an encoder's and a pacer's lag
 * before. */
double nenc_estimate_reported_bps(const nenc_estimate *estimate, double samples)
{
    const nenc_recent *newest = nenc_estimate_recent(estimate, 0);
    const int64_t until_ns = newest->time_ns - (int64_t)(newest->rtt_ms * 1e6) - decided_ns;
    const int64_t from_ns = until_ns - (int64_t)((samples + 1.0) * estimate->interval_ns);
    return nenc_history_mean(&estimate->sent, from_ns, until_ns);
}

static double arriving_bps(const nenc_estimate *estimate, double samples)
{
    return nenc_estimate_reported_bps(estimate, samples) * (1.0 - estimate->loss);
}

/* Detects a longer path (see the top of the file): the rtt jumped to a plateau, and the delivered rate has gone down with ours
 * while the rtt stayed there. A queue that others fill while we drain it varies too much to pass for a plateau. */
static int base_has_moved(nenc_estimate *estimate)
{
    static const double jump_ms = 25.0, flat_ms = 5.0;
    static const int64_t memory_ns = 5000000000;
    const nenc_recent *newest = nenc_estimate_recent(estimate, 0), *third = nenc_estimate_recent(estimate, 2);
    if (estimate->count > 2 && newest->rtt_ms - third->rtt_ms > jump_ms) {
        const int higher = estimate->edge_ns == INT64_MIN || estimate->since_edge > 3;
        if (higher) estimate->edge_ms = third->rtt_ms;
        estimate->edge_ns = newest->time_ns;
        estimate->since_edge = 0;
        estimate->peak_bps = 0.0;
    }
    if (estimate->edge_ns == INT64_MIN || newest->time_ns - estimate->edge_ns > memory_ns) {
        estimate->edge_ns = INT64_MIN;
        return 0;
    }
    if (++estimate->since_edge > 2 && newest->bps > estimate->peak_bps) estimate->peak_bps = newest->bps;
    if (estimate->since_edge < PLATEAU + 2) return 0;
    double low = newest->rtt_ms, high = low, delivered = 0.0;
    for (unsigned i = 0; i < PLATEAU; i++) {
        const nenc_recent *sample = nenc_estimate_recent(estimate, i);
        if (sample->rtt_ms < low) low = sample->rtt_ms;
        if (sample->rtt_ms > high) high = sample->rtt_ms;
        delivered += sample->bps / PLATEAU;
    }
    const int plateau = low > estimate->edge_ms + 0.8 * jump_ms && high - low < flat_ms + estimate->spread_ms;
    if (!plateau || delivered >= 0.75 * estimate->peak_bps) return 0;
    const double arriving = arriving_bps(estimate, 1.0);
    return delivered > 0.6 * arriving && delivered < 1.6 * arriving;
}

double nenc_estimate_mean_bps(const nenc_estimate *estimate, int samples)
{
    const int known = samples < estimate->count ? samples : estimate->count;
    double sum = 0.0;
    for (int i = 0; i < known; i++) sum += nenc_estimate_recent(estimate, (unsigned)i)->bps;
    return known ? sum / known : 0.0;
}

/* Estimates the link's rate, or our share of it. The delivered rate is always a lower bound. While there is a queue it is the
 * capacity itself, unless the "queue" is a longer path: then what arrives is only what we sent, and is adopted slowly.
 *
 * A link that we have to ourselves delivers at a steady rate while it is busy, so one sample is enough. Where others send too,
 * a sample covers three of our frames among theirs, and only a mean is meaningful. */
static void track_capacity(nenc_estimate *estimate, double dt_ns, double busy_ms, int sated)
{
    const nenc_recent *newest = nenc_estimate_recent(estimate, 0);
    const double seen_bps = newest->bps, before_bps = nenc_estimate_recent(estimate, 1)->bps;
    if (estimate->queue_ms > busy_ms) {
        const int steady = estimate->busy && fabs(seen_bps - before_bps) < 0.05 * seen_bps;
        const int believed = steady || sated;
        const double arriving = arriving_bps(estimate, believed ? 1.0 : 4.0);
        if (believed && seen_bps < 0.85 * arriving && seen_bps < estimate->capacity_bps) {
            estimate->capacity_bps = estimate->full_bps = seen_bps; /* the link has become slower */
            estimate->busy_ns = newest->time_ns;
        } else if (estimate->busy) {
            const double mean_bps = believed ? seen_bps : nenc_estimate_mean_bps(estimate, 4);
            const int stale = (double)(newest->time_ns - estimate->busy_ns) > 1e9;
            const int own = mean_bps > 1.15 * arriving || mean_bps < 0.85 * arriving;
            estimate->busy_ns = newest->time_ns;
            if (estimate->capacity_bps <= 0.0 || (own && stale)) estimate->capacity_bps = mean_bps;
            else estimate->capacity_bps = towards(estimate->capacity_bps, mean_bps, dt_ns, own ? 150e6 : 1e9);
            estimate->full_bps = estimate->capacity_bps;
        }
    }
    const double both_bps = seen_bps < before_bps ? seen_bps : before_bps;
    if (!estimate->busy && both_bps > 1.15 * estimate->full_bps) estimate->full_bps = 0.0;
    if (estimate->capacity_bps > 0.0 && both_bps > estimate->capacity_bps) estimate->capacity_bps = both_bps;
}

static void remember(nenc_estimate *estimate, const nenc_sample *sample)
{
    estimate->newest = (estimate->newest + 1) % NENC_RECENT_SAMPLES;
    estimate->recent[estimate->newest] =
        (nenc_recent){.time_ns = sample->time_ns, .rtt_ms = sample->rtt_ms, .bps = sample->throughput_kbps * 1e3};
    if (estimate->count < NENC_RECENT_SAMPLES) estimate->count++;
}

int nenc_estimate_sample(nenc_estimate *estimate, const nenc_config *config, const nenc_sample *sample, double busy_ms, int sated)
{
    const int first = !estimate->count;
    const int64_t now_ns = sample->time_ns;
    const nenc_recent before = *nenc_estimate_recent(estimate, 0);
    const double dt_ns = first ? 0.0 : (double)(now_ns - before.time_ns);
    remember(estimate, sample);
    const double rtt_ms = sample->rtt_ms, bps = nenc_estimate_recent(estimate, 0)->bps;
    track_base(estimate, now_ns, rtt_ms);
    track_loss(estimate, config, dt_ns, bps, sample->loss);
    estimate->queue_ms = rtt_ms - estimate->rtt_base_ms;
    if (first) {
        estimate->delivered_bps = bps;
        estimate->interval_ns = 50e6;
        return 0;
    }
    /* The usual feedback interval. Lost reports leave gaps, which must not make us wait longer. */
    estimate->interval_ns = towards(estimate->interval_ns, dt_ns, dt_ns, dt_ns > estimate->interval_ns ? 10e9 : 500e6);
    const int busy = estimate->queue_ms > busy_ms && before.rtt_ms - estimate->rtt_base_ms > busy_ms;
    estimate->busy = busy ? estimate->busy + 1 : 0;
    if (!busy) estimate->spread_ms = towards(estimate->spread_ms, fabs(rtt_ms - before.rtt_ms), dt_ns, 2e9);
    if (estimate->spread_ms > 15.0) estimate->spread_ms = 15.0;

    const int moved = base_has_moved(estimate);
    if (moved) {
        double low = rtt_ms;
        for (unsigned i = 1; i < PLATEAU; i++)
            if (nenc_estimate_recent(estimate, i)->rtt_ms < low) low = nenc_estimate_recent(estimate, i)->rtt_ms;
        forget_base(estimate, now_ns, low);
        estimate->queue_ms = rtt_ms - low;
        estimate->busy = 0;
        estimate->edge_ns = INT64_MIN;
    } else {
        track_capacity(estimate, dt_ns, busy_ms, sated);
    }
    estimate->delivered_bps = towards(estimate->delivered_bps, bps, dt_ns, slow_ns);
    if (estimate->queue_ms <= nenc_estimate_empty_ms(estimate)) estimate->empty_ns = now_ns;
    return moved;
}

double nenc_estimate_loss_queue_s(const nenc_estimate *path, const nenc_config *config)
{
    const double excess = path->loss - 1.35 * nenc_estimate_path_loss(path) - config->loss_tolerance;
    return excess > 0.0 ? excess * config->loss_delay_ns * 1e-9 : 0.0;
}

double nenc_estimate_coming_queue_s(const nenc_estimate *path, int64_t now_ns, int sated)
{
    const double queue_s = path->queue_ms * 1e-3;
    const nenc_recent *newest = nenc_estimate_recent(path, 0);
    const double seen = sated ? newest->bps : 0.5 * (newest->bps + nenc_estimate_recent(path, 1)->bps);
    const double capacity = seen < path->capacity_bps ? seen : path->capacity_bps;
    if (!(capacity > 0.0)) return queue_s;
    const double unseen_s = newest->rtt_ms * 1e-3;
    const double sent =
        nenc_history_mean(&path->sent, now_ns - (int64_t)(unseen_s * 1e9), now_ns) * (1.0 - nenc_estimate_path_loss(path));
    const double predicted = queue_s + unseen_s * (sent / capacity - 1.0);
    return predicted > 0.0 ? predicted : 0.0;
}
