/* estimate.h - what the law knows of the path from the three metrics: base rtt, queue delay, delivered rate, capacity. */
#ifndef NENC_CORE_ESTIMATE_H
#define NENC_CORE_ESTIMATE_H

#include "core/history.h"
#include "nenc/nenc.h"

enum {
    NENC_BASE_BUCKETS = 8,     /* of base_window_ns / 8 each */
    NENC_RECENT_SAMPLES = 8,   /* a power of two */
};

typedef struct nenc_recent {
    int64_t time_ns;
    double rtt_ms;
    double bps;
} nenc_recent;

typedef struct nenc_estimate {
    /* Base rtt: the minimum of a sliding window, in buckets. */
    double base_ms[NENC_BASE_BUCKETS]; /* INFINITY: no sample in it */
    double older_ms;                   /* least of all buckets but the newest */
    int64_t bucket_ns;                 /* when the newest bucket began */
    int64_t width_ns;
    int bucket;
    double rtt_base_ms; /* INFINITY before the first sample */
    double spread_ms;   /* mean of |rtt - rtt before| while no queue is in the way: jitter */
    int busy;           /* samples in a row with a queue */
    double edge_ms;     /* rtt before it jumped */
    int64_t edge_ns;    /* when it did, INT64_MIN: not lately */
    double peak_bps;    /* highest delivered rate since, but for the first few samples */
    int since_edge;

    /* The newest samples, see nenc_estimate_recent. */
    int count;
    unsigned newest;
    nenc_recent recent[NENC_RECENT_SAMPLES];
    double interval_ns; /* mean time between two samples */

    double queue_ms;     /* newest rtt - base */
    double delivered_bps; /* smoothed */
    double loss;          /* smoothed over about a second */
    double
        loss_floor; /* the lowest that was: what the path loses anyway; rises only when the law has proof (INFINITY: unknown) */
    double loss_packets; /* since the start */
    double capacity_bps; /* what the path carries: measured while the queue was busy, at least what arrives; 0: unknown */
    double full_bps;     /* where the path was last seen full, 0: not, or more has arrived since */
    int64_t busy_ns;     /* the last time that it was */
    double clean_packets; /* in a row */
    int broken;          /* the newest sample's loss is over shed_loss beyond chance */
    int64_t empty_ns;    /* last time that the queue was seen empty */

    nenc_history sent; /* what the encoder was allowed, by tick */
} nenc_estimate;

void nenc_estimate_init(nenc_estimate *estimate, const nenc_config *config, int64_t now_ns);
/* A recent sample: 0 is the newest, NENC_RECENT_SAMPLES - 1 the oldest that is known. */
static inline const nenc_recent *nenc_estimate_recent(const nenc_estimate *estimate, unsigned back)
{
    return &estimate->recent[(estimate->newest - back) % NENC_RECENT_SAMPLES];
}
/* A sample; busy_ms: queue above which the link counts as full; sated: the flow had all the rate it may use.
 * Returns 1 when the base rtt was learnt anew. */
int nenc_estimate_sample(nenc_estimate *estimate, const nenc_config *config, const nenc_sample *sample, double busy_ms,
                         int sated);
/* Mean delivered rate of the newest samples, at most NENC_RECENT_SAMPLES. */
double nenc_estimate_mean_bps(const nenc_estimate *estimate, int samples);
/* What the path loses whatever we send, as far as known. */
static inline double nenc_estimate_path_loss(const nenc_estimate *estimate)
{
    return estimate->loss_floor < estimate->loss ? estimate->loss_floor : estimate->loss;
}
/* What was sent of that which the newest samples report, before loss. */
double nenc_estimate_reported_bps(const nenc_estimate *estimate, double samples);
/* Queue under which it is taken for empty: our own bursts (a pacer's of 5 ms at 1.5 x the rate queues by itself) and the
 * path's jitter. */
static inline double nenc_estimate_empty_ms(const nenc_estimate *estimate) { return 8.0 + estimate->spread_ms; }

#endif
