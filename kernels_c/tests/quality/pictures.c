/* pictures.c - PSNR and SSIM of whole pictures: against definitions written out, every format and size, every refusal. */
#include "nenc/quality.h"

#include "../core/check.h"

#include <stdbool.h>

enum { COPIES = 2 };

/* The samples of one picture as three planes without padding, and two descriptions of it in memory with padding. */
typedef struct picture {
    uint32_t width[NENC_PLANES], height[NENC_PLANES];
    uint8_t *samples[NENC_PLANES];
    nenc_picture i420, nv12;
    uint8_t *memory[COPIES][NENC_PLANES];
} picture;

static void *allocate(size_t size)
{
    void *memory = malloc(size);
    if (!memory) exit(EXIT_FAILURE);
    return memory;
}

/* Copies a plane of `step` interleaved components, component c from samples[c], into memory of its own. */
static uint8_t *padded(uint8_t *const samples[], int step, uint32_t width, uint32_t height, int64_t stride, uint64_t *random)
{
    uint8_t *memory = allocate((size_t)stride * height);
    for (size_t i = 0; i < (size_t)stride * height; i++) memory[i] = (uint8_t)check_random(random);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            for (int c = 0; c < step; c++) memory[y * (size_t)stride + x * (size_t)step + (size_t)c] = samples[c][y * width + x];
    return memory;
}

