/* wakeup.c - how late the tick thread wakes up: idle and with every core busy, with SCHED_FIFO and without.
 *
 *   wakeup [--json] [--seconds S] [--tick-us US]
 *
 * Lateness is noted here too, tick by tick, by a --wrap of the sleep: the library's histogram must say the same to a bin, else
 * the program fails. Where SCHED_FIFO is refused its lines are left out and stderr says why. */
#include "core/lateness.h"
#include "nenc/nenc.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SECOND_NS = 1000000000, MOST_CPUS = CPU_SETSIZE };

/* Of the run under way, in the order they came. */
static struct {
    int64_t *late_ns;
    size_t room;
    atomic_size_t count;
} noted;

int __real_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left);
int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left);

static int64_t to_ns(const struct timespec *time) { return (int64_t)time->tv_sec * SECOND_NS + time->tv_nsec; }

static int64_t read_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return to_ns(&now);
}

int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left)
{
    const int result = __real_clock_nanosleep(clock, flags, until, left);
    const int64_t late_ns = read_ns(CLOCK_MONOTONIC) - to_ns(until);
    const size_t count = atomic_load_explicit(&noted.count, memory_order_relaxed);
    if (result == 0 && count < noted.room) {
        noted.late_ns[count] = late_ns;
        atomic_store_explicit(&noted.count, count + 1, memory_order_relaxed);
    }
    return result;
}

static atomic_bool idle;

static void *spin(void *argument)
{
    while (!atomic_load_explicit(&idle, memory_order_relaxed)) {
    }
    return NULL;
}

/* One on every CPU this process may use; the number of them. */
static int hogs_start(pthread_t *hogs)
{
    cpu_set_t allowed;
    int count = 0;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) exit(EXIT_FAILURE);
    atomic_store(&idle, false);
    for (int cpu = 0; cpu < MOST_CPUS; cpu++) {
        if (!CPU_ISSET(cpu, &allowed)) continue;
        pthread_attr_t attributes;
        cpu_set_t own;
        CPU_ZERO(&own);
        CPU_SET(cpu, &own);
        pthread_attr_init(&attributes);
        pthread_attr_setaffinity_np(&attributes, sizeof own, &own);
        if (pthread_create(&hogs[count++], &attributes, spin, NULL) != 0) exit(EXIT_FAILURE);
        pthread_attr_destroy(&attributes);
    }
    return count;
}

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static size_t rank_of(double share, uint64_t count)
{
    const size_t rank = (size_t)ceil(share * (double)count);
    return rank > 0 ? rank : 1;
}

/* The bin that holds this share of the ticks. */
static int quantile_bin(const nenc_timing *timing, double share)
{
    const size_t rank = rank_of(share, timing->ticks);
    uint64_t counted = 0;
    int bin = 0;
    while (bin < NENC_LATENESS_BINS && (counted += timing->lateness[bin]) < rank) bin++;
    return bin;
}

static bool agrees(const nenc_timing *timing, const int64_t *sorted, double share, const char *name)
{
    const int64_t exact_ns = sorted[rank_of(share, timing->ticks) - 1];
    const int bin = quantile_bin(timing, share);
    if (abs(bin - nenc_lateness_bin(exact_ns)) <= 1) return true;
    fprintf(stderr, "wakeup: %s: %g of the ticks are less than %lld ns late by the histogram, %lld ns by the list\n", name, share,
            (long long)nenc_lateness_edge_ns(bin), (long long)exact_ns);
    return false;
}

typedef struct figure {
    const char *name; /* of the column, and in the JSON key */
    double value;
} figure;

static bool json;
static int printed;

static void print(const char *name, const figure *figures, int count)
{
    if (!json && !printed) {
        printf("%-16s", "lateness in us");
        for (int i = 0; i < count; i++) printf(" %11s", figures[i].name);
        printf("\n");
    }
    if (!json) printf("%-16s", name);
    for (int i = 0; i < count; i++, printed++) {
        if (json) printf("%s\"thread.%s_%s\": %.6g", printed ? ", " : "{", name, figures[i].name, figures[i].value);
        else printf(" %11.5g", figures[i].value);
    }
    if (!json) printf("\n");
    fflush(stdout);
}

