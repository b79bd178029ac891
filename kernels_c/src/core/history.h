/* history.h - the rates sent, one per tick, with their running integral, so that a mean over a span needs no summation. */
#ifndef NENC_CORE_HISTORY_H
#define NENC_CORE_HISTORY_H

#include <stdint.h>

enum { NENC_HISTORY_TICKS = 256 }; /* over 4 s at 60 Hz */

typedef struct nenc_history {
    struct {
        int64_t time_ns; /* from here until the next entry ... */
        double bps;      /* ... this rate was sent */
        double bits;     /* bits sent before it */
    } entry[NENC_HISTORY_TICKS];
    uint64_t count; /* entries ever put; the newest is count - 1 */
} nenc_history;

/* Records that bps is sent from now on. Times must not decrease. */
static inline void nenc_history_put(nenc_history *history, int64_t now_ns, double bps)
{
    const uint64_t at = history->count % NENC_HISTORY_TICKS, before = (history->count - 1) % NENC_HISTORY_TICKS;
    double bits = 0.0;
    if (history->count)
        bits =
            history->entry[before].bits + history->entry[before].bps * ((double)(now_ns - history->entry[before].time_ns) * 1e-9);
    history->entry[at].time_ns = now_ns;
    history->entry[at].bps = bps;
    history->entry[at].bits = bits;
    history->count++;
}

/* Mean rate over [from_ns, until_ns]. The newest rate is taken to continue for ever, and the oldest known one to have held for
 * ever before. Returns the newest rate when the span is empty, 0 when nothing was ever put. */
double nenc_history_mean(const nenc_history *history, int64_t from_ns, int64_t until_ns);

#endif
