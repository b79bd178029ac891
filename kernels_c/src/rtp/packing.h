/* packing.h - what differs between the payload formats of H.264 and HEVC; how they cut and join is the same. */
#ifndef NENC_RTP_PACKING_H
#define NENC_RTP_PACKING_H

#include <stddef.h>
#include <stdint.h>

typedef enum nenc_payload {
    NENC_PAYLOAD_ILLEGAL,
    NENC_PAYLOAD_SINGLE,    /* one NAL unit */
    NENC_PAYLOAD_AGGREGATE, /* a header like a NAL unit's, then NAL units behind 16-bit sizes */
    NENC_PAYLOAD_FRAGMENT,  /* a part of one: a header like a NAL unit's, and a byte with start bit, end bit and type */
} nenc_payload;

typedef struct nenc_packing {
    size_t header_bytes;                              /* of a NAL unit */
    nenc_payload (*kind)(const uint8_t *payload);     /* of at least header_bytes */
    int (*is_parameter_set)(const uint8_t *nal);
    void (*to_fragment)(uint8_t *into, const uint8_t *nal);         /* header_bytes + 1, start and end bit 0 */
    void (*from_fragment)(uint8_t *nal, const uint8_t *fragment); /* header_bytes of the whole NAL unit */
} nenc_packing;

enum { NENC_FRAGMENT_START = 0x80, NENC_FRAGMENT_END = 0x40 };

extern const nenc_packing nenc_packing_h264;
extern const nenc_packing nenc_packing_hevc;

/* Bytes offset .. offset + bytes - 1 of a frame of padding. */
void nenc_padding_fill(uint8_t *into, size_t bytes, size_t offset);

#endif
