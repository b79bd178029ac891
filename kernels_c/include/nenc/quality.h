/* quality.h - picture quality: squared error, PSNR and SSIM of 8-bit pictures.
 *
 * Pictures are read during the call only, and their planes stay the caller's. No memory is allocated, and the functions may be
 * called from any number of threads. Every kernel variant gives the same bits. Errors: functions return 0 or a negative
 * nenc_status, in which case the result is not written. NENC_EINVAL: a NULL picture, result or plane that the format has; an
 * unknown format; width or height 0 or over NENC_PICTURE_MAX; a stride under the bytes of a row (so negative ones too), or so
 * large that the plane does not fit into the address space; two pictures unlike in format or size.
 */
#ifndef NENC_QUALITY_H
#define NENC_QUALITY_H

#include "nenc/nenc.h"

#if !defined(NENC_CFFI) && defined(__cplusplus)
extern "C" {
#endif

typedef enum nenc_format {
    NENC_GREY = 0, /* Y only */
    NENC_I420 = 1, /* Y, U, V; U and V have half of the width and of the height, rounded up */
    NENC_NV12 = 2, /* Y, then U and V as two adjacent bytes per pixel */
} nenc_format;

enum { NENC_PLANES = 3, NENC_PICTURE_MAX = 65536 };

typedef struct nenc_picture {
    uint32_t format; /* nenc_format */
    uint32_t width;  /* of Y, in pixels: 1..NENC_PICTURE_MAX; odd sizes are allowed */
    uint32_t height;
    uint32_t reserved; /* ignored */
    const uint8_t *plane[NENC_PLANES];  /* grey uses the first, NV12 the first two; any alignment */
    int64_t stride[NENC_PLANES];        /* bytes from row to row; bytes beyond the row are not read */
} nenc_picture;

/* One value for each of Y, U and V, and one for all together; NaN for components that the format lacks. */
typedef struct nenc_quality {
    double all;
    double component[NENC_PLANES];
} nenc_quality;

/* Computes the exact sum of squared differences of each component; 0 for components that the format lacks. */
NENC_API int nenc_sse(const nenc_picture *a, const nenc_picture *b, uint64_t sse[NENC_PLANES]);

/* Computes 10 log10(255^2 / mse) in dB, which is infinite when the pictures are equal. The mse of a component is its squared
 * error divided by its samples; that of all divides the total squared error by all samples, which is ffmpeg's psnr_avg. */
NENC_API int nenc_psnr(const nenc_picture *a, const nenc_picture *b, nenc_quality *psnr_db);

/* Structural similarity, -1..1, 1 when equal, in the form of x264 and of ffmpeg's ssim filter: windows of 8x8 samples, one
 * every 4 samples, flat weights; from the top left corner, so that the last width % 4 columns and height % 4 rows are not
 * seen. (Wang et al. 2004 have an 11x11 Gaussian window at every sample: another metric, other values.) Of a window with sums
 * s1, s2, of squares ss (both pictures'), of products s12, over its 64 samples:
 *
 *   (2 s1 s2 + C1) (2 (64 s12 - s1 s2) + C2) / ((s1^2 + s2^2 + C1) (64 ss - s1^2 - s2^2 + C2))
 *
 * C1 = 416 and C2 = 235963 are (0.01 x 255)^2 x 64 and (0.03 x 255)^2 x 64 x 63, rounded: theirs, C1 a 64th of Wang's. The
 * four factors are exact integers, rounded to float, multiplied and divided in float; a component is the mean of its windows,
 * each rounded to 2^-24, added exactly. `all` weights components by their samples, as ffmpeg does. It prints the same six
 * decimals, but for one fault: its x86 code (5.1) makes a wrong sum of rows of 4 n + 1 windows; with -cpuflags 0 it does not.
 * A component under 8 samples in width or height has no window: it is NaN and left out of `all` (ffmpeg prints nan for both).
 * NENC_ERANGE when no component has one. */
NENC_API int nenc_ssim(const nenc_picture *a, const nenc_picture *b, nenc_quality *ssim);

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
