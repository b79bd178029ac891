/* tile.h - texture that repeats every NENC_TILE samples in both directions. */
#ifndef NENC_ENCODE_SOURCE_TILE_H
#define NENC_ENCODE_SOURCE_TILE_H

#include <stdint.h>

enum { NENC_TILE = 256, NENC_TILE_MASK = NENC_TILE - 1 };

/* Signed values; each row is there twice, so that NENC_TILE samples from any column on stand side by side. */
typedef struct nenc_tile {
    int8_t row[NENC_TILE][2 * NENC_TILE];
} nenc_tile;

/* A mix of the bits: the same on every machine. */
static inline uint64_t nenc_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

/* Smooth noise in octaves from 64 samples down to `finest` (a power of two), each with half the amplitude of the one before;
 * values stay within +-amplitude (0..127). `components` interleaved channels, each with its own noise. */
void nenc_tile_fill(nenc_tile *tile, uint64_t seed, int amplitude, int finest, int components);

#endif
