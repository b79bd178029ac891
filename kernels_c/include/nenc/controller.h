/* controller.h - your own controller in the lab: a shared object that exports one table of functions.
 *
 * The object defines the data symbol `nenc_controller_v1`, declared below; kernels_c/examples/controller.c is a template. One
 * that only a library has which the object links does not count.
 *
 *   cc -shared -fPIC -I kernels_c/include mine.c -o mine.so        nenc-lab run step --controller ./mine.so
 *
 * An object with the origin's three functions (nenc.h) and no table is taken as well. Its thread then runs on the lab's time:
 * the C library's clocks, sleeps and condition variables are taken over (kernels_c/host/clock.c has the list), from before its
 * constructors. While these and the three functions run, time stands still. A thread that neither sleeps nor waits through them
 * ends the run, and so does one that sleeps while it holds a mutex that record_network_metrics takes, or that sleeps for no
 * time (usleep(0)) again and again. Sleeps that end come one after another, each in its turn: at one moment that of who lay
 * down first, and of those who lay down at one moment that of the thread that was made first. Threads that a signal or
 * broadcast wakes run at once, beside whoever sent it, so that an object with several of them decides the same every time only
 * if their order does not matter. Only its rate is known, and held within the flow's limits; frame rate, resolution and QP stay
 * as in a nenc_decision that leaves them open.
 *
 * Units: rates are bit/s, times int64 nanoseconds of the lab's clock, ratios 0..1, unless a name says otherwise.
 * Time: now_ns never runs backwards. A controller that reads no clock and draws no chance of its own decides the same
 * every time, and so does the whole run.
 * Threads: every function is called from one thread, never two at once; a step with the records before it within `timeout`, and
 * so load, create with set_gains, and destroy.
 * Load: with abi `auto`, constructors run before it is known which interface there is. When they read a clock, sleep or make
 * a thread, an object with a table is loaded a second time, in a new process; abi `v1` loads it once.
 * Process: one of its own, which ends with the thread of the lab that made the controller. What it prints goes to the lab's
 * stderr. A child that it forks is ended with it, unless it is in a session or process group of its own; one that returns from
 * these functions ends there. With `isolate: false` it runs in the lab's process: no timeout; a crash or an exit() ends the
 * lab, whose exit code is then that of the signal or of the exit(); the object is loaded from a copy, so that $ORIGIN in it is
 * not its folder; and that copy stays, so that its static variables begin each run as the one before has left them.
 * Ownership: what a pointer argument points to is valid during the call only; name and version are valid for ever.
 */
#ifndef NENC_CONTROLLER_H
#define NENC_CONTROLLER_H

#include "nenc/nenc.h"

#if !defined(NENC_CFFI) && defined(__cplusplus)
extern "C" {
#endif

enum { NENC_CONTROLLER_ABI = 1 };

/* A number of the scenario's `controller.knobs`. */
typedef struct nenc_controller_knob {
    const char *name;
    double value;
} nenc_controller_knob;

/* What a controller is made for. Later versions add fields at the end only. */
typedef struct nenc_controller_config {
    uint32_t size; /* sizeof(nenc_controller_config) of the lab */
    uint32_t knob_count;
    const nenc_controller_knob *knobs; /* NULL when there are none */
    int64_t now_ns;                    /* the clock at the start of the flow */
    int64_t tick_ns;                   /* time between two steps */
    double rate_min_bps;               /* the target stays within these two */
    double rate_max_bps;
    double rate_start_bps; /* the target until there is a reason for another one */
    double fps_max;        /* the source's frame rate */
    double height_max;     /* lines of the source's resolution */
    double packet_bytes;   /* UDP payload of one packet */
} nenc_controller_config;

/* One decision. The lab fills in the values given in brackets before each step; what a controller has nothing to say about
 * stays as it is. Later versions add fields at the end only. */
typedef struct nenc_decision {
    uint32_t size;     /* sizeof(nenc_decision) of the lab */
    uint32_t rung;     /* lines the encoder may use [0: height_max] */
    double rate_bps;   /* the target, rate_min_bps..rate_max_bps: must be set */
    double encode_bps; /* what the encoder may make, at least 1, at most rate_bps [NaN: rate_bps] */
    double qp;         /* QP target, 0..51 [NaN: 25] */
    double fps;        /* frame rate, at least 0.01, at most fps_max [NaN: fps_max] */
    /* Terms that change nothing and are recorded and drawn; see nenc_state. They must be finite, but for the last three. */
    double p; /* rate = anchor (1 + p + i + d) [0] */
    double i;
    double d;
    double error;
    double anchor_bps;     /* the operating point [0: none] */
    double delivered_bps;  /* filtered delivered rate [0] */
    double capacity_bps;   /* what it takes the path to carry [0: unknown] */
    double tfrc_bps;       /* RFC 5348 bound [infinite: none] */
    double queue_delay_ms; /* its estimate [NaN: newest rtt less the smallest so far] */
    double base_rtt_ms;    /* its base rtt [NaN: the smallest so far] */
    uint32_t bounds;       /* nenc_bound bits: what held or moved the rate [0] */
    uint32_t reserved;
} nenc_decision;

struct nenc_controller_v1 {
    uint32_t abi_version; /* NENC_CONTROLLER_ABI */
    uint32_t size;        /* sizeof(struct nenc_controller_v1) */
    const char *name;     /* of the controller, and its version: kept with every run; NULL is allowed */
    const char *version;

    /* A controller at rest. Returns NULL when it cannot be had, after a line for the user in `why` (why_size bytes, ends with
     * a 0; empty when left alone): an unknown knob, a value out of its range, no memory. Several may exist at once. */
    void *(*create)(const nenc_controller_config *config, char *why, size_t why_size);

    /* One feedback report, in order of time, at or before the next step. Only legal samples come: throughput, rtt and loss are
     * finite, rtt at most 64000 ms, loss 0..1; owd_ms, ecn and bytes_in_flight are NaN when unknown. */
    void (*record)(void *controller, const nenc_sample *sample);

    /* One control tick: the decision from now on. Returns 0; anything else ends the run, as does a decision out of range. */
    int (*step)(void *controller, int64_t now_ns, nenc_decision *decision);

    /* New gains; NaN leaves one as it is. Called after create when the scenario gives gains. Returns 0, or anything else when
     * they are not legal. NULL: a controller without gains. */
    int (*set_gains)(void *controller, double kp, double ki, double kd);

    /* Gives back everything. */
    void (*destroy)(void *controller);
};

/* In a shared object: its controller. In libnenc: the core, with the fields of nenc_config as knobs. */
NENC_API extern const struct nenc_controller_v1 nenc_controller_v1;

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
