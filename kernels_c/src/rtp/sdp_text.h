/* sdp_text.h - the text of a session description, written piece by piece. */
#ifndef NENC_RTP_SDP_TEXT_H
#define NENC_RTP_SDP_TEXT_H

#include <stddef.h>
#include <stdint.h>

typedef struct nenc_sdp_text {
    char *at;    /* where the next piece goes; NULL once a piece did not fit, and nothing is written any more */
    size_t room; /* bytes from there on */
    size_t bytes; /* written so far, without the zero at the end */
} nenc_sdp_text;

__attribute__((format(printf, 2, 3))) void nenc_sdp_say(nenc_sdp_text *out, const char *format, ...);

/* The NAL units of one type in an access unit (Annex B): `before`, then each in base64 with commas between. Returns how many
 * there are; with none, nothing is written. */
int nenc_sdp_say_nals(nenc_sdp_text *out, const uint8_t *unit, size_t bytes, int (*type_of)(const uint8_t *nal), int type,
                      const char *before);

#endif
