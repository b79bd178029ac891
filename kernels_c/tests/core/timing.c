/* timing.c - what the thread tells of its time, on a clock that the test winds: exact lateness, bins, drift and cost.
 *
 * Linked with --wrap of clock_gettime and clock_nanosleep: in the thread, a sleep takes no time and sets the clock. */
#include "core/lateness.h"
#include "nenc/nenc.h"

#include "check.h"

#include <stdatomic.h>
#include <time.h>

enum { TICK_NS = 1000000, MOST = 64, SECOND_NS = 1000000000 };

/* What the thread meets: lateness of each wake-up, then what the tick takes. It sleeps for good after the last. */
static struct {
    int count;
    int64_t late_ns[MOST];
    int64_t cost_ns[MOST];
} script;

static _Thread_local int64_t wound_ns; /* the clock of the thread that sleeps; 0: the real one */
static _Thread_local int readings;     /* of it since it woke up */
static _Thread_local int awake;        /* sleeps so far */
static atomic_int slept, finish;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __real_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left);
int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (!wound_ns) return __real_clock_gettime(clock, now);
    if (readings++ == 1) wound_ns += script.cost_ns[awake - 1]; /* the second of a tick: it is over */
    *now = (struct timespec){.tv_sec = wound_ns / SECOND_NS, .tv_nsec = wound_ns % SECOND_NS};
    return 0;
}

int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left)
{
    if (awake == script.count) {
        atomic_store(&slept, 1);
        while (!atomic_load(&finish)) __real_clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){0, 100000}, NULL);
        wound_ns = (int64_t)until->tv_sec * SECOND_NS + until->tv_nsec;
        return 0;
    }
    wound_ns = (int64_t)until->tv_sec * SECOND_NS + until->tv_nsec + script.late_ns[awake++];
    readings = 0;
    return 0;
}

static int64_t real_now_ns(void)
{
    struct timespec now;
    __real_clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

/* The state once the script is played, while the thread still runs and again when it has stopped. */
static nenc_state played(void)
{
    nenc_config config;
    nenc_state state, rested, stepped;
    nenc_config_default(&config);
    config.tick_ns = TICK_NS;
    AdaptiveEncoder *enc = nenc_create(&config, real_now_ns(), NULL);
    atomic_store(&slept, 0);
    atomic_store(&finish, 0);
    CHECK(nenc_start_with(enc, NENC_START_ORDINARY) == NENC_OK);
    while (!atomic_load(&slept)) nanosleep(&(struct timespec){0, 100000}, NULL);
    CHECK(nenc_state_get(enc, &state) == NENC_OK);
    CHECK(state.timing.running == 1 && state.ticks == state.timing.ticks);

    /* The last sleep ends in the stop or in a few ticks more, which are not judged. */
    atomic_store(&finish, 1);
    CHECK(nenc_stop(enc) == NENC_OK);
    CHECK(nenc_state_get(enc, &rested) == NENC_OK);
    CHECK(rested.timing.running == 0 && rested.timing.ticks >= state.timing.ticks);
    CHECK(nenc_step(enc, rested.now_ns + 1, &stepped) > 0);
    CHECK(memcmp(&stepped.timing, &rested.timing, sizeof stepped.timing) == 0);
    nenc_destroy(enc);
    return state;
}

/* Against sums, a sorted scan of the edges and a grid of its own. */
static void counts_what_happened(uint64_t *random, int64_t latest_ns)
{
    script.count = 1 + (int)check_below(random, MOST);
    uint64_t missed = 0, bins[NENC_LATENESS_BINS] = {0};
    int64_t late_max = 0, late_sum = 0, cost_max = 0, cost_sum = 0, first = 0, newest = 0;
    for (int i = 0; i < script.count; i++) {
        const int64_t late = (int64_t)check_below(random, (uint64_t)latest_ns), cost = 1 + (int64_t)check_below(random, 400000);
        script.late_ns[i] = late;
        script.cost_ns[i] = cost;
        missed += (uint64_t)(late / TICK_NS);
        newest = late % TICK_NS;
        if (i == 0) first = newest;
        late_max = late > late_max ? late : late_max;
        late_sum += late;
        cost_max = cost > cost_max ? cost : cost_max;
        cost_sum += cost;
        int bin = 0;
        while (late >= nenc_lateness_edge_ns(bin)) bin++;
        bins[bin]++;
    }
    const nenc_timing timing = played().timing;
    CHECK(timing.ticks == (uint64_t)script.count && timing.missed == missed);
    CHECK(timing.lateness_max_ns == late_max && timing.lateness_sum_ns == late_sum);
    CHECK(timing.cost_max_ns == cost_max && timing.cost_sum_ns == cost_sum);
    CHECK(timing.cost_last_ns == script.cost_ns[script.count - 1]);
    CHECK(timing.drift_ns == newest - first);
    CHECK(memcmp(timing.lateness, bins, sizeof bins) == 0);
}

/* 1 and 1.5 times a power of two, from 1.024 us up; each value on either side of each edge. */
static void bins_are_what_the_header_says(void)
{
    static const int64_t begin[] = {1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152, 65536};
    for (int i = 0; i < (int)(sizeof begin / sizeof *begin); i++) CHECK(nenc_lateness_edge_ns(i) == begin[i]);
    CHECK(nenc_lateness_edge_ns(-1) == 0 && nenc_lateness_edge_ns(INT32_MIN) == 0);
    CHECK(nenc_lateness_edge_ns(NENC_LATENESS_BINS - 2) == 536870912);
    CHECK(nenc_lateness_edge_ns(NENC_LATENESS_BINS - 1) == INT64_MAX && nenc_lateness_edge_ns(INT32_MAX) == INT64_MAX);
    for (int bin = 0; bin < NENC_LATENESS_BINS - 1; bin++) {
        const int64_t edge = nenc_lateness_edge_ns(bin);
        if (bin >= 2) CHECK(edge == 2 * nenc_lateness_edge_ns(bin - 2));
        CHECK(nenc_lateness_bin(edge - 1) == bin);
        CHECK(nenc_lateness_bin(edge) == bin + 1);
    }
    CHECK(nenc_lateness_bin(0) == 0 && nenc_lateness_bin(-1) == 0 && nenc_lateness_bin(INT64_MIN) == 0);
    CHECK(nenc_lateness_bin(INT64_MAX) == NENC_LATENESS_BINS - 1);
}

static void an_injected_clock_leaves_it_zero(void)
{
    static const nenc_timing zero;
    nenc_config config;
    nenc_state state;
    nenc_config_default(&config);
    AdaptiveEncoder *enc = nenc_create(&config, 0, NULL);
    for (int tick = 1; tick <= 100; tick++) {
        memset(&state, 0xa5, sizeof state);
        CHECK(nenc_step(enc, tick * config.tick_ns, &state) > 0);
        CHECK(memcmp(&state.timing, &zero, sizeof zero) == 0);
    }
    CHECK(nenc_state_get(enc, &state) == NENC_OK);
    CHECK(memcmp(&state.timing, &zero, sizeof zero) == 0);
    nenc_destroy(enc);
}

int main(void)
{
    uint64_t random = 1;
    bins_are_what_the_header_says();
    an_injected_clock_leaves_it_zero();
    for (int round = 0; round < 20; round++) {
        counts_what_happened(&random, 5000);           /* as on an idle machine */
        counts_what_happened(&random, TICK_NS);        /* none missed */
        counts_what_happened(&random, 5 * TICK_NS);    /* several at a time */
        counts_what_happened(&random, 2 * (int64_t)SECOND_NS); /* into the last bin */
    }
    return CHECK_END();
}
