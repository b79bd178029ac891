/* window_avx2.c - window statistics, a row of eight slots at a time. Same operations in the same order as window_stats.c. */
#include "x86/window.h"

#include <immintrin.h>

/* The halves of a and of b added: 0+4 1+5 2+6 3+7 of a, then of b. */
static inline __m256 halves(__m256 a, __m256 b)
{
    return _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
}

/* The eight sums ((0+4)+(2+6)) + ((1+5)+(3+7)): of a, c, e, g, b, d, f, h. */
static inline __m256 sums(__m256 a, __m256 b, __m256 c, __m256 d, __m256 e, __m256 f, __m256 g, __m256 h)
{
    const __m256d ab = _mm256_castps_pd(halves(a, b)), cd = _mm256_castps_pd(halves(c, d));
    const __m256d ef = _mm256_castps_pd(halves(e, f)), gh = _mm256_castps_pd(halves(g, h));
    const __m256 abcd = _mm256_add_ps(_mm256_castpd_ps(_mm256_unpacklo_pd(ab, cd)), _mm256_castpd_ps(_mm256_unpackhi_pd(ab, cd)));
    const __m256 efgh = _mm256_add_ps(_mm256_castpd_ps(_mm256_unpacklo_pd(ef, gh)), _mm256_castpd_ps(_mm256_unpackhi_pd(ef, gh)));
    return _mm256_add_ps(_mm256_shuffle_ps(abcd, efgh, 0x88), _mm256_shuffle_ps(abcd, efgh, 0xdd));
}

/* The least lane of a and that of b, as lanes 0 and 1. */
static inline __m128 least(__m256 a, __m256 b)
{
    const __m256 ab = _mm256_min_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
    const __m256 two = _mm256_min_ps(ab, _mm256_permute_ps(ab, 0x4e));
    const __m256 one = _mm256_min_ps(two, _mm256_permute_ps(two, 0xb1));
    return _mm_unpacklo_ps(_mm256_castps256_ps128(one), _mm256_extractf128_ps(one, 1));
}

static inline __m128 greatest(__m256 a, __m256 b)
{
    const __m256 ab = _mm256_max_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
    const __m256 two = _mm256_max_ps(ab, _mm256_permute_ps(ab, 0x4e));
    const __m256 one = _mm256_max_ps(two, _mm256_permute_ps(two, 0xb1));
    return _mm_unpacklo_ps(_mm256_castps256_ps128(one), _mm256_extractf128_ps(one, 1));
}

void nenc_window_stats_avx2(const nenc_window_soa *window, nenc_window_stats *stats)
{
    const float n = window->samples;
    if (!(n > 0)) {
        *stats = (nenc_window_stats){0};
        return;
    }
    const __m256 x0 = _mm256_broadcast_ss(&window->pivot_throughput_kbps), y0 = _mm256_broadcast_ss(&window->pivot_rtt_ms);
    const __m256i t0 = _mm256_set1_epi32((int)window->newest_us);
    const __m256 zero = _mm256_setzero_ps(), infinity = _mm256_set1_ps(__builtin_inff());
    __m256 x = zero, xx = zero, y = zero, yy = zero, t = zero, tt = zero, ty = zero, loss = zero;
    __m256 x_min = infinity, x_max = zero, y_min = infinity, y_max = zero;
    for (int row = 0; row < NENC_WINDOW_SLOTS; row += NENC_WINDOW_LANES) {
        const __m256 w = _mm256_load_ps(window->weight + row);
        const __m256 xs = _mm256_load_ps(window->throughput_kbps + row), ys = _mm256_load_ps(window->rtt_ms + row);
        const __m256i times = _mm256_load_si256((const __m256i *)(window->time_us + row));
        const __m256 dx = _mm256_sub_ps(xs, x0), dy = _mm256_sub_ps(ys, y0);
        const __m256 dt = _mm256_cvtepi32_ps(_mm256_sub_epi32(times, t0));
        const __m256 wdx = _mm256_mul_ps(w, dx), wdy = _mm256_mul_ps(w, dy), wdt = _mm256_mul_ps(w, dt);
        x = _mm256_add_ps(x, wdx);
        xx = _mm256_fmadd_ps(wdx, dx, xx);
        y = _mm256_add_ps(y, wdy);
        yy = _mm256_fmadd_ps(wdy, dy, yy);
        t = _mm256_add_ps(t, wdt);
        tt = _mm256_fmadd_ps(wdt, dt, tt);
        ty = _mm256_fmadd_ps(wdt, dy, ty);
        loss = _mm256_fmadd_ps(w, _mm256_load_ps(window->loss + row), loss);
        /* All bits set is a NaN, and minimum and maximum give their second operand then. */
        const __m256 empty = _mm256_cmp_ps(w, zero, _CMP_NGT_UQ);
        const __m256 there_x = _mm256_or_ps(xs, empty), there_y = _mm256_or_ps(ys, empty);
        x_min = _mm256_min_ps(there_x, x_min);
        x_max = _mm256_max_ps(there_x, x_max);
        y_min = _mm256_min_ps(there_y, y_min);
        y_max = _mm256_max_ps(there_y, y_max);
    }
    /* x xx y yy | t tt ty loss, each over n */
    const __m256 means = _mm256_div_ps(sums(x, t, xx, tt, y, ty, yy, loss), _mm256_set1_ps(n));
    const __m128 values = _mm256_castps256_ps128(means), times = _mm256_extractf128_ps(means, 1);
    /* Lanes 0, 1, 2: x, y, t and their squares' means. */
    const __m128 first = _mm_shuffle_ps(values, times, _MM_SHUFFLE(0, 0, 2, 0));
    const __m128 square = _mm_shuffle_ps(values, times, _MM_SHUFFLE(1, 1, 3, 1));
    const __m128 variance = _mm_max_ps(_mm_fnmadd_ps(first, first, square), _mm_setzero_ps());
    const __m128 std = _mm_sqrt_ps(variance);
    const __m128 least_xy = least(x_min, y_min), greatest_xy = greatest(x_max, y_max);

    const float spread = _mm_cvtss_f32(_mm_permute_ps(variance, 2));
    const __m128 mean_y = _mm_permute_ps(first, 1), mean_ty = _mm_permute_ps(times, 2);
    const __m128 shared = _mm_fnmadd_ss(times, mean_y, mean_ty); /* ty - t y */
    stats->throughput_mean_kbps = _mm_cvtss_f32(first) + window->pivot_throughput_kbps;
    stats->throughput_min_kbps = _mm_cvtss_f32(least_xy);
    stats->throughput_max_kbps = _mm_cvtss_f32(greatest_xy);
    stats->throughput_std_kbps = _mm_cvtss_f32(std);
    stats->rtt_mean_ms = _mm_cvtss_f32(mean_y) + window->pivot_rtt_ms;
    stats->rtt_min_ms = _mm_cvtss_f32(_mm_permute_ps(least_xy, 1));
    stats->rtt_max_ms = _mm_cvtss_f32(_mm_permute_ps(greatest_xy, 1));
    stats->rtt_std_ms = _mm_cvtss_f32(_mm_permute_ps(std, 1));
    stats->rtt_slope = spread > 0 ? _mm_cvtss_f32(shared) / spread * 1e6f : 0;
    stats->loss_mean = _mm_cvtss_f32(_mm_permute_ps(times, 3));
}
