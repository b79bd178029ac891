/* oracle.h - FIFO service by another route: exact integers in the domain of capacity, no queue and no events.
 *
 * C(t) = the integral of the rate, in bits x 1e-9 (whole rates x whole nanoseconds: no rounding anywhere). A packet that
 * arrives at a ends its service when C reaches F = max(F before, C(a)) + its bits. Unlimited stretches empty the queue. */
#ifndef NENC_TESTS_ORACLE_H
#define NENC_TESTS_ORACLE_H

#include "net.h"

typedef __int128 nanobits;

typedef struct oracle {
    int64_t *t_ns; /* rate[i] from t_ns[i] on; t_ns[0] = 0 */
    int64_t *rate; /* bit/s, -1: unlimited */
    int count;
    nanobits done; /* F of the packet before */
} oracle;

static inline void oracle_add(oracle *o, int64_t t_ns, int64_t rate)
{
    o->t_ns = realloc(o->t_ns, (size_t)(o->count + 1) * sizeof *o->t_ns);
    o->rate = realloc(o->rate, (size_t)(o->count + 1) * sizeof *o->rate);
    if (!o->t_ns || !o->rate) abort();
    o->t_ns[o->count] = t_ns;
    o->rate[o->count++] = rate;
}

static inline void oracle_free(oracle *o)
{
    free(o->t_ns);
    free(o->rate);
    *o = (oracle){0};
}

static inline int64_t oracle_rate(const oracle *o, int64_t t_ns)
{
    int i = 0;
    while (i + 1 < o->count && o->t_ns[i + 1] <= t_ns) i++;
    return o->rate[i];
}

static inline nanobits oracle_capacity(const oracle *o, int64_t t_ns)
{
    nanobits sum = 0;
    for (int i = 0; i < o->count && o->t_ns[i] < t_ns; i++) {
        const int64_t end = i + 1 < o->count && o->t_ns[i + 1] < t_ns ? o->t_ns[i + 1] : t_ns;
        if (o->rate[i] > 0) sum += (nanobits)o->rate[i] * (end - o->t_ns[i]);
    }
    return sum;
}

/* Whole nanoseconds of the first instant after from_ns at which C reaches level, or begins to exceed it (strictly), or at
 * which the link turns unlimited; INT64_MAX: never. */
static inline int64_t oracle_reach(const oracle *o, int64_t from_ns, nanobits level, int strictly, int *unlimited)
{
    nanobits sum = 0;
    *unlimited = 0;
    for (int i = 0; i < o->count; i++) {
        const int last = i + 1 == o->count;
        const int64_t end = last ? INT64_MAX : o->t_ns[i + 1];
        if (o->rate[i] < 0 && end > from_ns) {
            *unlimited = 1;
            return o->t_ns[i] > from_ns ? o->t_ns[i] : from_ns;
        }
        if (o->rate[i] <= 0) continue;
        const nanobits after = last ? 0 : sum + (nanobits)o->rate[i] * (end - o->t_ns[i]);
        if (last || after > level || (after == level && !strictly)) {
            const int64_t t = o->t_ns[i] + (int64_t)((level - sum) / o->rate[i]);
            return t > from_ns ? t : from_ns;
        }
        sum = after;
    }
    return INT64_MAX;
}

typedef struct oracle_times {
    int64_t start_ns;
    int64_t leave_ns;
} oracle_times;

/* The next packet of the FIFO; INT64_MAX: it never starts, or never leaves. Right to the nanosecond below. */
static inline oracle_times oracle_serve(oracle *o, int64_t arrival_ns, uint32_t wire_bytes)
{
    const nanobits here = oracle_capacity(o, arrival_ns);
    const nanobits begin = o->done > here ? o->done : here;
    if (oracle_rate(o, arrival_ns) < 0) { /* straight through */
        o->done = here;
        return (oracle_times){arrival_ns, arrival_ns};
    }
    int start_unlimited, leave_unlimited;
    oracle_times times;
    times.start_ns = oracle_reach(o, arrival_ns, begin, 1, &start_unlimited);
    const nanobits end = begin + (nanobits)wire_bytes * 8 * second_ns;
    times.leave_ns = oracle_reach(o, arrival_ns, end, 0, &leave_unlimited);
    o->done = leave_unlimited ? oracle_capacity(o, times.leave_ns) : end;
    return times;
}

#endif
