/* annexb.h - the NAL units of a byte stream (Annex B of H.264 and H.265). */
#ifndef NENC_RTP_ANNEXB_H
#define NENC_RTP_ANNEXB_H

#include <stddef.h>
#include <stdint.h>

typedef struct nenc_nal {
    const uint8_t *data; /* its header first; without the start code, and without zeros behind it */
    size_t bytes;        /* at least 1 */
} nenc_nal;

/* Where the next 00 00 01 is; end when there is none. */
const uint8_t *nenc_start_code(const uint8_t *at, const uint8_t *end);

/* The next NAL unit from *at on, which moves behind it: 1, or 0 when there is none. Bytes before a start code are skipped. */
int nenc_nal_next(const uint8_t **at, const uint8_t *end, nenc_nal *nal);

#endif
