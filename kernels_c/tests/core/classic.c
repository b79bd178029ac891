/* classic.c - the classic law, iteration by iteration, against the same arithmetic written out here. */
#include "core/tfrc.h"
#include "nenc/nenc.h"

#include "check.h"

static const int64_t ms = 1000000, tick_ns = 1000000000 / 60;

static AdaptiveEncoder *create(double kp, double ki, double kd)
{
    nenc_config config;
    nenc_config_default(&config);
    config.law = NENC_LAW_CLASSIC;
    config.kp = kp, config.ki = ki, config.kd = kd;
    AdaptiveEncoder *enc = nenc_create(&config, 0, NULL);
    if (!enc) exit(EXIT_FAILURE);
    return enc;
}

static void record(AdaptiveEncoder *enc, int64_t time_ns, uint32_t kbps, float rtt_ms, float loss)
{
    nenc_sample sample = {time_ns, kbps, rtt_ms, loss, NAN, NAN, NAN};
    CHECK(nenc_record(enc, &sample) == NENC_OK);
}

static double clamp(double x) { return x < 5e6 ? 5e6 : x > 120e6 ? 120e6 : x; }

/* Without loss the target is the upper limit. error = 100 (120 - 5) / 5 = 2300 %; Kp 0.01 makes that 23 %: 6.15 Mbit/s. */
static void first_iteration_by_hand(void)
{
    AdaptiveEncoder *enc = create(0.01, 0, 0);
    nenc_state state;
    record(enc, 10 * ms, 4900, 40, 0);
    nenc_step(enc, tick_ns, &state);
    CHECK_NEAR(state.rate_bps, 6.15e6, 1e-3);
    CHECK_NEAR(state.error, 23, 1e-9);
    CHECK_NEAR(state.anchor_bps * (1 + state.p + state.i + state.d), state.rate_bps, 1e-3);
    CHECK(state.tfrc_bps == INFINITY && !(state.bounds & NENC_BOUND_TFRC));
    nenc_destroy(enc);
}

/* The law of the original program: Kp*error + Ki*sum(error) + Kd*(error - last), in percent of the current rate. */
static void as_written(void)
{
    const double kp = 0.02, ki = 0.0004, kd = 0.05;
    AdaptiveEncoder *enc = create(kp, ki, kd);
    double rate = 5e6, sum = 0, last = 0;
    nenc_tfrc tfrc;
    nenc_tfrc_init(&tfrc);
    int bounded = 0, at_limit = 0;
    for (int tick = 1; tick <= 1200; tick++) {
        nenc_state state;
        if (tick % 3 == 0) {
            nenc_sample sample = {
                tick * tick_ns, 30000, tick < 600 ? 40 : 80, tick > 300 && tick % 90 == 0 ? 0.02f : 0, NAN, NAN, NAN};
            CHECK(nenc_record(enc, &sample) == NENC_OK);
            nenc_tfrc_sample(&tfrc, 1200, &sample);
        }
        nenc_step(enc, tick * tick_ns, &state);
        if (tick < 3) {
            CHECK(state.rate_bps == 5e6);
            continue;
        }
        double p = nenc_tfrc_loss_event_rate(&tfrc);
        double target = clamp(0.85 * nenc_tfrc_rate_bps(1200, state.rtt_mean_ms * 1e-3, p));
        double error = (target - rate) / rate * 100;
        sum += error;
        double adjust = kp * error + ki * sum + kd * (error - last);
        last = error;
        rate = clamp(rate + rate * adjust / 100);
        CHECK_NEAR(state.rate_bps, rate, 1e-6 * rate);
        CHECK(state.encode_bps == state.rate_bps);
        CHECK(!!(state.bounds & NENC_BOUND_TFRC) == (target < 120e6));
        CHECK(!!(state.bounds & NENC_BOUND_MAX) == (rate == 120e6));
        CHECK(!!(state.bounds & NENC_BOUND_MIN) == (rate == 5e6));
        bounded += target < 120e6;
        at_limit += rate == 120e6;
    }
    CHECK(bounded > 100 && at_limit > 100);
    nenc_destroy(enc);
}

/* Without a sample for over a second, the law goes on with what it last knew. */
static void goes_on_blind(void)
{
    AdaptiveEncoder *enc = create(0.01, 0, 0);
    nenc_state state;
    record(enc, 10 * ms, 4900, 40, 0);
    for (int tick = 1; tick <= 600; tick++) nenc_step(enc, tick * tick_ns, &state);
    CHECK(state.samples == 0 && state.rate_bps > 119e6);
    nenc_destroy(enc);
}

/* In the steady state new gains of any size move nothing. */
static void gains_change_without_a_bump(void)
{
    const double p = 0.0002; /* a loss event every 5000 packets */
    AdaptiveEncoder *enc = create(0.05, 0.01, 0.01);
    nenc_state state = {0};
    int64_t now = 0;
    for (int tick = 1; tick <= 6000; tick++) {
        now = tick * tick_ns;
        /* 60 Mbit/s are 6250 packets a second: loss once in 0.8 s, always in the same place, gives a constant p. */
        if (tick % 3 == 0) record(enc, now, 60000, 40, tick % 48 == 0 ? 0.0001f : 0);
        nenc_step(enc, now, &state);
    }
    CHECK_NEAR(state.loss_event_rate, p, 0.01 * p);
    double before = state.rate_bps;
    CHECK_NEAR(before, 0.85 * state.tfrc_bps, 0.01 * before);
    static const double sets[][3] = {{1, 0.5, 0.5}, {0.01, 0, 0}, {0.5, 0.001, 1}};
    for (int i = 0; i < 3; i++) {
        CHECK(nenc_set_gains(enc, sets[i][0], sets[i][1], sets[i][2]) == NENC_OK);
        now += tick_ns;
        nenc_step(enc, now, &state);
        CHECK_NEAR(state.rate_bps, before, 0.01 * before);
    }
    nenc_destroy(enc);
}

int main(void)
{
    first_iteration_by_hand();
    as_written();
    goes_on_blind();
    gains_change_without_a_bump();
    return CHECK_END();
}
