/* window.c - window statistics against double precision and against the documented order, bit for bit. */
#include "core/window.h"
#include "core/dispatch.h"

#include "check.h"

enum { MANY = 4096 };

static const int64_t ms = 1000000;

static nenc_sample sample_at(int64_t time_ns, uint32_t throughput_kbps, float rtt_ms, float loss)
{
    return (nenc_sample){.time_ns = time_ns, .throughput_kbps = throughput_kbps, .rtt_ms = rtt_ms, .loss = loss};
}

/* What the window should say, in double precision from all samples ever pushed. */
static void compare_with_brute_force(nenc_window *window, const nenc_sample *samples, int count, int64_t now_ns)
{
    double n = 0, x = 0, y = 0, l = 0, t = 0;
    double x_min = INFINITY, x_max = 0, y_min = INFINITY, y_max = 0;
    for (int i = 0; i < count; i++) {
        const nenc_sample *s = &samples[i];
        if (now_ns - s->time_ns >= NENC_WINDOW_NS) continue;
        n++;
        x += s->throughput_kbps;
        y += s->rtt_ms;
        l += s->loss;
        t += (double)(s->time_ns - now_ns) * 1e-9;
        x_min = fmin(x_min, s->throughput_kbps);
        x_max = fmax(x_max, s->throughput_kbps);
        y_min = fmin(y_min, s->rtt_ms);
        y_max = fmax(y_max, s->rtt_ms);
    }
    const nenc_window_stats *stats = nenc_window_statistics(window, nenc_dispatch_get()->window_stats);
    CHECK(window->soa.samples == (float)n);
    if (n == 0) {
        nenc_window_stats nothing = {0};
        CHECK(memcmp(stats, &nothing, sizeof nothing) == 0);
        return;
    }
    x /= n, y /= n, l /= n, t /= n;
    double xx = 0, yy = 0, tt = 0, ty = 0;
    for (int i = 0; i < count; i++) {
        const nenc_sample *s = &samples[i];
        if (now_ns - s->time_ns >= NENC_WINDOW_NS) continue;
        double dt = (double)(s->time_ns - now_ns) * 1e-9 - t;
        xx += (s->throughput_kbps - x) * (s->throughput_kbps - x);
        yy += (s->rtt_ms - y) * (s->rtt_ms - y);
        tt += dt * dt;
        ty += dt * (s->rtt_ms - y);
    }
    CHECK_NEAR(stats->throughput_mean_kbps, x, 1e-5 * x_max);
    CHECK_NEAR(stats->rtt_mean_ms, y, 1e-5 * y_max);
    CHECK_NEAR(stats->loss_mean, l, 1e-5);
    CHECK(stats->throughput_min_kbps == (float)x_min);
    CHECK(stats->throughput_max_kbps == (float)x_max);
    CHECK(stats->rtt_min_ms == (float)y_min);
    CHECK(stats->rtt_max_ms == (float)y_max);
    CHECK_NEAR(stats->throughput_std_kbps, sqrt(xx / n), 1e-5 * x_max);
    CHECK_NEAR(stats->rtt_std_ms, sqrt(yy / n), 1e-5 * y_max);
    /* Times are whole microseconds in the window; a slope over a few of them says nothing. */
    if (tt > 1e-6) CHECK_NEAR(stats->rtt_slope, ty / tt, 1e-3 * sqrt(yy / tt) + 1e-3);
}

static void against_brute_force(uint64_t seed, int64_t mean_gap_ns)
{
    static nenc_sample samples[MANY];
    nenc_window window = {0};
    uint64_t random = seed;
    int64_t now_ns = -(int64_t)1e15;
    for (int count = 1; count <= MANY; count++) {
        now_ns += (int64_t)check_below(&random, (uint64_t)(2 * mean_gap_ns));
        nenc_sample *s = &samples[count - 1];
        *s = sample_at(now_ns, (uint32_t)check_below(&random, 1000000), (float)(5 + 495 * check_uniform(&random)),
                       (float)check_uniform(&random));
        nenc_window_push(&window, s);
        int from = count > 1000 ? count - 1000 : 0; /* what is further back is over a second old */
        compare_with_brute_force(&window, samples + from, count - from, now_ns);
        if (count % 64 == 0) {
            now_ns += (int64_t)check_below(&random, (uint64_t)(1200 * ms));
            nenc_window_expire(&window, now_ns);
            compare_with_brute_force(&window, samples + from, count - from, now_ns);
        }
    }
}

/* The order of window_stats.c written down a second time, the way a vector unit does it: whole rows of eight, masked. */
typedef struct row {
    float lane[8];
} row;

