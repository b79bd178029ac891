/* h264.c - RTP payloads of H.264, packetization-mode 1 (RFC 6184 sections 5.3, 5.7.1 and 5.8). */
#include "rtp/packing.h"

enum { TYPE = 0x1f, SPS = 7, PPS = 8, SINGLE_LAST = 23, STAP_A = 24, FU_A = 28 };

static nenc_payload kind(const uint8_t *payload)
{
    const int type = payload[0] & TYPE;
    if (type >= 1 && type <= SINGLE_LAST) return NENC_PAYLOAD_SINGLE;
    if (type == STAP_A) return NENC_PAYLOAD_AGGREGATE;
    return type == FU_A ? NENC_PAYLOAD_FRAGMENT : NENC_PAYLOAD_ILLEGAL;
}

static int is_parameter_set(const uint8_t *nal)
{
    const int type = nal[0] & TYPE;
    return type == SPS || type == PPS;
}

/* The FU indicator keeps F and NRI, the FU header the type. */
static void to_fragment(uint8_t *into, const uint8_t *nal)
{
    into[0] = (uint8_t)((nal[0] & ~TYPE) | FU_A);
    into[1] = nal[0] & TYPE;
}

static void from_fragment(uint8_t *nal, const uint8_t *fragment)
{
    nal[0] = (uint8_t)((fragment[0] & ~TYPE) | (fragment[1] & TYPE));
}

const nenc_packing nenc_packing_h264 = {
    .header_bytes = 1,
    .kind = kind,
    .is_parameter_set = is_parameter_set,
    .to_fragment = to_fragment,
    .from_fragment = from_fragment,
};
