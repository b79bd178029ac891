/* thread.c - the control thread's life: every order of start, stop, step and destroy, and what it does in between. */
#include "nenc/nenc.h"

#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void sleep_ms(int ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL); }

/* Every oversleep-th sleep is this much too long; 0: none. Linked with --wrap. */
static atomic_int oversleep, sleeps;
static const int64_t too_long_ns = 12000000;

int __real_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left);
int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left);

int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left)
{
    struct timespec later = *until;
    int every = atomic_load(&oversleep);
    if (every && atomic_fetch_add(&sleeps, 1) % every == every - 1) {
        later.tv_nsec += too_long_ns;
        later.tv_sec += later.tv_nsec / 1000000000;
        later.tv_nsec %= 1000000000;
    }
    return __real_clock_nanosleep(clock, flags, &later, left);
}

static AdaptiveEncoder *create(int64_t tick_ns, uint32_t law)
{
    nenc_config config;
    nenc_config_default(&config);
    config.tick_ns = tick_ns;
    config.law = law;
    AdaptiveEncoder *enc = nenc_create(&config, now_ns(), NULL);
    if (!enc) exit(EXIT_FAILURE);
    return enc;
}

/* Waits for the thread's n-th tick, ten seconds at most: a loaded machine is slow, not wrong. */
static nenc_thread_info wait_for_ticks(AdaptiveEncoder *enc, uint64_t ticks)
{
    nenc_thread_info info = {0};
    for (int i = 0; i < 10000; i++) {
        CHECK(nenc_thread_info_get(enc, &info) == NENC_OK);
        if (info.ticks >= ticks) break;
        sleep_ms(1);
    }
    CHECK(info.ticks >= ticks);
    return info;
}

static void every_order(void)
{
    AdaptiveEncoder *enc = create(2000000, NENC_LAW_NENC);
    nenc_state state;
    CHECK(nenc_stop(enc) == NENC_OK); /* before any start */
    CHECK(nenc_step(enc, now_ns(), NULL) > 0);
    CHECK(nenc_start(enc) == NENC_OK);
    CHECK(nenc_start(enc) == NENC_ESTATE);
    CHECK(nenc_step(enc, now_ns(), &state) == NENC_ESTATE);
    nenc_thread_info info = wait_for_ticks(enc, 5);
    CHECK(info.running == 1);
    CHECK(info.realtime == (info.realtime_errno == 0));
    CHECK(info.realtime || info.realtime_errno == EPERM);
    CHECK(nenc_stop(enc) == NENC_OK);
    CHECK(nenc_stop(enc) == NENC_OK);
    CHECK(nenc_thread_info_get(enc, &info) == NENC_OK);
    CHECK(info.running == 0 && info.ticks >= 5);
    CHECK(info.lateness_max_ns > 0 && info.lateness_sum_ns >= info.lateness_max_ns);

    CHECK(nenc_state_get(enc, &state) == NENC_OK);
    uint64_t ticks = state.ticks;
    CHECK(ticks == info.ticks + 1);
    CHECK(nenc_step(enc, now_ns(), &state) > 0); /* ours again */
    CHECK(state.ticks == ticks + 1);

    CHECK(nenc_start(enc) == NENC_OK); /* counts from 0 again */
    wait_for_ticks(enc, 3);
    nenc_destroy(enc); /* while it runs */
    nenc_destroy(NULL);
}

static void null_handles(void)
{
    nenc_thread_info info;
    AdaptiveEncoder *enc = create(2000000, NENC_LAW_NENC);
    CHECK(nenc_start(NULL) == NENC_EINVAL);
    CHECK(nenc_stop(NULL) == NENC_EINVAL);
    CHECK(nenc_thread_info_get(NULL, &info) == NENC_EINVAL);
    CHECK(nenc_thread_info_get(enc, NULL) == NENC_EINVAL);
    nenc_destroy(enc);
}

/* A controller whose clock is ahead of CLOCK_MONOTONIC cannot tick on it. */
static void foreign_clock(void)
{
    nenc_config config;
    nenc_config_default(&config);
    AdaptiveEncoder *enc = nenc_create(&config, now_ns() + (int64_t)3600 * 1000000000, NULL);
    CHECK(nenc_start(enc) == NENC_ERANGE);
    nenc_destroy(enc);
}

/* Deadlines are absolute: ticks and skipped deadlines together are the elapsed time, however late each was. Every fourth is
 * two deadlines late, and neither makes up for it in a burst nor forgets it. */
