/* classic.c - the control law of the original program (see nenc.h) with only its units repaired, so that comparisons show what
 * the production law gains over it.
 *
 * Repaired, because the units demand it:
 * - The target was throughput * (1/sqrt(loss)/rtt) * 0.85, which does not have the dimension of a rate. The intended formula is
 *   TCP's rate under this loss and rtt: the equation of RFC 5348 (bytes, seconds, loss-event rate) * 0.85. The factor
 *   1/(sqrt(loss) rtt) stays, and the packet size replaces the throughput, which only converts a loss ratio into packets.
 *   Loss 0 gave infinity, which was clamped to the upper limit; "no bound from loss" gives the same limit.
 * - The error was in bit/s and the adjustment in percent. The error is now in percent of the current rate, so that gains are
 *   numbers near one and not near 1e-6.
 *
 * Not repaired: one iteration is one tick whatever its dt, the sum of errors is unlimited, the derivative acts on the raw
 * error, there is no slew limit, and queue delay is ignored. The only safeguard is that a NaN result is discarded.
 */
#include "core/law.h"
#include "core/tfrc.h"

#include <math.h>

typedef struct classic {
    nenc_tfrc tfrc;
    double rate_bps;
    double target_bps;
    double integral; /* sum of Ki * error: equals Ki * sum(error) while Ki is constant, and does not jump when Ki changes */
    double last_error;
    double base_rtt_ms; /* smallest rtt so far; used only for the state and the QP */
} classic;

static const double target_share = 0.85;

static double clamp(double value, double low, double high) { return value < low ? low : value > high ? high : value; }

static void init(void *self, const nenc_config *config, int64_t now_ns)
{
    classic *law = self;
    nenc_tfrc_init(&law->tfrc);
    law->rate_bps = law->target_bps = config->rate_start_bps;
    law->base_rtt_ms = INFINITY;
}

static void sample(void *self, const nenc_config *config, const nenc_sample *sample)
{
    classic *law = self;
    nenc_tfrc_sample(&law->tfrc, config->packet_bytes, sample);
    law->base_rtt_ms = sample->rtt_ms < law->base_rtt_ms ? sample->rtt_ms : law->base_rtt_ms;
}

static void step(void *self, const nenc_config *config, const nenc_law_input *input, nenc_state *state)
{
    classic *law = self;
    state->bounds = 0;
    state->loss_event_rate = nenc_tfrc_loss_event_rate(&law->tfrc);
    state->tfrc_bps = INFINITY;
    if (input->newest_ns == INT64_MIN) {
        state->bounds |= NENC_BOUND_WARMUP;
    } else {
        state->base_rtt_ms = law->base_rtt_ms;
        state->queue_delay_ms = state->rtt_ms - law->base_rtt_ms;
        double rtt_s = (input->window->samples > 0 ? input->window->rtt_mean_ms : state->rtt_ms) * 1e-3;
        state->tfrc_bps = nenc_tfrc_rate_bps(config->packet_bytes, rtt_s, state->loss_event_rate);
        law->target_bps = clamp(state->tfrc_bps * target_share, config->rate_min_bps, config->rate_max_bps);
        if (law->target_bps < config->rate_max_bps) state->bounds |= NENC_BOUND_TFRC;

        double error = 100 * (law->target_bps - law->rate_bps) / law->rate_bps;
        law->integral += config->ki * error;
        double p = config->kp * error;
        double d = config->kd * (error - law->last_error);
        law->last_error = error;
        double adjust = p + law->integral + d;
        state->anchor_bps = law->rate_bps;
        double rate_bps = law->rate_bps + law->rate_bps * adjust / 100;
        if (!isnan(rate_bps)) law->rate_bps = clamp(rate_bps, config->rate_min_bps, config->rate_max_bps);

        state->p = p / 100;
        state->i = law->integral / 100;
        state->d = d / 100;
        state->error = error / 100; /* (target - rate) / rate: this law has no set point for the queue */
        state->delivered_bps = input->window->throughput_mean_kbps * 1e3;
    }
    state->bounds |= law->rate_bps <= config->rate_min_bps ? NENC_BOUND_MIN : 0;
    state->bounds |= law->rate_bps >= config->rate_max_bps ? NENC_BOUND_MAX : 0;
    state->rate_bps = state->encode_bps = law->rate_bps;
}

/* The integral already holds Ki * error of the past; P and D act on the new error. */
static void gains_changed(void *self, const nenc_config *config) {}

/* The original program defines no gains. Its sum of errors is unlimited, so any ki winds up while the rate is clamped, and a
 * much larger kp swings between the limits. */
const nenc_law_ops nenc_law_classic = {
    .kind = {"classic", "the law before it (nenc.h)", .kp = 0.05, .ki = 0.0, .kd = 0.0},
    .size = sizeof(classic),
    .init = init,
    .sample = sample,
    .step = step,
    .gains_changed = gains_changed,
};
