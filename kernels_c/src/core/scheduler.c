/* scheduler.c - resolution and frame rate from the bitrate, with hysteresis, because a switch costs a key frame and is
 * visible. */
#include "core/scheduler.h"

#include <math.h>
#include <stdbool.h>

static const struct {
    uint32_t lines;
    double pixels; /* 16:9 */
} rungs[NENC_RUNGS] = {{1080, 1920.0 * 1080}, {1440, 2560.0 * 1440}, {2160, 3840.0 * 2160}, {4320, 7680.0 * 4320}};

/* Bits per pixel at the full frame rate. Modern encoders produce an acceptable picture down to about 0.016; a rung (a
 * resolution of the ladder) is entered with a quarter more than that. */
static const double enter_bpp = 0.02, leave_bpp = 0.016;
/* Time from any switch to a switch upwards, in which the rate must prove stable. */
static const int64_t dwell_ns = 2000000000;

/* Fractions of fps_max while frames are dropped, about a fifth apart: one step is a small change, and noise causes none. */
static const double shares[] = {1,    0.8,  0.6,  0.5,  0.4,   0.3,  0.25,  0.2,   0.15, 0.12,  0.1,   0.08,
                                0.06, 0.05, 0.04, 0.03, 0.025, 0.02, 0.015, 0.012, 0.01, 0.008, 0.006, 0.004};

enum { SHARES = sizeof shares / sizeof *shares };

/* The frame rate rises one step at a time, when the rate covers the next step with a margin and the last step is this old: from
 * the lowest to the full frame rate in under three seconds. */
static const double back_margin = 1.1;
static const int64_t back_ns = 100000000;

/* Returns the highest rung whose threshold the rate reaches; the lowest rung when it reaches none. */
static int highest(const double *threshold_bps, double bps)
{
    int rung = 0;
    while (rung + 1 < NENC_RUNGS && bps >= threshold_bps[rung + 1]) rung++;
    return rung;
}

static double fps_of(const nenc_config *config, int step)
{
    double fps = config->fps_max * shares[step];
    return fps > config->shed_fps_min ? fps : config->shed_fps_min;
}

static int choose_rung(const nenc_scheduler *scheduler, int64_t now_ns, const nenc_state *state)
{
    if (state->bounds & NENC_BOUND_SHED) return 0;
    if (state->encode_bps < scheduler->leave_bps[scheduler->rung]) return highest(scheduler->leave_bps, state->encode_bps);
    int better = highest(scheduler->enter_bps, state->encode_bps);
    return better > scheduler->rung && now_ns - scheduler->rung_ns >= dwell_ns ? better : scheduler->rung;
}

static int choose_step(const nenc_scheduler *scheduler, const nenc_config *config, int64_t now_ns, const nenc_state *state)
{
    int step = scheduler->step;
    double share = state->bounds & NENC_BOUND_SHED ? state->encode_bps / state->rate_bps : 1;
    while (step + 1 < SHARES && shares[step] > share && fps_of(config, step) > config->shed_fps_min) step++;
    int back = step == scheduler->step && step > 0 && now_ns - scheduler->step_ns >= back_ns;
    if (back && (share >= 1 || share >= shares[step - 1] * back_margin)) step--;
    return step;
}

static void show(const nenc_scheduler *scheduler, const nenc_config *config, nenc_state *state)
{
    state->rung = rungs[scheduler->rung].lines;
    state->fps = (float)fps_of(config, scheduler->step);
}

void nenc_scheduler_init(nenc_scheduler *scheduler, const nenc_config *config, int64_t now_ns, nenc_state *state)
{
    *scheduler = (nenc_scheduler){.rung_ns = now_ns, .step_ns = now_ns};
    for (int rung = 0; rung < NENC_RUNGS; rung++) {
        const bool there = rungs[rung].lines <= config->height_max;
        scheduler->enter_bps[rung] = there ? enter_bpp * rungs[rung].pixels * config->fps_max : INFINITY;
        scheduler->leave_bps[rung] = there ? leave_bpp * rungs[rung].pixels * config->fps_max : INFINITY;
    }
    scheduler->rung = highest(scheduler->enter_bps, config->rate_start_bps);
    show(scheduler, config, state);
}

/* The usual tick: all frames, and a rung that neither has to be left nor could be raised. */
static bool settled(const nenc_scheduler *scheduler, const nenc_state *state)
{
    const double next_bps = scheduler->rung + 1 < NENC_RUNGS ? scheduler->enter_bps[scheduler->rung + 1] : INFINITY;
    return scheduler->step == 0 && !(state->bounds & NENC_BOUND_SHED) &&
           state->encode_bps >= scheduler->leave_bps[scheduler->rung] && state->encode_bps < next_bps;
}

void nenc_scheduler_step(nenc_scheduler *scheduler, const nenc_config *config, int64_t now_ns, nenc_state *state)
{
    if (settled(scheduler, state)) return;
    int rung = choose_rung(scheduler, now_ns, state);
    int step = choose_step(scheduler, config, now_ns, state);
    if (rung != scheduler->rung) scheduler->rung_ns = now_ns;
    if (step != scheduler->step) scheduler->step_ns = now_ns;
    scheduler->rung = rung;
    scheduler->step = step;
    show(scheduler, config, state);
}
