/* lateness.h - the bins of the lateness histogram: two per octave, from 1 us to half a second. */
#ifndef NENC_CORE_LATENESS_H
#define NENC_CORE_LATENESS_H

#include <stdint.h>

/* The bin of nenc_timing.lateness that counts ns; what is not positive falls into the first. */
int nenc_lateness_bin(int64_t ns);

#endif
