/* packet.c - RTP headers (RFC 3550 section 5.1). */
#include "rtp/packet.h"

#include "nenc/nenc.h"
#include "rtp/bytes.h"

enum { VERSION = 2 << 6, PADDED = 0x20, EXTENDED = 0x10, SOURCES = 0x0f, MARKER = 0x80 };
enum { RTCP_FIRST = 192, RTCP_LAST = 223 };

size_t nenc_rtp_write(uint8_t *into, const nenc_rtp *header)
{
    into[0] = VERSION;
    into[1] = (uint8_t)((header->marker ? MARKER : 0) | (header->payload_type & 0x7f));
    nenc_put16(into + 2, header->sequence);
    nenc_put32(into + 4, header->timestamp);
    nenc_put32(into + 8, header->ssrc);
    return NENC_RTP_HEADER_BYTES;
}

int nenc_rtp_parse(const uint8_t *data, size_t size, nenc_rtp *packet)
{
    if (size < NENC_RTP_HEADER_BYTES || (data[0] & 0xc0) != VERSION) return NENC_EINVAL;
    if (data[1] >= RTCP_FIRST && data[1] <= RTCP_LAST) return NENC_EINVAL;
    size_t from = NENC_RTP_HEADER_BYTES + 4u * (data[0] & SOURCES);
    if (from > size) return NENC_EINVAL;
    if (data[0] & EXTENDED) {
        if (size - from < 4) return NENC_EINVAL;
        from += 4 + 4 * (size_t)nenc_get16(data + from + 2);
        if (from > size) return NENC_EINVAL;
    }
    size_t padding = 0;
    if (data[0] & PADDED) {
        padding = data[size - 1];
        if (padding == 0 || padding > size - from) return NENC_EINVAL;
    }
    *packet = (nenc_rtp){
        .payload_type = data[1] & 0x7f,
        .marker = data[1] >> 7,
        .sequence = nenc_get16(data + 2),
        .timestamp = nenc_get32(data + 4),
        .ssrc = nenc_get32(data + 8),
        .payload = data + from,
        .bytes = size - from - padding,
    };
    return NENC_OK;
}
