/* failover.h - an encoder that survives the failure of its hardware: every picture given still returns a frame.
 *
 *   hardware --any failure--> the same picture again in software, as a key frame --> software
 *   software --time for a probe: a new process, device and encoder, this picture--> hardware, from a key frame on
 *
 * The hardware encoder (`primary`) runs in a process of its own, because a driver may crash its process or hang; pictures and
 * frames pass through shared memory. The software encoder (`fallback`) is opened together with the primary and waits, so that
 * it can take over within a frame. Everything that happens is reported as events.
 *
 * Units and errors are those of encode.h. Threads: an object belongs to one thread at a time.
 */
#ifndef NENC_FAILOVER_H
#define NENC_FAILOVER_H

#include "nenc/pool.h"

#if !defined(NENC_CFFI) && defined(__cplusplus)
extern "C" {
#endif

typedef struct nenc_failover nenc_failover;

/* Faults that can be injected into the primary. Its driver injects them if it can (this project's own can, see
 * va_driver/faults.h), else its process does. A primary that runs in this process fails instead of hanging or dying. */
typedef enum nenc_fault {
    NENC_FAULT_NONE = 0,
    NENC_FAULT_FAIL = 1,        /* pictures are refused, and so are probes */
    NENC_FAULT_HANG = 2,        /* the next picture is never answered, and probes are refused */
    NENC_FAULT_RESET = 3,       /* the next picture aborts the process (SIGABRT), and probes are refused */
    NENC_FAULT_IGNORE_RATE = 4, /* changes of the rate are ignored */
} nenc_fault;

/* The name of a fault in scenarios: gpu_failure, gpu_hang, gpu_reset, ignore_rate; NULL when there is none. */
NENC_API const char *nenc_fault_name(uint32_t fault);

typedef struct nenc_failover_config {
    uint32_t size;           /* sizeof(nenc_failover_config), set by nenc_failover_config_default */
    uint32_t isolate;        /* 1: run the primary in a process of its own; 0: in this one */
    uint32_t wait_for_probe; /* 1: wait for a probe's answer (repeatable in virtual time); 0: check for it at each picture */
    uint32_t memory;         /* nenc_memory of the pictures */
    char primary[16];        /* names in encode.h's table */
    char fallback[16];
    char fallback_device[256]; /* device of the fallback; HEVC, which x264 lacks, uses vaapi with driver:nenc */
    const char *host; /* path of the program nenc_encoder_host; NULL: $NENC_ENCODER_HOST, else beside this library; not copied */
    nenc_encoder_config encoder; /* for both encoders; timeout_ns is the watchdog: a picture that takes longer counts as failed */
    int64_t open_timeout_ns; /* time-out for opening the primary */
    int64_t probe_first_ns; /* capture time from a failure to the first probe; doubled after each failed probe ... */
    int64_t probe_last_ns; /* ... up to this limit */
} nenc_failover_config;

typedef struct nenc_failover_frame {
    nenc_coded coded; /* number and pts_ns of the picture; data is valid until the next call of encode, resize or close */
    uint32_t software; /* 1: encoded by the fallback */
    int32_t failed; /* status of the primary if it failed at this picture, else 0 */
    int64_t took_ns; /* wall clock, both attempts included */
} nenc_failover_frame;

typedef enum nenc_failover_kind {
    NENC_FAILOVER_FALLBACK = 0, /* the primary failed, and the fallback encoded the frame */
    NENC_FAILOVER_PROBE_FAILED = 1, /* a probe failed */
    NENC_FAILOVER_RECOVERED = 2, /* the primary is back, and this is its first frame */
    NENC_FAILOVER_INPUT = 3, /* whether pictures are copied to the primary: at its first and on changes */
} nenc_failover_kind;

typedef struct nenc_failover_event {
    int64_t pts_ns;
    uint64_t number;
    uint32_t kind; /* nenc_failover_kind */
    int32_t status; /* status of the primary */
    int64_t took_ns; /* FALLBACK: wall clock from the failure to the frame */
    char text[320]; /* one line for users */
} nenc_failover_event;

/* Totals since the object was opened. */
typedef struct nenc_failover_counts {
    uint64_t primary; /* frames encoded by the primary */
    uint64_t software; /* frames encoded by the fallback */
    uint64_t keys;
    uint64_t switches; /* switches between the two, including a fallback that was reopened */
} nenc_failover_counts;

/* Sets the defaults: vaapi isolated in its own process, x264 behind it, DMA-BUFs where available, probes after 0.5 s and then
 * up to 8 s apart. */
NENC_API void nenc_failover_config_default(nenc_failover_config *config);

/* Returns 0 and *failover, to be closed. A primary that cannot be opened is no error: an event reports it, and software encodes
 * from the first picture on. Returns an error, with the reason in text (size bytes; may be NULL with 0), only when the fallback
 * cannot be opened, the primary does not support what is asked (NENC_ENCODE_UNSUPPORTED, NENC_EINVAL), or the primary does not
 * exist in this build or on this machine (NENC_ENCODE_MISSING). */
NENC_API int nenc_failover_open(const nenc_failover_config *config, nenc_failover **failover, char *text, size_t size);

/* Returns the picture to write the next capture into, in memory shared with the primary. It is used again after three more
 * calls. */
NENC_API int nenc_failover_picture(nenc_failover *failover, nenc_frame *frame);

/* Encodes the picture that nenc_failover_picture returned last (the caller sets pts_ns). When the fallback fails it is reopened
 * and a FALLBACK event carries its status; the call fails only when it then fails again. */
NENC_API int nenc_failover_encode(nenc_failover *failover, const nenc_frame *frame, nenc_failover_frame *made);

/* Takes effect with the next picture, whichever encoder encodes it. */
NENC_API int nenc_failover_set_rate(nenc_failover *failover, const nenc_rate *rate);
NENC_API int nenc_failover_set_fps(nenc_failover *failover, uint32_t num, uint32_t den);
NENC_API int nenc_failover_request_key(nenc_failover *failover);

/* Changes the watchdog's time-out from the next picture on. Only this side changes: the encoder keeps the time-out with which
 * it was opened. */
NENC_API int nenc_failover_set_timeout(nenc_failover *failover, int64_t timeout_ns);

/* Changes the size from the next picture on, which becomes a key frame: pictures, encoders and parameter sets are new. When
 * the pictures or the fallback cannot be had in that size, this is an error and the stream continues in the old one. */
NENC_API int nenc_failover_resize(nenc_failover *failover, uint32_t width, uint32_t height);

/* Begins a nenc_fault; NENC_FAULT_NONE ends the present one. */
NENC_API int nenc_failover_fault(nenc_failover *failover, uint32_t fault);

/* Takes the oldest event: returns 1 and *event, or 0 when there is none. At most 64 wait; older ones are dropped. */
NENC_API int nenc_failover_event_take(nenc_failover *failover, nenc_failover_event *event);

/* NENC_EINVAL: an argument is NULL. */
NENC_API int nenc_failover_statistics(const nenc_failover *failover, nenc_failover_counts *counts);

/* Describes the primary, or says why there is none. Valid until the next call. */
NENC_API const char *nenc_failover_describe(const nenc_failover *failover);
/* Why the last call failed, in one line. Valid until the next call. */
NENC_API const char *nenc_failover_failure(const nenc_failover *failover);

/* Accepts NULL. Ends the primary's process and waits for it, up to ten seconds longer when the kernel does not release it. */
NENC_API void nenc_failover_close(nenc_failover *failover);

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
