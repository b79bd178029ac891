/* live.h - telemetry of `nenc send` and `nenc recv` while they run, and the protocol by which a sender is controlled from
 * outside.
 *
 * Telemetry is one file, best kept in a tmpfs, that the program and its readers map: a header, then rings of fixed-size
 * records. Each ring has one writer, which stores a record and then increments `written`. Record n is stored at n modulo
 * capacity, so a reader that has read up to n finds the new records between n and `written`. The writer never waits. A reader
 * that falls behind by more than the capacity can tell how many records it has missed.
 *
 * All times are int64 nanoseconds of CLOCK_MONOTONIC; -1 means never. Kernel time stamps are taken on CLOCK_REALTIME and
 * converted.
 */
#ifndef NENC_LIVE_H
#define NENC_LIVE_H

#include "nenc/nenc.h"

#if !defined(NENC_CFFI) && defined(__cplusplus)
extern "C" {
#endif

/* ---- records ---------------------------------------------------------------------------------------------------- */

/* One media packet that was handed to the kernel. */
typedef struct nenc_sent_record {
    int64_t sequence; /* RTP sequence number, extended beyond 16 bits */
    int64_t due_ns;   /* when the pacer was due to send it */
    int64_t sent_ns;  /* when it was sent */
    int64_t frame;
    uint32_t media_bytes;
    uint32_t refused; /* 1: the kernel rejected it */
} nenc_sent_record;

/* One frame that reached the pacer. */
typedef struct nenc_captured_record {
    int64_t frame;
    int64_t capture_ns;
    int64_t ready_ns;
    int64_t first_sequence;
    int64_t bytes; /* size of the access unit as encoded; RTP omits its start codes and adds fragmentation headers */
    uint32_t packets;
    uint32_t key;
    uint32_t software;
    uint32_t rung; /* lines */
    float qp;      /* this and the next two are NaN when unknown */
    float psnr;
    float ssim;
    uint32_t reserved;
} nenc_captured_record;

/* One control tick, recorded when the sender's pacer applied it. */
typedef struct nenc_tick_record {
    nenc_state state; /* state.now_ns is the time of the tick */
    int64_t backlog_bytes; /* media bytes waiting in the pacer */
    int64_t sent_bytes;
    int64_t sent_packets;
} nenc_tick_record;

typedef struct nenc_event_record {
    int64_t t_ns;
    char kind[16];  /* fallback, recovery, probe, input, warning, note */
    char text[360]; /* one line for users */
} nenc_event_record;

/* One datagram that arrived at a receiver. */
typedef struct nenc_arrival_record {
    int64_t sequence;    /* extended like the sender's; -1: foreign or malformed */
    int64_t received_ns; /* the kernel's time stamp */
    uint32_t media_bytes;
    uint16_t wire_bytes;
    uint8_t ecn;     /* ECN field of the IP header: 0 none, 1 and 2 ECT, 3 CE */
    uint8_t verdict; /* nenc_verdict */
} nenc_arrival_record;

typedef enum nenc_verdict {
    NENC_ARRIVED = 0,
    NENC_DUPLICATE = 1, /* a duplicate or a replay */
    NENC_LATE = 2,      /* too old to be reported */
    NENC_FOREIGN = 3,   /* another SSRC or payload type */
    NENC_MALFORMED = 4,
} nenc_verdict;

/* One report that a receiver sent. */
typedef struct nenc_report_record {
    int64_t sent_ns;
    int64_t highest;     /* highest extended sequence number reported */
    uint32_t wire_bytes; /* UDP, IP and Ethernet headers included */
    uint32_t packets;    /* number of packets reported on */
} nenc_report_record;

/* ---- the file --------------------------------------------------------------------------------------------------- */

typedef enum nenc_ring_kind {
    NENC_RING_SENT = 0,
    NENC_RING_CAPTURED = 1,
    NENC_RING_TICKS = 2,
    NENC_RING_SAMPLES = 3, /* nenc_sample */
    NENC_RING_EVENTS = 4,
    NENC_RING_ARRIVALS = 5,
    NENC_RING_REPORTS = 6,
    NENC_RINGS = 7,
} nenc_ring_kind;

typedef struct nenc_ring_info {
    uint64_t offset; /* offset of record 0 from the beginning of the file */
    uint64_t record_bytes;
    uint64_t capacity; /* a power of two; 0: this program does not write this ring */
    uint64_t written;  /* number of records since the beginning, incremented after each is stored */
} nenc_ring_info;

enum { NENC_LATE_BINS = 64 }; /* bins of 125 us; the last one counts everything later */

typedef struct nenc_live_counters {
    uint64_t packets;          /* handed to the kernel, or received and new */
    uint64_t bytes;            /* UDP payload of those packets */
    uint64_t refused;          /* rejected by the kernel */
    uint64_t feedback;         /* feedback packets that made a sample, or that were sent */
    uint64_t feedback_ignored; /* malformed, foreign, replayed, without news, or not taken by the control socket's peer */
    uint64_t duplicates;
    uint64_t late;
    uint64_t foreign;
    uint64_t malformed;
    uint64_t overflow; /* packets lost because the socket's buffer was full (SO_RXQ_OVFL) */
    uint64_t frames; /* sent, or passed on complete */
    uint64_t damaged; /* passed on incomplete */
    uint64_t skipped; /* captures that were due while the encoder was still busy */
    int64_t wakeup_max_ns; /* how late the pacing (or receiving) thread woke up */
    uint64_t wakeups[NENC_LATE_BINS];
    int64_t pacing_max_ns; /* how late packets left, compared with when they were due */
    uint64_t pacing[NENC_LATE_BINS];
} nenc_live_counters;

typedef struct nenc_telemetry {
    char magic[8]; /* "NENCLIV1" */
    uint32_t bytes; /* of this header */
    uint32_t finished; /* 1: the program has ended, with or without an error, and writes nothing more */
    uint32_t ready; /* 1: everything is open, and the program waits for its start time */
    uint32_t reserved;
    int64_t origin_ns; /* --start-at */
    int64_t pid;
    nenc_ring_info rings[NENC_RINGS];
    nenc_live_counters counters; /* written by one thread; readers may see some counters updated before others */
} nenc_telemetry;

/* ---- the control socket (SOCK_SEQPACKET) ------------------------------------------------------------------------ */

/* Every message is one whole nenc_message. When the controller is the peer, the sender sends a SAMPLE for each feedback packet
 * and a TICK for each control tick. The peer answers with a DECIDE, which takes effect when it arrives. */
typedef enum nenc_message_kind {
    NENC_SAY_TICK = 1, /* to the peer: state.now_ns is the tick's time */
    NENC_SAY_SAMPLE = 2, /* to the peer: sample */
    NENC_SAY_DECIDE = 3, /* to the sender: the whole state */
    NENC_SAY_FAULT = 4, /* to the sender: value is a nenc_fault, on is 1 or 0 */
    NENC_SAY_KEY = 5, /* to the sender: make the next frame a key frame */
    NENC_SAY_LINES = 6, /* to the sender: value is the source's lines from now on */
    NENC_SAY_GAINS = 7, /* to the sender: gains are kp, ki, kd of its own controller */
    NENC_SAY_STOP = 8, /* a sender captures no more frames, sends what is left and ends; a receiver ends at once */
    NENC_SAY_REPORT = 9, /* to a receiver: on is 1 to send reports, 0 to stop sending them */
} nenc_message_kind;

typedef struct nenc_message {
    uint32_t kind;
    uint32_t on;
    int64_t value;
    double gains[3];
    nenc_sample sample;
    nenc_state state;
} nenc_message;

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
