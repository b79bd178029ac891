/* clock.h - virtual time for the threads that a user's controller creates. */
#ifndef NENC_HOST_CLOCK_H
#define NENC_HOST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* From now on every clock that the user's code reads shows the lab's time plus 1000 s (code may take 0 to mean never), and
 * every sleep is in that time. clock.c lists the calls that are replaced. Call this, like the other functions, from the main
 * thread. */
void host_clock_start(int64_t now_ns);

/* Returns to the machine's time. False when that is too late, because the user's code has seen the lab's time or has a thread
 * that may. */
bool host_clock_stop(void);

/* Runs every thread whose sleep ends up to now_ns, one after another, each at the time it asked for, until all of them sleep
 * or wait again. Does not return while one of them runs; the lab has a time-out for that. Threads that a signal or broadcast
 * wakes run at once, even several together: to run them one after another could deadlock, because one may wait for another in
 * a way that is not visible here. */
void host_clock_advance(int64_t now_ns);

#endif
