/* stop.h - how a tool ends: at a given time, by SIGINT or SIGTERM (cleanly), or with its parent. */
#ifndef NENC_TOOLS_STOP_H
#define NENC_TOOLS_STOP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* Call this before starting any other thread. From then on SIGINT and SIGTERM are delivered only while nenc_stop_poll waits. With
 * `die_with_parent`, the kernel kills the program when the thread that started it ends. Timers of this thread become exact to
 * the microsecond. */
void nenc_stop_prepare(bool die_with_parent);

/* True once a signal to stop has been delivered. */
bool nenc_stop_asked(void);

/* Waits until one of `files` is ready, until until_ns (CLOCK_MONOTONIC), or until a signal to stop; returns how many are ready.
 * No signal is delivered when a file is ready at once, so a loop that may always find one ready must sleep as well. */
int nenc_stop_poll(struct pollfd *files, unsigned count, int64_t until_ns);

/* Sleeps until until_ns. Returns false when a signal to stop came first. */
bool nenc_stop_sleep(int64_t until_ns);

#endif
