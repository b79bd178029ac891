/* window_stats.c - window statistics in plain C: the reference that every SIMD variant reproduces bit for bit.
 *
 * One pass over the slots. Sums are of differences from the newest sample (the pivot) and its time, not of the values: the mean
 * of squares minus the square of the mean then cancels by a factor of at most (mean - pivot)^2 / variance, which is under n
 * because the pivot is one of n samples. So float32 keeps 5 digits of a standard deviation where 60 equal values meet one
 * other.
 *
 * The order is fixed. Lane l adds slots l, l+8, ..., l+56 in this order, each step one fmaf (or one rounding operation where
 * no fmaf is written); the eight lanes are then added as ((0+4)+(2+6)) + ((1+5)+(3+7)), which is the result of halving a
 * register twice. An empty slot has weight 0 and finite values: it adds nothing to a sum, and is skipped for minimum and
 * maximum. Only +, -, *, /, fmaf and sqrtf are used, which are all correctly rounded, hence equal on every processor.
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

/* mean of squares minus square of the mean; never negative, whatever the roundings */
static inline float variance(float square, float mean)
{
    float variance = fmaf(-mean, mean, square);
    return variance > 0 ? variance : 0;
}

void nenc_window_stats_c(const nenc_window_soa *window, nenc_window_stats *stats)
{
    const float n = window->samples;
    if (!(n > 0)) {
        *stats = (nenc_window_stats){0};
        return;
    }
    lanes throughput = {0}, throughput_square = {0}, rtt = {0}, rtt_square = {0};
    lanes time = {0}, time_square = {0}, time_rtt = {0}, loss = {0};
    float throughput_min = INFINITY, throughput_max = 0, rtt_min = INFINITY, rtt_max = 0;
    for (int slot = 0; slot < NENC_WINDOW_SLOTS; slot++) {
        const int l = slot % NENC_WINDOW_LANES;
        const float w = window->weight[slot];
        const float x = window->throughput_kbps[slot], y = window->rtt_ms[slot];
        const float dx = x - window->pivot_throughput_kbps, wdx = w * dx;
        const float dy = y - window->pivot_rtt_ms, wdy = w * dy;
        const float dt = (float)(int32_t)(window->time_us[slot] - window->newest_us), wdt = w * dt;
        throughput.lane[l] += wdx;
        throughput_square.lane[l] = fmaf(wdx, dx, throughput_square.lane[l]);
        rtt.lane[l] += wdy;
        rtt_square.lane[l] = fmaf(wdy, dy, rtt_square.lane[l]);
        time.lane[l] += wdt;
        time_square.lane[l] = fmaf(wdt, dt, time_square.lane[l]);
        time_rtt.lane[l] = fmaf(wdt, dy, time_rtt.lane[l]);
        loss.lane[l] = fmaf(w, window->loss[slot], loss.lane[l]);
        if (!(w > 0)) continue;
        throughput_min = x < throughput_min ? x : throughput_min;
        throughput_max = x > throughput_max ? x : throughput_max;
        rtt_min = y < rtt_min ? y : rtt_min;
        rtt_max = y > rtt_max ? y : rtt_max;
    }
    const float x = sum(&throughput) / n, xx = sum(&throughput_square) / n;
    const float y = sum(&rtt) / n, yy = sum(&rtt_square) / n;
    const float t = sum(&time) / n, tt = sum(&time_square) / n, ty = sum(&time_rtt) / n;
    const float spread = variance(tt, t);
    *stats = (nenc_window_stats){
        .throughput_mean_kbps = x + window->pivot_throughput_kbps,
        .throughput_min_kbps = throughput_min,
        .throughput_max_kbps = throughput_max,
        .throughput_std_kbps = sqrtf(variance(xx, x)),
        .rtt_mean_ms = y + window->pivot_rtt_ms,
        .rtt_min_ms = rtt_min,
        .rtt_max_ms = rtt_max,
        .rtt_std_ms = sqrtf(variance(yy, y)),
        .rtt_slope = spread > 0 ? fmaf(-t, y, ty) / spread * 1e6f : 0, /* per microsecond to per second */
        .loss_mean = sum(&loss) / n,
    };
}
