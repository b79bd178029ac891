/* nenc.h - the production bitrate controller: what is the next target rate, and why?
 *
 * One object (AdaptiveEncoder) takes network samples from one producer thread and yields a target rate. nenc_step() makes the
 * decision: it is one control tick at a time that the caller gives. nenc_start() runs the same step on a thread of its own.
 *
 * The project grew from a C program of which three functions remain in use: init_adaptive_encoder, record_network_metrics and
 * get_current_bitrate. They are kept with their signatures, and comments call that program the origin.
 *
 * Units: rates are bit/s, times are int64 nanoseconds of one monotonic clock, ratios are 0..1, unless a name says otherwise
 * (record_network_metrics keeps the origin's kbit/s and milliseconds).
 * Errors: functions that can fail return 0 or a negative nenc_status, which nenc_strerror() describes.
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
 * va_dpy may be NULL (software). Returns NULL without memory, or when no thread can be created. Free with nenc_destroy. */
NENC_API AdaptiveEncoder *init_adaptive_encoder(VADisplay va_dpy);

/* Records one sample: throughput in kbit/s, rtt in milliseconds, loss as a fraction 0..1. Its time is CLOCK_MONOTONIC's now.
 * A NULL handle is ignored. A sample is refused and counted (nenc_state.refused) when rtt or loss is NaN, infinite or negative,
 * or when loss is over 1. Never blocks. May be called from one thread at a time. */
NENC_API void record_network_metrics(AdaptiveEncoder *enc, uint32_t throughput, float rtt, float loss);

/* Returns the current target in bit/s, or 0 for a NULL handle. */
NENC_API uint32_t get_current_bitrate(AdaptiveEncoder *enc);

/* ---- status ----------------------------------------------------------------------------------------------------- */

typedef enum nenc_status {
    NENC_OK = 0,
    NENC_EINVAL = -1,  /* an argument is NULL, NaN, out of its range, or the struct size is unknown */
    NENC_ENOMEM = -2,
    NENC_ESTATE = -3,  /* not in this state: started twice, stepped while the thread runs, ... */
    NENC_ETHREAD = -4, /* the thread could not be created */
    NENC_ERANGE = -5,  /* a value does not fit: time ran backwards, a table is full, ... */
} nenc_status;

/* Describes a status in a few words, whatever the number. The string is static. */
NENC_API const char *nenc_strerror(int status);
/* Returns the "major.minor.patch" of the library in use. The string is static. */
NENC_API const char *nenc_version(void);

/* ---- configuration ---------------------------------------------------------------------------------------------- */

/* The two controllers that have always been there; the table has all of them. */
typedef enum nenc_law {
    NENC_LAW_NENC = 0,    /* the production law */
    NENC_LAW_CLASSIC = 1, /* the origin's law, with only its units repaired */
} nenc_law;

/* A controller of this library: a row of its table. */
typedef struct nenc_controller_kind {
    const char *name;  /* in scenarios and on command lines */
    const char *about; /* a few words */
    double kp;         /* the gains it starts from; NaN: the default of the knob */
    double ki;
    double kd;
} nenc_controller_kind;

/* Row `law` of the table, NULL behind the last one; nenc_config.law is such a number. Static, not to be freed. */
NENC_API const nenc_controller_kind *nenc_controller_kind_at(uint32_t law);

