/* window.c - window statistics: every variant gives the bits of the plain C. */
#include "kernels.h"
#include "scalar.h"

/* Anything the window may hold: any slots taken, weights of merged slots, extremes, values left over in empty slots. */
static void random_window(nenc_window_soa *soa, uint64_t *random)
{
    const uint64_t share = check_below(random, 101), heavy = check_below(random, 4);
    const int throughput_bits = 1 + (int)check_below(random, 32), time_bits = (int)check_below(random, 21);
    const double rtt_power = check_below(random, 2) ? 1 : 20;
    soa->newest_us = (uint32_t)check_random(random);
    soa->samples = 0;
    int newest = -1;
    for (int slot = 0; slot < NENC_WINDOW_SLOTS; slot++) {
        const bool there = check_below(random, 100) < share;
        soa->weight[slot] = there ? (heavy ? 1.0f : (float)(1 + check_below(random, 1000))) : 0;
        soa->samples += soa->weight[slot];
        soa->throughput_kbps[slot] = (float)(check_random(random) >> (64 - throughput_bits));
        soa->rtt_ms[slot] = (float)(64000 * pow(check_uniform(random), rtt_power));
        soa->loss[slot] = check_below(random, 2) ? (float)check_uniform(random) : 0;
        soa->time_us[slot] =
            there ? soa->newest_us - (uint32_t)check_below(random, 1u << time_bits) : (uint32_t)check_random(random);
        if (there) newest = slot;
    }
    if (check_below(random, 8) == 0) /* all alike: no variance, and none by rounding */
        for (int slot = 0; slot < NENC_WINDOW_SLOTS; slot++) {
            soa->throughput_kbps[slot] = soa->throughput_kbps[0];
            soa->rtt_ms[slot] = soa->rtt_ms[0];
        }
    soa->pivot_throughput_kbps = newest < 0 ? 0 : soa->throughput_kbps[newest];
    soa->pivot_rtt_ms = newest < 0 ? 0 : soa->rtt_ms[newest];
}

static void legal(const nenc_window_stats *s)
{
    CHECK(isfinite(s->throughput_mean_kbps) && isfinite(s->rtt_mean_ms) && isfinite(s->rtt_slope) && isfinite(s->loss_mean));
    CHECK(s->throughput_std_kbps >= 0 && s->rtt_std_ms >= 0 && isfinite(s->throughput_std_kbps) && isfinite(s->rtt_std_ms));
    CHECK(s->throughput_min_kbps <= s->throughput_max_kbps && s->rtt_min_ms <= s->rtt_max_ms);
    CHECK(s->loss_mean >= 0 && s->loss_mean <= 1.00001f);
}

static void check(uint64_t *random)
{
    guarded memory = guarded_new(sizeof(nenc_window_soa)), out = guarded_new(sizeof(nenc_window_stats));
    nenc_window_soa *soa = (nenc_window_soa *)memory.data;
    nenc_window_stats *got = (nenc_window_stats *)out.data, expected;
    const int rounds = check_quick() ? 500 : 20000;
    for (int round = 0; round < rounds; round++) {
        random_window(soa, random);
        kernel_variants[0].table.window_stats(soa, &expected);
        legal(&expected);
        for (int v = 0; v < kernel_variant_count; v++) {
            guarded_poison(&out);
            kernel_variants[v].table.window_stats(soa, got);
            CHECK(memcmp(got, &expected, sizeof expected) == 0);
        }
    }
    guarded_free(&out);
    guarded_free(&memory);
}

enum { FRAMES = 60 }; /* a second of them */

typedef struct job {
    nenc_window_stats_fn *kernel;
    nenc_window_soa soa;
    nenc_window_stats stats;
} job;

static void call(void *data)
{
    job *j = data;
    j->kernel(&j->soa, &j->stats);
    __asm__ volatile("" : : "r"(j) : "memory");
}

static void bench(void)
{
    static job jobs[BENCH_SIDES];
    bench_side sides[BENCH_SIDES] = {0};
    uint64_t random = 1;
    int n = 0;
    jobs[n].kernel = window_stats_scalar;
    sides[n].name = "scalar";
    n++;
    for (int v = 0; v < kernel_variant_count; v++, n++) {
        jobs[n].kernel = kernel_variants[v].table.window_stats;
        sides[n].name = kernel_variants[v].name;
    }
    for (int s = 0; s < n; s++) {
        nenc_window_soa *soa = &jobs[s].soa;
        for (int slot = 0; slot < FRAMES; slot++) {
            soa->weight[slot] = 1;
            soa->throughput_kbps[slot] = (float)check_below(&random, 100000);
            soa->rtt_ms[slot] = 40 + (float)check_uniform(&random);
            soa->time_us[slot] = (uint32_t)slot * 16667;
        }
        soa->samples = FRAMES;
        soa->newest_us = (FRAMES - 1) * 16667;
        soa->pivot_throughput_kbps = soa->throughput_kbps[FRAMES - 1];
        soa->pivot_rtt_ms = soa->rtt_ms[FRAMES - 1];
        sides[s].call = call;
        sides[s].data = &jobs[s];
    }
    bench_sides(sides, n);
    char key[64];
    for (int s = 0; s < n; s++) {
        snprintf(key, sizeof key, "core.window_ns.%s", sides[s].name);
        bench_say(key, sides[s].ns, "ns", "one pass of statistics over 60 of 64 slots");
    }
    bench_say("core.window_vs_scalar", sides[n - 1].ratio, "x", "best variant against a plain scalar pass at -O3");
    if (n > 2) bench_say("core.window_vs_c", sides[n - 1].ratio / sides[1].ratio, "x", "best variant against the C reference");
}

const kernel_subject window_subject = {"window", check, bench};
