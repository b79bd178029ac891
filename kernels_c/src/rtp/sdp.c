/* sdp.c - session descriptions of H.264 (RFC 6184 section 8.2) and HEVC (RFC 7798 section 7.2) streams. */
#include "rtp/sdp.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "rtp/annexb.h"

typedef struct text {
    char *at; /* NULL: it did not fit */
    size_t room;
    size_t bytes;
} text;

__attribute__((format(printf, 2, 3))) static void say(text *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int bytes = out->at ? vsnprintf(out->at, out->room, format, arguments) : -1;
    va_end(arguments);
    if (bytes < 0 || (size_t)bytes >= out->room) {
        out->at = NULL;
        return;
    }
    out->at += bytes;
    out->room -= (size_t)bytes;
    out->bytes += (size_t)bytes;
}

/* RFC 4648 section 4. */
static void say_base64(text *out, const uint8_t *data, size_t bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes; i += 3) {
        const size_t left = bytes - i;
        const uint32_t three =
            (uint32_t)data[i] << 16 | (left > 1 ? (uint32_t)data[i + 1] << 8 : 0) | (left > 2 ? data[i + 2] : 0);
        say(out, "%c%c%c%c", digits[three >> 18], digits[three >> 12 & 63], left > 1 ? digits[three >> 6 & 63] : '=',
            left > 2 ? digits[three & 63] : '=');
    }
}

static int type_of(const nenc_sdp *sdp, const uint8_t *nal)
{
    return sdp->format == NENC_RTP_H264 ? nal[0] & 0x1f : nal[0] >> 1 & 0x3f;
}

/* The unit's NAL units of a type, behind `before`; how many. */
static int say_nals(text *out, const nenc_sdp *sdp, int type, const char *before)
{
    const uint8_t *at = sdp->unit;
    nenc_nal nal;
    int said = 0;
    while (nenc_nal_next(&at, sdp->unit + sdp->bytes, &nal)) {
        if (type_of(sdp, nal.data) != type) continue;
        say(out, "%s", said++ ? "," : before);
        say_base64(out, nal.data, nal.bytes);
    }
    return said;
}

static int say_h264(text *out, const nenc_sdp *sdp)
{
    enum { SPS = 7, PPS = 8 };
    const uint8_t *at = sdp->unit;
    nenc_nal nal = {0};
    while (nenc_nal_next(&at, sdp->unit + sdp->bytes, &nal) && type_of(sdp, nal.data) != SPS) nal.bytes = 0;
    if (nal.bytes < 4) return NENC_EINVAL;
    say(out, "a=rtpmap:%u H264/%d\r\n", sdp->payload_type, NENC_RTP_CLOCK_HZ);
    say(out, "a=fmtp:%u packetization-mode=1;profile-level-id=%02X%02X%02X", sdp->payload_type, nal.data[1], nal.data[2],
        nal.data[3]);
    say_nals(out, sdp, SPS, ";sprop-parameter-sets=");
    if (!say_nals(out, sdp, PPS, ",")) return NENC_EINVAL;
    say(out, "\r\n");
    return NENC_OK;
}

static int say_hevc(text *out, const nenc_sdp *sdp)
{
    enum { VPS = 32, SPS = 33, PPS = 34 };
    say(out, "a=rtpmap:%u H265/%d\r\n", sdp->payload_type, NENC_RTP_CLOCK_HZ);
    say(out, "a=fmtp:%u ", sdp->payload_type);
    if (!say_nals(out, sdp, VPS, "sprop-vps=")) return NENC_EINVAL;
    if (!say_nals(out, sdp, SPS, ";sprop-sps=")) return NENC_EINVAL;
    if (!say_nals(out, sdp, PPS, ";sprop-pps=")) return NENC_EINVAL;
    say(out, "\r\n");
    return NENC_OK;
}

int nenc_sdp_write(const nenc_sdp *sdp, char *into, size_t room)
{
    uint8_t ignored[sizeof(struct in6_addr)];
    if (sdp->format > NENC_RTP_HEVC || !sdp->address || !sdp->port || sdp->payload_type > 127) return NENC_EINVAL;
    const int is_4 = inet_pton(AF_INET, sdp->address, ignored) == 1;
    if (!is_4 && inet_pton(AF_INET6, sdp->address, ignored) != 1) return NENC_EINVAL;
    text out = {into, room, 0};
    const char *family = is_4 ? "IP4" : "IP6";
    say(&out, "v=0\r\no=- %" PRIu64 " 1 IN %s %s\r\ns=nenc-lab\r\n", sdp->session, family, sdp->address);
    say(&out, "c=IN %s %s\r\nt=0 0\r\nm=video %u RTP/AVPF %u\r\n", family, sdp->address, sdp->port, sdp->payload_type);
    const int result = sdp->format == NENC_RTP_H264 ? say_h264(&out, sdp) : say_hevc(&out, sdp);
    if (result != NENC_OK) return result;
    /* RFC 8888 section 6: of all payload types; reports alone (RFC 5506), on the port of the media (RFC 5761). */
    say(&out, "a=rtcp-fb:* ack ccfb\r\na=rtcp-mux\r\na=rtcp-rsize\r\n");
    return out.at ? (int)out.bytes : NENC_ERANGE;
}