/* Every number that tunes the controller. nenc_knobs() lists the unit, default, range and reason of each. */
typedef struct nenc_config {
    uint32_t size; /* sizeof(nenc_config), set by nenc_config_default */
    uint32_t law;  /* a row of the table of controllers: nenc_law, or what nenc_config_choose found */
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

/* Returns the table of knobs, which is static, and stores its length in *count. */
NENC_API const nenc_knob *nenc_knobs(size_t *count);
/* Sets *config to the law nenc, a tick of 1/60 s, 5 to 120 Mbit/s, 2160 lines at 60 frames/s, and every knob to its default. */
NENC_API void nenc_config_default(nenc_config *config);
/* The controller of this name, and the gains it starts from where they are not those in *config (which has the defaults).
 * NENC_EINVAL for an unknown name. */
NENC_API int nenc_config_choose(nenc_config *config, const char *name);
/* Sets a knob by its name. NENC_EINVAL for an unknown name, a NaN, or a value outside [low, high]. */
NENC_API int nenc_config_set(nenc_config *config, const char *name, double value);
/* Stores the value of the knob `name` in *value. NENC_EINVAL for an unknown name. */
NENC_API int nenc_config_get(const nenc_config *config, const char *name, double *value);
/* Checks a whole configuration. On NENC_EINVAL, *culprit is the name of the first wrong field (static); culprit may be NULL. */
NENC_API int nenc_config_check(const nenc_config *config, const char **culprit);

/* ---- life ------------------------------------------------------------------------------------------------------- */

/* Creates a controller whose clock stands at now_ns. *config is copied. Returns NULL on failure, with the reason in *status
 * unless status is NULL: config is invalid (NENC_EINVAL), now_ns is more than 2^61 away from 0 (NENC_ERANGE), or memory is short
 * (NENC_ENOMEM). Free with nenc_destroy. */
NENC_API AdaptiveEncoder *nenc_create(const nenc_config *config, int64_t now_ns, int *status);
/* Stops the thread, if it runs, and frees everything. enc may be NULL. */
NENC_API void nenc_destroy(AdaptiveEncoder *enc);

/* ---- input ------------------------------------------------------------------------------------------------------ */

typedef struct nenc_sample {
    int64_t time_ns;         /* when the feedback arrived */
    uint32_t throughput_kbps; /* payload newly reported over the receiver time it spans */
    float rtt_ms;            /* the time that the receiver held the report is taken off */
    float loss;              /* lost / (lost + received) in this report */
    float owd_ms;            /* one-way delay, NaN when unknown */
    float ecn;               /* share of packets marked CE, NaN when unknown */
    float bytes_in_flight;   /* NaN when unknown */
} nenc_sample;

/* Records one sample with more fields than record_network_metrics takes. *sample is copied. Returns NENC_EINVAL, and counts it,
 * when rtt or loss is NaN, infinite or negative, or when loss is over 1. A rtt over 64 s counts as 64 s (t_mbi of RFC 5348). An
 * optional value out of its range counts as unknown. A time_ns earlier than the previous sample's is raised to it, and one later
 * than the tick that reads the sample is lowered to it. Never blocks. May be called from one thread at a time. */
NENC_API int nenc_record(AdaptiveEncoder *enc, const nenc_sample *sample);

/* Changes the gains, also while the thread runs. The change is bumpless: the rate does not jump. May be called from one thread at
 * a time. NENC_EINVAL when a gain is NaN or outside the range that nenc_knobs gives. */
NENC_API int nenc_set_gains(AdaptiveEncoder *enc, double kp, double ki, double kd);

/* ---- output ----------------------------------------------------------------------------------------------------- */

/* What limited or moved the rate in a tick: bits of nenc_state.bounds. */
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
    NENC_BOUND_BASE = 512,    /* the base rtt was re-learnt in this tick */
    NENC_BOUND_WARMUP = 1024, /* no sample has arrived yet */
} nenc_bound;

enum { NENC_LATENESS_BINS = 40 };

/* How well the thread has kept time since it was last started; all zero until then. nenc_step called directly does not change
 * it. The lateness of a tick is the time from its deadline until the thread runs. */
typedef struct nenc_timing {
    uint32_t running;
    uint32_t realtime;       /* 1 = SCHED_FIFO; 0 = an ordinary thread */
    int32_t realtime_errno;  /* why SCHED_FIFO was refused; 0 when it was not, or not asked for */
    uint32_t reserved;
    uint64_t ticks;
    uint64_t missed;         /* deadlines skipped because they were a whole tick in the past */
    int64_t drift_ns;        /* time since the first tick less tick_ns per tick run or missed: stays below one tick */
    int64_t lateness_max_ns;
    int64_t lateness_sum_ns; /* / ticks = mean */
    int64_t cost_last_ns;    /* from reading the clock to publishing the decision, in wall time: ... */
    int64_t cost_max_ns;     /* ... interruptions of the tick are included */
    int64_t cost_sum_ns;     /* / ticks = mean */
    uint64_t lateness[NENC_LATENESS_BINS]; /* ticks by lateness; bins end at 1.024, 1.536, 2.048, 3.072, 4.096, 6.144 ... us */
} nenc_timing;

