/* histogram.h - how long packets waited: no wait at all, bins of 10 us up to 1 ms, at most 1 % wide above. */
#ifndef NENC_NET_HISTOGRAM_H
#define NENC_NET_HISTOGRAM_H

#include <stdint.h>

enum {
    NENC_HISTOGRAM_LINEAR = 101,  /* exactly 0, then bins of 10 us up to 1 ms */
    NENC_HISTOGRAM_OCTAVE = 128,  /* bins per doubling above: widths from 1/128 down to 1/255 of the value */
    NENC_HISTOGRAM_OCTAVES = 17,  /* up to 131 s, longer waits count as that */
    NENC_HISTOGRAM_BINS = NENC_HISTOGRAM_LINEAR + NENC_HISTOGRAM_OCTAVE * NENC_HISTOGRAM_OCTAVES,
};

typedef struct nenc_histogram {
    uint32_t counts[NENC_HISTOGRAM_BINS];
    int first; /* bins in use: [first, last] */
    int last;
} nenc_histogram;

void nenc_histogram_clear(nenc_histogram *histogram);
void nenc_histogram_add(nenc_histogram *histogram, int64_t wait_ns);
int64_t nenc_histogram_upper_ns(int bin);

#endif
