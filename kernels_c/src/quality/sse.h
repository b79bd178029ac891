/* sse.h - the kernels that compute squared error. */
#ifndef NENC_QUALITY_SSE_H
#define NENC_QUALITY_SSE_H

#include <stddef.h>
#include <stdint.h>

/* Adds the squared differences between two rows of `width` samples to sse[0]. Rows have at most 65536 bytes. */
typedef void nenc_sse_fn(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t width,
                         uint32_t height, uint64_t sse[1]);
/* Likewise for rows of `width` pairs of samples: first samples add to sse[0], second ones to sse[1]. */
typedef void nenc_sse_pairs_fn(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t width,
                               uint32_t height, uint64_t sse[2]);

/* Integer arithmetic throughout, so that every variant gives the same sums. */
nenc_sse_fn nenc_sse_c;
nenc_sse_pairs_fn nenc_sse_pairs_c;

#endif
