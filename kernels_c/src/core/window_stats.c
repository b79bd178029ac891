/* window_stats.c - window statistics in plain C: the reference whose bits every SIMD variant reproduces.
 *
 * The order is fixed. Lane l adds slots l, l+8, ..., l+56 in this order, each step one fmaf (or one rounding operation where
 * no fmaf is written); the eight lanes are then added as ((0+4)+(2+6)) + ((1+5)+(3+7)), which is what halving a register
 * twice gives. An empty slot adds +0 to sums that are not -0 and leaves minimum and maximum alone, so that skipping it and
 * masking it are the same. Only +, -, *, /, fmaf and sqrtf: all correctly rounded, hence equal on every processor.
 */
#include "core/window.h"

#include <math.h>

typedef struct lanes {
    float lane[NENC_WINDOW_LANES];
} lanes;

static inline float sum(const lanes *v)
{
    float a0 = v->lane[0] + v->lane[4];
    float a1 = v->lane[1] + v->lane[5];
    float a2 = v->lane[2] + v->lane[6];
    float a3 = v->lane[3] + v->lane[7];
    return (a0 + a2) + (a1 + a3);
}

static inline float least(const lanes *v)
{
    float least = v->lane[0];
    for (int l = 1; l < NENC_WINDOW_LANES; l++) least = v->lane[l] < least ? v->lane[l] : least;
    return least;
}

static inline float greatest(const lanes *v)
{
    float greatest = v->lane[0];
    for (int l = 1; l < NENC_WINDOW_LANES; l++) greatest = v->lane[l] > greatest ? v->lane[l] : greatest;
    return greatest;
}

static inline lanes all(float value)
{
    lanes v;
    for (int l = 0; l < NENC_WINDOW_LANES; l++) v.lane[l] = value;
    return v;
}

/* Seconds before the newest sample, as a negative number: small, so that float has digits to spare. */
static inline float seconds(const nenc_window_soa *window, int slot)
{
    return (float)(int32_t)(window->time_us[slot] - window->newest_us) * 1e-6f;
}

void nenc_window_stats_c(const nenc_window_soa *window, nenc_window_stats *stats)
{
    lanes weight = all(0), throughput = all(0), rtt = all(0), loss = all(0), time = all(0);
    lanes throughput_min = all(INFINITY), throughput_max = all(0), rtt_min = all(INFINITY), rtt_max = all(0);
    for (int slot = 0; slot < NENC_WINDOW_PADDED; slot++) {
        int l = slot % NENC_WINDOW_LANES;
        float w = window->weight[slot];
        if (w == 0) continue;
        float x = window->throughput_kbps[slot], y = window->rtt_ms[slot];
        weight.lane[l] += w;
        throughput.lane[l] = fmaf(w, x, throughput.lane[l]);
        rtt.lane[l] = fmaf(w, y, rtt.lane[l]);
        loss.lane[l] = fmaf(w, window->loss[slot], loss.lane[l]);
        time.lane[l] = fmaf(w, seconds(window, slot), time.lane[l]);
        throughput_min.lane[l] = x < throughput_min.lane[l] ? x : throughput_min.lane[l];
        throughput_max.lane[l] = x > throughput_max.lane[l] ? x : throughput_max.lane[l];
        rtt_min.lane[l] = y < rtt_min.lane[l] ? y : rtt_min.lane[l];
        rtt_max.lane[l] = y > rtt_max.lane[l] ? y : rtt_max.lane[l];
    }
    float total = sum(&weight);
    if (total == 0) {
        *stats = (nenc_window_stats){0};
        return;
    }
    float throughput_mean = sum(&throughput) / total;
    float rtt_mean = sum(&rtt) / total;
    float time_mean = sum(&time) / total;

    /* The second pass works on deviations: sums of squares less squares of sums would cancel in float32. */
    lanes throughput_square = all(0), rtt_square = all(0), time_square = all(0), time_rtt = all(0);
    for (int slot = 0; slot < NENC_WINDOW_PADDED; slot++) {
        int l = slot % NENC_WINDOW_LANES;
        float w = window->weight[slot];
        if (w == 0) continue;
        float x = window->throughput_kbps[slot] - throughput_mean;
        float y = window->rtt_ms[slot] - rtt_mean;
        float t = seconds(window, slot) - time_mean;
        float wt = w * t;
        throughput_square.lane[l] = fmaf(w * x, x, throughput_square.lane[l]);
        rtt_square.lane[l] = fmaf(w * y, y, rtt_square.lane[l]);
        time_square.lane[l] = fmaf(wt, t, time_square.lane[l]);
        time_rtt.lane[l] = fmaf(wt, y, time_rtt.lane[l]);
    }
    float spread = sum(&time_square);
    *stats = (nenc_window_stats){
        .throughput_mean_kbps = throughput_mean,
        .throughput_min_kbps = least(&throughput_min),
        .throughput_max_kbps = greatest(&throughput_max),
        .throughput_std_kbps = sqrtf(sum(&throughput_square) / total),
        .rtt_mean_ms = rtt_mean,
        .rtt_min_ms = least(&rtt_min),
        .rtt_max_ms = greatest(&rtt_max),
        .rtt_std_ms = sqrtf(sum(&rtt_square) / total),
        .rtt_slope = spread > 0 ? sum(&time_rtt) / spread + 0.0f : 0, /* + 0: an underflowed -0 becomes +0 */
        .loss_mean = sum(&loss) / total,
    };
}
