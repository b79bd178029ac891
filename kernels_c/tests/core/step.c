/* step.c - the tick's contract, for every law: documented errors, refused samples, what the state says, determinism. */
#include "nenc/nenc.h"

#include "check.h"

static const int64_t ms = 1000000;

static nenc_config config_of(uint32_t law)
{
    nenc_config config;
    nenc_config_default(&config);
    config.law = law;
    return config;
}

static AdaptiveEncoder *create(uint32_t law, int64_t now_ns)
{
    nenc_config config = config_of(law);
    AdaptiveEncoder *enc = nenc_create(&config, now_ns, NULL);
    if (!enc) exit(EXIT_FAILURE);
    return enc;
}

static nenc_sample sample_at(int64_t time_ns, uint32_t kbps, float rtt_ms, float loss)
{
    return (nenc_sample){.time_ns = time_ns,
                         .throughput_kbps = kbps,
                         .rtt_ms = rtt_ms,
                         .loss = loss,
                         .owd_ms = NAN,
                         .ecn = NAN,
                         .bytes_in_flight = NAN};
}

static void record(AdaptiveEncoder *enc, int64_t time_ns, uint32_t kbps, float rtt_ms, float loss)
{
    nenc_sample sample = sample_at(time_ns, kbps, rtt_ms, loss);
    CHECK(nenc_record(enc, &sample) == NENC_OK);
}

static void create_says_what_is_wrong(void)
{
    nenc_config config = config_of(NENC_LAW_NENC);
    int status = 1;
    CHECK(nenc_create(NULL, 0, &status) == NULL && status == NENC_EINVAL);
    CHECK(nenc_create(NULL, 0, NULL) == NULL);
    CHECK(nenc_create(&config, INT64_MAX, &status) == NULL && status == NENC_ERANGE);
    CHECK(nenc_create(&config, INT64_MIN, &status) == NULL && status == NENC_ERANGE);
    CHECK(nenc_create(&config, -((int64_t)1 << 62), &status) == NULL && status == NENC_ERANGE);
    config.kp = NAN;
    CHECK(nenc_create(&config, 0, &status) == NULL && status == NENC_EINVAL);
    config = config_of(99);
    CHECK(nenc_create(&config, 0, &status) == NULL && status == NENC_EINVAL);
    config = config_of(NENC_LAW_NENC);
    AdaptiveEncoder *enc = nenc_create(&config, 0, &status);
    CHECK(enc && status == NENC_OK);
    nenc_destroy(enc);
}

static void null_arguments(void)
{
    nenc_state state;
    nenc_sample sample = sample_at(0, 1, 1, 0);
    AdaptiveEncoder *enc = create(NENC_LAW_NENC, 0);
    CHECK(nenc_step(NULL, 0, &state) == NENC_EINVAL);
    CHECK(nenc_state_get(NULL, &state) == NENC_EINVAL);
    CHECK(nenc_state_get(enc, NULL) == NENC_EINVAL);
    CHECK(nenc_record(NULL, &sample) == NENC_EINVAL);
    CHECK(nenc_record(enc, NULL) == NENC_EINVAL);
    CHECK(nenc_set_gains(NULL, 1, 1, 1) == NENC_EINVAL);
    nenc_destroy(enc);
}

static void at_rest(uint32_t law)
{
    AdaptiveEncoder *enc = create(law, 5 * ms);
    nenc_state state;
    CHECK(nenc_state_get(enc, &state) == NENC_OK);
    CHECK(state.now_ns == 5 * ms && state.ticks == 0 && state.samples == 0);
    CHECK(state.rate_bps == 5e6 && state.encode_bps == 5e6 && state.bounds == NENC_BOUND_WARMUP);
    CHECK(state.age_us == UINT32_MAX);
    CHECK(state.qp == 25 && state.fps == 60 && state.rung == 1440);
    CHECK(get_current_bitrate(enc) == 5000000);
    CHECK(nenc_step(enc, 6 * ms, &state) == 5000000); /* nothing is known: nothing moves */
    CHECK(state.bounds & NENC_BOUND_WARMUP);
    CHECK(state.qp == 25);
    nenc_destroy(enc);
}

