/* sdp.h - the description of a stream (RFC 8866) that a player opens it with. */
#ifndef NENC_RTP_SDP_H
#define NENC_RTP_SDP_H

#include "rtp/cut.h"

enum {
    NENC_SDP_BYTES = 4096,
    NENC_RTP_PAYLOAD_TYPE = 96,
    NENC_RTP_CLOCK_HZ = 90000, /* of every video payload format (RFC 3551 section 5) */
};

typedef struct nenc_sdp {
    nenc_rtp_format format; /* a codec's */
    const char *address;    /* where the stream goes to: numeric, IPv4, or IPv6 without brackets */
    uint16_t port;
    uint8_t payload_type;
    uint64_t session;    /* a number of its own for each stream */
    const uint8_t *unit; /* the first access unit: its parameter sets are in the description */
    size_t bytes;
} nenc_sdp;

/* Its text into `into`, zero-terminated: its length. NENC_EINVAL: no numeric address, no port, or not all parameter sets in the
 * unit; padding has no description. NENC_ERANGE: it does not fit into `room` bytes; NENC_SDP_BYTES is enough for parameter sets
 * of 2 KB. */
int nenc_sdp_write(const nenc_sdp *sdp, char *into, size_t room);

#endif
