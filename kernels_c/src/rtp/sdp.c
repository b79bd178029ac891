/* sdp.c - session descriptions; what a codec says of itself in them comes from its payload format. */
#include "rtp/sdp.h"

#include <arpa/inet.h>
#include <inttypes.h>

#include "nenc/nenc.h"
#include "rtp/packing.h"

int nenc_sdp_write(const nenc_sdp *sdp, char *into, size_t room)
{
    const nenc_packing *packing = nenc_packing_of(sdp->format);
    uint8_t ignored[sizeof(struct in6_addr)];
    if (!packing || !sdp->address || !sdp->port || sdp->payload_type > 127) return NENC_EINVAL;
    const int is_4 = inet_pton(AF_INET, sdp->address, ignored) == 1;
    if (!is_4 && inet_pton(AF_INET6, sdp->address, ignored) != 1) return NENC_EINVAL;
    nenc_sdp_text out = {into, room, 0};
    const char *family = is_4 ? "IP4" : "IP6";
    nenc_sdp_say(&out, "v=0\r\no=- %" PRIu64 " 1 IN %s %s\r\ns=nenc-lab\r\n", sdp->session, family, sdp->address);
    nenc_sdp_say(&out, "c=IN %s %s\r\nt=0 0\r\nm=video %u RTP/AVPF %u\r\n", family, sdp->address, sdp->port, sdp->payload_type);
    nenc_sdp_say(&out, "a=rtpmap:%u %s/%d\r\na=fmtp:%u ", sdp->payload_type, packing->encoding, NENC_RTP_CLOCK_HZ,
                 sdp->payload_type);
    if (!packing->say_parameters(&out, sdp->unit, sdp->bytes)) return NENC_EINVAL;
    nenc_sdp_say(&out, "\r\n");
    /* RFC 8888 section 6: of all payload types; reports alone (RFC 5506), on the port of the media (RFC 5761). */
    nenc_sdp_say(&out, "a=rtcp-fb:* ack ccfb\r\na=rtcp-mux\r\na=rtcp-rsize\r\n");
    return out.at ? (int)out.bytes : NENC_ERANGE;
}
