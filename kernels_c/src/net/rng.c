/* rng.c - counter-based random streams and the distributions drawn from them. */
#include "net/rng.h"

#include <math.h>
#include <string.h>

#include "nenc/vnet.h"

/* Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014, figure 14 (mix64variant13). */
static uint64_t mix64(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static const uint64_t golden = 0x9E3779B97F4A7C15u;

void nenc_rng_init(nenc_rng *rng, uint64_t seed, uint64_t stream)
{
    /* Two rounds, so that neighbouring seeds and streams do not start neighbouring counters. */
    rng->key = mix64(mix64(seed + golden) ^ (stream * 0xD1342543DE82EF95u + 1));
    rng->drawn = 0;
}

uint64_t nenc_rng_next(nenc_rng *rng) { return mix64(rng->key + ++rng->drawn * golden); }

static double to_unit(uint64_t bits) { return (double)(bits >> 11) * 0x1p-53; }

double nenc_rng_uniform(nenc_rng *rng) { return to_unit(nenc_rng_next(rng)); }

double nenc_log(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52) - 1023;
    bits = (bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        exponent++;
    }
    /* log m = 2 artanh s, |s| < 0.172: the term after s^21/21 is below 2^-54 of the sum. */
    const double s = (m - 1.0) / (m + 1.0), s2 = s * s;
    double sum = 1.0 / 21.0;
    for (int k = 19; k >= 1; k -= 2) sum = sum * s2 + 1.0 / (double)k;
    return 2.0 * s * sum + (double)exponent * 0.6931471805599453;
}

double nenc_rng_exponential(nenc_rng *rng) { return -nenc_log(1.0 - nenc_rng_uniform(rng)); }

double nenc_rng_laplace(nenc_rng *rng)
{
    const double u = nenc_rng_uniform(rng) - 0.5;
    const double tail = 1.0 - 2.0 * fabs(u);
    const double size = tail > 0.0 ? -nenc_log(tail) : -nenc_log(0x1p-53); /* u = -0.5 exactly */
    return u < 0.0 ? -size : size;
}

double nenc_rng_normal(nenc_rng *rng)
{
    /* Marsaglia's polar method on a private stream per draw: rejections never shift the draws after it. */
    nenc_rng own = {nenc_rng_next(rng), 0};
    for (;;) {
        const double u = 2.0 * nenc_rng_uniform(&own) - 1.0;
        const double v = 2.0 * nenc_rng_uniform(&own) - 1.0;
        const double s = u * u + v * v;
        if (s > 0.0 && s < 1.0) return u * sqrt(-2.0 * nenc_log(s) / s);
    }
}

int nenc_random(uint64_t seed, uint64_t stream, uint64_t from, uint32_t kind, double *out, size_t count)
{
    static double (*const draws[])(nenc_rng *) = {nenc_rng_uniform, nenc_rng_laplace, nenc_rng_normal, nenc_rng_exponential};
    if ((!out && count) || kind >= sizeof draws / sizeof draws[0]) return NENC_EINVAL;
    nenc_rng rng;
    nenc_rng_init(&rng, seed, stream);
    rng.drawn = from;
    for (size_t i = 0; i < count; i++) out[i] = draws[kind](&rng);
    return NENC_OK;
}
