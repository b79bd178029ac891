/* telemetry.h - writes the telemetry rings of a sender or receiver (format: nenc/live.h). */
#ifndef NENC_LIVE_TELEMETRY_H
#define NENC_LIVE_TELEMETRY_H

#include "nenc/live.h"

#include <stddef.h>

/* Creates the file with these capacities (NENC_RINGS powers of two, 0: none), zeroed but for its header. path NULL: private
 * memory instead of a file. Returns 0 or a negative errno. */
int nenc_telemetry_open(const char *path, const uint32_t *capacities, int64_t origin_ns, nenc_telemetry **telemetry);

/* Returns where to write the next record of this ring, which nenc_telemetry_put then counts; NULL when the ring has no
 * capacity. */
void *nenc_telemetry_next(nenc_telemetry *telemetry, nenc_ring_kind ring);
void nenc_telemetry_put(nenc_telemetry *telemetry, nenc_ring_kind ring);

/* Counts a lateness in one of the counters' histograms. */
void nenc_telemetry_late(uint64_t *bins, int64_t *max_ns, int64_t late_ns);

/* Unmaps the file, which stays for its readers. Accepts NULL. */
void nenc_telemetry_close(nenc_telemetry *telemetry);

#endif
