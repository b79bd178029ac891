/* bench.c - times several functions in turn and prints what came out. */
#include "kernels.h"

#include <time.h>

enum { MOST_ROUNDS = 101 };

bench_options bench_with = {.rounds = 15, .round_ms = 2};
static int said;

/* The thread's own time: on a shared machine another's turn on the processor is not this function's cost. */
static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double timed(const bench_side *side, long calls)
{
    const double from = now_ns();
    for (long i = 0; i < calls; i++) side->call(side->data);
    return (now_ns() - from) / (double)calls;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Enough calls for a round: a pause of the machine must not pass for a slow function, so the best of three counts. */
static long calls_for_a_round(const bench_side *side)
{
    long calls = 1;
    for (;;) {
        double ns = INFINITY;
        for (int i = 0; i < 3; i++) ns = fmin(ns, timed(side, calls));
        if (ns * (double)calls >= bench_with.round_ms * 1e6) return calls;
        calls *= 2;
    }
}

void bench_sides(bench_side *sides, int count)
{
    if (count > BENCH_SIDES || bench_with.rounds < 1 || bench_with.rounds > MOST_ROUNDS) {
        fprintf(stderr, "--rounds must be from 1 to %d\n", MOST_ROUNDS);
        exit(2);
    }
    long calls[BENCH_SIDES];
    double ratios[BENCH_SIDES][MOST_ROUNDS];
    for (int s = 0; s < count; s++) {
        calls[s] = calls_for_a_round(&sides[s]);
        sides[s].ns = INFINITY;
    }
    for (int round = 0; round < bench_with.rounds; round++) {
        double ns[BENCH_SIDES];
        for (int s = 0; s < count; s++) {
            ns[s] = timed(&sides[s], calls[s]);
            if (ns[s] < sides[s].ns) sides[s].ns = ns[s];
            ratios[s][round] = ns[0] / ns[s];
        }
    }
    for (int s = 0; s < count; s++) {
        qsort(ratios[s], (size_t)bench_with.rounds, sizeof(double), ascending);
        sides[s].ratio = ratios[s][bench_with.rounds / 2];
    }
}

void bench_begin(void)
{
    said = 0;
    if (bench_with.json) printf("{");
}

void bench_say(const char *key, double value, const char *unit, const char *meaning)
{
    if (bench_with.json) printf("%s\"%s\": %.6g", said++ ? ", " : "", key, value);
    else printf("%-40s %12.4g %-5s %s\n", key, value, unit, meaning);
    fflush(stdout);
}

void bench_end(void)
{
    if (bench_with.json) printf("}\n");
}
