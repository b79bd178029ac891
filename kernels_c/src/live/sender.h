/* sender.h - a media sender: encode, pace, feedback and adaptation, each on a thread of its own.
 *
 *   encode --frames--> backlog --packets--> pace --RTP--> network --RFC 8888--> feedback --samples--> adaptation
 *     ^                                      ^                                                            |
 *     `--------------------------------------`------------------- target rate ---------------------------'
 *
 * The adaptation thread is libnenc's own (nenc_start), or the controller is on the other side of a socket (nenc/live.h).
 */
#ifndef NENC_LIVE_SENDER_H
#define NENC_LIVE_SENDER_H

#include "nenc/camera.h"
#include "nenc/live.h"

#include <stdbool.h>

typedef struct nenc_sender_config {
    const nenc_camera_config *camera;
    const nenc_config *controller; /* its tick, limits and start also when it is steered */
    int steered;                   /* 1: decisions come over `control` */
    int fixed;                     /* 1: nobody decides, the start holds */
    int ordinary;                  /* 1: SCHED_FIFO is not asked for */
    int socket;                    /* UDP, connected */
    int control;                   /* SOCK_SEQPACKET, -1: none; when it closes, the sender ends */
    uint32_t packet_bytes;         /* UDP payload of a full packet */
    double pacer_factor;           /* it sends at this times the target */
    int64_t pacer_burst_ns;        /* and may send that much back to back */
    int64_t report_ns;             /* time between the receiver's reports, 0: not known */
    int same_clock;                /* 1: the receiver runs on this machine: one-way delays can be told */
    int64_t quantum_ns;            /* packets due within this time leave together: a system call has its price */
    int64_t origin_ns;             /* time 0 of the camera, CLOCK_MONOTONIC as the rest */
    int64_t start_ns;              /* the first capture; -1: as soon as everything is open, and that is then time 0 */
    int64_t duration_ns;           /* from the start; 0: stop_ns counts */
    int64_t stop_ns; /* no capture from here on; INT64_MAX: none */
    uint32_t ssrc;
    uint32_t payload_type;
    uint32_t first_sequence; /* under 32768, so that a receiver that misses the first packets counts alike */
    const char *telemetry;   /* file, NULL: nobody watches */
    const char *save;        /* file for what is sent, NULL: none */
    const char *sdp;         /* file for the session's description, written at the first key frame; NULL: none */
    const char *sdp_address; /* what that says of where the stream goes */
    uint32_t sdp_port;
} nenc_sender_config;

/* Waits in this thread until that time; false: the sender is asked to end. */
typedef bool nenc_rest(int64_t until_ns);

/* Sends until stop_ns is reached, or `control` says NENC_SAY_STOP, and everything has gone out; until `rest` says so and what was
 * captured has gone out, or a second has passed; or until `control` closes. 0 with *counted; or a negative nenc_status or
 * nenc_encode_status and why in text. */
int nenc_sender_run(const nenc_sender_config *config, nenc_rest *rest, nenc_live_counters *counted, char *text, size_t size);

#endif
