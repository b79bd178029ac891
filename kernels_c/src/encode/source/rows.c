/* rows.c - the inner loop of a made picture, in a shape that compilers turn into vectors. */
#include "encode/source/rows.h"
#include "encode/source/tile.h"

static void piece(uint8_t *restrict out, size_t count, const uint8_t *restrict ramp, uint8_t level, const int8_t *restrict a,
                  const int8_t *restrict b, const int8_t *restrict noise)
{
    for (size_t i = 0; i < count; i++) out[i] = (uint8_t)(ramp[i] + level + (uint8_t)a[i] + (uint8_t)b[i] + (uint8_t)noise[i]);
}

void nenc_source_row(uint8_t *restrict out, size_t width, const uint8_t *ramp, int level, const int8_t *a, const int8_t *b,
                     const int8_t *noise, const uint8_t *rough)
{
    static const int8_t none[NENC_PATCH];
    for (size_t x = 0; x < width; x += NENC_PATCH) {
        const size_t count = width - x < NENC_PATCH ? width - x : NENC_PATCH, at = x & NENC_TILE_MASK;
        piece(out + x, count, ramp + x, (uint8_t)level, a + at, b + at, rough[x / NENC_PATCH] ? noise + x : none);
    }
}