/* like: NULL, or a picture this one is a distortion of */
static picture picture_new(uint32_t width, uint32_t height, const picture *like, uint64_t *random)
{
    picture p = {0};
    const uint32_t noise = 1 + (uint32_t)check_below(random, 60);
    for (int i = 0; i < NENC_PLANES; i++) {
        p.width[i] = i ? (width + 1) / 2 : width;
        p.height[i] = i ? (height + 1) / 2 : height;
        p.samples[i] = allocate((size_t)p.width[i] * p.height[i]);
        for (size_t s = 0; s < (size_t)p.width[i] * p.height[i]; s++) {
            const int value = like ? like->samples[i][s] + (int)check_below(random, noise) - (int)noise / 2
                                   : (int)(100 + s * 3 % 60 + check_below(random, 40));
            p.samples[i][s] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
    }
    p.i420 = (nenc_picture){.format = NENC_I420, .width = width, .height = height};
    p.nv12 = (nenc_picture){.format = NENC_NV12, .width = width, .height = height};
    for (int i = 0; i < NENC_PLANES; i++) {
        p.i420.stride[i] = p.width[i] + (int64_t)check_below(random, 40);
        p.i420.plane[i] = p.memory[0][i] = padded(&p.samples[i], 1, p.width[i], p.height[i], p.i420.stride[i], random);
    }
    for (int i = 0; i < 2; i++) {
        p.nv12.stride[i] = p.width[i] * (1 + i) + (int64_t)check_below(random, 40);
        p.nv12.plane[i] = p.memory[1][i] = padded(&p.samples[i], 1 + i, p.width[i], p.height[i], p.nv12.stride[i], random);
    }
    return p;
}

static void picture_free(picture *p)
{
    for (int i = 0; i < NENC_PLANES; i++) {
        free(p->samples[i]);
        for (int copy = 0; copy < COPIES; copy++) free(p->memory[copy][i]);
    }
}

/* ---- what the header defines, as one writes it down -------------------------------------------------------------- */

static uint64_t plain_sse(const picture *a, const picture *b, int i)
{
    uint64_t sum = 0;
    for (size_t s = 0; s < (size_t)a->width[i] * a->height[i]; s++) {
        const int64_t apart = a->samples[i][s] - b->samples[i][s];
        sum += (uint64_t)(apart * apart);
    }
    return sum;
}

static double plain_window(const uint8_t *a, const uint8_t *b, uint32_t width)
{
    double s1 = 0, s2 = 0, ss = 0, s12 = 0;
    for (size_t y = 0; y < 8; y++)
        for (size_t x = 0; x < 8; x++) {
            const double p = a[y * width + x], q = b[y * width + x];
            s1 += p;
            s2 += q;
            ss += p * p + q * q;
            s12 += p * q;
        }
    const double c1 = 416, c2 = 235963;
    return (2 * s1 * s2 + c1) * (2 * (64 * s12 - s1 * s2) + c2) / ((s1 * s1 + s2 * s2 + c1) * (64 * ss - s1 * s1 - s2 * s2 + c2));
}

static double plain_ssim(const picture *a, const picture *b, int i)
{
    double sum = 0, windows = 0;
    for (uint32_t y = 0; y + 8 <= a->height[i]; y += 4)
        for (uint32_t x = 0; x + 8 <= a->width[i]; x += 4, windows++)
            sum += plain_window(a->samples[i] + y * a->width[i] + x, b->samples[i] + y * a->width[i] + x, a->width[i]);
    return windows > 0 ? sum / windows : NAN;
}

/* Equal, or both not there. */
static bool near(double a, double b, double tolerance) { return fabs(a - b) <= tolerance || (isnan(a) && isnan(b)) || a == b; }

/* ---- checks ------------------------------------------------------------------------------------------------------ */

static void as_defined(const picture *a, const picture *b)
{
    uint64_t sse[NENC_PLANES], total = 0;
    double weighted = 0, samples = 0, samples_ssim = 0;
    nenc_quality psnr, ssim;
    CHECK(nenc_sse(&a->i420, &b->i420, sse) == NENC_OK);
    CHECK(nenc_psnr(&a->i420, &b->i420, &psnr) == NENC_OK);
    const int status = nenc_ssim(&a->i420, &b->i420, &ssim);
    for (int i = 0; i < NENC_PLANES; i++) {
        const double size = (double)a->width[i] * a->height[i], expected = plain_ssim(a, b, i);
        total += sse[i];
        samples += size;
        CHECK(sse[i] == plain_sse(a, b, i));
        CHECK(near(psnr.component[i], 10 * log10(65025 / ((double)sse[i] / size)), 1e-9));
        if (status == NENC_OK) CHECK(near(ssim.component[i], expected, 1e-6));
        if (isnan(expected)) continue;
        weighted += expected * size;
        samples_ssim += size;
    }
    CHECK(near(psnr.all, 10 * log10(65025 / ((double)total / samples)), 1e-9));
    CHECK(status == (samples_ssim > 0 ? NENC_OK : NENC_ERANGE));
    if (status == NENC_OK) CHECK(near(ssim.all, weighted / samples_ssim, 1e-6));
}

/* The same samples in another format, or with other kernels, have the same values to the bit. */
static void same_in_all_forms(const picture *a, const picture *b)
{
    const uint32_t masks[] = {0, UINT32_MAX};
    uint64_t sse[NENC_PLANES], first_sse[NENC_PLANES];
    nenc_quality psnr, ssim, first_psnr, first_ssim;
    CHECK(nenc_sse(&a->i420, &b->i420, first_sse) == NENC_OK);
    CHECK(nenc_psnr(&a->i420, &b->i420, &first_psnr) == NENC_OK);
    memset(&first_ssim, 0, sizeof first_ssim);
    const int status = nenc_ssim(&a->i420, &b->i420, &first_ssim);
    for (int m = 0; m < 2; m++)
        for (int form = 0; form < 3; form++) {
            const nenc_picture *of_a = form ? &a->nv12 : &a->i420, *of_b = form ? &b->nv12 : &b->i420;
            nenc_picture grey_a = a->i420, grey_b = b->i420;
            grey_a.format = grey_b.format = NENC_GREY;
            grey_a.plane[1] = NULL;
            if (form == 2) of_a = &grey_a, of_b = &grey_b;
            nenc_set_cpu_mask(masks[m]);
            memset(&ssim, 0, sizeof ssim);
            CHECK(nenc_sse(of_a, of_b, sse) == NENC_OK);
            CHECK(nenc_psnr(of_a, of_b, &psnr) == NENC_OK);
            CHECK(nenc_ssim(of_a, of_b, &ssim) == status || form == 2);
            if (form < 2) {
                CHECK(memcmp(sse, first_sse, sizeof sse) == 0);
                CHECK(memcmp(&psnr, &first_psnr, sizeof psnr) == 0);
                CHECK(memcmp(&ssim, &first_ssim, sizeof ssim) == 0);
            } else {
                CHECK(sse[0] == first_sse[0] && sse[1] == 0 && sse[2] == 0);
                CHECK(psnr.all == first_psnr.component[0] && isnan(psnr.component[1]) && isnan(psnr.component[2]));
                CHECK(status != NENC_OK || near(ssim.component[0], first_ssim.component[0], 0));
                CHECK(status != NENC_OK || near(ssim.all, first_ssim.component[0], 1e-15));
            }
        }
}

static void check_size(uint32_t width, uint32_t height, uint64_t *random)
{
    picture a = picture_new(width, height, NULL, random), b = picture_new(width, height, &a, random);
    as_defined(&a, &b);
    same_in_all_forms(&a, &b);
    nenc_quality psnr, ssim;
    CHECK(nenc_psnr(&a.i420, &a.nv12, &psnr) == NENC_EINVAL);
    CHECK(nenc_psnr(&a.nv12, &a.nv12, &psnr) == NENC_OK && isinf(psnr.all) && isinf(psnr.component[2]));
    if (nenc_ssim(&a.nv12, &a.nv12, &ssim) == NENC_OK) CHECK(ssim.all == 1 && ssim.component[0] == 1);
    picture_free(&a);
    picture_free(&b);
}

static void refusals(uint64_t *random)
{
    picture a = picture_new(20, 18, NULL, random);
    const nenc_picture good = a.nv12;
    nenc_picture bad[16];
    int n = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) bad[i] = good;
    bad[n++].format = 3;
    bad[n++].format = NENC_GREY; /* not what the other one is */
    bad[n++].width = 0;
    bad[n++].height = 0;
    bad[n++].width = 19;
    bad[n++].height = 17;
    bad[n++].plane[0] = NULL;
    bad[n++].plane[1] = NULL;
    bad[n++].stride[0] = 19;
    bad[n++].stride[1] = 19; /* ten pairs are 20 bytes */
    bad[n++].stride[0] = -20;
    bad[n++].stride[0] = 0;
    bad[n++].stride[0] = INT64_MAX;
    bad[n++].stride[1] = INT64_MAX / 4;
    uint64_t sse[NENC_PLANES] = {7, 7, 7};
    nenc_quality quality = {.all = 7};
    for (int i = 0; i < n; i++) {
        CHECK(nenc_sse(&bad[i], &good, sse) == NENC_EINVAL && nenc_sse(&good, &bad[i], sse) == NENC_EINVAL);
        CHECK(nenc_psnr(&bad[i], &good, &quality) == NENC_EINVAL && nenc_psnr(&good, &bad[i], &quality) == NENC_EINVAL);
        CHECK(nenc_ssim(&bad[i], &good, &quality) == NENC_EINVAL && nenc_ssim(&good, &bad[i], &quality) == NENC_EINVAL);
    }
    nenc_picture huge = good;
    huge.width = NENC_PICTURE_MAX + 1;
    huge.stride[0] = huge.stride[1] = 1 << 20;
    CHECK(nenc_sse(&huge, &huge, sse) == NENC_EINVAL);
    CHECK(nenc_sse(NULL, &good, sse) == NENC_EINVAL && nenc_sse(&good, NULL, sse) == NENC_EINVAL);
    CHECK(nenc_sse(&good, &good, NULL) == NENC_EINVAL && nenc_psnr(&good, &good, NULL) == NENC_EINVAL);
    CHECK(nenc_ssim(&good, &good, NULL) == NENC_EINVAL);
    CHECK(sse[0] == 7 && sse[2] == 7 && quality.all == 7);
    CHECK(nenc_sse(&good, &good, sse) == NENC_OK && sse[0] == 0);
    picture_free(&a);
}

int main(void)
{
    uint64_t random = 1;
    for (uint32_t size = 1; size <= 34; size++) {
        check_size(size, size, &random);
        check_size(size, 1 + (uint32_t)check_below(&random, 40), &random);
        check_size(1 + (uint32_t)check_below(&random, 300), size, &random);
    }
    check_size(4063, 9, &random); /* SSIM goes in strips of 4064 columns: as wide as one, and around it */
    check_size(4064, 9, &random);
    check_size(4068, 17, &random);
    check_size(8131, 16, &random);
    if (!check_quick()) check_size(NENC_PICTURE_MAX, 8, &random);
    refusals(&random);
    return CHECK_END();
}
