/* tick.c - the whole control tick on an injected clock: every variant decides the same, and what one tick costs. */
#include "kernels.h"

#include "nenc/nenc.h"
#if NENC_HAVE_AVX2
#include "bare.h"
#endif

enum { TICK_NS = 1000000000 / 60 };

/* A path that steps, loses and queues, seen through its reports: enough to take the law through all its modes. */
static nenc_sample sample_of(int round, uint64_t *random)
{
    const int phase = round / 300 % 6;
    const double rtt = 40 + 10 * check_uniform(random) + (phase == 2 ? round % 300 : 0);
    return (nenc_sample){
        .throughput_kbps = (uint32_t)((phase == 3 ? 8000 : 45000) + check_below(random, 5000)),
        .rtt_ms = (float)rtt,
        .loss = phase == 4 ? (float)(0.1 * check_uniform(random)) : 0,
        .owd_ms = NAN,
        .ecn = NAN,
        .bytes_in_flight = NAN,
    };
}

static AdaptiveEncoder *create(uint32_t law)
{
    nenc_config config;
    nenc_config_default(&config);
    config.law = law;
    AdaptiveEncoder *enc = nenc_create(&config, 0, NULL);
    if (!enc) exit(EXIT_FAILURE);
    return enc;
}

static void check_law(uint64_t *random, uint32_t law)
{
    const uint32_t masks[] = {0, UINT32_MAX};
    const int rounds = check_quick() ? 2000 : 20000;
    nenc_state *states[2];
    const uint64_t seed = check_random(random);
    for (int m = 0; m < 2; m++) {
        nenc_set_cpu_mask(masks[m]);
        states[m] = calloc((size_t)rounds, sizeof **states);
        if (!states[m]) exit(EXIT_FAILURE);
        AdaptiveEncoder *enc = create(law);
        uint64_t own = seed;
        for (int round = 0; round < rounds; round++) {
            const int64_t now_ns = (int64_t)(round + 1) * TICK_NS;
            for (uint64_t reports = check_below(&own, round / 300 % 6 == 5 ? 2 : 4); reports > 0; reports--) {
                nenc_sample sample = sample_of(round, &own);
                sample.time_ns = now_ns - (int64_t)reports * 3000000;
                CHECK(nenc_record(enc, &sample) == NENC_OK);
            }
            CHECK(nenc_step(enc, now_ns, &states[m][round]) > 0);
        }
        nenc_destroy(enc);
    }
    CHECK(memcmp(states[0], states[1], (size_t)rounds * sizeof **states) == 0);
    free(states[0]);
    free(states[1]);
}

static void check(uint64_t *random)
{
    for (uint32_t law = 0; nenc_controller_kind_at(law); law++) check_law(random, law);
}

typedef struct whole {
    AdaptiveEncoder *enc;
    int64_t now_ns;
    uint32_t random;
} whole;

/* As in production: one sample per tick, recorded through the ring, then the tick. */
static void whole_tick(void *data)
{
    whole *w = data;
    w->random = w->random * 1664525 + 1013904223;
    w->now_ns += TICK_NS;
    const nenc_sample sample = {
        .time_ns = w->now_ns - 3000000,
        .throughput_kbps = 50000 + (w->random >> 20),
        .rtt_ms = 40 + (float)(w->random >> 28),
        .loss = 0,
        .owd_ms = NAN,
        .ecn = NAN,
        .bytes_in_flight = NAN,
    };
    nenc_record(w->enc, &sample);
    nenc_step(w->enc, w->now_ns, NULL);
}

#if NENC_HAVE_AVX2
typedef struct bare_job {
    bare state;
    uint32_t random;
} bare_job;

static void one_bare(void *data)
{
    bare_job *b = data;
    b->random = b->random * 1664525 + 1013904223;
    bare_tick(&b->state, 50000 + (float)(b->random >> 20), 40 + (float)(b->random >> 28), 0);
}
#endif

static void bench(void)
{
    whole nenc = {.enc = create(NENC_LAW_NENC)}, classic = {.enc = create(NENC_LAW_CLASSIC)};
    bench_side sides[3] = {{"tick", whole_tick, &nenc, 0, 0}, {"classic", whole_tick, &classic, 0, 0}};
    int n = 2;
#if NENC_HAVE_AVX2
    static bare_job job;
    if (nenc_cpu_flags() & NENC_CPU_AVX2) sides[n++] = (bench_side){"bare", one_bare, &job, 0, 0};
#endif
    bench_sides(sides, n);
    bench_say("core.tick_ns", sides[0].ns, "ns", "record, window, law, QP, frame rate, rung: one tick of the production law");
    bench_say("core.tick_us_per_frame", sides[0].ns * 1e-3, "us", "the same as CPU time per frame: a tick is a frame");
    bench_say("core.tick_classic_ns", sides[1].ns, "ns", "the same with the classic law");
    if (n > 2) {
        bench_say("core.bare_ns", sides[2].ns, "ns", "a sample, three window means and a PID in AVX2, nothing else");
        bench_say("core.tick_vs_bare", sides[2].ratio, "x", "the whole tick against that");
    }
    nenc_destroy(nenc.enc);
    nenc_destroy(classic.enc);
}

const kernel_subject tick_subject = {"tick", check, bench};
