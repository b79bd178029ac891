/* sse.h - the kernels of squared error. */
#ifndef NENC_QUALITY_SSE_H
#define NENC_QUALITY_SSE_H

#include <stddef.h>
#include <stdint.h>

/* Adds to sse[0] what the rows of `width` samples differ by, squared. Rows are of at most 65536 bytes. */
typedef void nenc_sse_fn(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t width,
                         uint32_t height, uint64_t sse[1]);
/* The same of rows of `width` pairs of samples: the first ones add to sse[0], the second ones to sse[1]. */
typedef void nenc_sse_pairs_fn(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t width,
                               uint32_t height, uint64_t sse[2]);

/* Integers throughout: every variant gives the same sums. */
nenc_sse_fn nenc_sse_c;
nenc_sse_pairs_fn nenc_sse_pairs_c;

#endif
