/* cut.c - NAL units alone or in fragments, and padding. */
#include "rtp/cut.h"

#include <string.h>

#include "rtp/annexb.h"
#include "rtp/packing.h"

/* Into how many packets a NAL unit goes. */
static size_t packets_of(const nenc_packing *packing, size_t bytes, size_t most)
{
    if (bytes <= most) return 1;
    const size_t most_data = most - packing->header_bytes - 1, data = bytes - packing->header_bytes;
    return (data + most_data - 1) / most_data;
}

/* The packets of all NAL units; 0 when one cannot travel. */
static size_t count(const nenc_packing *packing, const uint8_t *unit, size_t bytes, size_t most)
{
    const uint8_t *at = unit, *end = unit + bytes, *start = nenc_start_code(at, end);
    for (const uint8_t *zero = unit; zero < start; zero++)
        if (*zero) return 0;
    size_t packets = 0;
    nenc_nal nal;
    while (nenc_nal_next(&at, end, &nal)) {
        if (nal.bytes < packing->header_bytes || packing->kind(nal.data) != NENC_PAYLOAD_SINGLE) return 0;
        packets += packets_of(packing, nal.bytes, most);
    }
    return packets;
}

int nenc_cut_begin(nenc_cutter *cutter, nenc_rtp_format format, const uint8_t *unit, size_t bytes, size_t most)
{
    *cutter = (nenc_cutter){.format = format, .most = most};
    if (most < NENC_CUT_LEAST || bytes == 0) return NENC_EINVAL;
    if (format == NENC_RTP_PADDING) {
        cutter->bytes = bytes;
        cutter->left = (bytes + most - 1) / most;
        return NENC_OK;
    }
    cutter->at = unit;
    cutter->end = unit + bytes;
    cutter->left = count(nenc_packing_of(format), unit, bytes, most);
    return cutter->left ? NENC_OK : NENC_EINVAL;
}

size_t nenc_cut_count(const nenc_cutter *cutter) { return cutter->left; }

static size_t cut_padding(nenc_cutter *cutter, uint8_t *into)
{
    const size_t left = cutter->bytes - cutter->offset, bytes = left < cutter->most ? left : cutter->most;
    nenc_padding_fill(into, bytes, cutter->offset);
    cutter->offset += bytes;
    return bytes;
}

static size_t cut_fragment(nenc_cutter *cutter, const nenc_packing *packing, uint8_t *into)
{
    const size_t header = packing->header_bytes + 1, most = cutter->most - header;
    const size_t data = cutter->rest_bytes < most ? cutter->rest_bytes : most;
    memcpy(into, cutter->header, header);
    memcpy(into + header, cutter->rest, data);
    cutter->header[header - 1] &= (uint8_t)~NENC_FRAGMENT_START;
    cutter->rest += data;
    cutter->rest_bytes -= data;
    if (cutter->rest_bytes == 0) into[header - 1] |= NENC_FRAGMENT_END;
    return header + data;
}

static size_t cut_nal(nenc_cutter *cutter, uint8_t *into)
{
    const nenc_packing *packing = nenc_packing_of(cutter->format);
    if (cutter->rest_bytes) return cut_fragment(cutter, packing, into);
    nenc_nal nal;
    if (!nenc_nal_next(&cutter->at, cutter->end, &nal)) return 0;
    if (nal.bytes <= cutter->most) {
        memcpy(into, nal.data, nal.bytes);
        return nal.bytes;
    }
    packing->to_fragment(cutter->header, nal.data);
    cutter->header[packing->header_bytes] |= NENC_FRAGMENT_START;
    cutter->rest = nal.data + packing->header_bytes;
    cutter->rest_bytes = nal.bytes - packing->header_bytes;
    return cut_fragment(cutter, packing, into);
}

int nenc_cut_next(nenc_cutter *cutter, uint8_t *into, size_t *bytes, int *last)
{
    if (cutter->left == 0) return 0;
    *bytes = cutter->format == NENC_RTP_PADDING ? cut_padding(cutter, into) : cut_nal(cutter, into);
    *last = --cutter->left == 0;
    return 1;
}
