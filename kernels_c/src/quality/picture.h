/* picture.h - two pictures to compare, as pairs of planes. */
#ifndef NENC_QUALITY_PICTURE_H
#define NENC_QUALITY_PICTURE_H

#include "nenc/quality.h"

#include <stddef.h>

/* One memory plane of both pictures: `components` interleaved samples per pixel (2 for the chroma of NV12). */
typedef struct nenc_plane_pair {
    const uint8_t *a;
    const uint8_t *b;
    ptrdiff_t a_stride;
    ptrdiff_t b_stride;
    uint32_t width; /* pixels of the plane */
    uint32_t height;
    int components;
    int first; /* the picture's component to which the plane's first one belongs */
} nenc_plane_pair;

/* Returns the number of pairs (1 to 3), or NENC_EINVAL. */
int nenc_picture_pair(const nenc_picture *a, const nenc_picture *b, nenc_plane_pair planes[NENC_PLANES]);

#endif
