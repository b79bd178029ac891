/* stop.h - how a tool ends: at a time, by SIGINT or SIGTERM (cleanly), or with its parent. */
#ifndef NENC_TOOLS_STOP_H
#define NENC_TOOLS_STOP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* Before any other thread: SIGINT and SIGTERM are from now on only taken while nenc_stop_poll waits. With `die_with_parent` the
 * kernel kills the program when the thread that started it ends. Timers of this thread are exact to the microsecond. */
void nenc_stop_prepare(bool die_with_parent);

/* A signal to stop has come. */
bool nenc_stop_asked(void);

/* Waits until one of `files` is ready, until_ns (CLOCK_MONOTONIC) is there, or a signal to stop comes; how many are ready. When
 * one is ready at once no signal is taken: a loop that may always find one sleeps as well. */
int nenc_stop_poll(struct pollfd *files, unsigned count, int64_t until_ns);

/* Sleeps until that time. False when a signal to stop came first. */
bool nenc_stop_sleep(int64_t until_ns);

#endif
