/* production.c - the production law on a fluid path: it converges, it learns, it lets go, and it never leaves its range. */
#include "check.h"
#include "core/pid.h"
#include "nenc/nenc.h"

static const int64_t ms = 1000000, s = 1000000000;

/* A queue before a link, the control loop around it, and a feedback sample every 50 ms. What is sent arrives rtt later. */
typedef struct path {
    AdaptiveEncoder *enc;
    int64_t now_ns;
    int64_t sample_ns;
    double capacity_bps;
    double base_ms;
    double queue_s;
    double limit_s; /* of the queue */
    double loss;    /* random */
    double sent_bps[512]; /* by tick, a ring: 8 s */
    unsigned ticks;
    nenc_state state;
} path;

static path start(double capacity_bps, double base_ms)
{
    nenc_config config;
    nenc_config_default(&config);
    path p = {.capacity_bps = capacity_bps, .base_ms = base_ms, .limit_s = 0.3};
    p.enc = nenc_create(&config, 0, NULL);
    if (!p.enc) exit(EXIT_FAILURE);
    return p;
}

static void check_range(const nenc_state *state)
{
    CHECK(isfinite(state->rate_bps) && state->rate_bps >= 5e6 && state->rate_bps <= 120e6);
    CHECK(isfinite(state->encode_bps) && state->encode_bps >= 5e6 * 8 / 60 - 1 && state->encode_bps <= state->rate_bps);
    CHECK(isfinite(state->p) && isfinite(state->i) && isfinite(state->d) && isfinite(state->error));
    CHECK(isfinite(state->delivered_bps) && isfinite(state->capacity_bps) && isfinite(state->anchor_bps));
    CHECK(!isnan(state->tfrc_bps) && isfinite(state->queue_delay_ms) && isfinite(state->base_rtt_ms));
}

/* until_ns of simulated time; feedback = 0: none arrives. */
static void run(path *p, int64_t until_ns, int feedback)
{
    const int64_t tick = s / 60;
    for (; p->now_ns < until_ns; p->now_ns += tick) {
        nenc_step(p->enc, p->now_ns, &p->state);
        check_range(&p->state);
        p->sent_bps[p->ticks++ % 512] = p->state.encode_bps;
        const unsigned late = (unsigned)(p->base_ms * 1e6 / (double)tick) + 1;
        const double arriving = p->ticks > late ? p->sent_bps[(p->ticks - 1 - late) % 512] : 0.0;
        const double full = p->queue_s > 0.0 || arriving > p->capacity_bps;
        const double delivered = full ? p->capacity_bps : arriving;
        double over = 0.0;
        if (p->capacity_bps > 0.0) p->queue_s += (arriving / p->capacity_bps - 1.0) / 60.0;
        if (p->queue_s < 0.0) p->queue_s = 0.0;
        if (p->queue_s > p->limit_s) {
            over = (arriving - p->capacity_bps) / arriving;
            p->queue_s = p->limit_s;
        }
        if (!feedback || p->now_ns - p->sample_ns < 50 * ms || arriving <= 0.0) continue;
        const double lost = over + p->loss - over * p->loss;
        nenc_sample sample = {.time_ns = p->now_ns,
                              .throughput_kbps = (uint32_t)(delivered * (1.0 - p->loss) / 1e3),
                              .rtt_ms = (float)(p->base_ms + 1e3 * p->queue_s),
                              .loss = (float)(lost > 0.0 ? lost : 0.0),
                              .owd_ms = NAN,
                              .ecn = NAN,
                              .bytes_in_flight = NAN};
        CHECK(nenc_record(p->enc, &sample) == NENC_OK);
        p->sample_ns = p->now_ns;
    }
}

static int near(double x, double of) { return x > 0.8 * of && x < 1.05 * of; }

static void settles_whatever_the_rtt(void)
{
    const double rtts[] = {5, 20, 50, 100, 200, 500};
    for (size_t i = 0; i < sizeof rtts / sizeof *rtts; i++) {
        path p = start(48e6, rtts[i]);
        run(&p, rtts[i] < 500 ? 7 * s : 12 * s, 1);
        int inside = 0, looks = 0;
        for (int64_t t = p.now_ns; t < 40 * s; t += s / 5) {
            run(&p, t, 1);
            inside += near(p.state.rate_bps, 48e6);
            looks++;
        }
        CHECK(inside >= 0.95 * looks);
        CHECK(p.queue_s < 0.08);
        nenc_destroy(p.enc);
    }
}

static void a_lost_capacity_is_let_go_at_once(void)
{
    path p = start(1e9, 40);
    run(&p, 60 * s, 1); /* long at its maximum: nothing may have wound up */
    CHECK(p.state.rate_bps == 120e6);
    p.capacity_bps = 48e6;
    run(&p, 60 * s + 400 * ms, 1);
    CHECK(p.state.rate_bps < 48e6);
    run(&p, 65 * s, 1);
    CHECK(near(p.state.rate_bps, 48e6) && p.queue_s < 0.08);
    nenc_destroy(p.enc);
}

static void a_longer_path_is_not_a_queue(void)
{
    path p = start(48e6, 20);
    run(&p, 20 * s, 1);
    p.base_ms = 200;
    run(&p, 26 * s, 1);
    CHECK(fabs(p.state.base_rtt_ms - 200.0) < 5.0);
    run(&p, 30 * s, 1);
    CHECK(near(p.state.rate_bps, 48e6));
    nenc_destroy(p.enc);
}

