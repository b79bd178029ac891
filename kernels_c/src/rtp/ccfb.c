/* ccfb.c - RFC 8888 section 3.1 written and read. */
#include "rtp/ccfb.h"

#include "rtp/bytes.h"
#include "rtp/outbox.h"

enum { VERSION = 2 << 6, PADDED = 0x20, FORMAT = 0x1f, CCFB = 11, TRANSPORT_FEEDBACK = 205 };
enum { RTCP_FIRST = 192, RTCP_LAST = 223 };
enum { HEADER = 8, BLOCK = 8, TIMESTAMP = 4 };

int64_t nenc_ccfb_units(int64_t ns)
{
    const int64_t second = 1000000000;
    int64_t seconds = ns / second, rest = ns % second; /* apart, so that nothing overflows */
    if (rest < 0) {
        seconds--;
        rest += second;
    }
    return seconds * 65536 + (rest * 65536 + second / 2) / second;
}

size_t nenc_ccfb_bytes(size_t count) { return NENC_CCFB_BYTES + (count + 1) / 2 * 4; }

void nenc_ccfb_write(uint8_t *into, uint32_t own_ssrc, uint32_t ssrc, uint16_t begin_sequence, size_t count, uint32_t timestamp)
{
    const size_t bytes = nenc_ccfb_bytes(count);
    into[0] = VERSION | CCFB;
    into[1] = TRANSPORT_FEEDBACK;
    nenc_put16(into + 2, (uint16_t)(bytes / 4 - 1));
    nenc_put32(into + 4, own_ssrc);
    nenc_put32(into + 8, ssrc);
    nenc_put16(into + 12, begin_sequence);
    nenc_put16(into + 14, (uint16_t)count);
    if (count % 2) nenc_put16(into + bytes - TIMESTAMP - 2, 0);
    nenc_put32(into + bytes - TIMESTAMP, timestamp);
}

/* The blocks of one CCFB packet. 1 when one is about ssrc, 0 when none is. */
static int read_blocks(const uint8_t *packet, size_t bytes, uint32_t ssrc, nenc_ccfb *found)
{
    if (bytes < HEADER + TIMESTAMP) return NENC_FEEDBACK_MALFORMED;
    const uint8_t *at = packet + HEADER, *end = packet + bytes - TIMESTAMP;
    int ours = 0;
    while (at < end) {
        if (end - at < BLOCK) return NENC_FEEDBACK_MALFORMED;
        const size_t count = nenc_get16(at + 6), padded = (count + 1) / 2 * 4;
        if (count > NENC_CCFB_METRICS || (size_t)(end - at) - BLOCK < padded) return NENC_FEEDBACK_MALFORMED;
        if (!ours && nenc_get32(at) == ssrc) {
            ours = 1;
            *found = (nenc_ccfb){
                .report_timestamp = nenc_get32(end),
                .begin_sequence = nenc_get16(at + 4),
                .count = (uint16_t)count,
                .metrics = at + BLOCK,
            };
        }
        at += BLOCK + padded;
    }
    return ours;
}

int nenc_ccfb_find(const uint8_t *data, size_t size, uint32_t ssrc, nenc_ccfb *found)
{
    int reports = 0, ours = 0;
    if (size == 0) return NENC_FEEDBACK_MALFORMED;
    while (size) {
        if (size < 4 || (data[0] & 0xc0) != VERSION || data[1] < RTCP_FIRST || data[1] > RTCP_LAST)
            return NENC_FEEDBACK_MALFORMED;
        const size_t whole = 4 * ((size_t)nenc_get16(data + 2) + 1);
        size_t bytes = whole;
        if (whole > size) return NENC_FEEDBACK_MALFORMED;
        if (data[0] & PADDED) { /* RFC 3550 section 6.4.1: of the last packet alone */
            const size_t padding = data[whole - 1];
            if (whole != size || padding == 0 || padding % 4 || padding > whole - 4) return NENC_FEEDBACK_MALFORMED;
            bytes -= padding;
        }
        if (data[1] == TRANSPORT_FEEDBACK && (data[0] & FORMAT) == CCFB) {
            nenc_ccfb ignored;
            const int result = read_blocks(data, bytes, ssrc, ours ? &ignored : found);
            if (result < 0) return result;
            ours |= result;
            reports = 1;
        }
        data += whole;
        size -= whole;
    }
    return ours || !reports ? ours : NENC_FEEDBACK_FOREIGN;
}
