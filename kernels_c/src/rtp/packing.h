/* packing.h - what a codec's payload format says of itself; cutting, joining and describing streams is the same for all. */
#ifndef NENC_RTP_PACKING_H
#define NENC_RTP_PACKING_H

#include <stddef.h>
#include <stdint.h>

#include "rtp/cut.h"
#include "rtp/sdp_text.h"

typedef enum nenc_payload {
    NENC_PAYLOAD_ILLEGAL,
    NENC_PAYLOAD_SINGLE,    /* one NAL unit */
    NENC_PAYLOAD_AGGREGATE, /* a header like a NAL unit's, then NAL units behind 16-bit sizes */
    NENC_PAYLOAD_FRAGMENT,  /* a part of one: a header like a NAL unit's, and a byte with start bit, end bit and type */
} nenc_payload;

typedef struct nenc_packing {
    const char *encoding; /* its name in a session description's rtpmap: "H264" */
    size_t header_bytes;  /* of a NAL unit; at most NENC_NAL_HEADER_MOST */
    nenc_payload (*kind)(const uint8_t *payload); /* of at least header_bytes */
    int (*is_parameter_set)(const uint8_t *nal);
    void (*to_fragment)(uint8_t *into, const uint8_t *nal);       /* header_bytes + 1, start and end bit 0 */
    void (*from_fragment)(uint8_t *nal, const uint8_t *fragment); /* header_bytes of the whole NAL unit */
    /* Writes the fmtp parameters, with the parameter sets of the access unit (Annex B): 1; 0 when not all are there. */
    int (*say_parameters)(nenc_sdp_text *out, const uint8_t *unit, size_t bytes);
} nenc_packing;

enum { NENC_FRAGMENT_START = 0x80, NENC_FRAGMENT_END = 0x40 };

/* NULL: padding, or a number of no format. */
const nenc_packing *nenc_packing_of(nenc_rtp_format format);

/* nenc_packing_h264 and so on: each codec's, in a file of its name. */
#define NENC_PACKING_DECLARED(symbol, name, endings, software, device) extern const nenc_packing nenc_packing_##name;
NENC_CODECS(NENC_PACKING_DECLARED)

/* Bytes offset .. offset + bytes - 1 of a frame of padding. */
void nenc_padding_fill(uint8_t *into, size_t bytes, size_t offset);

#endif
