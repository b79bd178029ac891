/* sse.c - squared error: every variant gives the plain C's sums; PSNR of big pictures goes as fast as memory is read. */
#include "kernels.h"

/* Rows of one of the two pictures, ending at a page that traps, or beginning at one. */
static guarded rows_new(size_t stride, size_t row_bytes, uint32_t height, bool front)
{
    const size_t size = stride * (height - 1) + row_bytes;
    return front ? guarded_new_front(size) : guarded_new(size);
}

static void check_one(uint64_t *random, uint32_t width, uint32_t height, bool front)
{
    const size_t a_stride = 2 * (size_t)width + check_below(random, 80), b_stride = 2 * (size_t)width + check_below(random, 80);
    guarded a = rows_new(a_stride, 2 * (size_t)width, height, front), b = rows_new(b_stride, 2 * (size_t)width, height, front);
    random_samples(a.data, b.data, a.size < b.size ? a.size : b.size, random);
    for (int pairs = 0; pairs < 2; pairs++) {
        const size_t row_bytes = pairs ? 2 * (size_t)width : width;
        /* at the very end of the memory, or at its very start */
        const uint8_t *a_rows = front ? a.data : a.data + 2 * (size_t)width - row_bytes;
        const uint8_t *b_rows = front ? b.data : b.data + 2 * (size_t)width - row_bytes;
        const uint64_t before = check_random(random) >> 8;
        uint64_t expected[2] = {before, before};
        for (int v = 0; v < kernel_variant_count; v++) {
            const nenc_dispatch *table = &kernel_variants[v].table;
            uint64_t got[2] = {before, before};
            nenc_sse_fn *kernel = pairs ? table->sse_pairs : table->sse;
            kernel(a_rows, (ptrdiff_t)a_stride, b_rows, (ptrdiff_t)b_stride, width, height, got);
            if (v == 0) memcpy(expected, got, sizeof expected);
            CHECK(memcmp(got, expected, sizeof expected) == 0);
        }
    }
    guarded_free(&a);
    guarded_free(&b);
}

/* Where a sum of 32 bits would overflow: rows as long and as unlike as can be. */
static void check_largest(void)
{
    enum { BYTES = 65536, HEIGHT = 3 };
    guarded a = guarded_new(BYTES), b = guarded_new(BYTES);
    memset(a.data, 0, BYTES);
    memset(b.data, 255, BYTES);
    for (int v = 0; v < kernel_variant_count; v++) {
        uint64_t whole[1] = {0}, pairs[2] = {0};
        kernel_variants[v].table.sse(a.data, 0, b.data, 0, BYTES, HEIGHT, whole);
        kernel_variants[v].table.sse_pairs(b.data, 0, a.data, 0, BYTES / 2, HEIGHT, pairs);
        CHECK(whole[0] == (uint64_t)255 * 255 * BYTES * HEIGHT);
        CHECK(pairs[0] == whole[0] / 2 && pairs[1] == whole[0] / 2);
    }
    guarded_free(&a);
    guarded_free(&b);
}

static void check(uint64_t *random)
{
    for (uint32_t width = 1; width <= 300; width += check_quick() ? 7 : 1)
        for (int front = 0; front < 2; front++) check_one(random, width, 1 + (uint32_t)check_below(random, 5), front);
    for (int round = 0; round < (check_quick() ? 5 : 100); round++)
        check_one(random, 1 + (uint32_t)check_below(random, 5000), 1 + (uint32_t)check_below(random, 9), round % 2);
    check_largest();
}

/* ---- speed ------------------------------------------------------------------------------------------------------ */

typedef struct job {
    picture_ring *ring;
    const nenc_dispatch *table; /* of a kernel; NULL: a reader */
    size_t ahead;
    uint64_t sum; /* so that nothing is optimised away */
} job;

static void whole_psnr(void *data)
{
    job *j = data;
    const int turn = picture_ring_turn(j->ring);
    nenc_quality psnr;
    nenc_psnr(&j->ring->a[turn], &j->ring->b[turn], &psnr);
    j->sum += psnr.all > 0;
}

static void whole_psnr_nv12(void *data)
{
    job *j = data;
    const int turn = picture_ring_turn(j->ring);
    const nenc_picture a = picture_as_nv12(&j->ring->a[turn]), b = picture_as_nv12(&j->ring->b[turn]);
    nenc_quality psnr;
    nenc_psnr(&a, &b, &psnr);
    j->sum += psnr.all > 0;
}

static void reference(void *data)
{
    job *j = data;
    const int turn = picture_ring_turn(j->ring);
    const nenc_picture *a = &j->ring->a[turn], *b = &j->ring->b[turn];
    for (int i = 0; i < NENC_PLANES; i++) {
        const uint32_t width = i ? (a->width + 1) / 2 : a->width, height = i ? (a->height + 1) / 2 : a->height;
        kernel_variants[0].table.sse(a->plane[i], a->stride[i], b->plane[i], b->stride[i], width, height, &j->sum);
    }
}

static void reading(void *data)
{
    job *j = data;
    const int turn = picture_ring_turn(j->ring);
    j->sum += read_two(j->ring->a[turn].plane[0], j->ring->b[turn].plane[0], j->ring->bytes, j->ahead);
}

static void bench_size(const char *name, uint32_t width, uint32_t height)
{
    static const size_t aheads[] = {0, 256, 512, 1024, 2048, 4096};
    enum { READERS = sizeof aheads / sizeof *aheads, FIRST = 3 };
    picture_ring ring = picture_ring_new(width, height);
    job jobs[FIRST + READERS];
    bench_side sides[FIRST + READERS] = {
        {.name = "psnr", .call = whole_psnr}, {.name = "nv12", .call = whole_psnr_nv12}, {.name = "c", .call = reference}};
    for (int s = 0; s < FIRST + READERS; s++) {
        jobs[s] = (job){.ring = &ring, .ahead = s < FIRST ? 0 : aheads[s - FIRST]};
        sides[s].data = &jobs[s];
        if (s >= FIRST) sides[s].name = "read", sides[s].call = reading;
    }
    bench_sides(sides, FIRST + READERS);
    const bench_side *best = &sides[FIRST];
    for (int s = FIRST + 1; s < FIRST + READERS; s++)
        if (sides[s].ratio > best->ratio) best = &sides[s];
    char key[64];
    const double bytes = 2.0 * (double)ring.bytes;
    snprintf(key, sizeof key, "quality.psnr_%s_ns", name);
    bench_say(key, sides[0].ns, "ns", "PSNR of two I420 pictures in memory, all planes, one thread");
    snprintf(key, sizeof key, "quality.psnr_%s_gbps", name);
    bench_say(key, bytes / sides[0].ns, "GB/s", "bytes of both pictures over that time");
    snprintf(key, sizeof key, "quality.read_%s_gbps", name);
    bench_say(key, bytes / best->ns, "GB/s", "the best of six loops that only read both");
    snprintf(key, sizeof key, "quality.psnr_%s_vs_bandwidth", name);
    bench_say(key, 1 / best->ratio, "x", "PSNR's bytes per second over those of reading");
    snprintf(key, sizeof key, "quality.psnr_%s_vs_c", name);
    bench_say(key, 1 / sides[2].ratio, "x", "times as fast as the C reference");
    snprintf(key, sizeof key, "quality.psnr_%s_nv12_ns", name);
    bench_say(key, sides[1].ns, "ns", "the same of NV12");
    picture_ring_free(&ring);
}

static void bench(void)
{
    bench_size("4k", 3840, 2160);
    bench_size("8k", 7680, 4320);
}

const kernel_subject sse_subject = {"sse", check, bench};
