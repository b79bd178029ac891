/* window.h - the last second of samples, private to the consumer, laid out for the statistics kernels. */
#ifndef NENC_CORE_WINDOW_H
#define NENC_CORE_WINDOW_H

#include "core/alloc.h"
#include "nenc/nenc.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    /* NETWORK_HISTORY of the original program (see nenc.h), 60, rounded up to whole rows of lanes. The extra slots are needed:
     * a frame of 1/60 s is rounded down to nanoseconds, and reports jitter, so that 61 to 64 of them may fall into one
     * second. */
    NENC_WINDOW_SLOTS = 64,
    NENC_WINDOW_LANES = 8,
    NENC_WINDOW_NS = 1000000000,
};

/* The kernels' input. A slot's weight is the number of samples in it, 0 when it is empty (its other values are then stale but
 * finite). Slots are in no particular order of time. */
typedef struct nenc_window_soa {
    alignas(NENC_CACHE_LINE) float weight[NENC_WINDOW_SLOTS];
    alignas(NENC_CACHE_LINE) float throughput_kbps[NENC_WINDOW_SLOTS];
    alignas(NENC_CACHE_LINE) float rtt_ms[NENC_WINDOW_SLOTS];
    alignas(NENC_CACHE_LINE) float loss[NENC_WINDOW_SLOTS];
    alignas(NENC_CACHE_LINE) uint32_t time_us[NENC_WINDOW_SLOTS]; /* wraps; compared with newest_us by difference */
    /* The newest sample is the pivot: kernels sum differences from it. */
    alignas(NENC_CACHE_LINE) float samples; /* sum of the weights, exact */
    float pivot_throughput_kbps;
    float pivot_rtt_ms;
    uint32_t newest_us;
} nenc_window_soa;

/* Weighted by samples; std is the population's. An empty window is all zeros. */
typedef struct nenc_window_stats {
    float throughput_mean_kbps;
    float throughput_min_kbps;
    float throughput_max_kbps;
    float throughput_std_kbps;
    float rtt_mean_ms;
    float rtt_min_ms;
    float rtt_max_ms;
    float rtt_std_ms;
    float rtt_slope; /* least squares over time, ms per s; 0 when all samples have the same time */
    float loss_mean;
} nenc_window_stats;

/* The samples of (newest expiry time - 1 s, that time]. When a 65th arrives within the second, the two neighbours closest in
 * time are merged into one slot with their weighted mean, so that the statistics still cover one second however many samples it
 * has. Means remain those of all samples (a slot expires as a whole); min, max, std and slope then treat samples about 1/64 s
 * apart as one. */
typedef struct nenc_window {
    nenc_window_soa soa;
    nenc_window_stats stats; /* of the slots as they were when last requested */
    bool stale;              /* the slots have changed since */
    uint32_t first;          /* the oldest slot */
    uint32_t used;
    int64_t epoch_ns; /* time_us is relative to this */
    int64_t time_ns[NENC_WINDOW_SLOTS];
} nenc_window;

typedef void nenc_window_stats_fn(const nenc_window_soa *window, nenc_window_stats *stats);

/* All zero is an empty window. Times must not decrease from push to push; values are finite and not negative. */
void nenc_window_push(nenc_window *window, const nenc_sample *sample);
/* Forgets what is a second old or older at now_ns. */
void nenc_window_expire(nenc_window *window, int64_t now_ns);
/* Returns the statistics, recomputed only when the window has changed. */
const nenc_window_stats *nenc_window_statistics(nenc_window *window, nenc_window_stats_fn *kernel);

/* The reference kernel; every variant gives the same bits (window_stats.c specifies the order of operations). */
nenc_window_stats_fn nenc_window_stats_c;

#endif
