/* rng.h - one random stream per (seed, stage), the same on every machine: counter-based SplitMix64, no libm but sqrt. */
#ifndef NENC_NET_RNG_H
#define NENC_NET_RNG_H

#include <stdint.h>

typedef struct nenc_rng {
    uint64_t key;
    uint64_t drawn;
} nenc_rng;

void nenc_rng_init(nenc_rng *rng, uint64_t seed, uint64_t stream);
uint64_t nenc_rng_next(nenc_rng *rng);
double nenc_rng_uniform(nenc_rng *rng);     /* [0, 1), 53 bits */
double nenc_rng_exponential(nenc_rng *rng); /* mean 1 */
double nenc_rng_laplace(nenc_rng *rng);     /* zero mean, scale 1 */
double nenc_rng_normal(nenc_rng *rng);      /* N(0, 1); one draw of the stream */

/* Natural logarithm of x > 0 from +, *, / alone: within 2 ulp, and bit-identical everywhere. */
double nenc_log(double x);

#endif
