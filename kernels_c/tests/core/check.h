/* check.h - assertions of the check programs: each failure is printed, the program goes on and fails at its end. */
#ifndef NENC_TESTS_CHECK_H
#define NENC_TESTS_CHECK_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef CHECK_FAILURES_SHARED /* a program of several files: one of them defines it */
extern int check_failures;
#else
static int check_failures;
#endif

#define CHECK(condition)                                                                                                         \
    do {                                                                                                                         \
        if (!(condition)) {                                                                                                      \
            fprintf(stderr, "%s:%d: %s: not true: %s\n", __FILE__, __LINE__, __func__, #condition);                              \
            check_failures++;                                                                                                    \
        }                                                                                                                        \
    } while (0)

/* |a - b| <= tolerance; a NaN fails. */
#define CHECK_NEAR(a, b, tolerance)                                                                                              \
    do {                                                                                                                         \
        double check_a = (a), check_b = (b);                                                                                     \
        if (!(fabs(check_a - check_b) <= (tolerance))) {                                                                         \
            fprintf(stderr, "%s:%d: %s: %s = %.9g, not %.9g\n", __FILE__, __LINE__, __func__, #a, check_a, check_b);             \
            check_failures++;                                                                                                    \
        }                                                                                                                        \
    } while (0)

#define CHECK_END() (check_failures ? (fprintf(stderr, "%d failed\n", check_failures), EXIT_FAILURE) : EXIT_SUCCESS)

/* Asked to be brief: under an instruction-level simulator everything takes fifty times as long. */
static inline int check_quick(void)
{
    const char *quick = getenv("NENC_CHECK_QUICK");
    return quick && strcmp(quick, "1") == 0;
}

/* splitmix64: the same operations on every machine and in every run. */
static inline uint64_t check_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 <= x < limit */
static inline uint64_t check_below(uint64_t *state, uint64_t limit) { return check_random(state) % limit; }

/* 0 <= x < 1 */
static inline double check_uniform(uint64_t *state) { return (double)(check_random(state) >> 11) * 0x1p-53; }

#endif