static float halved(row v)
{
    for (int half = 4; half > 0; half /= 2)
        for (int l = 0; l < half; l++) v.lane[l] += v.lane[l + half];
    return v.lane[0];
}

static void masked_rows(const nenc_window_soa *w, nenc_window_stats *out)
{
    row x = {0}, y = {0}, loss = {0}, t = {0}, xx = {0}, yy = {0}, tt = {0}, ty = {0};
    float x_min = INFINITY, x_max = 0, y_min = INFINITY, y_max = 0, total = 0;
    memset(out, 0, sizeof *out);
    for (int r = 0; r < 64; r += 8)
        for (int l = 0; l < 8; l++) {
            int slot = r + l;
            float weight = w->weight[slot];
            float dx = w->throughput_kbps[slot] - w->pivot_throughput_kbps, dy = w->rtt_ms[slot] - w->pivot_rtt_ms;
            float dt = (float)(int32_t)(w->time_us[slot] - w->newest_us);
            total += weight;
            x.lane[l] += weight * dx;
            y.lane[l] += weight * dy;
            t.lane[l] += weight * dt;
            loss.lane[l] = fmaf(weight, w->loss[slot], loss.lane[l]);
            xx.lane[l] = fmaf(weight * dx, dx, xx.lane[l]);
            yy.lane[l] = fmaf(weight * dy, dy, yy.lane[l]);
            tt.lane[l] = fmaf(weight * dt, dt, tt.lane[l]);
            ty.lane[l] = fmaf(weight * dt, dy, ty.lane[l]);
            x_min = fminf(x_min, weight > 0 ? w->throughput_kbps[slot] : INFINITY);
            x_max = fmaxf(x_max, weight > 0 ? w->throughput_kbps[slot] : 0);
            y_min = fminf(y_min, weight > 0 ? w->rtt_ms[slot] : INFINITY);
            y_max = fmaxf(y_max, weight > 0 ? w->rtt_ms[slot] : 0);
        }
    CHECK(w->samples == total);
    if (total == 0) return;
    float x_mean = halved(x) / total, y_mean = halved(y) / total, t_mean = halved(t) / total;
    float spread = fmaf(-t_mean, t_mean, halved(tt) / total);
    *out = (nenc_window_stats){
        x_mean + w->pivot_throughput_kbps,
        x_min,
        x_max,
        sqrtf(fmaxf(fmaf(-x_mean, x_mean, halved(xx) / total), 0)),
        y_mean + w->pivot_rtt_ms,
        y_min,
        y_max,
        sqrtf(fmaxf(fmaf(-y_mean, y_mean, halved(yy) / total), 0)),
        spread > 0 ? fmaf(-t_mean, y_mean, halved(ty) / total) / spread * 1e6f : 0,
        halved(loss) / total,
    };
}

static void bit_for_bit(void)
{
    uint64_t random = 3;
    for (int round = 0; round < 2000; round++) {
        nenc_window window = {0};
        int64_t now_ns = (int64_t)check_below(&random, 1u << 30);
        uint64_t count = check_below(&random, 200), gap = 1 + check_below(&random, (uint64_t)(60 * ms));
        for (uint64_t i = 0; i < count; i++) {
            now_ns += (int64_t)check_below(&random, gap);
            nenc_sample s = sample_at(now_ns, (uint32_t)(check_random(&random) >> (32 + check_below(&random, 32))),
                                      (float)(64000 * pow(check_uniform(&random), 20)), (float)check_uniform(&random));
            nenc_window_push(&window, &s);
        }
        nenc_window_stats got, expected;
        memset(&got, 0xff, sizeof got);
        nenc_dispatch_get()->window_stats(&window.soa, &got);
        masked_rows(&window.soa, &expected);
        CHECK(memcmp(&got, &expected, sizeof got) == 0);
    }
}