static void time_goes_one_way(uint32_t law)
{
    AdaptiveEncoder *enc = create(law, 1000 * ms);
    nenc_state before, after;
    CHECK(nenc_step(enc, 999 * ms, NULL) == NENC_ERANGE); /* before its creation */
    CHECK(nenc_step(enc, 1000 * ms, NULL) > 0);
    CHECK(nenc_step(enc, 1016 * ms, &before) > 0);
    CHECK(nenc_step(enc, 1015 * ms, &after) == NENC_ERANGE);
    CHECK(nenc_step(enc, INT64_MIN, &after) == NENC_ERANGE);
    CHECK(nenc_step(enc, INT64_MAX, &after) == NENC_ERANGE);
    CHECK(nenc_state_get(enc, &after) == NENC_OK);
    CHECK(memcmp(&before, &after, sizeof before) == 0);
    record(enc, 1010 * ms, 5000, 40, 0);
    CHECK(nenc_step(enc, 1016 * ms, &after) > 0); /* the same instant again, now with a sample */
    CHECK(after.ticks == before.ticks + 1 && after.recorded == 1);
    CHECK(nenc_step(enc, (int64_t)1 << 61, &after) > 0); /* 73 years later */
    CHECK(nenc_step(enc, (int64_t)1 << 62, &after) == NENC_ERANGE);
    nenc_destroy(enc);
}

/* From the earliest time to the latest, with samples as far apart: no difference overflows (UBSan looks). */
static void the_longest_step(uint32_t law)
{
    const int64_t limit = (int64_t)1 << 61;
    AdaptiveEncoder *enc = create(law, -limit);
    nenc_state state;
    record(enc, INT64_MIN, 5000, 40, 0);
    CHECK(nenc_step(enc, -limit, &state) > 0);
    record(enc, INT64_MAX, 5000, 40, 0);
    CHECK(nenc_step(enc, limit, &state) > 0 && state.now_ns == limit);
    nenc_destroy(enc);
}

static void refused_samples(uint32_t law)
{
    AdaptiveEncoder *enc = create(law, 0);
    const nenc_sample wrong[] = {
        sample_at(0, 1, NAN, 0),   sample_at(0, 1, INFINITY, 0),   sample_at(0, 1, -INFINITY, 0), sample_at(0, 1, -1, 0),
        sample_at(0, 1, 1, NAN),   sample_at(0, 1, 1, INFINITY),   sample_at(0, 1, 1, -INFINITY), sample_at(0, 1, 1, -0.01f),
        sample_at(0, 1, 1, 1.01f), sample_at(0, 1, -1e-30f, 0.5f),
    };
    uint64_t count = sizeof wrong / sizeof *wrong;
    for (size_t i = 0; i < count; i++) CHECK(nenc_record(enc, &wrong[i]) == NENC_EINVAL);
    CHECK(nenc_record(enc, NULL) == NENC_EINVAL);
    nenc_state state;
    nenc_step(enc, 10 * ms, &state);
    CHECK(state.refused == count + 1 && state.recorded == 0 && state.samples == 0);
    CHECK(state.bounds & NENC_BOUND_WARMUP);

    /* The edges of what is legal, and nonsense where a value is optional. */
    record(enc, 10 * ms, 0, 0, 1);
    record(enc, 11 * ms, UINT32_MAX, 3e38f, 0);
    nenc_sample odd = sample_at(12 * ms, 5000, 40, 0);
    odd.owd_ms = INFINITY, odd.ecn = 7, odd.bytes_in_flight = -5;
    CHECK(nenc_record(enc, &odd) == NENC_OK);
    nenc_step(enc, 20 * ms, &state);
    CHECK(state.refused == count + 1 && state.recorded == 3 && state.samples == 3);
    CHECK(state.rate_bps >= 5e6 && state.rate_bps <= 120e6);
    CHECK(state.rtt_max_ms <= 64000);
    nenc_destroy(enc);
}

