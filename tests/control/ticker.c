/* ticker.c - the three functions of nenc.h over a thread that counts its ticks of 10 ms: SLEEP says by which call it sleeps.
 *
 * The rate is RATE + 1000 a tick, so that whoever reads it knows how often the thread has run, and when.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#ifndef RATE
#define RATE 10000000
#endif

enum {
    NANOSLEEP,
    USLEEP,
    ABSOLUTE,
    TIMEDWAIT,
    CLOCKWAIT,
    THRD_SLEEP,
    SPINNING,
    BY_SIGNAL,
    SPAWNING,
    SPAWNING_C11,
    CRASHING,
    DONE
};

typedef struct AdaptiveEncoder {
    pthread_mutex_t mutex;
    pthread_cond_t cond, done;
    pthread_t thread;
    _Atomic uint32_t ticks;
    uint32_t asked, answered;
    int64_t began_ns;
    int wrong;
} AdaptiveEncoder;

static const int64_t tick_ns = 10000000;

static int64_t now_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Every clock shows the same time, which is exactly that of the tick. */
static void look_at_the_clocks(AdaptiveEncoder *enc)
{
    int64_t now = now_ns(CLOCK_MONOTONIC);
    struct timeval day;
    gettimeofday(&day, NULL);
    if (now != enc->began_ns + enc->ticks * tick_ns) enc->wrong = 1;
    if (now != now_ns(CLOCK_REALTIME) || day.tv_sec * 1000000LL + day.tv_usec != now / 1000) enc->wrong = 1;
    if (time(NULL) != now / 1000000000) enc->wrong = 1;
}

static void *spawned(void *argument)
{
    usleep(2000);
    return argument;
}

static int spawned_c11(void *argument)
{
    usleep(2000);
    return argument != NULL;
}

static void sleep_one_tick(AdaptiveEncoder *enc)
{
    struct timespec tick = {.tv_nsec = tick_ns};
    int64_t next_ns = enc->began_ns + (enc->ticks + 1) * tick_ns;
    struct timespec until = {.tv_sec = next_ns / 1000000000, .tv_nsec = next_ns % 1000000000};
    pthread_t other;
    thrd_t other_c11;
    switch (SLEEP) {
    case NANOSLEEP: nanosleep(&tick, NULL); break;
    case USLEEP: usleep(10000); break;
    case ABSOLUTE: clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL); break;
    case TIMEDWAIT:
        pthread_mutex_lock(&enc->mutex);
        if (pthread_cond_timedwait(&enc->cond, &enc->mutex, &until) != ETIMEDOUT) enc->wrong = 1;
        pthread_mutex_unlock(&enc->mutex);
        break;
    case CLOCKWAIT:
        pthread_mutex_lock(&enc->mutex);
        if (pthread_cond_clockwait(&enc->cond, &enc->mutex, CLOCK_MONOTONIC, &until) != ETIMEDOUT) enc->wrong = 1;
        pthread_mutex_unlock(&enc->mutex);
        break;
    case THRD_SLEEP: thrd_sleep(&tick, NULL); break;
    case SPINNING:
        for (volatile int i = 0; i < 1000; i++) {
        }
        break;
    case CRASHING:
        if (enc->ticks == 100) abort();
        nanosleep(&tick, NULL);
        break;
    case SPAWNING: /* threads that end */
        if (pthread_create(&other, NULL, spawned, NULL) == 0) pthread_detach(other);
        nanosleep(&tick, NULL);
        break;
    case SPAWNING_C11:
        if (thrd_create(&other_c11, spawned_c11, NULL) == thrd_success) thrd_detach(other_c11);
        nanosleep(&tick, NULL);
        break;
    default: break;
    }
}

static void *run(void *argument)
{
    AdaptiveEncoder *enc = argument;
    for (;;) {
        sleep_one_tick(enc);
        enc->ticks++;
        if (SLEEP != SPINNING) look_at_the_clocks(enc);
    }
    return NULL;
}

/* A thread that works when it is told to, and tells when it is done. */
static void *serve(void *argument)
{
    AdaptiveEncoder *enc = argument;
    pthread_mutex_lock(&enc->mutex);
    for (;;) {
        while (enc->answered == enc->asked) pthread_cond_wait(&enc->cond, &enc->mutex);
        enc->answered++;
        enc->ticks++;
        pthread_cond_broadcast(&enc->done);
    }
    return NULL;
}

AdaptiveEncoder *init_adaptive_encoder(void *display)
{
    if (display) return NULL;
    AdaptiveEncoder *enc = calloc(1, sizeof *enc);
    pthread_mutex_init(&enc->mutex, NULL);
    pthread_cond_init(&enc->cond, NULL);
    pthread_cond_init(&enc->done, NULL);
    enc->began_ns = now_ns(CLOCK_MONOTONIC);
    pthread_create(&enc->thread, NULL, SLEEP == BY_SIGNAL ? serve : run, enc);
    return SLEEP == DONE ? NULL : enc;
}

void record_network_metrics(AdaptiveEncoder *enc, uint32_t throughput, float rtt, float loss)
{
    if (!throughput || rtt <= 0 || loss < 0) enc->wrong = 1;
    if (SLEEP != BY_SIGNAL) return;
    pthread_mutex_lock(&enc->mutex);
    enc->asked++;
    pthread_cond_signal(&enc->cond);
    while (enc->answered != enc->asked) pthread_cond_wait(&enc->done, &enc->mutex);
    pthread_mutex_unlock(&enc->mutex);
}

uint32_t get_current_bitrate(AdaptiveEncoder *enc) { return enc->wrong ? 0 : RATE + 1000 * enc->ticks; }
