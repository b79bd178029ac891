/* clock.h - the time of this machine, for what is measured and waited for. */
#ifndef NENC_CORE_CLOCK_H
#define NENC_CORE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC, nanoseconds. In a header: modules have it too, and they do not link the library. */
static inline int64_t nenc_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#endif