static void state_is_complete(uint32_t law)
{
    AdaptiveEncoder *enc = create(law, 0);
    nenc_state state, copy;
    record(enc, 100 * ms, 6000, 40, 0);
    record(enc, 150 * ms, 8000, 50, 0.5f);
    int64_t rate = nenc_step(enc, 160 * ms, &state);
    CHECK(rate == (int64_t)(state.rate_bps + 0.5));
    CHECK(get_current_bitrate(enc) == (uint32_t)rate);
    CHECK(nenc_state_get(enc, &copy) == NENC_OK);
    CHECK(memcmp(&state, &copy, sizeof state) == 0);
    CHECK(state.now_ns == 160 * ms && state.ticks == 1 && state.recorded == 2 && state.overwritten == 0);
    CHECK(state.throughput_bps == 8e6 && state.rtt_ms == 50 && state.loss == 0.5);
    CHECK(state.samples == 2 && state.age_us == 10000);
    CHECK(state.throughput_mean_kbps == 7000 && state.throughput_min_kbps == 6000 && state.throughput_max_kbps == 8000);
    CHECK(state.throughput_std_kbps == 1000 && state.rtt_mean_ms == 45 && state.rtt_min_ms == 40);
    CHECK(state.rtt_max_ms == 50 && state.rtt_std_ms == 5 && state.loss_mean == 0.25f);
    CHECK_NEAR(state.rtt_slope, 200, 0.01);
    CHECK(!(state.bounds & NENC_BOUND_WARMUP));
    CHECK_NEAR(state.base_rtt_ms, 40, 1e-6);
    CHECK(state.loss_event_rate > 0 && state.loss_event_rate <= 1);
    CHECK(isfinite(state.p) && isfinite(state.i) && isfinite(state.d) && isfinite(state.error));
    CHECK(state.qp >= 18 && state.qp <= 51);

    /* One second on, the statistics are empty and the newest sample is still told, with its age. */
    nenc_step(enc, 1150 * ms, &state);
    CHECK(state.samples == 0 && state.rtt_mean_ms == 0 && state.rtt_ms == 50 && state.age_us == 1000000);
    nenc_step(enc, 5000000 * ms, &state);
    CHECK(state.age_us == UINT32_MAX);
    CHECK(nenc_step(enc, 5000001 * ms, NULL) > 0);
    nenc_destroy(enc);
}

static void ring_overflow_is_counted(uint32_t law)
{
    AdaptiveEncoder *enc = create(law, 0);
    nenc_state state;
    for (int i = 0; i < 1000; i++) record(enc, i * ms, (uint32_t)i, 40, 0);
    nenc_step(enc, 1000 * ms, &state);
    CHECK(state.recorded == 1000);
    CHECK(state.overwritten == 1000 - 256 && state.samples == 256);
    CHECK(state.throughput_bps == 999e3);
    CHECK_NEAR(state.throughput_mean_kbps, (744 + 999) / 2.0, 0.01);
    nenc_destroy(enc);
}

/* Samples from after the tick, from before the last one, from the ends of time: taken, at a time that fits. */
static void sample_times_are_made_to_fit(uint32_t law)
{
    AdaptiveEncoder *enc = create(law, 0);
    nenc_state state;
    record(enc, 90 * ms, 5000, 40, 0);
    record(enc, 10 * ms, 5000, 40, 0);
    record(enc, INT64_MAX, 5000, 40, 0);
    record(enc, INT64_MIN, 5000, 40, 0);
    CHECK(nenc_step(enc, 100 * ms, &state) > 0);
    CHECK(state.samples == 4 && state.age_us == 0);
    nenc_destroy(enc);
    enc = create(law, 0);
    record(enc, INT64_MIN, 5000, 40, 0);
    CHECK(nenc_step(enc, 100 * ms, &state) > 0);
    CHECK(state.recorded == 1 && state.samples == 0);
    nenc_destroy(enc);
}

static void gains(uint32_t law)
{
    AdaptiveEncoder *enc = create(law, 0);
    const double wrong[] = {NAN, INFINITY, -INFINITY, -1e-9};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(nenc_set_gains(enc, wrong[i], 1, 1) == NENC_EINVAL);
        CHECK(nenc_set_gains(enc, 1, wrong[i], 1) == NENC_EINVAL);
        CHECK(nenc_set_gains(enc, 1, 1, wrong[i]) == NENC_EINVAL);
    }
    CHECK(nenc_set_gains(enc, 0, 0, 0) == NENC_OK);
    nenc_destroy(enc);
}

/* A link behind 40 ms, fluid: what the controller sends too much becomes queue. Reports every 50 ms, each half a
 * round trip old. */
typedef struct fluid {
    int64_t now_ns;
    int tick;
    double queue_bits;
    double capacity_bps;
} fluid;

