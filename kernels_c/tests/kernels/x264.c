/* x264.c - SSIM beside x264's own, in turn on the same pictures. A program for benchmarks alone: it links GPL code (x264's
 * inner functions, which only its static library has), so it is never installed and nothing else is built from it. */
#include "kernels.h"

/* From x264's common/pixel.h and common/cpu.h, which it does not install. The table of functions is only handed on. */
extern uint32_t x264_cpu_detect(void);
extern void x264_8_pixel_init(uint32_t cpu, void *functions);
extern float x264_8_pixel_ssim_wxh(void *functions, uint8_t *a, intptr_t a_stride, uint8_t *b, intptr_t b_stride, int width,
                                   int height, void *buffer, int *windows);

enum { TABLE = 1 << 16, BUFFER = 1 << 18 }; /* more than x264's table of functions, than its two rows of sums at 8K */

typedef struct job {
    picture_ring *ring;
    void *functions;
    void *buffer;
    double sum; /* so that nothing is optimised away */
} job;

static double x264_plane(const nenc_picture *a, const nenc_picture *b, int plane, uint32_t width, uint32_t height, const job *j)
{
    int windows;
    const double total = (double)x264_8_pixel_ssim_wxh(j->functions, (uint8_t *)(uintptr_t)a->plane[plane], a->stride[plane],
                                                       (uint8_t *)(uintptr_t)b->plane[plane], b->stride[plane], (int)width,
                                                       (int)height, j->buffer, &windows);
    return total / windows;
}

static void call_x264(void *data)
{
    job *j = data;
    const int turn = picture_ring_turn(j->ring);
    const nenc_picture *a = &j->ring->a[turn], *b = &j->ring->b[turn];
    j->sum += x264_plane(a, b, 0, a->width, a->height, j);
    for (int i = 1; i < NENC_PLANES; i++) j->sum += x264_plane(a, b, i, (a->width + 1) / 2, (a->height + 1) / 2, j);
}

static void call_nenc(void *data)
{
    job *j = data;
    const int turn = picture_ring_turn(j->ring);
    nenc_quality ssim;
    nenc_ssim(&j->ring->a[turn], &j->ring->b[turn], &ssim);
    j->sum += ssim.all;
}

/* On a row of macroblocks: x264 adds up windows in one float, which over a whole 4K picture is off in the fourth digit. */
static void check_same_metric(const job *j)
{
    nenc_picture a = j->ring->a[0], b = j->ring->b[0];
    nenc_quality ssim;
    a.format = b.format = NENC_GREY;
    a.height = b.height = 16;
    const double x264 = x264_plane(&a, &b, 0, a.width, a.height, j);
    if (nenc_ssim(&a, &b, &ssim) == NENC_OK && fabs(x264 - ssim.all) < 2e-5) return;
    fprintf(stderr, "x264 finds an SSIM of %f, nenc_ssim %f: not compared\n", x264, ssim.all);
    exit(EXIT_FAILURE);
}

static void compare(const char *name, uint32_t width, uint32_t height, void *functions, void *buffer)
{
    picture_ring ring = picture_ring_new(width, height);
    job nenc = {.ring = &ring}, x264 = {.ring = &ring, .functions = functions, .buffer = buffer};
    check_same_metric(&x264);
    bench_side sides[] = {{.name = "nenc", .call = call_nenc, .data = &nenc}, {.name = "x264", .call = call_x264, .data = &x264}};
    bench_sides(sides, 2);
    char key[64];
    snprintf(key, sizeof key, "quality.ssim_%s_x264_ns", name);
    bench_say(key, sides[1].ns, "ns", "x264's SSIM of two I420 pictures in memory, all planes, one thread");
    snprintf(key, sizeof key, "quality.ssim_%s_vs_x264", name);
    bench_say(key, 1 / sides[1].ratio, "x", "times as fast as x264");
    picture_ring_free(&ring);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) bench_with.json = true;
        else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc) bench_with.rounds = atoi(argv[++i]);
        else return fprintf(stderr, "usage: bench_x264 [--json] [--rounds N]\n"), 2;
    }
    void *functions = aligned_alloc(64, TABLE), *buffer = aligned_alloc(64, BUFFER);
    if (!functions || !buffer) return EXIT_FAILURE;
    memset(functions, 0, TABLE);
    x264_8_pixel_init(x264_cpu_detect(), functions);
    bench_begin();
    compare("4k", 3840, 2160, functions, buffer);
    compare("8k", 7680, 4320, functions, buffer);
    bench_end();
    free(functions);
    free(buffer);
}
