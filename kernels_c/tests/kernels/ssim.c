/* ssim.c - rows of SSIM windows: every variant gives the plain C's sums. */
#include "kernels.h"

static const uint32_t poison = 0xa5a5a5a5;

static void check_one(uint64_t *random, uint32_t blocks, int components, bool front)
{
    const size_t row_bytes = 4 * (size_t)blocks * (size_t)components;
    const size_t a_stride = row_bytes + check_below(random, 80), b_stride = row_bytes + check_below(random, 80);
    const size_t a_size = 3 * a_stride + row_bytes, b_size = 3 * b_stride + row_bytes;
    guarded a = front ? guarded_new_front(a_size) : guarded_new(a_size);
    guarded b = front ? guarded_new_front(b_size) : guarded_new(b_size);
    guarded above = guarded_new((size_t)components * sizeof(nenc_ssim_sums));
    nenc_ssim_sums *sums = (nenc_ssim_sums *)above.data, before[2] = {0}, expected[2];
    int64_t none[2] = {0}, windows[2];
    const int64_t start = (int64_t)(check_random(random) >> 16);
    random_samples(a.data, b.data, a_size < b_size ? a_size : b_size, random);
    nenc_ssim_row_fn *reference = components == 2 ? kernel_variants[0].table.ssim_row_pairs : kernel_variants[0].table.ssim_row;
    reference(a.data, (ptrdiff_t)a_stride, b.data, (ptrdiff_t)b_stride, blocks, before, none);
    random_samples(a.data, b.data, a_size < b_size ? a_size : b_size, random);
    for (int v = 0; v < kernel_variant_count; v++) {
        const nenc_dispatch *table = &kernel_variants[v].table;
        nenc_ssim_row_fn *kernel = components == 2 ? table->ssim_row_pairs : table->ssim_row;
        int64_t got[2] = {start, start};
        guarded_poison(&above); /* what lies beyond the next multiple of eight stays as it is */
        const uint32_t written = (blocks + 7) / 8 * 8;
        for (int c = 0; c < components; c++) {
            memcpy(sums[c].values, before[c].values, blocks * sizeof *sums->values);
            memcpy(sums[c].apart, before[c].apart, blocks * sizeof *sums->apart);
            memcpy(sums[c].products, before[c].products, blocks * sizeof *sums->products);
        }
        kernel(a.data, (ptrdiff_t)a_stride, b.data, (ptrdiff_t)b_stride, blocks, sums, got);
        if (v == 0) {
            memcpy(windows, got, sizeof windows);
            memcpy(expected, sums, (size_t)components * sizeof *sums);
            for (int c = 0; c < components; c++) CHECK(llabs(got[c] - start) <= (int64_t)((blocks - 1) * NENC_SSIM_ONE));
        }
        CHECK(memcmp(got, windows, sizeof windows) == 0);
        for (int c = 0; c < components; c++) {
            CHECK(memcmp(sums[c].values, expected[c].values, blocks * sizeof *sums->values) == 0);
            CHECK(memcmp(sums[c].apart, expected[c].apart, blocks * sizeof *sums->apart) == 0);
            CHECK(memcmp(sums[c].products, expected[c].products, blocks * sizeof *sums->products) == 0);
            for (uint32_t i = written; i < NENC_SSIM_BLOCKS; i++)
                CHECK(sums[c].values[i] == poison && sums[c].apart[i] == poison && sums[c].products[i] == poison);
        }
    }
    guarded_free(&a);
    guarded_free(&b);
    guarded_free(&above);
}

/* The longest row of equal pictures: the sums that come closest to 2^31. */
static void check_largest(void)
{
    guarded a = guarded_new((size_t)4 * 4 * NENC_SSIM_BLOCKS);
    memset(a.data, 255, a.size);
    for (int v = 0; v < kernel_variant_count; v++) {
        const nenc_dispatch *table = &kernel_variants[v].table;
        nenc_ssim_sums sums[2] = {0};
        int64_t none[2], whole[1] = {0};
        table->ssim_row(a.data, 4 * NENC_SSIM_BLOCKS, a.data, 4 * NENC_SSIM_BLOCKS, NENC_SSIM_BLOCKS, sums, none);
        table->ssim_row(a.data, 4 * NENC_SSIM_BLOCKS, a.data, 4 * NENC_SSIM_BLOCKS, NENC_SSIM_BLOCKS, sums, whole);
        CHECK(whole[0] == (int64_t)((NENC_SSIM_BLOCKS - 1) * NENC_SSIM_ONE));
    }
    guarded_free(&a);
}

