/* ccfb.h - the bytes of RFC 8888 congestion control feedback, and where they are in an RTCP packet. */
#ifndef NENC_RTP_CCFB_H
#define NENC_RTP_CCFB_H

#include <stddef.h>
#include <stdint.h>

enum {
    NENC_CCFB_BYTES = 20,       /* of a packet with one block of no metrics; two bytes per metric, padded to four */
    NENC_CCFB_METRICS = 16384,  /* most in a block */
    NENC_CCFB_RECEIVED = 0x8000,
    NENC_CCFB_ECN_SHIFT = 13,
    NENC_CCFB_OFFSET = 0x1fff,
    NENC_CCFB_OFFSET_MOST = 0x1ffd, /* 1/1024 s */
    NENC_CCFB_OFFSET_OVER = 0x1ffe,
    NENC_CCFB_OFFSET_NONE = 0x1fff,
    NENC_CCFB_UNIT = 64, /* 1/1024 s in those of a report timestamp, 1/65536 s */
};

typedef struct nenc_ccfb {
    uint32_t report_timestamp;
    uint16_t begin_sequence;
    uint16_t count;
    const uint8_t *metrics; /* count times two bytes */
} nenc_ccfb;

/* ns as 1/65536 s, to the nearest. */
int64_t nenc_ccfb_units(int64_t ns);

/* The bytes of a packet with one block of `count` metrics. */
size_t nenc_ccfb_bytes(size_t count);

/* Everything but the metrics, which go from into + 16 on: the padding behind them is written too. */
void nenc_ccfb_write(uint8_t *into, uint32_t own_ssrc, uint32_t ssrc, uint16_t begin_sequence, size_t count, uint32_t timestamp);

/* The first block about `ssrc` of the first CCFB packet that has one: 1; 0 when there is no CCFB packet, or a negative
 * nenc_feedback. All of the compound packet is checked first. */
int nenc_ccfb_find(const uint8_t *data, size_t size, uint32_t ssrc, nenc_ccfb *found);

#endif