static void no_drift(int every)
{
    const int64_t tick_ns = 5000000;
    atomic_store(&oversleep, every);
    AdaptiveEncoder *enc = create(tick_ns, NENC_LAW_NENC);
    int64_t begin = now_ns();
    CHECK(nenc_start(enc) == NENC_OK);
    sleep_ms(400);
    CHECK(nenc_stop(enc) == NENC_OK);
    int64_t elapsed = now_ns() - begin;
    nenc_thread_info info;
    CHECK(nenc_thread_info_get(enc, &info) == NENC_OK);
    int64_t deadlines = (int64_t)(info.ticks + info.missed);
    CHECK(deadlines <= elapsed / tick_ns);
    CHECK(deadlines * tick_ns >= elapsed / 2);
    CHECK(info.ticks > 0);
    if (every) {
        CHECK(info.missed >= 2 * (info.ticks / (unsigned)every));
        CHECK(info.lateness_max_ns >= too_long_ns);
    }
    atomic_store(&oversleep, 0);
    nenc_destroy(enc);
}

typedef struct traffic {
    AdaptiveEncoder *enc;
    atomic_int stop;
    uint64_t recorded;
    uint64_t reads;
} traffic;

static void *produce(void *argument)
{
    traffic *t = argument;
    for (uint32_t i = 0; !atomic_load(&t->stop); i++) {
        nenc_sample sample = {.time_ns = now_ns(),
                              .throughput_kbps = 20000 + i % 100,
                              .rtt_ms = 40,
                              .loss = 0,
                              .owd_ms = NAN,
                              .ecn = NAN,
                              .bytes_in_flight = NAN};
        t->recorded += nenc_record(t->enc, &sample) == NENC_OK;
        nanosleep(&(struct timespec){0, 200000}, NULL);
    }
    return NULL;
}

static void *watch(void *argument)
{
    traffic *t = argument;
    nenc_state last = {.now_ns = INT64_MIN};
    while (!atomic_load(&t->stop)) {
        nenc_state state;
        CHECK(nenc_state_get(t->enc, &state) == NENC_OK);
        CHECK(state.now_ns >= last.now_ns && state.ticks >= last.ticks && state.recorded >= last.recorded);
        CHECK((state.ticks == last.ticks) == (state.now_ns == last.now_ns) || last.now_ns == INT64_MIN);
        CHECK(state.rate_bps >= 5e6 && state.rate_bps <= 120e6);
        CHECK(state.samples == 0 ||
              (state.throughput_min_kbps >= 20000 && state.throughput_max_kbps < 20100 && state.rtt_mean_ms == 40));
        uint32_t rate = get_current_bitrate(t->enc);
        CHECK(rate >= 5000000 && rate <= 120000000);
        last = state;
        t->reads++;
    }
    return NULL;
}

/* One producer, two readers, the owner changing gains, the thread ticking. */
static void everybody_at_once(uint32_t law)
{
    traffic t = {.enc = create(1000000, law)};
    traffic second = {.enc = t.enc};
    pthread_t producer, reader, other;
    CHECK(nenc_start(t.enc) == NENC_OK);
    if (pthread_create(&producer, NULL, produce, &t) != 0 || pthread_create(&reader, NULL, watch, &t) != 0 ||
        pthread_create(&other, NULL, watch, &second) != 0)
        exit(EXIT_FAILURE);
    for (int i = 0; i < 100; i++) {
        CHECK(nenc_set_gains(t.enc, 0.1 + i * 1e-3, 0.1, 0.01) == NENC_OK);
        sleep_ms(3);
    }
    wait_for_ticks(t.enc, 10);
    atomic_store(&t.stop, 1);
    atomic_store(&second.stop, 1);
    pthread_join(producer, NULL);
    pthread_join(reader, NULL);
    pthread_join(other, NULL);
    CHECK(nenc_stop(t.enc) == NENC_OK);
    nenc_state state;
    CHECK(nenc_step(t.enc, now_ns(), &state) > 0);
    CHECK(state.recorded == t.recorded && state.refused == 0);
    CHECK(t.reads > 0 && second.reads > 0);
    nenc_destroy(t.enc);
}

int main(void)
{
    every_order();
    null_handles();
    foreign_clock();
    no_drift(0);
    no_drift(4);
    everybody_at_once(NENC_LAW_NENC);
    everybody_at_once(NENC_LAW_CLASSIC);
    return CHECK_END();
}
