/* clock.h - this machine's monotonic clock, for measuring and waiting. */
#ifndef NENC_CORE_CLOCK_H
#define NENC_CORE_CLOCK_H

#include <errno.h>
#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC in nanoseconds. Inline, because encoder modules use it too and do not link the library. */
static inline int64_t nenc_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline struct timespec nenc_timespec(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
}

/* Sleeps until that time of the same clock, resuming after signals. */
static inline void nenc_sleep_until(int64_t deadline_ns)
{
    const struct timespec deadline = nenc_timespec(deadline_ns);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR) {
    }
}

#endif
