/* units.h - made access units: Annex B with legal NAL units of random sizes and bytes, start codes as x264 and x265 write them. */
#ifndef NENC_TESTS_RTP_UNITS_H
#define NENC_TESTS_RTP_UNITS_H

#include "../core/check.h"
#include "rtp/cut.h"

/* A NAL unit of `bytes` (at least 2) behind its start code; where it ends. */
static inline size_t put_nal(uint8_t *unit, size_t at, nenc_rtp_format format, int type, size_t bytes, uint64_t *chance)
{
    const int is_set = format == NENC_RTP_HEVC ? type >= 32 && type <= 34 : type == 7 || type == 8;
    if (at == 0 || is_set) unit[at++] = 0;
    unit[at++] = 0;
    unit[at++] = 0;
    unit[at++] = 1;
    uint8_t *nal = unit + at;
    nal[0] = format == NENC_RTP_HEVC ? (uint8_t)(type << 1) : (uint8_t)(0x60 | type);
    for (size_t i = 1; i < bytes; i++) {
        nal[i] = (uint8_t)check_random(chance);
        if (check_below(chance, 4) == 0) nal[i] = (uint8_t)check_below(chance, 4); /* nearly start codes */
        if (i >= 2 && nal[i] <= 3 && nal[i - 1] == 0 && nal[i - 2] == 0) nal[i] = 0x80;
    }
    if (format == NENC_RTP_HEVC) nal[1] = 1;
    if (bytes > 2 && nal[2] <= 3) nal[2] = 0x81; /* whatever stands before it */
    if (nal[bytes - 1] == 0) nal[bytes - 1] = 0x80;
    return at + bytes;
}

/* Parameter sets now and then, then up to four slices, of at most `most_nal` bytes each. */
static inline size_t make_unit(uint8_t *unit, nenc_rtp_format format, size_t most_nal, uint64_t *chance)
{
    const int is_hevc = format == NENC_RTP_HEVC;
    size_t at = 0;
    if (check_below(chance, 4) == 0) {
        if (is_hevc) at = put_nal(unit, at, format, 32, 2 + check_below(chance, 30), chance);
        at = put_nal(unit, at, format, is_hevc ? 33 : 7, 4 + check_below(chance, 60), chance);
        at = put_nal(unit, at, format, is_hevc ? 34 : 8, 2 + check_below(chance, 10), chance);
    }
    for (int left = 1 + (int)check_below(chance, 4); left; left--)
        at = put_nal(unit, at, format, 1, 2 + check_below(chance, most_nal - 1), chance);
    return at;
}

#endif
