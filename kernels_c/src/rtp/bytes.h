/* bytes.h - numbers in network order, byte by byte: alignment and the host's own order do not matter. */
#ifndef NENC_RTP_BYTES_H
#define NENC_RTP_BYTES_H

#include <stdint.h>

static inline uint16_t nenc_get16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }

static inline uint32_t nenc_get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void nenc_put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void nenc_put32(uint8_t *at, uint32_t value)
{
    nenc_put16(at, (uint16_t)(value >> 16));
    nenc_put16(at + 2, (uint16_t)value);
}

#endif