static void without_feedback_it_goes_quiet_and_comes_back(void)
{
    path p = start(48e6, 40);
    run(&p, 10 * s, 1);
    run(&p, 11 * s, 0);
    CHECK(p.state.bounds & NENC_BOUND_STALE);
    CHECK(p.state.rate_bps == 5e6);
    run(&p, 13 * s, 0);
    CHECK((p.state.bounds & NENC_BOUND_SHED) && p.state.encode_bps < 1e6 && p.state.fps < 10);
    run(&p, 17 * s, 1);
    CHECK(near(p.state.rate_bps, 48e6) && !(p.state.bounds & NENC_BOUND_SHED));
    nenc_destroy(p.enc);
}

static void random_loss_is_not_congestion(void)
{
    path p = start(1e9, 40);
    p.loss = 0.2;
    run(&p, 20 * s, 1);
    CHECK(p.state.rate_bps > 100e6);
    nenc_destroy(p.enc);
}

/* Reports of nothing while the delay grows made an operating point of zero once, and a NaN of everything after it. */
static void reports_of_nothing_are_survived(void)
{
    for (uint32_t kbps = 0; kbps < 3; kbps++) {
        path p = start(48e6, 40);
        for (int i = 0; i < 60; i++) {
            run(&p, i * 50 * ms, 0);
            nenc_sample sample = {.time_ns = p.now_ns, .throughput_kbps = kbps, .rtt_ms = (float)(40 + 2 * i)};
            CHECK(nenc_record(p.enc, &sample) == NENC_OK);
        }
        run(&p, 20 * s, 1);
        CHECK(near(p.state.rate_bps, 48e6));
        nenc_destroy(p.enc);
    }
}

/* Any legal samples at all, in any order: the rate stays in its range and every figure is a number (check_range). */
static void nothing_but_numbers(void)
{
    for (uint64_t seed = 0; seed < 60; seed++) {
        path p = start(48e6, 40);
        uint64_t random = seed;
        for (int i = 0; i < 1500; i++) {
            double u[5];
            for (int k = 0; k < 5; k++) u[k] = check_uniform(&random);
            run(&p, p.now_ns + (int64_t)(u[0] < 0.02 ? 3e9 : u[0] * 60e6), 0);
            nenc_sample sample = {.time_ns = p.now_ns,
                                  .throughput_kbps = u[1] < 0.2 ? 0 : (uint32_t)(u[1] * u[1] * (u[4] < 0.01 ? 4e9 : 2e5)),
                                  .rtt_ms = (float)(u[2] < 0.05 ? 0.0 : u[2] * (u[4] > 0.99 ? 1e9 : 400.0)),
                                  .loss = (float)(u[3] < 0.6    ? 0.0
                                                  : u[3] > 0.95 ? 1.0
                                                                : u[3] - 0.6)};
            CHECK(nenc_record(p.enc, &sample) == NENC_OK);
        }
        nenc_destroy(p.enc);
    }
}

/* pid.h by hand: kp 0.5, ki 0.25, kd 2, derivative filter of 100 ms, dead time 0.2 s. */
static void terms_by_hand(void)
{
    nenc_config config;
    nenc_config_default(&config);
    config.kp = 0.5, config.ki = 0.25, config.kd = 2.0, config.derivative_ns = 100e6;
    nenc_pid pid = {0};
    nenc_pid_anchor(&pid, 10e6);
    nenc_pid_measure(&pid, 0.010, 0.030, 0.0);
    nenc_pid_step_c(&pid, &config, 0.2, 0.0);
    CHECK(fabs(pid.error - 0.1) < 1e-12 && fabs(pid.p - 0.05) < 1e-12 && pid.d == 0.0 && pid.i == 0.0);
    /* 0.1 s later: slope (0.02 - 0.01) / 0.1 through a filter that takes half of it in its own time constant. The first of
     * two measurements in one tick leaves its time and nothing else. */
    nenc_pid_measure(&pid, 0.090, 0.010, 0.06);
    nenc_pid_measure(&pid, 0.020, 0.030, 0.04);
    nenc_pid_step_c(&pid, &config, 0.2, 0.0);
    CHECK(fabs(pid.p - 0.025) < 1e-12 && fabs(pid.d + 2.0 * 0.05) < 1e-12);
    const double d = pid.d;
    nenc_pid_measure(&pid, 0.020, 0.000, 0.0); /* the set point jumps: no kick */
    const double rate = nenc_pid_step_c(&pid, &config, 0.2, 0.1); /* i += ki * -0.1 * (0.1 / 0.2) */
    CHECK(pid.d == d && fabs(pid.p + 0.05) < 1e-12);
    CHECK(fabs(pid.i + 0.0125) < 1e-12 && fabs(rate - 10e6 * (1.0 - 0.05 - 0.0125 - 0.1)) < 1e-3);
    nenc_pid_track(&pid, 5e6);
    CHECK(fabs(10e6 * (1.0 + pid.p + pid.i + pid.d) - 5e6) < 1e-6);
}

int main(void)
{
    terms_by_hand();
    settles_whatever_the_rtt();
    a_lost_capacity_is_let_go_at_once();
    a_longer_path_is_not_a_queue();
    without_feedback_it_goes_quiet_and_comes_back();
    random_loss_is_not_congestion();
    reports_of_nothing_are_survived();
    nothing_but_numbers();
    return CHECK_END();
}
