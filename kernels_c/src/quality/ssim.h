/* ssim.h - the kernels of SSIM: one row of 4x4 blocks, and the row of 8x8 windows it completes. */
#ifndef NENC_QUALITY_SSIM_H
#define NENC_QUALITY_SSIM_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NENC_SSIM_C1 = 416,    /* (0.01 x 255)^2 x 64, rounded */
    NENC_SSIM_C2 = 235963, /* (0.03 x 255)^2 x 64 x 63, rounded */
    NENC_SSIM_LANES = 8,
    NENC_SSIM_BLOCKS = 1016, /* largest number of blocks in a row: eight 32-bit lanes can hold the sum of a row of windows ... */
};

/* ... in this unit: floats in [0.5, 1] are whole multiples of it, and as integers they can be added in any order. */
#define NENC_SSIM_ONE 0x1p24f

/* Sums over a row of 4x4 blocks. A row's sums stay for the next row to read. */
typedef struct nenc_ssim_sums {
    alignas(32) uint32_t values[NENC_SSIM_BLOCKS]; /* of the samples: the first picture's + 2^16 x the second's */
    alignas(32) uint32_t apart[NENC_SSIM_BLOCKS]; /* of the squared differences: the sum of both squares is this + 2 x products */
    alignas(32) uint32_t products[NENC_SSIM_BLOCKS]; /* of the first picture's sample x the second's */
} nenc_ssim_sums;

/* Sums `blocks` blocks (4 rows of 4 x blocks samples), 1 <= blocks <= NENC_SSIM_BLOCKS, and combines them with those in
 * `above` into blocks - 1 windows, whose SSIM values, each rounded to 1 / NENC_SSIM_ONE (half to even), are added to ssim[0].
 * `above` then holds this row's sums; entries up to the next multiple of eight may be overwritten too. A kernel for pairs has
 * two sets of everything, for the first and the second samples. */
typedef void nenc_ssim_row_fn(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t blocks,
                              nenc_ssim_sums *above, int64_t *ssim);

/* Integers up to one rounded quotient per window, then integers again, so that every variant gives the same sums. */
nenc_ssim_row_fn nenc_ssim_row_c;
nenc_ssim_row_fn nenc_ssim_row_pairs_c;

#endif
