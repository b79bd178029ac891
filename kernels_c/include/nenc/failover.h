/* failover.h - an encoder that goes on when its hardware does not: a picture given is a frame returned.
 *
 *   hardware --any failure--> the same picture again in software, as a key frame --> software
 *   software --time for a probe: a new process, device and encoder, this picture--> hardware, from a key frame on
 *
 * The hardware (`primary`) is encoded on in a process of its own, because drivers may end their process, or never return; pictures
 * and frames pass through shared memory. The software encoder (`fallback`) is opened with the primary and waits, so that it can
 * take over within a frame. What happens is told as events.
 *
 * Units and errors: those of encode.h. Threads: an object belongs to one thread at a time.
 */
#ifndef NENC_FAILOVER_H
#define NENC_FAILOVER_H

#include "nenc/pool.h"

#if !defined(NENC_CFFI) && defined(__cplusplus)
extern "C" {
#endif

typedef struct nenc_failover nenc_failover;

/* What the primary can be made to do wrong, to see what comes of it. Its driver is told to, where it can be (this project's own:
 * va_driver/faults.h); else its process does it. A primary in this process fails in place of hanging or dying. */
typedef enum nenc_fault {
    NENC_FAULT_NONE = 0,
    NENC_FAULT_FAIL = 1,        /* pictures are refused, and so are probes */
    NENC_FAULT_HANG = 2,        /* the next picture is never answered; probes are refused */
    NENC_FAULT_RESET = 3,       /* the next picture ends the process by SIGABRT; probes are refused */
    NENC_FAULT_IGNORE_RATE = 4, /* the rate stays what it is */
} nenc_fault;

/* The word that scenarios have for a fault: gpu_failure, gpu_hang, gpu_reset, ignore_rate; NULL when there is none. */
NENC_API const char *nenc_fault_name(uint32_t fault);

typedef struct nenc_failover_config {
    uint32_t size;           /* sizeof(nenc_failover_config), set by nenc_failover_config_default */
    uint32_t isolate;        /* 1: the primary in a process of its own; 0: in this one */
    uint32_t wait_for_probe; /* 1: a probe's answer is waited for (virtual time: repeatable); 0: it is looked for at each picture */
    uint32_t memory;         /* nenc_memory of the pictures */
    char primary[16];        /* names of encode.h's table */
    char fallback[16];
    char fallback_device[256]; /* of the fallback, in place of encoder.device; for HEVC, which x264 has not: vaapi, driver:nenc */
    const char *host; /* the program nenc_encoder_host; NULL: $NENC_ENCODER_HOST, else beside this library; not kept */
    nenc_encoder_config encoder; /* of both; timeout_ns is the watchdog: a picture that takes longer has failed */
    int64_t open_timeout_ns;     /* the same for opening the primary */
    int64_t probe_first_ns;      /* of capture time, from a failure to the first probe; doubled by each probe that fails ... */
    int64_t probe_last_ns;       /* ... up to this */
} nenc_failover_config;

typedef struct nenc_failover_frame {
    nenc_coded coded;  /* number and pts_ns of the picture; data valid until the next call of encode, resize or close */
    uint32_t software; /* 1: the fallback made it */
    int32_t failed;    /* status of the primary when it failed at this picture, else 0 */
    int64_t took_ns;   /* wall clock, both attempts */
} nenc_failover_frame;

typedef enum nenc_failover_kind {
    NENC_FAILOVER_FALLBACK = 0,     /* the primary failed, the fallback made the frame */
    NENC_FAILOVER_PROBE_FAILED = 1, /* it is still gone */
    NENC_FAILOVER_RECOVERED = 2,    /* the primary is back, this frame is its first */
    NENC_FAILOVER_INPUT = 3,        /* how pictures come to the primary, copied or not: at its first, and when it changes */
} nenc_failover_kind;

typedef struct nenc_failover_event {
    int64_t pts_ns;
    uint64_t number;
    uint32_t kind;   /* nenc_failover_kind */
    int32_t status;  /* of the primary */
    int64_t took_ns; /* FALLBACK: wall clock, from the failure to the frame */
    char text[320];  /* a line for people */
} nenc_failover_event;

/* Since open. */
typedef struct nenc_failover_counts {
    uint64_t primary;  /* frames that it made */
    uint64_t software; /* frames that the fallback made */
    uint64_t keys;
    uint64_t switches; /* from one to the other, and a fallback opened anew */
} nenc_failover_counts;

/* vaapi with x264 behind it, isolated, DMA-BUFs where there are any; half a second to the first probe, then up to 8 s. */
NENC_API void nenc_failover_config_default(nenc_failover_config *config);

/* 0 and *failover, to be closed; a primary that cannot be opened is an event and software from the first picture on. An error
 * (text says why, size bytes, may be NULL with 0) only when the fallback cannot be opened, or when the primary cannot do what is
 * asked (NENC_ENCODE_UNSUPPORTED, NENC_EINVAL) or does not exist in this build or on this machine (NENC_ENCODE_MISSING). */
NENC_API int nenc_failover_open(const nenc_failover_config *config, nenc_failover **failover, char *text, size_t size);

/* A picture to write the next capture into: of memory that the primary shares; its turn comes again after three more. */
NENC_API int nenc_failover_picture(nenc_failover *failover, nenc_frame *frame);

/* Encodes what nenc_failover_picture gave last (pts_ns is the caller's). Fails only when the fallback does twice: a fallback that
 * fails is opened anew, which is a FALLBACK event with its own status. */
NENC_API int nenc_failover_encode(nenc_failover *failover, const nenc_frame *frame, nenc_failover_frame *made);

/* From the next picture on, for whoever encodes it. */
NENC_API int nenc_failover_set_rate(nenc_failover *failover, const nenc_rate *rate);
NENC_API int nenc_failover_set_fps(nenc_failover *failover, uint32_t num, uint32_t den);
NENC_API int nenc_failover_request_key(nenc_failover *failover);

/* Another watchdog from the next picture on, of this side alone: the encoder keeps the patience it was opened with. */
NENC_API int nenc_failover_set_timeout(nenc_failover *failover, int64_t timeout_ns);

/* Another size from the next picture on: its own pictures, encoders and parameter sets; that picture is a key frame. When the
 * pictures or the fallback of that size cannot be had this is an error, and the stream goes on at the size it has. */
NENC_API int nenc_failover_resize(nenc_failover *failover, uint32_t width, uint32_t height);

/* nenc_fault; NONE ends what there was. */
NENC_API int nenc_failover_fault(nenc_failover *failover, uint32_t fault);

/* The oldest event not yet taken: 1 and *event, or 0. The oldest is dropped when nobody takes them (64). */
NENC_API int nenc_failover_event_take(nenc_failover *failover, nenc_failover_event *event);

/* NENC_EINVAL: one of them is NULL. */
NENC_API int nenc_failover_statistics(const nenc_failover *failover, nenc_failover_counts *counts);

/* What the primary is, or why there is none. Valid until the next call. */
NENC_API const char *nenc_failover_describe(const nenc_failover *failover);
/* Why the last call failed, in a line. Valid until the next call. */
NENC_API const char *nenc_failover_failure(const nenc_failover *failover);

/* Also of NULL. Ends the process and waits for it, ten seconds more when the kernel does not let go of it. */
NENC_API void nenc_failover_close(nenc_failover *failover);

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
