/* bare.c - a sample, three window means and a PID, written for speed alone: the fresh lane is blended in a register, because
 * a load over a store of four bytes waits for that store. */
#include "bare.h"

#include <immintrin.h>

static inline __m256 fresh(float *window, uint32_t slot, float value, __m256i lane)
{
    float *row = window + (slot & ~7u);
    const __m256 blended = _mm256_blendv_ps(_mm256_load_ps(row), _mm256_set1_ps(value), _mm256_castsi256_ps(lane));
    window[slot] = value;
    return blended;
}

/* The sum of a window whose row `slot` is in `blended`. */
static inline __m256 add_up(const float *window, uint32_t slot, __m256 blended)
{
    const uint32_t row = slot / 8;
    __m256 a = blended, b = _mm256_load_ps(window + (((row + 1) & 7) * 8));
    a = _mm256_add_ps(a, _mm256_load_ps(window + (((row + 2) & 7) * 8)));
    b = _mm256_add_ps(b, _mm256_load_ps(window + (((row + 3) & 7) * 8)));
    a = _mm256_add_ps(a, _mm256_load_ps(window + (((row + 4) & 7) * 8)));
    b = _mm256_add_ps(b, _mm256_load_ps(window + (((row + 5) & 7) * 8)));
    a = _mm256_add_ps(a, _mm256_load_ps(window + (((row + 6) & 7) * 8)));
    b = _mm256_add_ps(b, _mm256_load_ps(window + (((row + 7) & 7) * 8)));
    return _mm256_add_ps(a, b);
}

float bare_tick(bare *b, float throughput, float rtt, float loss)
{
    const uint32_t slot = b->next++ & 63;
    const __m256i lane = _mm256_cmpeq_epi32(_mm256_set1_epi32((int)(slot & 7)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    const __m256 x = add_up(b->throughput, slot, fresh(b->throughput, slot, throughput, lane));
    const __m256 y = add_up(b->rtt, slot, fresh(b->rtt, slot, rtt, lane));
    const __m256 z = add_up(b->loss, slot, fresh(b->loss, slot, loss, lane));
    const __m256 xy = _mm256_hadd_ps(x, y), zz = _mm256_hadd_ps(z, z);
    const __m256 all = _mm256_hadd_ps(xy, zz);
    const __m128 mean =
        _mm_mul_ps(_mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1)), _mm_set1_ps(1.0f / 64));
    const float means[3] = {_mm_cvtss_f32(mean), _mm_cvtss_f32(_mm_permute_ps(mean, 1)), _mm_cvtss_f32(_mm_permute_ps(mean, 2))};

    const float target = means[0] * (1 - means[2]) - means[1]; /* some function of all three */
    const float error = target - b->current;
    b->integral += error;
    const float adjust = __builtin_fmaf(0.4f, error, __builtin_fmaf(0.01f, b->integral, 0.1f * (error - b->last_error)));
    b->last_error = error;
    const float next = __builtin_fmaf(b->current, adjust * 1e-8f, b->current);
    b->current = next < 5e3f ? 5e3f : next > 120e3f ? 120e3f : next;
    return b->current;
}
