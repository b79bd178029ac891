/* tfrc.c - the equation against worked numbers, the loss-event rate against sequences done by hand. */
#include "core/tfrc.h"

#include "check.h"

static const int64_t ms = 1000000;

/* X_Bps = s / (R f(p)), f(p) = sqrt(2p/3) + 12 sqrt(3p/8) p (1 + 32 p^2), computed elsewhere with 50 decimal digits. By hand
 * for p = 0.01: f = 0.0816497 + 12 * 0.0612372 * 0.01 * 1.0032 = 0.0890217; 1460 B / (0.1 s * f) = 164 005 B/s. */
static void equation(void)
{
    static const struct {
        double packet, rtt_s, p, bytes_per_s;
    } rows[] = {
        {1200, 0.04, 0.000001, 36742015.463608}, {1200, 0.04, 0.0001, 3670930.7754197}, {1200, 0.04, 0.005, 497222.33709716},
        {1460, 0.1, 0.01, 164005.06216997},      {1000, 0.02, 0.05, 184294.26564777},   {1200, 0.5, 0.2, 1287.7489596516},
        {1200, 0.04, 1, 123.29646356291},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_NEAR(nenc_tfrc_rate_bps(rows[i].packet, rows[i].rtt_s, rows[i].p), 8 * rows[i].bytes_per_s,
                   8 * rows[i].bytes_per_s * 1e-9);
    CHECK(nenc_tfrc_rate_bps(1200, 0.04, 0) == INFINITY);
    CHECK(nenc_tfrc_rate_bps(1200, 0, 0.1) == INFINITY);
    CHECK(nenc_tfrc_rate_bps(1200, 0.04, NAN) == INFINITY);
    CHECK(nenc_tfrc_rate_bps(1200, 0.04, 7) == nenc_tfrc_rate_bps(1200, 0.04, 1));
}

/* Reports of 100 packets every 100 ms, rtt 50 ms. */
static int64_t quiet(nenc_tfrc *tfrc, int64_t now, int reports)
{
    for (int i = 0; i < reports; i++) nenc_tfrc_update(tfrc, now += 100 * ms, 0.05, 100, 0);
    return now;
}

static int64_t loses_one(nenc_tfrc *tfrc, int64_t now)
{
    nenc_tfrc_update(tfrc, now + 100 * ms, 0.05, 100, 1);
    return now + 100 * ms;
}

static void no_loss_no_bound(void)
{
    nenc_tfrc tfrc;
    nenc_tfrc_init(&tfrc);
    quiet(&tfrc, 0, 100);
    CHECK(nenc_tfrc_loss_event_rate(&tfrc) == 0);
}

/* Section 6.3.1: the first interval is 1/p for the p that gives the rate so far: 1000 packets/s, 50 packets per round trip.
 * f(p) = 1/50 at p = 5.93640e-4. */
static void first_interval_is_synthetic(void)
{
    nenc_tfrc tfrc;
    nenc_tfrc_init(&tfrc);
    int64_t now = quiet(&tfrc, 0, 20);
    loses_one(&tfrc, now);
    double p = nenc_tfrc_loss_event_rate(&tfrc);
    double rate = nenc_tfrc_rate_bps(1000, 0.05, p);
    CHECK_NEAR(rate, 8 * 1000 * 1000, 0.05 * 8e6);
    CHECK_NEAR(p, 5.93640e-4, 0.002 * 5.93640e-4);
}

/* The first packet of all is lost: 0.5 packets per round trip. */
static void lost_from_the_start(void)
{
    nenc_tfrc tfrc;
    nenc_tfrc_init(&tfrc);
    nenc_tfrc_update(&tfrc, 0, 0.05, 1, 1);
    double rate = nenc_tfrc_rate_bps(1000, 0.05, nenc_tfrc_loss_event_rate(&tfrc));
    CHECK_NEAR(rate, 8 * 1000 * 0.5 / 0.05, 0.05 * 8 * 1000 * 0.5 / 0.05);
}

/* One lost packet per 10 reports: every interval is 1000 packets. After nine events the synthetic one is forgotten. Then
 * 4000 packets without loss: I_0 = 4050 counts as soon as it raises the mean (section 5.4):
 * (4050 + 1000 * (1+1+1+.8+.6+.4+.2)) / 6 = (4050 + 5000) / 6. */
static void weights_and_open_interval(void)
{
    nenc_tfrc tfrc;
    nenc_tfrc_init(&tfrc);
    int64_t now = 0;
    for (int event = 0; event < 9; event++) now = loses_one(&tfrc, quiet(&tfrc, now, 9));
    CHECK_NEAR(nenc_tfrc_loss_event_rate(&tfrc), 1e-3, 1e-12);
    now = quiet(&tfrc, now, 9);
    CHECK_NEAR(nenc_tfrc_loss_event_rate(&tfrc), 1e-3, 1e-12); /* I_0 = 950 would lower the mean and does not count */
    now = quiet(&tfrc, now, 31);
    CHECK_NEAR(nenc_tfrc_loss_event_rate(&tfrc), 6.0 / 9050, 1e-12);

    /* It closes at 5000: the intervals are now 5000 and seven of 1000. One more of 1000 and 5000 moves to I_2, weight 1;
     * four more and it is I_6, weight .6. */
    now = loses_one(&tfrc, quiet(&tfrc, now, 9));
    CHECK_NEAR(nenc_tfrc_loss_event_rate(&tfrc), 6.0 / (5000 + 5000), 1e-12);
    now = loses_one(&tfrc, quiet(&tfrc, now, 9));
    CHECK_NEAR(nenc_tfrc_loss_event_rate(&tfrc), 6.0 / 10000, 1e-12);
    for (int event = 0; event < 4; event++) now = loses_one(&tfrc, quiet(&tfrc, now, 9));
    CHECK_NEAR(nenc_tfrc_loss_event_rate(&tfrc), 6.0 / (5000 * 0.6 + 1000 * 5.4), 1e-12);
}

/* Every packet of every report lost, or one of ten: with rtt = 200 ms there is still one event per round trip, that is one
 * every third report of 100 ms (the rule is T_old + R >= T_new, so 200 ms after the event still belong to it). */
static void one_event_per_round_trip(double lost)
{
    nenc_tfrc tfrc;
    nenc_tfrc_init(&tfrc);
    nenc_tfrc_update(&tfrc, 0, 0.2, 100, 0);
    for (int report = 1; report <= 300; report++) nenc_tfrc_update(&tfrc, report * 100 * ms, 0.2, 100, lost);
    double interval = 1 / nenc_tfrc_loss_event_rate(&tfrc);
    CHECK(interval >= 200 && interval <= 300);
}

/* A report that spans many round trips holds many events: 5000 packets/s, 1 % lost evenly, rtt 5 ms, a report a second.
 * 50 lost a second are 20 ms apart, each an event of its own: p = 1 %. */
static void report_longer_than_the_rtt(void)
{
    nenc_tfrc tfrc;
    nenc_tfrc_init(&tfrc);
    for (int report = 0; report < 10; report++) nenc_tfrc_update(&tfrc, report * 1000 * ms, 0.005, 5000, 50);
    CHECK_NEAR(nenc_tfrc_loss_event_rate(&tfrc), 0.01, 1e-4);
}

/* The counts follow from a sample: 9600 kbit/s for 100 ms at 1200 B are 100 packets received; 50 % loss: 100 lost. */
static void from_samples(void)
{
    nenc_tfrc tfrc;
    nenc_tfrc_init(&tfrc);
    nenc_sample sample = {.throughput_kbps = 9600, .rtt_ms = 50};
    nenc_tfrc_sample(&tfrc, 1200, &sample);
    CHECK(tfrc.packets == 0);
    sample.time_ns = 100 * ms;
    nenc_tfrc_sample(&tfrc, 1200, &sample);
    CHECK_NEAR(tfrc.packets, 100, 1e-9);
    CHECK(nenc_tfrc_loss_event_rate(&tfrc) == 0);
    sample.time_ns = 200 * ms;
    sample.loss = 0.5f;
    nenc_tfrc_sample(&tfrc, 1200, &sample);
    CHECK_NEAR(tfrc.packets, 300, 1e-9);
    CHECK(nenc_tfrc_loss_event_rate(&tfrc) > 0);
    sample.time_ns = 300 * ms;
    sample.loss = 1;
    sample.throughput_kbps = 0;
    nenc_tfrc_sample(&tfrc, 1200, &sample);
    CHECK_NEAR(tfrc.packets, 301, 1e-9);
    CHECK(nenc_tfrc_loss_event_rate(&tfrc) <= 1);
}

/* Nothing that may come in makes p anything but a probability. */
static void random_reports(void)
{
    uint64_t random = 4;
    for (int round = 0; round < 200; round++) {
        nenc_tfrc tfrc;
        nenc_tfrc_init(&tfrc);
        int64_t now = (int64_t)(check_random(&random) >> 2) - ((int64_t)1 << 61);
        for (int i = 0; i < 200; i++) {
            now += (int64_t)check_below(&random, UINT64_C(1) << check_below(&random, 36));
            nenc_sample sample = {
                .time_ns = now,
                .throughput_kbps = (uint32_t)(check_random(&random) >> (32 + check_below(&random, 32))),
                .rtt_ms = check_below(&random, 5) ? (float)(1000 * check_uniform(&random)) : 0,
                .loss = check_below(&random, 3) ? 0 : (float)check_below(&random, 11) / 10,
            };
            nenc_tfrc_sample(&tfrc, 1200, &sample);
            double p = nenc_tfrc_loss_event_rate(&tfrc);
            CHECK(p >= 0 && p <= 1);
            CHECK(nenc_tfrc_rate_bps(1200, 0.04, p) > 0);
        }
    }
}

int main(void)
{
    equation();
    no_loss_no_bound();
    first_interval_is_synthetic();
    lost_from_the_start();
    weights_and_open_interval();
    one_event_per_round_trip(100);
    one_event_per_round_trip(10);
    report_longer_than_the_rtt();
    from_samples();
    random_reports();
    return CHECK_END();
}
