/* tile.c - value noise (a lattice of random values, interpolated) in octaves, in integers. */
#include "encode/source/tile.h"

#include <string.h>

enum { COARSEST = 64, ONE = 1 << 8 };

static int lattice(uint64_t seed, int octave, int channel, int x, int y)
{
    return (int)(nenc_mix(seed ^ (uint64_t)octave << 56 ^ (uint64_t)channel << 48 ^ (uint64_t)x << 16 ^ (uint64_t)y) & 511) - 255;
}

enum { FINEST = 2, POINTS = NENC_TILE / FINEST };

typedef struct octave {
    int spacing, columns, rows;
    int16_t point[POINTS][POINTS];
} octave;

static void fill_octave(octave *self, uint64_t seed, int number, int channel, int spacing, int width)
{
    self->spacing = spacing;
    self->columns = width / spacing > 0 ? width / spacing : 1;
    self->rows = NENC_TILE / spacing;
    for (int y = 0; y < self->rows; y++)
        for (int x = 0; x < self->columns; x++) self->point[y][x] = (int16_t)lattice(seed, number, channel, x, y);
}

/* Noise of one octave at (x, y), -255..255; the lattice repeats. */
static int octave_at(const octave *self, int x, int y)
{
    const int i = x / self->spacing % self->columns, j = y / self->spacing % self->rows;
    const int right = (i + 1) % self->columns, below = (j + 1) % self->rows;
    const int fx = x % self->spacing * ONE / self->spacing, fy = y % self->spacing * ONE / self->spacing;
    const int top = self->point[j][i] * (ONE - fx) + self->point[j][right] * fx;
    const int bottom = self->point[below][i] * (ONE - fx) + self->point[below][right] * fx;
    return (top * (ONE - fy) + bottom * fy) / (ONE * ONE);
}

void nenc_tile_fill(nenc_tile *tile, uint64_t seed, int amplitude, int finest, int components)
{
    static const int heaviest = 1 << 10;
    octave lattices;
    int weights = 0;
    for (int spacing = COARSEST, weight = heaviest; spacing >= finest; spacing /= 2, weight /= 2) weights += weight;
    for (int channel = 0; channel < components; channel++) {
        const int width = NENC_TILE / components;
        int sum[NENC_TILE][NENC_TILE] = {{0}};
        for (int spacing = COARSEST, weight = heaviest, number = 0; spacing >= finest; spacing /= 2, weight /= 2, number++) {
            fill_octave(&lattices, seed, number, channel, spacing, width);
            for (int y = 0; y < NENC_TILE; y++)
                for (int x = 0; x < width; x++) sum[y][x] += weight * octave_at(&lattices, x, y);
        }
        for (int y = 0; y < NENC_TILE; y++)
            for (int x = 0; x < width; x++)
                tile->row[y][x * components + channel] = (int8_t)(sum[y][x] * amplitude / (weights * 255));
    }
    for (int y = 0; y < NENC_TILE; y++) memcpy(tile->row[y] + NENC_TILE, tile->row[y], NENC_TILE);
}
