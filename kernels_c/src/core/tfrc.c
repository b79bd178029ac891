/* tfrc.c - RFC 5348: loss events from reports, their average interval, and the rate of a TCP flow under the same loss. */
#include "core/tfrc.h"

#include <math.h>

/* At most this many lost packets of a report are considered, evenly spread over it. A report never holds more loss events than
 * that, and the cost of an update stays bounded however long the silence before it was. */
enum { LOSSES_PER_REPORT = 64 };

/* An rtt of 0 would make each lost packet an event of its own and the equation infinite. */
static const double rtt_min_s = 1e-4;

/* f(p) of section 8.1: b = 1, t_RTO = 4 R. */
static double f(double p) { return sqrt(2 * p / 3) + 12 * sqrt(3 * p / 8) * p * (1 + 32 * p * p); }

double nenc_tfrc_rate_bps(double packet_bytes, double rtt_s, double p)
{
    if (!(p > 0) || !(rtt_s > 0)) return INFINITY;
    return 8 * packet_bytes / (rtt_s * f(p < 1 ? p : 1));
}

void nenc_tfrc_init(nenc_tfrc *tfrc) { *tfrc = (nenc_tfrc){0}; }

/* Section 6.3.1: 1/p for the p at which the equation, in packets per second, gives the rate observed before the first loss. */
static double synthetic_interval(double rate_pps, double rtt_s)
{
    double target = rate_pps * rtt_s > 0.5 ? rate_pps * rtt_s : 0.5; /* packets per round trip; minimum of 6.3.1 */
    double low = 1e-12, high = 1; /* f rises with p; bisecting on a logarithmic scale needs no libm: sqrt of the product */
    while (high > low * 1.001) {
        double middle = sqrt(low * high);
        if (1 / f(middle) > target) low = middle;
        else high = middle;
    }
    return 1 / high;
}

/* The packet after `before` others has begun a loss event. */
static void begin_event(nenc_tfrc *tfrc, double before, double at_ns, double rtt_s)
{
    double interval = tfrc->intervals > 0 ? before - tfrc->event_start : synthetic_interval(tfrc->rate_max_pps, rtt_s);
    for (int i = NENC_TFRC_INTERVALS - 1; i > 0; i--) tfrc->closed[i] = tfrc->closed[i - 1];
    tfrc->closed[0] = interval;
    tfrc->intervals += tfrc->intervals < NENC_TFRC_INTERVALS;
    tfrc->event_start = before;
    tfrc->event_ns = at_ns;
}

/* Measured over at least one round trip (section 6.2), so that an early report does not look like a burst of speed. */
static void measure_rate(nenc_tfrc *tfrc, double now_ns, double rtt_s, double received)
{
    tfrc->rate_packets += received;
    double elapsed_s = (now_ns - tfrc->rate_ns) * 1e-9;
    if (elapsed_s < rtt_s) return;
    double rate = tfrc->rate_packets / elapsed_s;
    tfrc->rate_max_pps = rate > tfrc->rate_max_pps ? rate : tfrc->rate_max_pps;
    tfrc->rate_packets = 0;
    tfrc->rate_ns = now_ns;
}

void nenc_tfrc_update(nenc_tfrc *tfrc, int64_t time_ns, double rtt_s, double packets, double lost)
{
    int first = !tfrc->started;
    if (first) {
        tfrc->started = 1;
        tfrc->epoch_ns = tfrc->last_ns = time_ns;
    }
    double now_ns = (double)(time_ns - tfrc->epoch_ns);
    double span_ns = (double)(time_ns - tfrc->last_ns);
    tfrc->last_ns = time_ns;
    rtt_s = rtt_s > rtt_min_s ? rtt_s : rtt_min_s;
    lost = lost < packets ? lost : packets;
    measure_rate(tfrc, now_ns, rtt_s, first ? 0 : packets - lost); /* the length of the first interval is unknown */

    int losses = lost < LOSSES_PER_REPORT ? (int)lost : LOSSES_PER_REPORT;
    losses += losses < lost && losses < LOSSES_PER_REPORT;
    for (int i = 0; i < losses; i++) {
        double part = (i + 0.5) / losses;
        double at_ns = now_ns - span_ns * (1 - part);
        /* Section 5.2: packets lost before T_old + R belong to the previous event. */
        if (tfrc->intervals == 0 || at_ns > tfrc->event_ns + rtt_s * 1e9)
            begin_event(tfrc, tfrc->packets + packets * part, at_ns, rtt_s);
    }
    tfrc->packets += packets;
}

void nenc_tfrc_sample(nenc_tfrc *tfrc, double packet_bytes, const nenc_sample *sample)
{
    double span_s = tfrc->started ? (double)(sample->time_ns - tfrc->last_ns) * 1e-9 : 0;
    double received = sample->throughput_kbps * 1e3 * span_s / (8 * packet_bytes);
    double lost = 0;
    if (sample->loss > 0) {
        /* A report with loss has lost at least one packet; when all were lost, their number is unknown. */
        lost = sample->loss < 1 ? received * sample->loss / (1 - (double)sample->loss) : 1;
        lost = lost > 1 ? lost : 1;
    }
    nenc_tfrc_update(tfrc, sample->time_ns, sample->rtt_ms * 1e-3, received + lost, lost);
}

double nenc_tfrc_loss_event_rate(const nenc_tfrc *tfrc)
{
    static const double weights[NENC_TFRC_INTERVALS] = {1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2};
    if (tfrc->intervals == 0) return 0;
    double current = tfrc->packets - tfrc->event_start; /* I_0: S_C - S_A + 1 */
    double with = 0, without = 0, total = 0;
    for (int i = 0; i < tfrc->intervals; i++) {
        with += weights[i] * (i == 0 ? current : tfrc->closed[i - 1]);
        without += weights[i] * tfrc->closed[i];
        total += weights[i];
    }
    double mean = (with > without ? with : without) / total;
    return mean > 1 ? 1 / mean : 1;
}
