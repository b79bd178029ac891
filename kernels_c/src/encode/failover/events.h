/* events.h - what happened, until somebody asks. */
#ifndef NENC_ENCODE_FAILOVER_EVENTS_H
#define NENC_ENCODE_FAILOVER_EVENTS_H

#include "nenc/failover.h"

enum { NENC_FAILOVER_EVENTS = 64 };

typedef struct nenc_failover_events {
    nenc_failover_event event[NENC_FAILOVER_EVENTS];
    uint32_t first;
    uint32_t count;
} nenc_failover_events;

/* Room for one more; the oldest goes when there is none. */
static inline nenc_failover_event *nenc_failover_events_add(nenc_failover_events *events)
{
    if (events->count == NENC_FAILOVER_EVENTS) {
        events->first = (events->first + 1) % NENC_FAILOVER_EVENTS;
        events->count--;
    }
    return &events->event[(events->first + events->count++) % NENC_FAILOVER_EVENTS];
}

static inline int nenc_failover_events_take(nenc_failover_events *events, nenc_failover_event *event)
{
    if (!events->count) return 0;
    *event = events->event[events->first];
    events->first = (events->first + 1) % NENC_FAILOVER_EVENTS;
    events->count--;
    return 1;
}

#endif
