/* telemetry.h - the rings that a sender or a receiver writes for whoever watches (nenc/live.h). */
#ifndef NENC_LIVE_TELEMETRY_H
#define NENC_LIVE_TELEMETRY_H

#include "nenc/live.h"

#include <stddef.h>

/* Makes the file of these capacities (NENC_RINGS powers of two, 0: none), all zero but its header. path NULL: private memory,
 * for a program that nobody watches. 0, or a negative errno. */
int nenc_telemetry_open(const char *path, const uint32_t *capacities, int64_t origin_ns, nenc_telemetry **telemetry);

/* Where the next record of this ring is to be written; NULL: the ring has no room at all. Then nenc_telemetry_put counts it. */
void *nenc_telemetry_next(nenc_telemetry *telemetry, nenc_ring_kind ring);
void nenc_telemetry_put(nenc_telemetry *telemetry, nenc_ring_kind ring);

/* Counts a lateness in one of the histograms of the counters. */
void nenc_telemetry_late(uint64_t *bins, int64_t *max_ns, int64_t late_ns);

/* The file stays for its reader. Also of NULL. */
void nenc_telemetry_close(nenc_telemetry *telemetry);

#endif
