/* lateness.h - the bins of the lateness histogram: two per octave, from 1 us to half a second. */
#ifndef NENC_CORE_LATENESS_H
#define NENC_CORE_LATENESS_H

#include <stdint.h>

/* Returns the bin of nenc_timing.lateness that counts ns; values that are not positive go into the first. */
int nenc_lateness_bin(int64_t ns);

#endif
