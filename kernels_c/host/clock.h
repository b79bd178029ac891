/* clock.h - virtual time for the threads of a controller that brings its own. */
#ifndef NENC_HOST_CLOCK_H
#define NENC_HOST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* From now on every clock that the user's code reads shows the lab's time (and 1000 s: code takes 0 for never), and every
 * sleep is one in that time. The calls that are taken over are in clock.c; called from the main thread, as is all else. */
void host_clock_start(int64_t now_ns);

/* Back to the machine's time. False when that is too late: the user's code has seen the lab's, or has a thread that may. */
bool host_clock_stop(void);

/* Runs every thread whose sleep ends up to now_ns, one after another, each at the moment it asked for, until all of them sleep
 * or wait again. Does not return while one of them runs: the lab has a timeout. Threads that
 * a signal or broadcast wakes run at once, also several together: one that waited for its turn could be waited for, in a way
 * that is not seen here, by the one whose turn it is. */
void host_clock_advance(int64_t now_ns);

#endif
