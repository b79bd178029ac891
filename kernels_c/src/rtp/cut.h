/* cut.h - an access unit cut into RTP payloads.
 *
 * Of a codec: each NAL unit travels alone, or in fragmentation units when it does not fit; there is no aggregation. Start codes do
 * not travel.
 * Padding: the model encoder's frames, ceil(bytes / most) packets, all full but the last, as the virtual network cuts them.
 * Byte k of a frame is byte k modulo 16 of the text "nenc-lab padding".
 */
#ifndef NENC_RTP_CUT_H
#define NENC_RTP_CUT_H

#include <stddef.h>
#include <stdint.h>

#include "nenc/encode.h"

/* NENC_RTP_H264 and so on have their codec's number; padding comes behind them. */
#define NENC_RTP_FORMAT(symbol, name, endings, software, device) NENC_RTP_##symbol = NENC_##symbol,
typedef enum nenc_rtp_format { NENC_CODECS(NENC_RTP_FORMAT) NENC_RTP_PADDING = NENC_CODEC_COUNT } nenc_rtp_format;

enum {
    NENC_CUT_LEAST = 4,       /* smallest legal `most` */
    NENC_NAL_HEADER_MOST = 2, /* bytes of the longest header of a NAL unit */
};

typedef struct nenc_cutter {
    nenc_rtp_format format;
    size_t most;
    size_t left;       /* packets still to come */
    const uint8_t *at; /* what is still to be cut of the unit; padding: nothing */
    const uint8_t *end;
    const uint8_t *rest; /* what is still to come of the NAL unit that goes in fragments */
    size_t rest_bytes;   /* 0: none does */
    uint8_t header[NENC_NAL_HEADER_MOST + 1]; /* of its fragments; the start bit is set until the first one is made */
    size_t offset; /* padding: bytes cut so far, and in all */
    size_t bytes;
} nenc_cutter;

/* Begins a unit for payloads of at most `most` bytes: Annex B, which must stay until it is cut; of padding only `bytes` counts.
 * NENC_EINVAL: no NAL unit in it, other bytes than zeros before the first, or one that is shorter than its header or of a type
 * that only payload formats use; padding of no bytes; `most` under NENC_CUT_LEAST. */
int nenc_cut_begin(nenc_cutter *cutter, nenc_rtp_format format, const uint8_t *unit, size_t bytes, size_t most);

/* How many packets are still to come. */
size_t nenc_cut_count(const nenc_cutter *cutter);

/* The next payload: 1, its bytes into `into` (room for `most`), *last = 1 with the unit's last one, which gets the marker.
 * 0 when there is none. */
int nenc_cut_next(nenc_cutter *cutter, uint8_t *into, size_t *bytes, int *last);

#endif
