/* packet.h - an RTP packet's header (RFC 3550 section 5.1), from and to bytes. */
#ifndef NENC_RTP_PACKET_H
#define NENC_RTP_PACKET_H

#include <stddef.h>
#include <stdint.h>

enum { NENC_RTP_HEADER_BYTES = 12 };

typedef struct nenc_rtp {
    uint8_t payload_type; /* 0..127 */
    uint8_t marker;       /* 1: the last packet of its access unit */
    uint16_t sequence;
    uint32_t timestamp; /* of video: 90 kHz */
    uint32_t ssrc;
    const uint8_t *payload; /* inside the bytes that were parsed */
    size_t bytes;           /* of the payload; 0 is legal */
} nenc_rtp;

/* The header alone, without CSRCs and extension: NENC_RTP_HEADER_BYTES, which it returns. The payload is not read. */
size_t nenc_rtp_write(uint8_t *into, const nenc_rtp *header);

/* 0, or NENC_EINVAL when this is no whole RTP packet of version 2, or an RTCP packet that shares the port (RFC 5761 section 4:
 * a second byte of 192..223). CSRCs, extension and padding are stepped over. */
int nenc_rtp_parse(const uint8_t *data, size_t size, nenc_rtp *packet);

#endif
