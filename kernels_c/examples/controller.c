/* controller.c - a template for your own controller: raises the rate slowly while the queue is short, and cuts it when it is
 * long.
 *
 *   cc -O2 -shared -fPIC -I kernels_c/include kernels_c/examples/controller.c -o mine.so
 *   nenc-lab run step --controller ./mine.so
 */
#include <nenc/controller.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct controller {
    double rate_bps, min_bps, max_bps;
    double rise;     /* setting: growth per second after 4 s without congestion, ratio */
    double queue_ms; /* setting: a longer queue counts as congestion */
    double base_rtt_ms, rtt_ms, delivered_bps, loss; /* queue of the newest report */
    int64_t tick_ns, cut_ns;                         /* time of the last cut */
    int reported;                                    /* a report has arrived since the last step */
} controller;

static void *create(const nenc_controller_config *config, char *why, size_t why_size)
{
    controller *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    *c = (controller){.rate_bps = config->rate_start_bps, .min_bps = config->rate_min_bps, .max_bps = config->rate_max_bps};
    c->rise = 1, c->queue_ms = 25, c->base_rtt_ms = 1e9, c->tick_ns = config->tick_ns, c->cut_ns = config->now_ns;
    for (uint32_t i = 0; i < config->knob_count; i++) {
        const nenc_controller_knob *knob = &config->knobs[i];
        if (strcmp(knob->name, "rise") == 0 && knob->value > 0) c->rise = knob->value;
        else if (strcmp(knob->name, "queue_ms") == 0 && knob->value > 0) c->queue_ms = knob->value;
        else {
            snprintf(why, why_size, "%s = %g: the settings are rise and queue_ms, both greater than 0", knob->name, knob->value);
            free(c);
            return NULL;
        }
    }
    return c;
}

static void record(void *self, const nenc_sample *sample)
{
    controller *c = self;
    c->rtt_ms = sample->rtt_ms, c->loss = sample->loss, c->delivered_bps = sample->throughput_kbps * 1e3;
    if (c->rtt_ms < c->base_rtt_ms) c->base_rtt_ms = c->rtt_ms;
    c->reported = 1;
}

static int step(void *self, int64_t now_ns, nenc_decision *decision)
{
    controller *c = self;
    const double since_s = 1e-9 * (double)(now_ns - c->cut_ns);
    const int congested = c->rtt_ms > c->base_rtt_ms + c->queue_ms || c->loss > 0.1;
    const int settled = since_s > 2e-3 * c->rtt_ms; /* after two rtt the effect of the last cut is visible */
    if (c->reported && congested && settled) {
        c->rate_bps = 0.9 * (c->delivered_bps < c->rate_bps ? c->delivered_bps : c->rate_bps);
        c->cut_ns = now_ns;
    } else if (c->rtt_ms > 0 && !congested) {
        /* The longer ago the last cut was, the more capacity the path may have. */
        c->rate_bps *= 1 + c->rise * (since_s < 4 ? since_s / 4 : 1) * 1e-9 * (double)c->tick_ns;
    }
    c->reported = 0;
    if (c->rate_bps < c->min_bps) c->rate_bps = c->min_bps;
    if (c->rate_bps > c->max_bps) c->rate_bps = c->max_bps;
    decision->rate_bps = c->rate_bps; /* the lab has already filled in the rest */
    return 0;
}

static void destroy(void *self) { free(self); }

const struct nenc_controller_v1 nenc_controller_v1 = {
    .abi_version = NENC_CONTROLLER_ABI,
    .size = sizeof(struct nenc_controller_v1),
    .name = "example",
    .version = "1",
    .create = create,
    .record = record,
    .step = step,
    .destroy = destroy,
};
