/* packet.h - one packet on its way. */
#ifndef NENC_NET_PACKET_H
#define NENC_NET_PACKET_H

#include <stdint.h>

typedef enum nenc_packet_kind {
    NENC_PACKET_MEDIA,
    NENC_PACKET_REPORT,
    NENC_PACKET_CROSS,
    NENC_PACKET_ANSWER, /* to a packet of cross traffic, on its way back */
} nenc_packet_kind;

typedef struct nenc_packet {
    int64_t t_ns; /* when it is, or will be, at the place that holds it */
    int64_t sent_ns;
    int64_t wait_ns;  /* in queues so far */
    int64_t sequence; /* media: of the flow; report: its number; cross traffic: the source's to use */
    int64_t frame;    /* media; cross traffic: the source's to use */
    int32_t flow;     /* number of the flow (media, report) or of the cross traffic (cross, answer) */
    uint32_t wire_bytes;
    uint32_t media_bytes;
    int16_t last_link; /* where it leaves the chain */
    uint8_t kind;      /* nenc_packet_kind */
    uint8_t flags;     /* NENC_PACKET_ECT | ... */
} nenc_packet;

enum { NENC_PACKET_ECT = 1, NENC_PACKET_CE = 2, NENC_PACKET_COPY = 4 };

#endif
