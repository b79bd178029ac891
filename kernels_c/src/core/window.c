/* window.c - decides which samples are in the window. */
#include "core/window.h"

static inline uint32_t slot_at(const nenc_window *window, uint32_t nth) { return (window->first + nth) % NENC_WINDOW_SLOTS; }

/* Wraps after 71 minutes, as time_us may: two samples of a window are never more than a second apart. */
static inline uint32_t microseconds(const nenc_window *window, int64_t time_ns)
{
    return (uint32_t)((uint64_t)(time_ns - window->epoch_ns) / 1000);
}

static inline float blend(float a, float b, float share_of_b) { return a + (b - a) * share_of_b; }

static void move_slot(nenc_window *window, uint32_t to, uint32_t from)
{
    nenc_window_soa *soa = &window->soa;
    soa->weight[to] = soa->weight[from];
    soa->throughput_kbps[to] = soa->throughput_kbps[from];
    soa->rtt_ms[to] = soa->rtt_ms[from];
    soa->loss[to] = soa->loss[from];
    soa->time_us[to] = soa->time_us[from];
    window->time_ns[to] = window->time_ns[from];
}

/* Merges b into a. */
static void merge_slots(nenc_window *window, uint32_t a, uint32_t b)
{
    nenc_window_soa *soa = &window->soa;
    float weight = soa->weight[a] + soa->weight[b];
    float share = soa->weight[b] / weight;
    soa->throughput_kbps[a] = blend(soa->throughput_kbps[a], soa->throughput_kbps[b], share);
    soa->rtt_ms[a] = blend(soa->rtt_ms[a], soa->rtt_ms[b], share);
    soa->loss[a] = blend(soa->loss[a], soa->loss[b], share);
    window->time_ns[a] += (int64_t)((float)(window->time_ns[b] - window->time_ns[a]) * share);
    soa->time_us[a] = microseconds(window, window->time_ns[a]);
    soa->weight[a] = weight;
}

/* Frees a slot of a full window. */
static void merge_closest(nenc_window *window)
{
    uint32_t closest = 0;
    int64_t smallest = INT64_MAX;
    for (uint32_t i = 0; i + 1 < window->used; i++) {
        int64_t gap = window->time_ns[slot_at(window, i + 1)] - window->time_ns[slot_at(window, i)];
        if (gap < smallest) {
            smallest = gap;
            closest = i;
        }
    }
    merge_slots(window, slot_at(window, closest), slot_at(window, closest + 1));
    for (uint32_t i = closest + 2; i < window->used; i++) move_slot(window, slot_at(window, i - 1), slot_at(window, i));
    window->used--;
    window->soa.weight[slot_at(window, window->used)] = 0;
}

void nenc_window_push(nenc_window *window, const nenc_sample *sample)
{
    nenc_window_expire(window, sample->time_ns);
    if (window->used == 0) window->epoch_ns = sample->time_ns;
    if (window->used == NENC_WINDOW_SLOTS) merge_closest(window);
    uint32_t slot = slot_at(window, window->used);
    nenc_window_soa *soa = &window->soa;
    soa->weight[slot] = 1;
    soa->throughput_kbps[slot] = (float)sample->throughput_kbps;
    soa->rtt_ms[slot] = sample->rtt_ms;
    soa->loss[slot] = sample->loss;
    soa->time_us[slot] = soa->newest_us = microseconds(window, sample->time_ns);
    soa->pivot_throughput_kbps = soa->throughput_kbps[slot];
    soa->pivot_rtt_ms = sample->rtt_ms;
    soa->samples++;
    window->time_ns[slot] = sample->time_ns;
    window->used++;
    window->stale = true;
}

void nenc_window_expire(nenc_window *window, int64_t now_ns)
{
    while (window->used > 0 && now_ns - window->time_ns[window->first] >= NENC_WINDOW_NS) {
        window->soa.samples -= window->soa.weight[window->first];
        window->soa.weight[window->first] = 0;
        window->first = slot_at(window, 1);
        window->used--;
        window->stale = true;
    }
}

const nenc_window_stats *nenc_window_statistics(nenc_window *window, nenc_window_stats_fn *kernel)
{
    if (window->stale) {
        kernel(&window->soa, &window->stats);
        window->stale = false;
    }
    return &window->stats;
}