static void by_hand(void)
{
    nenc_window window = {0};
    const nenc_window_stats *stats = nenc_window_statistics(&window, nenc_window_stats_c);
    CHECK(stats->throughput_mean_kbps == 0 && stats->rtt_slope == 0 && stats->rtt_min_ms == 0);

    nenc_sample s = sample_at(0, 1000, 40, 0.25f);
    nenc_window_push(&window, &s);
    stats = nenc_window_statistics(&window, nenc_window_stats_c);
    CHECK(window.soa.samples == 1);
    CHECK(stats->throughput_mean_kbps == 1000 && stats->throughput_min_kbps == 1000 && stats->throughput_max_kbps == 1000);
    CHECK(stats->throughput_std_kbps == 0 && stats->rtt_std_ms == 0 && stats->rtt_slope == 0);
    CHECK(stats->rtt_mean_ms == 40 && stats->loss_mean == 0.25f);

    /* 40, 50, 60 ms at 0, 100, 200 ms: 100 ms per second, standard deviation sqrt(200/3). */
    s = sample_at(100 * ms, 2000, 50, 0);
    nenc_window_push(&window, &s);
    s = sample_at(200 * ms, 3000, 60, 0.5f);
    nenc_window_push(&window, &s);
    stats = nenc_window_statistics(&window, nenc_window_stats_c);
    CHECK(stats->throughput_mean_kbps == 2000 && stats->rtt_mean_ms == 50 && stats->loss_mean == 0.25f);
    CHECK_NEAR(stats->rtt_slope, 100, 1e-3);
    CHECK_NEAR(stats->rtt_std_ms, 8.16496581, 1e-5);

    /* The first leaves when it is exactly a second old. */
    nenc_window_expire(&window, 1000 * ms - 1);
    CHECK(window.soa.samples == 3);
    nenc_window_expire(&window, 1000 * ms);
    CHECK(window.soa.samples == 2);
    CHECK(nenc_window_statistics(&window, nenc_window_stats_c)->rtt_min_ms == 50);
    nenc_window_expire(&window, 5000 * ms);
    CHECK(window.soa.samples == 0);
    CHECK(nenc_window_statistics(&window, nenc_window_stats_c)->rtt_max_ms == 0);
}

/* 1000 samples within a second, the value of each its time in ms: whatever is merged, the mean is that of all of them and
 * the slope is still 1 ms per ms. */
static void more_than_slots_a_second(void)
{
    nenc_window window = {0};
    for (int i = 0; i < 3000; i++) {
        nenc_sample s = sample_at(i * ms, (uint32_t)i, (float)i, 0.5f);
        nenc_window_push(&window, &s);
        CHECK(window.used <= NENC_WINDOW_SLOTS);
    }
    const nenc_window_stats *stats = nenc_window_statistics(&window, nenc_window_stats_c);
    /* A slot whose mean time is a second old goes as a whole: a 60th of a second's worth of samples more or less. */
    CHECK(window.soa.samples >= 980 && window.soa.samples <= 1020);
    CHECK_NEAR(stats->throughput_mean_kbps, 2500, 20);
    CHECK_NEAR(stats->rtt_slope, 1000, 5);
    CHECK_NEAR(stats->loss_mean, 0.5, 1e-6);
    CHECK(stats->rtt_max_ms == 2999);
    CHECK(stats->rtt_min_ms <= 2040);
}

/* A gap of hours, then samples again: nothing of before is left and times have not lost their precision. */
static void long_silence(void)
{
    nenc_window window = {0};
    nenc_sample s = sample_at(0, 1, 1, 1);
    nenc_window_push(&window, &s);
    int64_t later = 40000 * (int64_t)1000 * ms;
    for (int i = 0; i < 3; i++) {
        s = sample_at(later + i * 50 * ms, 8, (float)i, 0);
        nenc_window_push(&window, &s);
    }
    const nenc_window_stats *stats = nenc_window_statistics(&window, nenc_window_stats_c);
    CHECK(window.soa.samples == 3);
    CHECK(stats->loss_mean == 0);
    CHECK_NEAR(stats->rtt_slope, 20, 1e-3);
}

/* Samples every 50 ms for over 2^32 microseconds: the slots' clock wraps. */
static void microseconds_wrap(void)
{
    nenc_window window = {0};
    for (int64_t i = 0; i < 90000; i++) {
        nenc_sample s = sample_at(i * 50 * ms, 8, (float)(i % 1000), 0);
        nenc_window_push(&window, &s);
        if (i % 1000 >= 20) CHECK_NEAR(nenc_window_statistics(&window, nenc_window_stats_c)->rtt_slope, 20, 0.01);
    }
}

static void layout(void)
{
    CHECK(sizeof(((nenc_window_soa *)0)->weight) == 64 * sizeof(float));
    CHECK(offsetof(nenc_window_soa, throughput_kbps) % 64 == 0);
    CHECK(offsetof(nenc_window_soa, rtt_ms) % 64 == 0);
    CHECK(offsetof(nenc_window_soa, loss) % 64 == 0);
    CHECK(offsetof(nenc_window_soa, time_us) % 64 == 0);
}

int main(void)
{
    layout();
    by_hand();
    against_brute_force(1, 50 * ms);
    against_brute_force(2, 25 * ms);
    against_brute_force(3, 400 * ms);
    more_than_slots_a_second();
    long_silence();
    microseconds_wrap();
    bit_for_bit();
    return CHECK_END();
}
