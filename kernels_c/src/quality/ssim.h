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
    NENC_SSIM_BLOCKS = 1016, /* most in one row: eight lanes of 32 bits then hold the sum of a row of windows ... */
};

/* ... in this unit: floats in [0.5, 1] are whole numbers of it, and added as integers they have no order. */
#define NENC_SSIM_ONE 0x1p24f

/* Sums over 4x4 blocks, a row of them. What is left from one block row is read by the next. */
typedef struct nenc_ssim_sums {
    alignas(32) uint32_t values[NENC_SSIM_BLOCKS];   /* of the samples: the one picture's + 2^16 x the other's */
    alignas(32) uint32_t apart[NENC_SSIM_BLOCKS];    /* of the squared differences: sums of squares are these + 2 x products */
    alignas(32) uint32_t products[NENC_SSIM_BLOCKS]; /* of the one's sample x the other's */
} nenc_ssim_sums;

/* Takes the sums of `blocks` blocks (4 rows of 4 x blocks samples), 1 <= blocks <= NENC_SSIM_BLOCKS, and with those in
 * `above` makes blocks - 1 windows: their SSIM, each rounded to 1 / NENC_SSIM_ONE (half to even), is added to ssim[0].
 * `above` is then this row's; up to the next multiple of eight its entries may be written too. Of a kernel of pairs: two sets
 * of everything, of the first and of the second samples. */
typedef void nenc_ssim_row_fn(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t blocks,
                              nenc_ssim_sums *above, int64_t *ssim);

/* Integers up to one rounded quotient per window, then integers: every variant gives the same sums. */
nenc_ssim_row_fn nenc_ssim_row_c;
nenc_ssim_row_fn nenc_ssim_row_pairs_c;

#endif