static void check(uint64_t *random)
{
    const uint32_t limit = check_quick() ? 30 : 130;
    for (uint32_t blocks = 1; blocks <= limit; blocks++)
        for (int kind = 0; kind < 4; kind++) check_one(random, blocks, 1 + kind / 2, kind % 2);
    for (int round = 0; round < (check_quick() ? 4 : 100); round++)
        check_one(random, 1 + (uint32_t)check_below(random, NENC_SSIM_BLOCKS), 1 + round / 2 % 2, round % 2);
    check_one(random, NENC_SSIM_BLOCKS, 1, false);
    check_one(random, NENC_SSIM_BLOCKS, 2, false);
    check_largest();
}

/* ---- speed ------------------------------------------------------------------------------------------------------ */

typedef struct job {
    picture_ring *ring;
    uint32_t mask;
    uint64_t sum; /* so that nothing is optimised away */
} job;

static void whole_ssim(void *data)
{
    job *j = data;
    const int turn = picture_ring_turn(j->ring);
    nenc_quality ssim;
    nenc_set_cpu_mask(j->mask);
    nenc_ssim(&j->ring->a[turn], &j->ring->b[turn], &ssim);
    j->sum += ssim.all > 0;
}

static void whole_ssim_nv12(void *data)
{
    job *j = data;
    const int turn = picture_ring_turn(j->ring);
    const nenc_picture a = picture_as_nv12(&j->ring->a[turn]), b = picture_as_nv12(&j->ring->b[turn]);
    nenc_quality ssim;
    nenc_set_cpu_mask(j->mask);
    nenc_ssim(&a, &b, &ssim);
    j->sum += ssim.all > 0;
}

static void reading(void *data)
{
    job *j = data;
    const int turn = picture_ring_turn(j->ring);
    j->sum += read_two(j->ring->a[turn].plane[0], j->ring->b[turn].plane[0], j->ring->bytes, 1024);
}

static void bench_size(const char *name, uint32_t width, uint32_t height)
{
    picture_ring ring = picture_ring_new(width, height);
    job jobs[] = {
        {.ring = &ring, .mask = UINT32_MAX}, {.ring = &ring, .mask = 0}, {.ring = &ring}, {.ring = &ring, .mask = UINT32_MAX}};
    bench_side sides[] = {
        {.name = "ssim", .call = whole_ssim, .data = &jobs[0]},
        {.name = "c", .call = whole_ssim, .data = &jobs[1]},
        {.name = "read", .call = reading, .data = &jobs[2]},
        {.name = "nv12", .call = whole_ssim_nv12, .data = &jobs[3]},
    };
    bench_sides(sides, 4);
    nenc_set_cpu_mask(UINT32_MAX);
    char key[64];
    snprintf(key, sizeof key, "quality.ssim_%s_ns", name);
    bench_say(key, sides[0].ns, "ns", "SSIM of two I420 pictures in memory, all planes, one thread");
    snprintf(key, sizeof key, "quality.ssim_%s_gbps", name);
    bench_say(key, 2.0 * (double)ring.bytes / sides[0].ns, "GB/s", "bytes of both pictures over that time");
    snprintf(key, sizeof key, "quality.ssim_%s_vs_bandwidth", name);
    bench_say(key, 1 / sides[2].ratio, "x", "its bytes per second over those of reading both");
    snprintf(key, sizeof key, "quality.ssim_%s_vs_c", name);
    bench_say(key, 1 / sides[1].ratio, "x", "times as fast as the C reference");
    snprintf(key, sizeof key, "quality.ssim_%s_nv12_ns", name);
    bench_say(key, sides[3].ns, "ns", "the same of NV12");
    picture_ring_free(&ring);
}

static void bench(void)
{
    bench_size("4k", 3840, 2160);
    bench_size("8k", 7680, 4320);
}

const kernel_subject ssim_subject = {"ssim", check, bench};