/* False when the histogram and the list differ. */
static bool measure(const char *name, bool busy, uint32_t flags, double seconds, int64_t tick_ns)
{
    nenc_config config;
    nenc_state state;
    nenc_config_default(&config);
    config.tick_ns = tick_ns;
    AdaptiveEncoder *enc = nenc_create(&config, read_ns(CLOCK_MONOTONIC), NULL);
    static pthread_t hogs[MOST_CPUS];
    const int count = busy ? hogs_start(hogs) : 0;
    atomic_store(&noted.count, 0);
    const int64_t from_ns = read_ns(CLOCK_MONOTONIC), used_ns = read_ns(CLOCK_PROCESS_CPUTIME_ID);
    if (!enc || nenc_start_with(enc, flags) != NENC_OK) exit(EXIT_FAILURE);
    nenc_state_get(enc, &state);
    const bool refused = !(flags & NENC_START_ORDINARY) && !state.timing.realtime;
    if (refused) fprintf(stderr, "wakeup: %s: SCHED_FIFO was refused: %s\n", name, strerror(state.timing.realtime_errno));
    else nanosleep(&(struct timespec){(time_t)seconds, (long)((seconds - floor(seconds)) * SECOND_NS)}, NULL);
    nenc_stop(enc);
    const double cores = (double)(read_ns(CLOCK_PROCESS_CPUTIME_ID) - used_ns) / (double)(read_ns(CLOCK_MONOTONIC) - from_ns);
    atomic_store(&idle, true);
    for (int i = 0; i < count; i++) pthread_join(hogs[i], NULL);
    nenc_state_get(enc, &state);
    nenc_destroy(enc);
    const nenc_timing *timing = &state.timing;
    if (refused || timing->ticks == 0) return refused;

    qsort(noted.late_ns, timing->ticks, sizeof *noted.late_ns, ascending); /* the last sleep, which nenc_stop ended, is no tick */
    const double ticks = (double)timing->ticks;
    const figure figures[] = {
        {"p50_us", 1e-3 * (double)noted.late_ns[rank_of(0.5, timing->ticks) - 1]},
        {"p99_us", 1e-3 * (double)noted.late_ns[rank_of(0.99, timing->ticks) - 1]},
        {"p99_bin_us", 1e-3 * (double)nenc_lateness_edge_ns(quantile_bin(timing, 0.99))}, /* by nenc_state, the bin's end */
        {"max_us", 1e-3 * (double)timing->lateness_max_ns},
        {"ticks", ticks},
        {"missed", (double)timing->missed},
        {"drift_us", 1e-3 * (double)timing->drift_ns},
        {"tick_us", 1e-3 * (double)timing->cost_sum_ns / ticks}, /* what a tick costs on its thread, mean */
        {"cores_used", cores}, /* by this program meanwhile, hogs and all */
    };
    print(name, figures, sizeof figures / sizeof *figures);
    return agrees(timing, noted.late_ns, 0.5, name) && agrees(timing, noted.late_ns, 0.9, name) &&
           agrees(timing, noted.late_ns, 0.99, name);
}

static int usage(void)
{
    fprintf(stderr, "usage: wakeup [--json] [--seconds S] [--tick-us US]\n");
    return 2;
}

int main(int argc, char **argv)
{
    double seconds = 10, tick_us = 2000;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--json") == 0) json = true;
        else if (strcmp(argv[i], "--seconds") == 0 && value) seconds = atof(argv[++i]);
        else if (strcmp(argv[i], "--tick-us") == 0 && value) tick_us = atof(argv[++i]);
        else return usage();
    }
    const double tick_ns = 1e3 * tick_us;
    if (!(seconds > 0 && seconds <= 3600 && tick_ns >= 100000 && tick_ns <= SECOND_NS)) return usage();
    noted.room = (size_t)(seconds * SECOND_NS / tick_ns) + 1000;
    noted.late_ns = calloc(noted.room, sizeof *noted.late_ns);
    if (!noted.late_ns) return EXIT_FAILURE;

    bool agreed = true;
    agreed &= measure("idle_fifo", false, 0, seconds, (int64_t)tick_ns);
    agreed &= measure("idle_ordinary", false, NENC_START_ORDINARY, seconds, (int64_t)tick_ns);
    agreed &= measure("busy_fifo", true, 0, seconds, (int64_t)tick_ns);
    agreed &= measure("busy_ordinary", true, NENC_START_ORDINARY, seconds, (int64_t)tick_ns);
    if (json) printf("%s}\n", printed ? "" : "{");
    free(noted.late_ns);
    return agreed ? EXIT_SUCCESS : EXIT_FAILURE;
}
