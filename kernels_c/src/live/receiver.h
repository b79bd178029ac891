/* receiver.h - a media receiver: packets in, RFC 8888 reports out, access units to a file. */
#ifndef NENC_LIVE_RECEIVER_H
#define NENC_LIVE_RECEIVER_H

#include "nenc/live.h"
#include "rtp/cut.h"

#include <poll.h>
#include <stdbool.h>

typedef struct nenc_receiver_config {
    int socket;  /* UDP, bound */
    int control; /* SOCK_SEQPACKET, -1: none; when it closes, the receiver ends */
    nenc_rtp_format format;
    int64_t ssrc;         /* expected, -1: any */
    int payload_type;     /* expected, -1: any */
    int64_t first_sequence; /* -1: that of the first packet received */
    uint32_t own_ssrc;    /* of the reports */
    int64_t origin_ns;
    int64_t report_from_ns; /* the first report is due one interval behind it */
    int64_t report_ns;      /* interval; 0: no reports */
    int64_t quantum_ns;     /* packets that come within this time are taken together: a system call has its price */
    int64_t idle_ns;        /* ends after this time without a packet, once one came; 0: never */
    uint32_t ordinary;      /* 1: SCHED_FIFO is not asked for */
    const char *telemetry;  /* file, NULL: nobody watches */
    const char *out;        /* file for the stream, NULL: none */
} nenc_receiver_config;

/* How a receiver waits: `poll` until one of the files is ready or that time is there, `asked`: it is to end now. */
typedef struct nenc_receiver_wait {
    int (*poll)(struct pollfd *files, unsigned count, int64_t until_ns);
    bool (*asked)(void);
} nenc_receiver_wait;

/* Receives until it is asked to end. 0 with *counted; or a negative nenc_status and why in text. */
int nenc_receiver_run(const nenc_receiver_config *config, const nenc_receiver_wait *wait, nenc_live_counters *counted, char *text,
                      size_t size);

#endif
