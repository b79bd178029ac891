/* receiver.h - a media receiver: packets in, RFC 8888 reports out, access units to a file. */
#ifndef NENC_LIVE_RECEIVER_H
#define NENC_LIVE_RECEIVER_H

#include "nenc/live.h"
#include "rtp/cut.h"

#include <poll.h>
#include <stdbool.h>

typedef struct nenc_receiver_config {
    int socket;  /* UDP socket, bound */
    int control; /* SOCK_SEQPACKET socket, -1: none; the receiver ends when it closes */
    nenc_rtp_format format;
    int64_t ssrc;         /* expected value, -1: any */
    int payload_type;     /* expected value, -1: any */
    int64_t first_sequence; /* of the first packet sent, -1: that of the first packet received */
    uint32_t own_ssrc;    /* SSRC of the reports */
    int64_t origin_ns;
    int64_t report_from_ns; /* the first report is due one interval after this time */
    int64_t report_ns;      /* interval; 0: no reports */
    int64_t quantum_ns;     /* packets that arrive within this time are received with one system call */
    int64_t idle_ns;        /* ends after this long without a packet, once one has arrived; 0: never */
    uint32_t ordinary;      /* 1: do not request SCHED_FIFO */
    const char *telemetry;  /* telemetry file, NULL: none */
    const char *out;        /* file for the stream, NULL: none */
} nenc_receiver_config;

/* How a receiver waits: `poll` waits until a file is ready or until that time; `asked` tells whether it must end now. */
typedef struct nenc_receiver_wait {
    int (*poll)(struct pollfd *files, unsigned count, int64_t until_ns);
    bool (*asked)(void);
} nenc_receiver_wait;

/* Receives until asked to end. Returns 0 and *counted; or a negative nenc_status, with the reason in text. */
int nenc_receiver_run(const nenc_receiver_config *config, const nenc_receiver_wait *wait, nenc_live_counters *counted, char *text,
                      size_t size);

#endif
