/* estimate.h - what the law knows about the path from the three metrics: base rtt, queue delay, delivered rate, capacity. */
#ifndef NENC_CORE_ESTIMATE_H
#define NENC_CORE_ESTIMATE_H

#include "core/history.h"
#include "nenc/nenc.h"

enum {
    NENC_BASE_BUCKETS = 8,     /* each covers base_window_ns / 8 */
    NENC_RECENT_SAMPLES = 8,   /* a power of two */
};

typedef struct nenc_recent {
    int64_t time_ns;
    double rtt_ms;
    double bps;
} nenc_recent;

typedef struct nenc_estimate {
    /* Base rtt: the minimum of a sliding window, in buckets. */
    double base_ms[NENC_BASE_BUCKETS]; /* INFINITY: the bucket has no sample */
    double older_ms;                   /* minimum over all buckets but the newest */
    int64_t bucket_ns;                 /* when the newest bucket began */
    int64_t width_ns;
    int bucket;
    double rtt_base_ms; /* INFINITY before the first sample */
    double spread_ms;   /* mean of |rtt - previous rtt| while there is no queue, that is, jitter */
    int busy;           /* consecutive samples with a queue */
    double edge_ms;     /* rtt before it jumped */
    int64_t edge_ns;    /* time of the jump, INT64_MIN: no recent jump */
    double peak_bps;    /* highest delivered rate since the jump, without the first few samples */
    int since_edge;

    /* The newest samples, see nenc_estimate_recent. */
    int count;
    unsigned newest;
    nenc_recent recent[NENC_RECENT_SAMPLES];
    double interval_ns; /* mean time between two samples */

    double queue_ms;     /* newest rtt - base rtt */
    double delivered_bps; /* smoothed */
    double loss;          /* smoothed over about a second */
    double loss_floor; /* lowest loss so far, which is the path's own; rises only when the law has proof (INFINITY: unknown) */
    double loss_packets; /* since the start */
    double
        capacity_bps; /* capacity of the path: measured while the queue was busy, and at least the delivered rate; 0: unknown */
    double full_bps;     /* rate at which the path was last full; 0: never, or more has arrived since */
    int64_t busy_ns;     /* the last time that it was full */
    double clean_packets; /* consecutive samples */
    int broken;          /* the newest sample's loss exceeds shed_loss by more than chance */
    int64_t empty_ns;    /* the last time that the queue was empty */

    nenc_history sent; /* the rate allowed to the encoder, by tick */
} nenc_estimate;

void nenc_estimate_init(nenc_estimate *estimate, const nenc_config *config, int64_t now_ns);
/* Returns a recent sample: 0 is the newest, NENC_RECENT_SAMPLES - 1 the oldest one kept. */
static inline const nenc_recent *nenc_estimate_recent(const nenc_estimate *estimate, unsigned back)
{
    return &estimate->recent[(estimate->newest - back) % NENC_RECENT_SAMPLES];
}
/* Takes a sample. busy_ms: queue above which the link counts as full; sated: the flow had the highest rate it may use. Returns
 * 1 when the base rtt was learnt anew. */
int nenc_estimate_sample(nenc_estimate *estimate, const nenc_config *config, const nenc_sample *sample, double busy_ms,
                         int sated);
/* Mean delivered rate of the newest samples, at most NENC_RECENT_SAMPLES of them. */
double nenc_estimate_mean_bps(const nenc_estimate *estimate, int samples);
/* The path's own loss, which does not depend on what we send, as far as it is known. */
static inline double nenc_estimate_path_loss(const nenc_estimate *estimate)
{
    return estimate->loss_floor < estimate->loss ? estimate->loss_floor : estimate->loss;
}
/* The rate sent, before loss, in the time that the newest samples report on. */
double nenc_estimate_reported_bps(const nenc_estimate *estimate, double samples);
/* Queue delay below which the queue counts as empty: it covers our own bursts (a pacer's 5 ms at 1.5 x the rate queue by
 * themselves) and the path's jitter. */
static inline double nenc_estimate_empty_ms(const nenc_estimate *estimate) { return 8.0 + estimate->spread_ms; }

/* Converts loss beyond the path's own into queue delay: a short buffer shows by loss that it is full. */
double nenc_estimate_loss_queue_s(const nenc_estimate *path, const nenc_config *config);
/* Predicts the queue that a packet sent now will meet: what the newest sample saw, plus the excess sent since then (a Smith
 * predictor whose model is our own rates). */
double nenc_estimate_coming_queue_s(const nenc_estimate *path, int64_t now_ns, int sated);

#endif
