/* history.c - means over a span of the past, as differences of the running integral. */
#include "core/history.h"

/* Returns the bits sent before time_ns. `back` counts entries from the newest; its value on entry is where the search begins,
 * at or after the entry of a time that is not later than the previous one. */
static double bits_before(const nenc_history *history, int64_t time_ns, unsigned *back)
{
    const uint64_t known = history->count < NENC_HISTORY_TICKS ? history->count : NENC_HISTORY_TICKS;
    uint64_t at = (history->count - 1 - *back) % NENC_HISTORY_TICKS;
    while (history->entry[at].time_ns > time_ns && *back + 1 < known) {
        ++*back;
        at = (at - 1) % NENC_HISTORY_TICKS;
    }
    return history->entry[at].bits + history->entry[at].bps * ((double)(time_ns - history->entry[at].time_ns) * 1e-9);
}

double nenc_history_mean(const nenc_history *history, int64_t from_ns, int64_t until_ns)
{
    if (!history->count) return 0.0;
    if (until_ns <= from_ns) return history->entry[(history->count - 1) % NENC_HISTORY_TICKS].bps;
    unsigned back = 0;
    const double until = bits_before(history, until_ns, &back);
    const double from = bits_before(history, from_ns, &back);
    const double mean = (until - from) / ((double)(until_ns - from_ns) * 1e-9);
    return mean > 0.0 ? mean : 0.0; /* only by rounding */
}
