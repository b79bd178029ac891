/* rows.h - one row of a made picture. */
#ifndef NENC_ENCODE_SOURCE_ROWS_H
#define NENC_ENCODE_SOURCE_ROWS_H

#include <stddef.h>
#include <stdint.h>

enum { NENC_PATCH = 64 }; /* samples */

/* out[i] = ramp[i] + level + a[i mod tile] + b[i mod tile], and noise[i] where the patch of NENC_PATCH samples is rough; the sum
 * is within 0..255 by how they are made. a and b have a tile's worth of samples. */
void nenc_source_row(uint8_t *restrict out, size_t width, const uint8_t *ramp, int level, const int8_t *a, const int8_t *b,
                     const int8_t *noise, const uint8_t *rough);

#endif
