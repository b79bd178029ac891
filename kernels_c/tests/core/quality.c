/* quality.c - QP from latency, frame rate and rung from the rate: where they go, and that they do not flap. */
#include "core/qp.h"
#include "core/scheduler.h"

#include "check.h"

static const int64_t tick_ns = 1000000000 / 60;

/* The defaults are tuned elsewhere; what is checked here is written here. */
static nenc_config config_4k(void)
{
    nenc_config config;
    nenc_config_default(&config);
    config.queue_target_ns = 20e6;
    config.queue_high_ns = 80e6;
    config.shed_fps_min = 1;
    return config;
}

static float qp_after(nenc_qp *qp, const nenc_config *config, double delay_ms, double seconds)
{
    float value = 0;
    for (int i = 0; i < seconds * 60; i++) value = nenc_qp_step(qp, config, delay_ms, tick_ns);
    return value;
}

static void qp_follows_the_delay(void)
{
    nenc_config config = config_4k();
    nenc_qp qp;
    nenc_qp_init(&qp, &config);
    CHECK(nenc_qp_step(&qp, &config, 20, 0) == 25); /* it starts at qp_initial */
    CHECK(qp_after(&qp, &config, 0, 5) == 18);
    CHECK(qp_after(&qp, &config, -3, 5) == 18);
    CHECK(qp_after(&qp, &config, 20, 5) == 25);
    CHECK(qp_after(&qp, &config, 50, 5) == 38); /* half-way from 25 at 20 ms to 51 at 80 ms */
    CHECK(qp_after(&qp, &config, 80, 5) == 51);
    CHECK(qp_after(&qp, &config, 5000, 5) == 51);
    CHECK(qp_after(&qp, &config, 10, 10) == 22); /* 21.5 */
}

static void qp_is_fast_up_and_slow_down(void)
{
    nenc_config config = config_4k();
    nenc_qp qp;
    nenc_qp_init(&qp, &config);
    qp_after(&qp, &config, 0, 5);
    CHECK(qp_after(&qp, &config, 200, 0.25) < 51);
    CHECK(qp_after(&qp, &config, 200, 0.27) == 51);
    CHECK(qp_after(&qp, &config, 0, 1) > 43);
    CHECK(qp_after(&qp, &config, 0, 3) > 25);
    CHECK(qp_after(&qp, &config, 0, 2) == 18);
}

/* Delay that swings by 4 ms about a level swings the wish by under 2: the target stays where it is. */
static void qp_ignores_jitter(void)
{
    nenc_config config = config_4k();
    nenc_qp qp;
    nenc_qp_init(&qp, &config);
    float level = qp_after(&qp, &config, 40, 5);
    uint64_t random = 5;
    for (int i = 0; i < 6000; i++) CHECK(nenc_qp_step(&qp, &config, 40 + 4 * (2 * check_uniform(&random) - 1), tick_ns) == level);
}

static void qp_never_leaves_its_range(void)
{
    nenc_config config = config_4k();
    config.qp_min = 20, config.qp_initial = 30, config.qp_max = 40;
    nenc_qp qp;
    nenc_qp_init(&qp, &config);
    uint64_t random = 6;
    for (int i = 0; i < 20000; i++) {
        float value = nenc_qp_step(&qp, &config, 300 * check_uniform(&random) - 20, (int64_t)check_below(&random, 50000000));
        CHECK(value >= 20 && value <= 40 && value == (float)(int)value);
    }
}

/* A scheduler with its clock. */
typedef struct stage {
    nenc_config config;
    nenc_scheduler scheduler;
    nenc_state state;
    int64_t now_ns;
    int switches;
    int frame_steps;
} stage;

static stage begin(double height_max, double rate_start_bps)
{
    stage s = {.config = config_4k()};
    s.config.height_max = height_max;
    s.config.rate_start_bps = rate_start_bps;
    s.state.rate_bps = s.state.encode_bps = rate_start_bps;
    nenc_scheduler_init(&s.scheduler, &s.config, 0, &s.state);
    return s;
}

static void go(stage *s, double rate_bps, double encode_bps, double seconds)
{
    s->state.bounds = encode_bps < rate_bps ? NENC_BOUND_SHED : 0;
    s->state.rate_bps = rate_bps;
    s->state.encode_bps = encode_bps;
    for (int i = 0; i < seconds * 60; i++) {
        uint32_t rung = s->state.rung;
        float fps = s->state.fps;
        s->now_ns += tick_ns;
        nenc_scheduler_step(&s->scheduler, &s->config, s->now_ns, &s->state);
        s->switches += s->state.rung != rung;
        s->frame_steps += s->state.fps != fps;
    }
}