/* Returns the upper edge of a bin, which is exclusive: the next bin begins there. INT64_MAX for the last bin. */
NENC_API int64_t nenc_lateness_edge_ns(int bin);

/* Every term of the last tick. Statistics cover the samples of the last second. */
typedef struct nenc_state {
    int64_t now_ns;
    double rate_bps;        /* the target, rate_min..rate_max */
    double encode_bps;      /* what the encoder may make: the target, or less while frames are shed at the floor */
    double p;               /* the three terms of the law, relative to its operating point: rate = anchor (1 + p + i + d) */
    double i;
    double d;
    double error;           /* normalised: (set point - queue delay) / dead time */
    double anchor_bps;      /* the operating point, 0 when a law has none */
    double delivered_bps;   /* the filtered delivered rate that the law used */
    double capacity_bps;    /* delivered rate when the path was last seen full, 0 if it never was */
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

/* Runs one control tick at now_ns; deterministic. Fills *state unless state is NULL. Returns the target in bit/s or a negative
 * nenc_status: NENC_ESTATE while the thread runs, NENC_ERANGE when now_ns is before the last tick or above 2^61. */
NENC_API int64_t nenc_step(AdaptiveEncoder *enc, int64_t now_ns, nenc_state *state);
/* Copies the state after the last tick. While the thread runs, `timing` may be that of the tick before. NENC_EINVAL for NULL. */
NENC_API int nenc_state_get(AdaptiveEncoder *enc, nenc_state *state);

/* ---- thread ----------------------------------------------------------------------------------------------------- */

typedef enum nenc_start_flag {
    NENC_START_ORDINARY = 1, /* do not ask for SCHED_FIFO */
} nenc_start_flag;

/* Starts a thread that steps every config.tick_ns, on absolute deadlines of CLOCK_MONOTONIC, until nenc_stop. The thread is named
 * nenc-tick and blocks all signals except those of its own faults. It has SCHED_FIFO from the start where that is allowed;
 * otherwise it is an ordinary thread, and nenc_state.timing says why. NENC_ESTATE when it already runs, NENC_ERANGE when the
 * controller's clock is ahead of CLOCK_MONOTONIC, NENC_ETHREAD when no thread can be created. After a fork the thread exists in
 * the parent only, and the child must not use a controller whose thread was running. */
NENC_API int nenc_start(AdaptiveEncoder *enc);
/* The same, with nenc_start_flag bits. NENC_EINVAL for unknown bits. */
NENC_API int nenc_start_with(AdaptiveEncoder *enc, uint32_t flags);
/* Stops and joins the thread, which takes one tick at most. NENC_OK also when it was not running. It may be started again. */
NENC_API int nenc_stop(AdaptiveEncoder *enc);

/* ---- processor -------------------------------------------------------------------------------------------------- */

typedef enum nenc_cpu_flag {
    NENC_CPU_AVX2 = 1,
    NENC_CPU_FMA = 2,
    NENC_CPU_NEON = 4,
} nenc_cpu_flag;

/* Returns the features that the processor has and the operating system supports, less those that the mask hides. */
NENC_API uint32_t nenc_cpu_flags(void);
/* Hides the features that are not in `mask` from now on. At first use the mask is taken from the environment variable NENC_CPU
 * (c, avx2 or neon; any other value is ignored). AVX2 kernels need both NENC_CPU_AVX2 and NENC_CPU_FMA. Not thread-safe. */
NENC_API void nenc_set_cpu_mask(uint32_t mask);
/* Returns the kernel variant in use: "c", "avx2" or "neon". */
NENC_API const char *nenc_kernel_name(void);

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
