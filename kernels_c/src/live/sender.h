/* sender.h - a media sender: encoding, pacing, feedback and adaptation, each on a thread of its own.
 *
 *   encode --frames--> backlog --packets--> pace --RTP--> network --RFC 8888--> feedback --samples--> adaptation
 *     ^                                      ^                                                            |
 *     `--------------------------------------`------------------- target rate ---------------------------'
 *
 * The adaptation thread is libnenc's own (nenc_start), or the controller is the peer of the control socket (nenc/live.h).
 */
#ifndef NENC_LIVE_SENDER_H
#define NENC_LIVE_SENDER_H

#include "nenc/camera.h"
#include "nenc/live.h"

#include <stdbool.h>

typedef struct nenc_sender_config {
    const nenc_camera_config *camera;
    const nenc_config *controller; /* its tick, limits and start rate also apply when steered is 1 */
    int steered;                   /* 1: decisions come from the control socket's peer */
    int fixed;                     /* 1: the start rate is kept */
    int ordinary;                  /* 1: do not request SCHED_FIFO */
    int socket;                    /* UDP socket, connected */
    int control;                   /* SOCK_SEQPACKET socket, -1: none; the sender ends when it closes */
    uint32_t packet_bytes;         /* UDP payload of a full packet */
    double pacer_factor;           /* the pacer sends at this multiple of the target */
    int64_t pacer_burst_ns;        /* and may send this much back to back */
    int64_t report_ns;             /* interval of the receiver's reports, 0: unknown */
    int same_clock;                /* 1: the receiver shares this machine's clock, so one-way delays are known */
    int64_t quantum_ns;            /* packets due within this time are sent with one system call */
    int64_t origin_ns;             /* time 0 of the camera; like the others, on CLOCK_MONOTONIC */
    int64_t start_ns;              /* time of the first capture; -1: as soon as everything is open, which is then also time 0 */
    int64_t duration_ns;           /* from the start; 0: use stop_ns */
    int64_t stop_ns; /* no captures from this time on; INT64_MAX: no limit */
    uint32_t ssrc;
    uint32_t payload_type;
    uint32_t first_sequence; /* under 32768, so that a receiver that misses the first packets extends the numbers alike */
    const char *telemetry;   /* telemetry file, NULL: none */
    const char *save;        /* file for the stream that is sent, NULL: none */
    const char *sdp;         /* file for the SDP, written at the first key frame; NULL: none */
    const char *sdp_address; /* destination address in the SDP */
    uint32_t sdp_port;
} nenc_sender_config;

/* Waits in this thread until that time. Returns false when the sender is asked to end. */
typedef bool nenc_rest(int64_t until_ns);

/* Sends until one of these: stop_ns or NENC_SAY_STOP, and everything captured has been sent; `rest` asks to end, and everything
 * captured has been sent or a second has passed; `control` closes. Returns 0 and *counted; or a negative nenc_status or
 * nenc_encode_status, with the reason in text. */
int nenc_sender_run(const nenc_sender_config *config, nenc_rest *rest, nenc_live_counters *counted, char *text, size_t size);

#endif
