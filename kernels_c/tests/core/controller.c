/* controller.c - the core under its table: decides as nenc_step does, and says what is wrong with a knob. */
#include "nenc/controller.h"
#include "check.h"

#include <math.h>
#include <string.h>

static const int64_t tick_ns = 1000000000 / 60;

static nenc_controller_config ordinary(void)
{
    return (nenc_controller_config){
        .size = sizeof(nenc_controller_config),
        .tick_ns = tick_ns,
        .rate_min_bps = 5e6,
        .rate_max_bps = 120e6,
        .rate_start_bps = 8e6,
        .fps_max = 60,
        .height_max = 2160,
        .packet_bytes = 1200,
    };
}

static nenc_sample sample_at(int64_t now_ns, int tick)
{
    return (nenc_sample){.time_ns = now_ns,
                         .throughput_kbps = 20000 + 10 * (uint32_t)(tick % 200),
                         .rtt_ms = 40 + (float)(tick % 77),
                         .loss = tick % 90 < 3 ? 0.2f : 0,
                         .owd_ms = NAN,
                         .ecn = NAN,
                         .bytes_in_flight = NAN};
}

static void decides_as_the_core(void)
{
    nenc_config config;
    nenc_config_default(&config);
    config.rate_start_bps = 8e6;
    config.kp = 0.7;
    AdaptiveEncoder *core = nenc_create(&config, 5000, NULL);

    const nenc_controller_knob knob = {"kp", 0.7};
    nenc_controller_config same = ordinary();
    same.now_ns = 5000;
    same.knobs = &knob;
    same.knob_count = 1;
    char why[64] = "";
    void *other = nenc_controller_v1.create(&same, why, sizeof why);
    CHECK(core && other && why[0] == 0);
    for (int tick = 1; core && other && tick < 3000; tick++) {
        int64_t now_ns = 5000 + tick * tick_ns;
        nenc_sample sample = sample_at(now_ns, tick);
        if (tick % 3 == 0) nenc_record(core, &sample), nenc_controller_v1.record(other, &sample);
        nenc_state state;
        nenc_decision decision = {.size = sizeof decision};
        CHECK(nenc_step(core, now_ns, &state) > 0);
        CHECK(nenc_controller_v1.step(other, now_ns, &decision) == 0);
        CHECK(decision.rate_bps == state.rate_bps && decision.encode_bps == state.encode_bps);
        CHECK(decision.qp == state.qp && decision.fps == state.fps && decision.rung == state.rung);
        CHECK(decision.p == state.p && decision.i == state.i && decision.d == state.d && decision.error == state.error);
        CHECK(decision.anchor_bps == state.anchor_bps && decision.capacity_bps == state.capacity_bps);
        CHECK(decision.delivered_bps == state.delivered_bps && decision.tfrc_bps == state.tfrc_bps);
        CHECK(decision.queue_delay_ms == state.queue_delay_ms && decision.base_rtt_ms == state.base_rtt_ms);
        CHECK(decision.bounds == state.bounds);
    }
    nenc_destroy(core);
    nenc_controller_v1.destroy(other);
}

static void says_what_is_wrong(void)
{
    const struct {
        nenc_controller_knob knob;
        const char *why;
    } wrong[] = {
        {{"kpp", 1}, "kpp = 1: unknown setting, or out of range"},
        {{"kp", -1}, "kp = -1: unknown setting, or out of range"},
        {{"bitrate_step", NAN}, "bitrate_step = "},
        {{"qp_min", 51}, "qp_initial is inconsistent with the other values"},
        {{"height_max", 1100}, "height_max is inconsistent with the other values"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        nenc_controller_config config = ordinary();
        config.knobs = &wrong[i].knob;
        config.knob_count = 1;
        char why[128] = "";
        CHECK(nenc_controller_v1.create(&config, why, sizeof why) == NULL);
        CHECK(strncmp(why, wrong[i].why, strlen(wrong[i].why)) == 0);
        char brief[8] = "xxxxxxx";
        CHECK(nenc_controller_v1.create(&config, brief, 4) == NULL);
        CHECK(strlen(brief) == 3 && brief[4] == 'x'); /* no further than it was allowed to */
    }
}

static void takes_gains_and_time(void)
{
    nenc_controller_config config = ordinary();
    char why[64] = "";
    void *self = nenc_controller_v1.create(&config, why, sizeof why);
    if (!self) exit(EXIT_FAILURE);
    CHECK(nenc_controller_v1.set_gains(self, NAN, NAN, NAN) == 0);
    CHECK(nenc_controller_v1.set_gains(self, 0.5, NAN, 0) == 0);
    CHECK(nenc_controller_v1.set_gains(self, -1, NAN, NAN) != 0);
    CHECK(nenc_controller_v1.set_gains(self, NAN, INFINITY, NAN) != 0);
    nenc_decision decision = {.size = sizeof decision};
    CHECK(nenc_controller_v1.step(self, tick_ns, &decision) == 0);
    CHECK(nenc_controller_v1.step(self, 0, &decision) == NENC_ERANGE);
    nenc_controller_v1.destroy(self);
}

static void is_the_table_of_the_header(void)
{
    CHECK(nenc_controller_v1.abi_version == NENC_CONTROLLER_ABI);
    CHECK(nenc_controller_v1.size == sizeof(struct nenc_controller_v1));
    CHECK(strcmp(nenc_controller_v1.version, nenc_version()) == 0);
}

/* One gain a call, all before the first step: what NaN leaves is what the call before has set. */
static void leaves_what_was_just_set(void)
{
    const double kp = 0.9, ki = 0.4, kd = 0.1;
    nenc_controller_config config = ordinary();
    char why[64] = "";
    void *one_by_one = nenc_controller_v1.create(&config, why, sizeof why);
    void *together = nenc_controller_v1.create(&config, why, sizeof why);
    if (!one_by_one || !together) exit(EXIT_FAILURE);
    CHECK(nenc_controller_v1.set_gains(one_by_one, kp, NAN, NAN) == 0);
    CHECK(nenc_controller_v1.set_gains(one_by_one, NAN, ki, NAN) == 0);
    CHECK(nenc_controller_v1.set_gains(one_by_one, NAN, NAN, -1) != 0); /* refused: the rest stays */
    CHECK(nenc_controller_v1.set_gains(one_by_one, NAN, NAN, kd) == 0);
    CHECK(nenc_controller_v1.set_gains(together, kp, ki, kd) == 0);
    for (int tick = 1; tick < 600; tick++) {
        nenc_sample sample = sample_at(tick * tick_ns, tick);
        nenc_controller_v1.record(one_by_one, &sample);
        nenc_controller_v1.record(together, &sample);
        nenc_decision one = {.size = sizeof one}, other = {.size = sizeof other};
        CHECK(nenc_controller_v1.step(one_by_one, tick * tick_ns, &one) == 0);
        CHECK(nenc_controller_v1.step(together, tick * tick_ns, &other) == 0);
        CHECK(one.rate_bps == other.rate_bps && one.p == other.p && one.i == other.i && one.d == other.d);
    }
    nenc_controller_v1.destroy(one_by_one);
    nenc_controller_v1.destroy(together);
}

int main(void)
{
    decides_as_the_core();
    says_what_is_wrong();
    takes_gains_and_time();
    leaves_what_was_just_set();
    is_the_table_of_the_header();
    return CHECK_END();
}