static double tick_on_path(AdaptiveEncoder *enc, fluid *path)
{
    const double capacity_bps = path->capacity_bps, tick_s = 1.0 / 60;
    double rate_bps = get_current_bitrate(enc);
    path->queue_bits += (rate_bps - capacity_bps) * tick_s;
    double delivered_bps = path->queue_bits > 0 ? capacity_bps : rate_bps;
    path->queue_bits = path->queue_bits > 0 ? path->queue_bits : 0;
    path->now_ns += 1000000000 / 60;
    if (++path->tick % 3 == 0)
        record(enc, path->now_ns, (uint32_t)(delivered_bps / 1e3), (float)(40 + path->queue_bits / capacity_bps * 1e3), 0);
    nenc_state state;
    CHECK(nenc_step(enc, path->now_ns, &state) > 0);
    return state.rate_bps;
}

/* The capacity has risen by a tenth and the law is filling the queue again when the gains change, so that its terms are not
 * zero. A twin whose gains stay shows how the rate would have moved anyway, up to the next report and its new error. */
static void gains_change_without_a_bump(void)
{
    static const double factors[] = {0.25, 0.5, 2, 4};
    for (size_t f = 0; f < sizeof factors / sizeof *factors; f++) {
        AdaptiveEncoder *enc = create(NENC_LAW_NENC, 0), *twin = create(NENC_LAW_NENC, 0);
        fluid one = {.capacity_bps = 50e6}, other = {.capacity_bps = 50e6};
        for (int tick = 0; tick < 1800; tick++) CHECK(tick_on_path(enc, &one) == tick_on_path(twin, &other));
        one.capacity_bps = other.capacity_bps = 55e6;
        for (int tick = 0; tick < 15; tick++) CHECK(tick_on_path(enc, &one) == tick_on_path(twin, &other));
        nenc_config config = config_of(NENC_LAW_NENC);
        CHECK(nenc_set_gains(enc, config.kp * factors[f], config.ki * factors[f], config.kd * factors[f]) == NENC_OK);
        for (int tick = 0; tick < 3; tick++) {
            double changed = tick_on_path(enc, &one), unchanged = tick_on_path(twin, &other);
            CHECK_NEAR(changed, unchanged, 0.02 * unchanged);
        }
        nenc_destroy(enc);
        nenc_destroy(twin);
    }
}

/* A fixed random history: losses, silences, bursts, jumps of rtt. Returns the states as one digest. */
static uint64_t history(uint32_t law, uint64_t seed)
{
    AdaptiveEncoder *enc = create(law, 0);
    uint64_t random = seed, digest = 14695981039346656037u;
    int64_t now = 0;
    nenc_state state;
    for (int tick = 0; tick < 3000; tick++) {
        now += 1000000000 / 60 + (int64_t)check_below(&random, 2000000);
        for (uint64_t n = check_below(&random, 40) == 0 ? check_below(&random, 300) : check_below(&random, 2); n > 0; n--)
            record(enc, now - (int64_t)check_below(&random, 60000000), (uint32_t)check_below(&random, 200000),
                   (float)(500 * check_uniform(&random)), check_below(&random, 4) ? 0 : (float)check_uniform(&random));
        if (tick % 500 == 499) nenc_set_gains(enc, check_uniform(&random), check_uniform(&random), check_uniform(&random));
        int64_t rate = nenc_step(enc, now, &state);
        CHECK(rate >= 5000000 && rate <= 120000000);
        CHECK(state.encode_bps > 0 && state.encode_bps <= state.rate_bps);
        CHECK(state.qp >= 18 && state.qp <= 51 && state.fps >= 1 && state.fps <= 60);
        unsigned char bytes[sizeof state];
        memcpy(bytes, &state, sizeof state);
        for (size_t i = 0; i < sizeof bytes; i++) digest = (digest ^ bytes[i]) * 1099511628211u;
    }
    nenc_destroy(enc);
    return digest;
}

static void deterministic(uint32_t law)
{
    CHECK(history(law, 1) == history(law, 1));
    CHECK(history(law, 1) != history(law, 2));
}

int main(void)
{
    create_says_what_is_wrong();
    null_arguments();
    for (uint32_t law = 0; nenc_controller_kind_at(law); law++) { /* every controller of the table */
        at_rest(law);
        time_goes_one_way(law);
        the_longest_step(law);
        refused_samples(law);
        state_is_complete(law);
        ring_overflow_is_counted(law);
        sample_times_are_made_to_fit(law);
        gains(law);
        deterministic(law);
    }
    gains_change_without_a_bump();
    return CHECK_END();
}
