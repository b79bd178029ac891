/* nenc.h - the production bitrate controller: what is the next target rate, and why?
 *
 * One object (AdaptiveEncoder) takes network samples from one producer thread and yields a target rate. The decision is
 * made by nenc_step(), one control tick on an injected clock; nenc_start() runs that same step on a thread of its own.
 *
 * Units: rates are bit/s, times are int64 nanoseconds of one monotonic clock, ratios are 0..1, unless a name says otherwise
 * (record_network_metrics keeps the origin's kbit/s and milliseconds).
 * Errors: functions that can fail return 0 or a negative nenc_status; nenc_strerror() says what it means.
 * Threads: one producer may record while another thread steps; nenc_state_get and get_current_bitrate may be called from
 * any thread; everything else belongs to the thread that owns the object.
 */
#ifndef NENC_NENC_H
#define NENC_NENC_H

#ifndef NENC_CFFI
#include <stddef.h>
#include <stdint.h>
#endif

#if defined(NENC_CFFI)
#define NENC_API
#elif defined(__GNUC__)
#define NENC_API __attribute__((visibility("default")))
#else
#define NENC_API
#endif

#if !defined(NENC_CFFI) && defined(__cplusplus)
extern "C" {
#endif

#ifndef _VA_H_ /* va.h was not included: a NULL display means software either way */
typedef void *VADisplay;
#endif

typedef struct AdaptiveEncoder AdaptiveEncoder;

/* ---- the origin's three functions, with its signatures ---------------------------------------------------------- */

/* A controller with the default configuration, 5 to 120 Mbit/s, already adapting on a thread of its own.
 * va_dpy may be NULL (software). Returns NULL when memory or the thread cannot be had. Free with nenc_destroy. */
NENC_API AdaptiveEncoder *init_adaptive_encoder(VADisplay va_dpy);

/* One sample: throughput in kbit/s, rtt in milliseconds, loss as a fraction 0..1; stamped with CLOCK_MONOTONIC.
 * A NULL handle is ignored; a rtt or loss that is NaN, infinite or negative, or loss over 1, is refused and counted
 * (nenc_state.refused). Never blocks. One producer. */
NENC_API void record_network_metrics(AdaptiveEncoder *enc, uint32_t throughput, float rtt, float loss);

/* The current target in bit/s; 0 for a NULL handle. */
NENC_API uint32_t get_current_bitrate(AdaptiveEncoder *enc);

/* ---- status ----------------------------------------------------------------------------------------------------- */

typedef enum nenc_status {
    NENC_OK = 0,
    NENC_EINVAL = -1,  /* an argument is NULL, NaN, out of its range, or the struct size is unknown */
    NENC_ENOMEM = -2,
    NENC_ESTATE = -3,  /* not now: started twice, stepped while the thread runs, ... */
    NENC_ETHREAD = -4, /* the thread could not be created */
    NENC_ERANGE = -5,  /* a value does not fit: time ran backwards, a table is full, ... */
} nenc_status;

/* What a status means, in a few words; also for 0 and for numbers that are none. Static, not to be freed. */
NENC_API const char *nenc_strerror(int status);
/* "major.minor.patch" of the library in use. Static, not to be freed. */
NENC_API const char *nenc_version(void);

/* ---- configuration ---------------------------------------------------------------------------------------------- */

typedef enum nenc_law {
    NENC_LAW_NENC = 0,    /* the production law */
    NENC_LAW_CLASSIC = 1, /* the origin's law, only its units repaired */
} nenc_law;

/* Every number the controller can be tuned by; nenc_knobs() lists unit, default, range and reason of each. */
typedef struct nenc_config {
    uint32_t size; /* sizeof(nenc_config), set by nenc_config_default */
    uint32_t law;  /* nenc_law */
    int64_t tick_ns;
    double rate_min_bps;
    double rate_max_bps;
    double rate_start_bps;
    double fps_max;       /* the source's frame rate */
    double height_max;    /* lines of the source's resolution: 1080, 1440, 2160, 4320 */
    double packet_bytes;  /* UDP payload of one packet: s of the TFRC equation */
    double kp;                /* per dead time of the loop */
    double ki;                /* per dead time squared */
    double kd;
    double derivative_ns;     /* time constant of the derivative's low-pass filter */
    double lag_ns;            /* dead time beside the rtt: encoder, pacer, feedback interval, filters */
    double bitrate_step;      /* slew limit per tick, ratio */
    double queue_target_ns;   /* standing queue the law aims at when it sends rate_max */
    double queue_fair_ns;     /* what a flow at rate_min adds to it: what makes flows share */
    double queue_high_ns;     /* over this much queue the law drains at once, exempt from the slew limit */
    double drain_ns;          /* time in which a drain empties the excess queue */
    double ramp_gain;         /* growth per dead time while no congestion is in sight, ratio */
    double ramp_queue_ns;     /* queue that one dead time of ramp may build: bounds ramp_gain at long rtt */
    double base_window_ns;    /* memory of the base-rtt minimum filter */
    double base_probe_ns;     /* without a sight of the empty queue for this long, the set point goes to 0 for a moment */
    double stale_intervals;   /* feedback is stale after this many of its usual intervals ... */
    double stale_min_ns;      /* ... but not before this */
    double stale_halving_ns;  /* while feedback is stale the rate halves in this time */
    double loss_tolerance;    /* loss over what the path has anyway that is taken for chance, ratio */
    double loss_delay_ns;     /* queue delay that such excess loss counts as, per unit of loss ratio */
    double loss_headroom;     /* with loss over the tolerance, the rate stays under this x what arrives */
    double shed_loss;         /* loss over this lets the rate go below rate_min by shedding frames and rungs, ratio */
    double shed_fps_min;      /* lowest frame rate that shedding may reach */
    double qp_min;
    double qp_max;
    double qp_initial;
} nenc_config;

typedef struct nenc_knob {
    const char *name; /* the field of nenc_config */
    const char *unit;
    double value; /* the default */
    double low;   /* smallest and largest legal value */
    double high;
    const char *reason;
    size_t offset; /* into nenc_config; the field is a double */
} nenc_knob;

/* The table of knobs (static, not to be freed). */
NENC_API const nenc_knob *nenc_knobs(size_t *count);
/* Fills *config: the law nenc, a tick of 1/60 s, 5 to 120 Mbit/s, 2160 lines at 60 frames a second, every knob at its default. */
NENC_API void nenc_config_default(nenc_config *config);
/* NENC_EINVAL for an unknown name, a NaN, or a value outside [low, high]. */
NENC_API int nenc_config_set(nenc_config *config, const char *name, double value);
/* *value of a knob by its name; NENC_EINVAL for an unknown one. */
NENC_API int nenc_config_get(const nenc_config *config, const char *name, double *value);
/* NENC_OK, or NENC_EINVAL with *culprit (may be NULL) naming the first field that is wrong (static string). */
NENC_API int nenc_config_check(const nenc_config *config, const char **culprit);

/* ---- life ------------------------------------------------------------------------------------------------------- */

/* A controller at rest, its clock at now_ns; config is copied. NULL when config is invalid (NENC_EINVAL), now_ns is more than
 * 2^62 from 0 (NENC_ERANGE) or memory is short (NENC_ENOMEM): *status, which may be NULL, says which. Free with nenc_destroy. */
NENC_API AdaptiveEncoder *nenc_create(const nenc_config *config, int64_t now_ns, int *status);
/* Stops the thread if it runs and frees everything. NULL is allowed. */
NENC_API void nenc_destroy(AdaptiveEncoder *enc);

/* ---- input ------------------------------------------------------------------------------------------------------ */

typedef struct nenc_sample {
    int64_t time_ns;         /* when the feedback arrived */
    uint32_t throughput_kbps; /* payload newly reported over the receiver time it spans */
    float rtt_ms;            /* without the receiver's hold time */
    float loss;              /* lost / (lost + received) in this report */
    float owd_ms;            /* one-way delay, NaN when unknown */
    float ecn;               /* share of packets marked CE, NaN when unknown */
    float bytes_in_flight;   /* NaN when unknown */
} nenc_sample;

/* The extended sibling of record_network_metrics; *sample is copied. NENC_EINVAL (and counted) when rtt or loss is NaN, infinite
 * or negative, or loss is over 1. A rtt over 64 s counts as 64 s (t_mbi of RFC 5348); an optional value that makes no sense
 * counts as unknown; a time_ns before the sample ahead or after the tick that takes it is moved there. Never blocks. One
 * producer. */
NENC_API int nenc_record(AdaptiveEncoder *enc, const nenc_sample *sample);

/* Gains may change while running, from one thread; the change is bumpless (the rate does not jump). NENC_EINVAL when one is
 * NaN or outside what nenc_knobs says. */
NENC_API int nenc_set_gains(AdaptiveEncoder *enc, double kp, double ki, double kd);

/* ---- output ----------------------------------------------------------------------------------------------------- */

/* What held or moved the rate in a tick: bits of nenc_state.bounds. */
typedef enum nenc_bound {
    NENC_BOUND_MIN = 1,       /* rate_min */
    NENC_BOUND_MAX = 2,       /* rate_max */
    NENC_BOUND_SLEW = 4,      /* bitrate_step */
    NENC_BOUND_TFRC = 8,      /* RFC 5348 throughput equation */
    NENC_BOUND_LOSS = 16,     /* loss_headroom x delivered rate */
    NENC_BOUND_DRAIN = 32,    /* emergency drain of the queue */
    NENC_BOUND_STALE = 64,    /* no feedback */
    NENC_BOUND_RAMP = 128,    /* ramp-up: no congestion in sight */
    NENC_BOUND_SHED = 256,    /* frames or rungs are shed */
    NENC_BOUND_BASE = 512,    /* the base rtt was learnt anew in this tick */
    NENC_BOUND_WARMUP = 1024, /* no sample has arrived yet */
} nenc_bound;

enum { NENC_LATENESS_BINS = 40 };

/* How the thread keeps time, since it was last started: all zero until then. nenc_step on an injected clock never changes it.
 * A tick is late by what passes from its deadline until the thread runs. */
typedef struct nenc_timing {
    uint32_t running;
    uint32_t realtime;       /* 1 = SCHED_FIFO; 0 = an ordinary thread */
    int32_t realtime_errno;  /* why SCHED_FIFO was refused; 0 when it was not, or not asked for */
    uint32_t reserved;
    uint64_t ticks;
    uint64_t missed;         /* deadlines that were already past by a whole tick, skipped */
    int64_t drift_ns;        /* clock since the first tick, less tick_ns for each one run or missed since: within a tick for ever */
    int64_t lateness_max_ns;
    int64_t lateness_sum_ns; /* / ticks = mean */
    int64_t cost_last_ns;    /* from the reading of the clock that a tick decides by to the decision published; as the ... */
    int64_t cost_max_ns;     /* ... wall clock saw it, so it includes what interrupted the tick */
    int64_t cost_sum_ns;     /* / ticks = mean */
    uint64_t lateness[NENC_LATENESS_BINS]; /* ticks by lateness; bins end at 1.024, 1.536, 2.048, 3.072, 4.096, 6.144 ... us */
} nenc_timing;

/* The end of a bin: its first lateness that it does not count; the next bin begins there. INT64_MAX for the last. */
NENC_API int64_t nenc_lateness_edge_ns(int bin);

/* Every term of the last tick. Statistics are over the samples of the last second. */
typedef struct nenc_state {
    int64_t now_ns;
    double rate_bps;        /* the target, rate_min..rate_max */
    double encode_bps;      /* what the encoder may make: the target, or less while frames are shed at the floor */
    double p;               /* the three terms of the law, relative to its operating point: rate = anchor (1 + p + i + d) */
    double i;
    double d;
    double error;           /* normalised: (set point - queue delay) / dead time */
    double anchor_bps;      /* the operating point, 0 when a law has none */
    double delivered_bps;   /* filtered delivered rate the law worked with */
    double capacity_bps;    /* what the path delivered when it was last seen full, 0 when it never was */
    double tfrc_bps;        /* RFC 5348 bound, infinite when no loss event is remembered */
    double throughput_bps;  /* the newest sample ... */
    double rtt_ms;
    double loss;
    double queue_delay_ms;  /* ... its rtt less the base rtt */
    double base_rtt_ms;
    double loss_event_rate; /* p of RFC 5348 section 5.4 */
    float throughput_mean_kbps; /* window statistics, one second of samples */
    float throughput_min_kbps;
    float throughput_max_kbps;
    float throughput_std_kbps;
    float rtt_mean_ms;
    float rtt_min_ms;
    float rtt_max_ms;
    float rtt_std_ms;
    float rtt_slope;        /* ms per s, least squares */
    float loss_mean;
    float qp;               /* quality controller's target */
    float fps;              /* frame scheduler's frame rate */
    uint32_t rung;          /* frame scheduler's lines: 1080, 1440, 2160, 4320 */
    uint32_t bounds;        /* nenc_bound bits */
    uint32_t samples;       /* samples in the window */
    uint32_t age_us;        /* age of the newest sample, saturating */
    uint64_t ticks;         /* since create */
    uint64_t recorded;      /* samples accepted ... */
    uint64_t refused;       /* ... refused as invalid ... */
    uint64_t overwritten;   /* ... and lost because the ring was full */
    nenc_timing timing;
} nenc_state;

/* One control tick at now_ns, deterministic. Fills *state when it is not NULL. Returns the target in bit/s,
 * or a negative nenc_status (NENC_ESTATE while the thread runs, NENC_ERANGE when now_ns is before the last tick). */
NENC_API int64_t nenc_step(AdaptiveEncoder *enc, int64_t now_ns, nenc_state *state);
/* A copy of the state after the last tick. While the thread runs, timing may be that of the tick before. NENC_EINVAL for NULL. */
NENC_API int nenc_state_get(AdaptiveEncoder *enc, nenc_state *state);

/* ---- thread ----------------------------------------------------------------------------------------------------- */

typedef enum nenc_start_flag {
    NENC_START_ORDINARY = 1, /* SCHED_FIFO is not asked for */
} nenc_start_flag;

/* Steps every config.tick_ns on absolute deadlines of CLOCK_MONOTONIC until nenc_stop, on a thread named nenc-tick that takes
 * no signals but those of its own faults. It has SCHED_FIFO from the start where that is allowed; where it is not, the thread
 * is an ordinary one and nenc_state.timing says why. NENC_ESTATE when it runs already; NENC_ERANGE when the controller's clock
 * is ahead of CLOCK_MONOTONIC; NENC_ETHREAD when no thread can be had. A process that forks keeps it in the parent only: there
 * the child may do nothing with a controller whose thread ran. */
NENC_API int nenc_start(AdaptiveEncoder *enc);
/* The same with nenc_start_flag bits. NENC_EINVAL for unknown ones. */
NENC_API int nenc_start_with(AdaptiveEncoder *enc, uint32_t flags);
/* Stops and joins, which takes a tick at most. NENC_OK also when it was not running. It may be started again. */
NENC_API int nenc_stop(AdaptiveEncoder *enc);

/* ---- processor -------------------------------------------------------------------------------------------------- */

typedef enum nenc_cpu_flag {
    NENC_CPU_AVX2 = 1,
    NENC_CPU_FMA = 2,
    NENC_CPU_NEON = 4,
} nenc_cpu_flag;

/* What the processor has and the operating system saves, less what the mask hides. */
NENC_API uint32_t nenc_cpu_flags(void);
/* Hides features from now on: flags & mask. The environment's NENC_CPU=c|avx2|neon sets it at first use; anything else
 * in it is ignored. AVX2 kernels need both NENC_CPU_AVX2 and NENC_CPU_FMA. Not thread-safe. */
NENC_API void nenc_set_cpu_mask(uint32_t mask);
/* The kernel variant in use: "c", "avx2" or "neon". */
NENC_API const char *nenc_kernel_name(void);

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
