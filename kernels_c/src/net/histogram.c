/* histogram.c - log-linear bins in integer arithmetic. */
#include "net/histogram.h"

#include "nenc/vnet.h"

static const int64_t linear_ns = 10000, octave_ns = 1000000;

void nenc_histogram_clear(nenc_histogram *histogram)
{
    for (int i = histogram->first; i <= histogram->last; i++) histogram->counts[i] = 0;
    histogram->first = NENC_HISTOGRAM_BINS;
    histogram->last = -1;
}

static int bin_of(int64_t wait_ns)
{
    if (wait_ns < octave_ns) return wait_ns > 0 ? (int)((wait_ns + linear_ns - 1) / linear_ns) : 0;
    int octave = 63 - __builtin_clzll((unsigned long long)(wait_ns / octave_ns));
    if (octave >= NENC_HISTOGRAM_OCTAVES) return NENC_HISTOGRAM_BINS - 1;
    const int64_t low = octave_ns << octave;
    return NENC_HISTOGRAM_LINEAR + octave * NENC_HISTOGRAM_OCTAVE + (int)((wait_ns - low) * NENC_HISTOGRAM_OCTAVE / low);
}

void nenc_histogram_add(nenc_histogram *histogram, int64_t wait_ns)
{
    const int bin = bin_of(wait_ns);
    histogram->counts[bin]++;
    if (bin < histogram->first) histogram->first = bin;
    if (bin > histogram->last) histogram->last = bin;
}

int64_t nenc_histogram_upper_ns(int bin)
{
    if (bin < NENC_HISTOGRAM_LINEAR) return bin * linear_ns;
    const int octave = (bin - NENC_HISTOGRAM_LINEAR) / NENC_HISTOGRAM_OCTAVE;
    const int step = (bin - NENC_HISTOGRAM_LINEAR) % NENC_HISTOGRAM_OCTAVE;
    return (octave_ns << octave) + (octave_ns << octave) * (step + 1) / NENC_HISTOGRAM_OCTAVE;
}

void nenc_delay_edges(const int64_t *wait_ns, size_t count, int64_t *edge_ns)
{
    for (size_t i = 0; i < count; i++) edge_ns[i] = nenc_histogram_upper_ns(bin_of(wait_ns[i]));
}
