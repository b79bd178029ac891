/* lateness.c - the bins of the lateness histogram: two per octave, from 1 us to half a second. */
#include "core/lateness.h"

#include "nenc/nenc.h"

/* Bin edges are 2 or 3 times this, shifted. */
enum { UNIT_SHIFT = 9 };

int nenc_lateness_bin(int64_t ns)
{
    if (ns < (int64_t)2 << UNIT_SHIFT) return 0;
    const uint64_t units = (uint64_t)ns >> UNIT_SHIFT;
    const int octave = 62 - __builtin_clzll(units);
    const int bin = 2 * octave + (int)(units >> octave & 1) + 1;
    return bin < NENC_LATENESS_BINS ? bin : NENC_LATENESS_BINS - 1;
}

int64_t nenc_lateness_edge_ns(int bin)
{
    if (bin < 0) return 0;
    if (bin >= NENC_LATENESS_BINS - 1) return INT64_MAX;
    return (int64_t)(2 + (bin & 1)) << (bin / 2 + UNIT_SHIFT);
}
