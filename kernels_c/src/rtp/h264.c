/* h264.c - the RTP payload format of H.264, packetization-mode 1 (RFC 6184 sections 5.3, 5.7.1, 5.8 and 8.2). */
#include "rtp/annexb.h"
#include "rtp/packing.h"

enum { TYPE = 0x1f, SPS = 7, PPS = 8, SINGLE_LAST = 23, STAP_A = 24, FU_A = 28 };

static int type_of(const uint8_t *header) { return header[0] & TYPE; }

static nenc_payload kind(const uint8_t *payload)
{
    const int type = type_of(payload);
    if (type >= 1 && type <= SINGLE_LAST) return NENC_PAYLOAD_SINGLE;
    if (type == STAP_A) return NENC_PAYLOAD_AGGREGATE;
    return type == FU_A ? NENC_PAYLOAD_FRAGMENT : NENC_PAYLOAD_ILLEGAL;
}

static int is_parameter_set(const uint8_t *nal) { return type_of(nal) == SPS || type_of(nal) == PPS; }

/* The FU indicator keeps F and NRI, the FU header the type. */
static void to_fragment(uint8_t *into, const uint8_t *nal)
{
    into[0] = (uint8_t)((nal[0] & ~TYPE) | FU_A);
    into[1] = (uint8_t)type_of(nal);
}

static void from_fragment(uint8_t *nal, const uint8_t *fragment)
{
    nal[0] = (uint8_t)((fragment[0] & ~TYPE) | (fragment[1] & TYPE));
}

static int say_parameters(nenc_sdp_text *out, const uint8_t *unit, size_t bytes)
{
    const uint8_t *at = unit;
    nenc_nal nal = {0};
    while (nenc_nal_next(&at, unit + bytes, &nal) && type_of(nal.data) != SPS) nal.bytes = 0;
    if (nal.bytes < 4) return 0;
    nenc_sdp_say(out, "packetization-mode=1;profile-level-id=%02X%02X%02X", nal.data[1], nal.data[2], nal.data[3]);
    nenc_sdp_say_nals(out, unit, bytes, type_of, SPS, ";sprop-parameter-sets=");
    return nenc_sdp_say_nals(out, unit, bytes, type_of, PPS, ",") > 0;
}

const nenc_packing nenc_packing_h264 = {
    .encoding = "H264",
    .header_bytes = 1,
    .kind = kind,
    .is_parameter_set = is_parameter_set,
    .to_fragment = to_fragment,
    .from_fragment = from_fragment,
    .say_parameters = say_parameters,
};
