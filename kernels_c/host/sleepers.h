/* sleepers.h - the lab's time, and the threads of the user's code that run, sleep and wait in it.
 *
 * One lock protects everything here. A sleeping thread does not count as running, and whoever wakes it counts it again before
 * it continues, so that the count of running threads is never 0 while one is about to run.
 */
#ifndef NENC_HOST_SLEEPERS_H
#define NENC_HOST_SLEEPERS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define HOST_SECOND_NS INT64_C(1000000000)
#define HOST_NEVER INT64_MAX

/* True between host_clock_start and host_clock_stop. */
bool host_on_lab_time(void);
/* The lab's time, as the user's code sees it. */
int64_t host_now_ns(void);

/* Sleeps until then; a point of cancellation. */
void host_sleep_until(int64_t until_ns);
/* Releases the mutex and waits until then, or until somebody wakes `on`; a point of cancellation. 0 or ETIMEDOUT. */
int host_wait_on(const void *on, pthread_mutex_t *mutex, int64_t until_ns);
/* Wakes the first of those that wait on `on`, or all of them. */
void host_wake_on(const void *on, bool all);

/* A new thread counts as running before it exists, so that nobody sees all threads asleep in between. Returns its number. */
uint64_t host_thread_counted_in(void);
/* It could not be made. */
void host_thread_counted_out(void);
/* Called by the thread itself, first and last. */
void host_thread_begins(uint64_t its);
void host_thread_ends(void);
/* Wakes a thread that was cancelled, so that it can end. */
void host_thread_cancelled(pthread_t id);

#endif
