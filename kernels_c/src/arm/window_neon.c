/* window_neon.c - window statistics, a row of eight slots as two registers of four. Same operations in the same order as
 * window_stats.c: lane l of `low` is its lane l, lane l of `high` its lane l + 4. */
#include "arm/window.h"

#include <arm_neon.h>

typedef struct row {
    float32x4_t low;
    float32x4_t high;
} row;

static inline row load(const float *values) { return (row){vld1q_f32(values), vld1q_f32(values + 4)}; }
static inline row all(float value) { return (row){vdupq_n_f32(value), vdupq_n_f32(value)}; }
static inline row add(row a, row b) { return (row){vaddq_f32(a.low, b.low), vaddq_f32(a.high, b.high)}; }
static inline row minus(row a, float32x4_t b) { return (row){vsubq_f32(a.low, b), vsubq_f32(a.high, b)}; }
static inline row times(row a, row b) { return (row){vmulq_f32(a.low, b.low), vmulq_f32(a.high, b.high)}; }
/* a b + c with one rounding */
static inline row fused(row a, row b, row c) { return (row){vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)}; }

/* ((0+4)+(2+6)) + ((1+5)+(3+7)) */
static inline float sum(row v)
{
    const float32x4_t four = vaddq_f32(v.low, v.high);
    const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

/* The lesser of two where the slot is taken; values are no NaN. */
static inline row lesser(row least, row value, uint32x4_t low, uint32x4_t high)
{
    return (row){vbslq_f32(low, vminq_f32(value.low, least.low), least.low),
                 vbslq_f32(high, vminq_f32(value.high, least.high), least.high)};
}

static inline row greater(row greatest, row value, uint32x4_t low, uint32x4_t high)
{
    return (row){vbslq_f32(low, vmaxq_f32(value.low, greatest.low), greatest.low),
                 vbslq_f32(high, vmaxq_f32(value.high, greatest.high), greatest.high)};
}

static inline float least_of(row v) { return vminvq_f32(vminq_f32(v.low, v.high)); }
static inline float greatest_of(row v) { return vmaxvq_f32(vmaxq_f32(v.low, v.high)); }

/* a - b c with one rounding */
static inline float less(float a, float b, float c)
{
    return vgetq_lane_f32(vfmsq_f32(vdupq_n_f32(a), vdupq_n_f32(b), vdupq_n_f32(c)), 0);
}

static inline float variance(float square, float mean)
{
    const float variance = less(square, mean, mean);
    return variance > 0 ? variance : 0;
}

static inline float root(float value) { return vgetq_lane_f32(vsqrtq_f32(vdupq_n_f32(value)), 0); }

void nenc_window_stats_neon(const nenc_window_soa *window, nenc_window_stats *stats)
{
    const float n = window->samples;
    if (!(n > 0)) {
        *stats = (nenc_window_stats){0};
        return;
    }
    const float32x4_t x0 = vdupq_n_f32(window->pivot_throughput_kbps), y0 = vdupq_n_f32(window->pivot_rtt_ms);
    const uint32x4_t t0 = vdupq_n_u32(window->newest_us);
    const row zero = all(0);
    row x = zero, xx = zero, y = zero, yy = zero, t = zero, tt = zero, ty = zero, loss = zero;
    row x_min = all(__builtin_inff()), x_max = zero, y_min = x_min, y_max = zero;
    for (int slot = 0; slot < NENC_WINDOW_SLOTS; slot += NENC_WINDOW_LANES) {
        const row w = load(window->weight + slot);
        const row xs = load(window->throughput_kbps + slot), ys = load(window->rtt_ms + slot);
        const row dx = minus(xs, x0), dy = minus(ys, y0);
        const row dt = {vcvtq_f32_s32(vreinterpretq_s32_u32(vsubq_u32(vld1q_u32(window->time_us + slot), t0))),
                        vcvtq_f32_s32(vreinterpretq_s32_u32(vsubq_u32(vld1q_u32(window->time_us + slot + 4), t0)))};
        const row wdx = times(w, dx), wdy = times(w, dy), wdt = times(w, dt);
        x = add(x, wdx);
        xx = fused(wdx, dx, xx);
        y = add(y, wdy);
        yy = fused(wdy, dy, yy);
        t = add(t, wdt);
        tt = fused(wdt, dt, tt);
        ty = fused(wdt, dy, ty);
        loss = fused(w, load(window->loss + slot), loss);
        const uint32x4_t low = vcgtq_f32(w.low, zero.low), high = vcgtq_f32(w.high, zero.high);
        x_min = lesser(x_min, xs, low, high);
        x_max = greater(x_max, xs, low, high);
        y_min = lesser(y_min, ys, low, high);
        y_max = greater(y_max, ys, low, high);
    }
    const float mean_x = sum(x) / n, mean_y = sum(y) / n, mean_t = sum(t) / n;
    const float spread = variance(sum(tt) / n, mean_t);
    *stats = (nenc_window_stats){
        .throughput_mean_kbps = mean_x + window->pivot_throughput_kbps,
        .throughput_min_kbps = least_of(x_min),
        .throughput_max_kbps = greatest_of(x_max),
        .throughput_std_kbps = root(variance(sum(xx) / n, mean_x)),
        .rtt_mean_ms = mean_y + window->pivot_rtt_ms,
        .rtt_min_ms = least_of(y_min),
        .rtt_max_ms = greatest_of(y_max),
        .rtt_std_ms = root(variance(sum(yy) / n, mean_y)),
        .rtt_slope = spread > 0 ? less(sum(ty) / n, mean_t, mean_y) / spread * 1e6f : 0,
        .loss_mean = sum(loss) / n,
    };
}
