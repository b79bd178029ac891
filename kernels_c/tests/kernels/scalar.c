/* scalar.c - window statistics with one accumulator each and no fmaf, left to the compiler. */
#include "scalar.h"

#include <math.h>

void window_stats_scalar(const nenc_window_soa *window, nenc_window_stats *stats)
{
    const float x0 = window->pivot_throughput_kbps, y0 = window->pivot_rtt_ms;
    float n = 0, x = 0, xx = 0, y = 0, yy = 0, t = 0, tt = 0, ty = 0, loss = 0;
    float x_min = INFINITY, x_max = 0, y_min = INFINITY, y_max = 0;
    for (int i = 0; i < NENC_WINDOW_SLOTS; i++) {
        const float w = window->weight[i];
        if (w == 0) continue;
        const float dx = window->throughput_kbps[i] - x0, dy = window->rtt_ms[i] - y0;
        const float dt = (float)(int32_t)(window->time_us[i] - window->newest_us);
        n += w;
        x += w * dx;
        xx += w * dx * dx;
        y += w * dy;
        yy += w * dy * dy;
        t += w * dt;
        tt += w * dt * dt;
        ty += w * dt * dy;
        loss += w * window->loss[i];
        if (window->throughput_kbps[i] < x_min) x_min = window->throughput_kbps[i];
        if (window->throughput_kbps[i] > x_max) x_max = window->throughput_kbps[i];
        if (window->rtt_ms[i] < y_min) y_min = window->rtt_ms[i];
        if (window->rtt_ms[i] > y_max) y_max = window->rtt_ms[i];
    }
    *stats = (nenc_window_stats){0};
    if (n == 0) return;
    x /= n, xx /= n, y /= n, yy /= n, t /= n, tt /= n, ty /= n;
    const float spread = tt - t * t;
    *stats = (nenc_window_stats){
        .throughput_mean_kbps = x0 + x,
        .throughput_min_kbps = x_min,
        .throughput_max_kbps = x_max,
        .throughput_std_kbps = sqrtf(fmaxf(xx - x * x, 0)),
        .rtt_mean_ms = y0 + y,
        .rtt_min_ms = y_min,
        .rtt_max_ms = y_max,
        .rtt_std_ms = sqrtf(fmaxf(yy - y * y, 0)),
        .rtt_slope = spread > 0 ? (ty - t * y) / spread * 1e6f : 0,
        .loss_mean = loss / n,
    };
}
