/* controller.h - your own controller in the lab: a shared object that exports one table of functions.
 *
 *   cc -shared -fPIC -I kernels_c/include mine.c -o mine.so        nenc-lab run step --controller ./mine.so
 *
 * The object defines the data symbol `nenc_controller_v1`, declared below. kernels_c/examples/controller.c is a template. A
 * symbol that is found only in a library which the object links is ignored.
 *
 * Units: rates are bit/s, times are int64 nanoseconds of the lab's clock, ratios are 0..1, unless a name says otherwise.
 * Time: now_ns never runs backwards. A controller that reads no clock and uses no random source of its own decides the same
 * every time, and so the whole run repeats.
 * Threads: every function is called from one thread, one call at a time. The setting `timeout` limits the wall time of a step
 * together with the reports before it, of load, of create together with set_gains, and of destroy.
 * Ownership: what a pointer argument points to is valid during the call only; name and version must stay valid for ever.
 *
 * Process: the object runs in a process of its own, which ends with the thread of the lab that created the controller. What it
 * prints goes to the lab's stderr. A child that it forks is ended with it, unless the child is in a session or process group of
 * its own; a child that returns from one of these functions ends there.
 * With `isolate: false` the object runs in the lab's process. There is no timeout then, and a crash or an exit() ends the lab
 * with that exit code. The object is loaded from a copy, so that $ORIGIN is not its folder, and the copy stays loaded: static
 * variables begin each run with the values that the run before left.
 *
 * An object without the table that exports the three functions of nenc.h (init_adaptive_encoder and so on) is accepted, too. Its
 * thread then runs on the lab's time. To that end the lab replaces the C library's clocks, sleeps and condition variables
 * (kernels_c/host/clock.c lists them) before the object's constructors run:
 *   - While a constructor or one of the three functions runs, time stands still.
 *   - The run ends when a thread neither sleeps nor waits through the replaced functions, when it sleeps while it holds a mutex
 *     that record_network_metrics locks, or when it sleeps for no time (usleep(0)) again and again.
 *   - Sleepers that are due together wake one after another, in the order in which they went to sleep; those that went to sleep
 *     at the same time wake in the order in which their threads were created.
 *   - Threads that a signal or broadcast wakes run concurrently with the thread that sent it. An object with several such
 *     threads decides the same every time only if their order does not matter.
 *   - Only the rate is known, and it is clamped to the flow's limits. Frame rate, resolution and QP are those of a
 *     nenc_decision that leaves them open.
 * With abi `auto`, constructors run before the lab knows which interface the object has. If they read a clock, sleep or create a
 * thread, an object with a table is loaded a second time, in a new process. With abi `v1` it is loaded once.
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

/* What a controller is created with. Later versions add fields at the end only. */
typedef struct nenc_controller_config {
    uint32_t size; /* sizeof(nenc_controller_config) of the lab */
    uint32_t knob_count;
    const nenc_controller_knob *knobs; /* NULL when there are none */
    int64_t now_ns;                    /* the clock at the start of the flow */
    int64_t tick_ns;                   /* time between two steps */
    double rate_min_bps;               /* the target stays within these two */
    double rate_max_bps;
    double rate_start_bps; /* the first target */
    double fps_max;        /* the source's frame rate */
    double height_max;     /* lines of the source's resolution */
    double packet_bytes;   /* UDP payload of one packet */
} nenc_controller_config;

/* One decision. Before each step the lab sets every field to the default given in brackets; a controller leaves alone what it
 * does not decide. Later versions add fields at the end only. */
typedef struct nenc_decision {
    uint32_t size;     /* sizeof(nenc_decision) of the lab */
    uint32_t rung;     /* lines the encoder may use [0: height_max] */
    double rate_bps;   /* the target, rate_min_bps..rate_max_bps: must be set */
    double encode_bps; /* what the encoder may make, at least 1, at most rate_bps [NaN: rate_bps] */
    double qp;         /* QP target, 0..51 [NaN: 25] */
    double fps;        /* frame rate, at least 0.01, at most fps_max [NaN: fps_max] */
    /* Terms that are recorded and drawn and have no effect; see nenc_state. All but tfrc_bps, queue_delay_ms and base_rtt_ms must
     * be finite. */
    double p; /* rate = anchor (1 + p + i + d) [0] */
    double i;
    double d;
    double error;
    double anchor_bps; /* the operating point [0: none] */
    double delivered_bps; /* filtered delivered rate [0] */
    double capacity_bps; /* its estimate of the path's capacity [0: unknown] */
    double tfrc_bps; /* RFC 5348 bound [infinite: none] */
    double queue_delay_ms; /* its estimate [NaN: newest rtt less the smallest so far] */
    double base_rtt_ms; /* its estimate of the base rtt [NaN: the smallest rtt so far] */
    uint32_t bounds; /* nenc_bound bits: what held or moved the rate [0] */
    uint32_t reserved;
} nenc_decision;

struct nenc_controller_v1 {
    uint32_t abi_version; /* NENC_CONTROLLER_ABI */
    uint32_t size; /* sizeof(struct nenc_controller_v1) */
    const char *name; /* name and version of the controller, kept with every run; NULL is allowed */
    const char *version;

    /* Creates a controller. On failure (an unknown knob, a value out of range, no memory) returns NULL, after writing a line for
     * the user into `why`, a zero-terminated buffer of why_size bytes. Several controllers may exist at once. */
    void *(*create)(const nenc_controller_config *config, char *why, size_t why_size);

    /* Takes in one feedback report. Reports come in order of time, at or before the next step, and are valid: throughput, rtt and
     * loss are finite, rtt is at most 64000 ms, loss is 0..1; owd_ms, ecn and bytes_in_flight are NaN when unknown. */
    void (*record)(void *controller, const nenc_sample *sample);

    /* Runs one control tick: *decision holds from now on. Returns 0. Any other value ends the run, as does a decision out of
     * range. */
    int (*step)(void *controller, int64_t now_ns, nenc_decision *decision);

    /* Sets the gains; NaN leaves a gain unchanged. Called after create when the scenario gives gains. Returns 0, or any other value
     * when it refuses them. NULL for a controller without gains. */
    int (*set_gains)(void *controller, double kp, double ki, double kd);

    /* Destroys the controller. */
    void (*destroy)(void *controller);
};

/* A shared object defines its own controller under this name. libnenc defines the production controller, whose knobs are the
 * fields of nenc_config. */
NENC_API extern const struct nenc_controller_v1 nenc_controller_v1;

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