/* 0.02 bit per pixel and frame at 60 fps: 1440p from 4.4, 2160p from 10.0, 4320p from 39.8 Mbit/s. */
static void first_rung_from_the_start_rate(void)
{
    CHECK(begin(4320, 5e6).state.rung == 1440);
    CHECK(begin(4320, 9.9e6).state.rung == 1440);
    CHECK(begin(4320, 10e6).state.rung == 2160);
    CHECK(begin(4320, 39.7e6).state.rung == 2160);
    CHECK(begin(4320, 40e6).state.rung == 4320);
    CHECK(begin(2160, 120e6).state.rung == 2160);
    CHECK(begin(1440, 120e6).state.rung == 1440);
    CHECK(begin(1080, 5e6).state.rung == 1080);
    CHECK(begin(4320, 5e6).state.fps == 60);
}

static void rungs_up_and_down(void)
{
    stage s = begin(4320, 5e6);
    go(&s, 50e6, 50e6, 1.9);
    CHECK(s.state.rung == 1440); /* two seconds have not passed */
    go(&s, 50e6, 50e6, 0.2);
    CHECK(s.state.rung == 4320);
    go(&s, 33e6, 33e6, 10);
    CHECK(s.state.rung == 4320); /* 0.0166 bit per pixel holds it */
    go(&s, 31e6, 31e6, 0.02);
    CHECK(s.state.rung == 2160); /* 0.0156 does not, at once */
    go(&s, 38e6, 38e6, 10);
    CHECK(s.state.rung == 2160); /* 0.0191 does not enter it again */
    go(&s, 2e6, 2e6, 0.02);
    CHECK(s.state.rung == 1080);
    CHECK(s.switches == 3 && s.state.fps == 60);
}

/* A rate that swings by 10 % about the edge switches once. */
static void rungs_do_not_flap(void)
{
    stage s = begin(4320, 36e6);
    uint64_t random = 7;
    for (int i = 0; i < 600; i++) {
        double rate = 40e6 * (0.9 + 0.2 * check_uniform(&random));
        go(&s, rate, rate, 0.1);
    }
    CHECK(s.switches == 1 && s.state.rung == 4320);
}

static void sheds_at_once_and_comes_back_smoothly(void)
{
    stage s = begin(2160, 20e6);
    go(&s, 20e6, 20e6, 3);
    CHECK(s.state.rung == 2160 && s.state.fps == 60);
    go(&s, 5e6, 0.5e6, 0.02);
    CHECK(s.state.rung == 1080);
    CHECK_NEAR(s.state.fps, 6, 1e-6);
    go(&s, 5e6, 0.01e6, 0.02);
    CHECK_NEAR(s.state.fps, 1, 1e-6); /* shed_fps_min */
    s.frame_steps = 0;
    float before = s.state.fps;
    for (int i = 0; i < 180; i++) {
        go(&s, 5e6, 5e6, 1.0 / 60);
        CHECK(s.state.fps >= before && s.state.fps <= 2.1f * before);
        before = s.state.fps;
    }
    CHECK(s.state.fps == 60);
    CHECK(s.frame_steps >= 10);
    go(&s, 20e6, 20e6, 3);
    CHECK(s.state.rung == 2160);
}

/* What is shed swings by 5 % about a step: the frame rate settles on one side of it. */
static void frame_rate_does_not_flap(void)
{
    stage s = begin(2160, 5e6);
    go(&s, 5e6, 1e6, 1);
    s.frame_steps = 0;
    uint64_t random = 8;
    for (int i = 0; i < 600; i++) go(&s, 5e6, 1e6 * (0.95 + 0.1 * check_uniform(&random)), 0.1);
    CHECK(s.frame_steps <= 1);
    CHECK(s.state.fps >= 9 && s.state.fps <= 12);
}

static void any_rate_gives_legal_answers(void)
{
    stage s = begin(4320, 5e6);
    uint64_t random = 9;
    for (int i = 0; i < 5000; i++) {
        double rate = 5e6 + 115e6 * check_uniform(&random);
        go(&s, rate, check_below(&random, 2) ? rate : rate * check_uniform(&random) + 1, 0.05);
        CHECK(s.state.fps >= 1 && s.state.fps <= 60);
        CHECK(s.state.rung == 1080 || s.state.rung == 1440 || s.state.rung == 2160 || s.state.rung == 4320);
    }
}

int main(void)
{
    qp_follows_the_delay();
    qp_is_fast_up_and_slow_down();
    qp_ignores_jitter();
    qp_never_leaves_its_range();
    first_rung_from_the_start_rate();
    rungs_up_and_down();
    rungs_do_not_flap();
    sheds_at_once_and_comes_back_smoothly();
    frame_rate_does_not_flap();
    any_rate_gives_legal_answers();
    return CHECK_END();
}
