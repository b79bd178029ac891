/* tile.c - value noise (a lattice of random values, interpolated) in octaves, in integers. */
#include "encode/source/tile.h"

#include <string.h>

enum { COARSEST = 64, ONE = 1 << 8 };

static int lattice(uint64_t seed, int octave, int channel, int x, int y)
{
    return (int)(nenc_mix(seed ^ (uint64_t)octave << 56 ^ (uint64_t)channel << 48 ^ (uint64_t)x << 16 ^ (uint64_t)y) & 511) - 255;
}

/* Noise of one octave at (x, y), -255..255; `columns` lattice points a row, after which it repeats. */
static int octave_at(uint64_t seed, int octave, int channel, int spacing, int columns, int rows, int x, int y)
{
    const int i = x / spacing, j = y / spacing, fx = x % spacing * ONE / spacing, fy = y % spacing * ONE / spacing;
    const int a = lattice(seed, octave, channel, i % columns, j % rows),
              b = lattice(seed, octave, channel, (i + 1) % columns, j % rows);
    const int c = lattice(seed, octave, channel, i % columns, (j + 1) % rows),
              d = lattice(seed, octave, channel, (i + 1) % columns, (j + 1) % rows);
    const int top = a * (ONE - fx) + b * fx, bottom = c * (ONE - fx) + d * fx;
    return (top * (ONE - fy) + bottom * fy) / (ONE * ONE);
}

void nenc_tile_fill(nenc_tile *tile, uint64_t seed, int amplitude, int finest, int components)
{
    for (int y = 0; y < NENC_TILE; y++) {
        for (int at = 0; at < NENC_TILE; at++) {
            const int channel = at % components, x = at / components, width = NENC_TILE / components;
            int sum = 0, weight = 1 << 10, weights = 0;
            for (int spacing = COARSEST, octave = 0; spacing >= finest; spacing /= 2, octave++, weight /= 2) {
                const int columns = width / spacing > 0 ? width / spacing : 1;
                sum += weight * octave_at(seed, octave, channel, spacing, columns, NENC_TILE / spacing, x, y);
                weights += weight;
            }
            tile->row[y][at] = (int8_t)(sum * amplitude / (weights * 255));
        }
        memcpy(tile->row[y] + NENC_TILE, tile->row[y], NENC_TILE);
    }
}
