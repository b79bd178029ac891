/* hevc.c - the RTP payload format of HEVC without decoding order numbers (RFC 7798 sections 4.4 and 7.2, sprop-max-don-diff 0). */
#include "rtp/packing.h"

enum { TYPE = 0x3f, VPS = 32, SPS = 33, PPS = 34, SINGLE_LAST = 47, AP = 48, FU = 49 };

static int type_of(const uint8_t *header) { return header[0] >> 1 & TYPE; }

static nenc_payload kind(const uint8_t *payload)
{
    const int type = type_of(payload);
    if (type <= SINGLE_LAST) return NENC_PAYLOAD_SINGLE;
    if (type == AP) return NENC_PAYLOAD_AGGREGATE;
    return type == FU ? NENC_PAYLOAD_FRAGMENT : NENC_PAYLOAD_ILLEGAL;
}

static int is_parameter_set(const uint8_t *nal) { return type_of(nal) >= VPS && type_of(nal) <= PPS; }

/* The payload header keeps F, layer and temporal id, the FU header the type. */
static void to_fragment(uint8_t *into, const uint8_t *nal)
{
    into[0] = (uint8_t)((nal[0] & ~(TYPE << 1)) | FU << 1);
    into[1] = nal[1];
    into[2] = (uint8_t)type_of(nal);
}

static void from_fragment(uint8_t *nal, const uint8_t *fragment)
{
    nal[0] = (uint8_t)((fragment[0] & ~(TYPE << 1)) | (fragment[2] & TYPE) << 1);
    nal[1] = fragment[1];
}

static int say_parameters(nenc_sdp_text *out, const uint8_t *unit, size_t bytes)
{
    return nenc_sdp_say_nals(out, unit, bytes, type_of, VPS, "sprop-vps=") > 0 &&
           nenc_sdp_say_nals(out, unit, bytes, type_of, SPS, ";sprop-sps=") > 0 &&
           nenc_sdp_say_nals(out, unit, bytes, type_of, PPS, ";sprop-pps=") > 0;
}

const nenc_packing nenc_packing_hevc = {
    .encoding = "H265",
    .header_bytes = 2,
    .kind = kind,
    .is_parameter_set = is_parameter_set,
    .to_fragment = to_fragment,
    .from_fragment = from_fragment,
    .say_parameters = say_parameters,
};
