/* vnet.h - the virtual network's data plane, which computes when each packet arrives.
 *
 * Packets live here; the caller only sends frames, asks for feedback and advances the clock. Each direction is a chain of
 * links, and each link is a chain of stages: queue -> serialiser -> propagation -> loss -> jitter (loss comes first with
 * NENC_LOSS_AT_ENTRY). All randomness is derived from (seed, link, stage), so changing one stage never changes another's draws.
 *
 * Units: int64 nanoseconds since the start of the run, bytes, bit/s (double; NENC_UNLIMITED: there is no serialiser). Capacity
 * counts wire bytes. Ownership: configs and arrays are copied in, rows are copied out, nothing is shared. Threads: a nenc_vnet
 * belongs to one thread at a time. Errors: a negative nenc_status. NENC_EINVAL for a NULL, an unknown id or kind, a NaN, or a
 * value outside the ranges given here; nothing has changed then. NENC_ENOMEM in mid-run is final: every later call that
 * advances the clock returns it again.
 */
#ifndef NENC_VNET_H
#define NENC_VNET_H

#include "nenc/nenc.h"

#if !defined(NENC_CFFI) && defined(__cplusplus)
extern "C" {
#endif

#ifndef NENC_CFFI
#define NENC_UNLIMITED (-1.0)
#endif

typedef struct nenc_vnet nenc_vnet;

typedef enum nenc_direction { NENC_FORWARD = 0, NENC_REVERSE = 1 } nenc_direction;

/* A parameter of a queue or a source: its name as in tc or in a scenario, and its range. */
typedef struct nenc_parameter {
    const char *name;
    const char *unit; /* "ns", "B", "packets", "bit/s", "bool" (0 or 1), or "" for a plain number */
    double value;     /* the default */
    double low;       /* smallest and largest legal value */
    double high;
    const char *about; /* one sentence */
} nenc_parameter;

/* Largest number of parameters of a kind; values are given in the order of its table. */
enum { NENC_PARAMETERS = 8 };

typedef enum nenc_queue_unit {
    NENC_QUEUE_BYTES = 0,   /* wire bytes */
    NENC_QUEUE_PACKETS = 1,
    NENC_QUEUE_TIME = 2, /* ns x the present rate (at rate 0, the last rate that was not 0) */
} nenc_queue_unit;

/* A kind of queue: a row of the table. */
typedef struct nenc_queue_kind {
    const char *name;
    const char *about;     /* one sentence */
    const char *limit_key; /* name of its limit in a scenario; NULL: it has none */
    const char *limit_about;
    uint32_t limit_units;  /* bit 1 << nenc_queue_unit for each unit in which the limit may be given */
    uint32_t limit_unit;   /* the default limit and its unit */
    int64_t limit;
    uint32_t parameter_count;
    const nenc_parameter *parameters; /* parameter_count entries, at most NENC_PARAMETERS */
} nenc_queue_kind;

/* A queue: its kind (index into the table), its limit (> 0), its parameters. The packet in service counts towards the limit. */
typedef struct nenc_queue_config {
    uint32_t kind;
    uint32_t unit; /* nenc_queue_unit */
    int64_t limit;
    double values[NENC_PARAMETERS];
} nenc_queue_config;

typedef enum nenc_loss_kind {
    NENC_LOSS_NONE = 0,
    NENC_LOSS_BERNOULLI = 1, /* each packet is lost with probability p */
    NENC_LOSS_GILBERT_ELLIOTT = 2, /* good -> bad with p, bad -> good with r, per packet; loss probability of each state */
} nenc_loss_kind;

typedef enum nenc_jitter_kind {
    NENC_JITTER_NONE = 0,
    NENC_JITTER_ORDERED = 1, /* NR-BPDV, RFC 8868 section 4.5.2 */
    NENC_JITTER_REORDER = 2, /* RBPDV, RFC 8868 section 4.5.1 */
} nenc_jitter_kind;

typedef struct nenc_loss {
    uint32_t kind; /* nenc_loss_kind */
    uint32_t at_entry; /* 1: loss comes before the queue */
    double p;
    double r;
    double loss_bad;
    double loss_good;
} nenc_loss;

typedef struct nenc_link_config {
    uint32_t direction;   /* nenc_direction; links are crossed in the order they are added */
    uint32_t jitter_kind; /* nenc_jitter_kind */
    nenc_queue_config queue;
    double queue_rate_bps; /* NENC_QUEUE_TIME: > 0 fixes the rate from which the limit is computed (a trace's mean) */
    double rate_bps;       /* NENC_UNLIMITED, or >= 0 */
    int64_t delay_ns;
    nenc_loss loss;
    uint32_t ecn; /* 1: mark ECT packets that waited longer than ecn_threshold_ns */
    int64_t jitter_std_ns; /* |N(0, std^2)| truncated at max, RFC 8868 section 4.5.3 */
    int64_t jitter_max_ns;
    int64_t ecn_threshold_ns;
    double duplicate;     /* probability that a packet arrives twice */
} nenc_link_config;

typedef struct nenc_flow_config {
    int32_t first_link; /* index within the forward direction; -1: the whole chain */
    int32_t last_link;
    uint32_t packet_bytes;   /* UDP payload, RTP header included */
    uint32_t header_bytes;   /* RTP header, part of packet_bytes */
    uint32_t overhead_bytes; /* UDP, IP and link headers on the wire */
    uint32_t ecn;            /* 1: packets are ECT */
    double pacer_factor;     /* the pacer sends at this multiple of the target */
    int64_t pacer_burst_ns;  /* and may send this much of it back to back */
    int64_t silence_ns;      /* reserved, 0 */
} nenc_flow_config;

/* A kind of cross traffic: a row of the table. */
typedef struct nenc_cross_kind {
    const char *name;
    const char *about; /* one sentence */
    uint32_t parameter_count;
    const nenc_parameter *parameters; /* parameter_count entries, at most NENC_PARAMETERS */
} nenc_cross_kind;

typedef struct nenc_cross_config {
    uint32_t kind;      /* index into the table */
    uint32_t direction; /* nenc_direction */
    int32_t first_link; /* -1: the whole chain */
    int32_t last_link;
    uint32_t wire_bytes; /* size of a full packet */
    uint32_t reserved;
    int64_t start_ns;
    int64_t stop_ns;
    double values[NENC_PARAMETERS];
} nenc_cross_config;

/* ---- the tables --------------------------------------------------------------------------------------------------- */

/* Returns row `kind` of each table; NULL after the last one. Static, not to be freed. */
NENC_API const nenc_queue_kind *nenc_queue_kind_at(uint32_t kind);
NENC_API const nenc_cross_kind *nenc_cross_kind_at(uint32_t kind);

/* ---- building (before the first advance) ------------------------------------------------------------------------ */

/* Creates an empty network at time 0. path_row_ns > 0: period of the path rows; log_packets != 0: keep a row per packet.
 * Returns NULL when out of memory or when path_row_ns is not positive. Free with nenc_vnet_destroy. */
NENC_API nenc_vnet *nenc_vnet_create(uint64_t seed, int64_t path_row_ns, int log_packets);
/* Frees everything, including rows that were not taken. Accepts NULL. */
NENC_API void nenc_vnet_destroy(nenc_vnet *net);
/* Each returns an id, counted from 0: of links over both directions, in the order they are crossed; of flows; of cross traffic.
 * NENC_ESTATE after the first advance; NENC_ERANGE beyond 64 links, 256 flows, 256 cross flows. */
NENC_API int nenc_vnet_add_link(nenc_vnet *net, const nenc_link_config *config);
NENC_API int nenc_vnet_add_flow(nenc_vnet *net, const nenc_flow_config *config);
NENC_API int nenc_vnet_add_cross(nenc_vnet *net, const nenc_cross_config *config);

/* ---- changes (at the time last advanced to) --------------------------------------------------------------------- */

/* Wire rate in bit/s from now on, also for the packet in service; 0 is an outage. This ends a program or opportunities. */
NENC_API int nenc_vnet_set_rate(nenc_vnet *net, int link, double rate_bps);
/* Propagation delay >= 0 of packets that leave the serialiser from now on; no packet overtakes an earlier one. */
NENC_API int nenc_vnet_set_delay(nenc_vnet *net, int link, int64_t delay_ns);
/* New limit and parameters; the kind must be that of the link's queue. A queue that shrinks keeps the packets it holds. */
NENC_API int nenc_vnet_set_queue(nenc_vnet *net, int link, const nenc_queue_config *config);
/* Probabilities 0..1. A Gilbert-Elliott chain keeps its state when only its numbers change. */
NENC_API int nenc_vnet_set_loss(nenc_vnet *net, int link, const nenc_loss *loss);
/* std_ns and max_ns >= 0, of a nenc_jitter_kind. */
NENC_API int nenc_vnet_set_jitter(nenc_vnet *net, int link, uint32_t kind, int64_t std_ns, int64_t max_ns);
/* Probability 0..1 that a packet arrives twice. */
NENC_API int nenc_vnet_set_duplicate(nenc_vnet *net, int link, double probability);

/* Sets piecewise constant rates: rate_bps[i] holds from t_ns[i] (increasing, absolute) on; the program repeats every period_ns
 * from t_ns[0] when period_ns > 0. Copied. Replaces the previous program. */
NENC_API int nenc_vnet_set_program(nenc_vnet *net, int link, const int64_t *t_ns, const double *rate_bps, size_t count,
                                   int64_t period_ns);
/* Sets delivery opportunities (mahimahi) instead of a rate: at each t_ns up to bytes of the queue leave, and unused bytes are
 * lost; repeated every period_ns. A packet may use several opportunities. Copied. */
NENC_API int nenc_vnet_set_opportunities(nenc_vnet *net, int link, const int64_t *t_ns, size_t count, int64_t period_ns,
                                         int64_t start_ns, double bytes);

/* ---- the clock -------------------------------------------------------------------------------------------------- */

/* Processes everything up to and including now_ns. Every call below does this first for its own now_ns. NENC_ERANGE when now_ns
 * is before the time already advanced to. */
NENC_API int nenc_vnet_advance(nenc_vnet *net, int64_t now_ns);

/* ---- sender ----------------------------------------------------------------------------------------------------- */

/* Sets the pacer's target from now on: media bit/s, which pacer_factor multiplies. */
NENC_API int nenc_vnet_set_target(nenc_vnet *net, int flow, int64_t now_ns, double target_bps);
/* Sends a frame of media bytes (> 0), captured and ready for the pacer at these times (ready_ns >= the time advanced to).
 * tag, flags, qp, psnr, ssim come back unchanged in the frame's row. Returns the frame's number, from 0. */
NENC_API int64_t nenc_vnet_send_frame(nenc_vnet *net, int flow, int64_t capture_ns, int64_t ready_ns, int64_t bytes, uint32_t tag,
                                      uint32_t flags, float qp, float psnr, float ssim);

/* ---- feedback --------------------------------------------------------------------------------------------------- */

/* The receiver reports what has newly arrived over the reverse direction; with nothing new to report it sends nothing
 * (RFC 8888 section 3). Returns 1 when a report was sent, else 0. */
NENC_API int nenc_vnet_send_report(nenc_vnet *net, int flow, int64_t now_ns);
/* Earliest time at which a report of this flow can reach the sender if nothing is changed before then: now when one is waiting,
 * INT64_MAX when none is in flight. */
NENC_API int64_t nenc_vnet_next_report(nenc_vnet *net, int flow);
/* Takes the oldest report that has reached the sender by now_ns, as a controller's sample. Returns 1, or 0 when there is
 * none. */
NENC_API int nenc_vnet_take_report(nenc_vnet *net, int flow, int64_t now_ns, nenc_sample *sample);

/* ---- what happened ---------------------------------------------------------------------------------------------- */

typedef struct nenc_flow_counters { /* since the start */
    int64_t sent_packets;      /* left the pacer */
    int64_t sent_bytes;        /* media */
    int64_t received_packets;  /* first copies */
    int64_t received_bytes;    /* media */
    int64_t received_wire_bytes;
    int64_t dropped_packets;   /* by queues */
    int64_t lost_packets;      /* by the loss stages */
    int64_t reports_sent;
    int64_t report_wire_bytes;
    int64_t backlog_bytes;     /* waiting in the pacer, media */
    int64_t last_wait_ns;      /* queue delay of the newest packet received, all hops */
} nenc_flow_counters;

/* Copies the counters as of the time last advanced to. */
NENC_API int nenc_vnet_flow_counters_get(const nenc_vnet *net, int flow, nenc_flow_counters *counters);

typedef struct nenc_frame_row {
    int64_t frame;
    int64_t capture_ns;
    int64_t ready_ns;
    int64_t sent_ns;     /* its last packet left the pacer; -1: not yet */
    int64_t received_ns; /* its last surviving packet arrived; -1: not yet, or none survived */
    int64_t bytes;       /* media */
    uint32_t packets;
    uint32_t lost;       /* dropped or lost */
    uint32_t pending;    /* neither arrived nor lost when the row was taken (only at the end of a run) */
    uint32_t tag;
    uint32_t flags;
    float qp;
    float psnr;
    float ssim;
} nenc_frame_row;

/* Copies rows of frames whose fate is known, oldest first, at most max; each row is returned once. all != 0: also frames in
 * flight. Returns the number of rows copied. */
NENC_API int nenc_vnet_take_frames(nenc_vnet *net, int flow, nenc_frame_row *rows, int max, int all);

typedef struct nenc_path_row { /* One link over (t_ns - path_row_ns, t_ns]. */
    int64_t t_ns;
    int32_t link;
    uint32_t packets;       /* that left the serialiser */
    double capacity_bps;    /* mean over the period; infinite when unlimited */
    double queue_delay_ms;  /* wait of the newest packet to leave the queue; if none left, age of the oldest packet in it */
    int64_t queue_bytes;    /* at t_ns */
    uint32_t drops_queue;
    uint32_t drops_loss;
    uint32_t marked;
    uint32_t duplicated;
} nenc_path_row;

/* Copies the oldest rows of all links, at most max; each row is returned once. Returns the number copied. */
NENC_API int nenc_vnet_take_path(nenc_vnet *net, nenc_path_row *rows, int max);

typedef struct nenc_delay_row { /* Packets of a flow that arrived in (from_ns, until_ns] after about this queue delay. */
    int64_t from_ns;
    int64_t until_ns;
    int64_t delay_ns;  /* upper edge of the bin; bins are at most 1 % wide, 10 us below 1 ms */
    int32_t flow;
    uint32_t packets;
} nenc_delay_row;

/* Computes nenc_delay_row.delay_ns, the upper edge of its bin, for each of `count` waits that were measured elsewhere. */
NENC_API void nenc_delay_edges(const int64_t *wait_ns, size_t count, int64_t *edge_ns);

/* Closes the current histogram of every flow at now_ns; packet-weighted percentiles of the queue delay are computed from
 * these. */
NENC_API int nenc_vnet_cut_delays(nenc_vnet *net, int64_t now_ns);
/* Copies the oldest closed rows, at most max; each row is returned once. Returns the number copied. */
NENC_API int nenc_vnet_take_delays(nenc_vnet *net, nenc_delay_row *rows, int max);

typedef struct nenc_packet_row {
    int64_t sequence;
    int64_t frame;
    int64_t sent_ns;
    int64_t received_ns; /* -1: it never arrived */
    int64_t wait_ns;     /* time spent in all queues */
    int32_t flow;
    uint32_t wire_bytes;
    uint32_t fate;       /* 0 received, 1 dropped by a queue, 2 lost, 3 a duplicate */
    int32_t link;        /* link that dropped or lost it, else -1 */
} nenc_packet_row;

/* Copies the oldest rows, at most max; each once; none unless log_packets was set. Returns the number copied. */
NENC_API int nenc_vnet_take_packets(nenc_vnet *net, nenc_packet_row *rows, int max);

/* ---- random numbers, the same on every machine ------------------------------------------------------------------ */

typedef enum nenc_draw {
    NENC_DRAW_UNIFORM = 0,     /* [0, 1) */
    NENC_DRAW_LAPLACE = 1,     /* zero mean, unit scale parameter */
    NENC_DRAW_NORMAL = 2,      /* N(0, 1) */
    NENC_DRAW_EXPONENTIAL = 3, /* mean 1 */
} nenc_draw;

/* Fills out[0..count) from stream (seed, stream), starting at draw number `from`; kind is a nenc_draw. Thread-safe. */
NENC_API int nenc_random(uint64_t seed, uint64_t stream, uint64_t from, uint32_t kind, double *out, size_t count);

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
