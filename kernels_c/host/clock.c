/* clock.c - replaces the C library's clocks and sleeps; definitions in the program take precedence over the library's.
 *
 * Replaced: clock_gettime, gettimeofday, time, timespec_get; nanosleep, clock_nanosleep, usleep, sleep, thrd_sleep;
 * pthread_cond_wait, _timedwait, _clockwait, _signal, _broadcast; pthread_create, _cancel; thrd_create. C++'s <thread>,
 * <chrono> and <condition_variable> are built on these. A thread that waits in any other way counts as running.
 */
#include "sleepers.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define TAKEN_OVER __attribute__((visibility("default")))
/* Looks up the C library's function of that name. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* ---- threads ---------------------------------------------------------------------------------------------------- */

typedef struct beginning {
    void *(*function)(void *); /* one of the two is set */
    thrd_start_t c11;
    void *argument;
    uint64_t number;
} beginning;

static void ended(void *unused) { host_thread_ends(); }

static void *begin(void *argument)
{
    beginning given = *(beginning *)argument;
    free(argument);
    host_thread_begins(given.number);
    void *result;
    pthread_cleanup_push(ended, NULL); /* runs also when the thread is cancelled or calls pthread_exit */
    result = given.function(given.argument);
    pthread_cleanup_pop(1);
    return result;
}

static int begin_c11(void *argument)
{
    beginning given = *(beginning *)argument;
    free(argument);
    host_thread_begins(given.number);
    int result;
    pthread_cleanup_push(ended, NULL);
    result = given.c11(given.argument);
    pthread_cleanup_pop(1);
    return result;
}

static beginning *counted_in(beginning given)
{
    beginning *kept = malloc(sizeof *kept);
    if (!kept) return NULL;
    *kept = given;
    kept->number = host_thread_counted_in();
    return kept;
}

static void counted_out(beginning *given)
{
    free(given);
    host_thread_counted_out();
}

TAKEN_OVER int pthread_create(pthread_t *restrict id, const pthread_attr_t *restrict attr, void *(*function)(void *),
                              void *restrict argument)
{
    beginning *given = counted_in((beginning){.function = function, .argument = argument});
    if (!given) return EAGAIN;
    int error = REAL(pthread_create)(id, attr, begin, given);
    if (error) counted_out(given);
    return error;
}

TAKEN_OVER int thrd_create(thrd_t *id, thrd_start_t function, void *argument)
{
    beginning *given = counted_in((beginning){.c11 = function, .argument = argument});
    if (!given) return thrd_nomem;
    int error = REAL(thrd_create)(id, begin_c11, given);
    if (error != thrd_success) counted_out(given);
    return error;
}

TAKEN_OVER int pthread_cancel(pthread_t id)
{
    int error = REAL(pthread_cancel)(id);
    host_thread_cancelled(id);
    return error;
}

/* ---- clocks ----------------------------------------------------------------------------------------------------- */

static bool is_processor_time(clockid_t id) { return id == CLOCK_PROCESS_CPUTIME_ID || id == CLOCK_THREAD_CPUTIME_ID || id < 0; }

TAKEN_OVER int clock_gettime(clockid_t id, struct timespec *now)
{
    if (!host_on_lab_time() || is_processor_time(id)) return (int)syscall(SYS_clock_gettime, id, now);
    const int64_t ns = host_now_ns();
    *now = (struct timespec){.tv_sec = ns / HOST_SECOND_NS, .tv_nsec = ns % HOST_SECOND_NS};
    return 0;
}

TAKEN_OVER int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    *now = (struct timeval){.tv_sec = t.tv_sec, .tv_usec = t.tv_nsec / 1000};
    return 0;
}

TAKEN_OVER time_t time(time_t *now)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (now) *now = t.tv_sec;
    return t.tv_sec;
}

TAKEN_OVER int timespec_get(struct timespec *now, int base)
{
    if (base != TIME_UTC) return 0;
    clock_gettime(CLOCK_REALTIME, now);
    return base;
}

static int64_t ns_of(const struct timespec *t)
{
    return t->tv_sec > HOST_NEVER / HOST_SECOND_NS - 1 ? HOST_NEVER : t->tv_sec * HOST_SECOND_NS + t->tv_nsec;
}
static bool legal(const struct timespec *t) { return t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < HOST_SECOND_NS; }

/* ---- sleeps ----------------------------------------------------------------------------------------------------- */

TAKEN_OVER int clock_nanosleep(clockid_t id, int flags, const struct timespec *wanted, struct timespec *left)
{
    if (!host_on_lab_time()) return REAL(clock_nanosleep)(id, flags, wanted, left);
    if (!legal(wanted)) return EINVAL;
    int64_t until_ns = ns_of(wanted);
    if (!(flags & TIMER_ABSTIME)) until_ns = until_ns > HOST_NEVER - host_now_ns() ? HOST_NEVER : until_ns + host_now_ns();
    host_sleep_until(until_ns);
    return 0;
}

TAKEN_OVER int nanosleep(const struct timespec *wanted, struct timespec *left)
{
    if (!host_on_lab_time()) return REAL(nanosleep)(wanted, left);
    int error = clock_nanosleep(CLOCK_MONOTONIC, 0, wanted, left);
    if (error) errno = error;
    return error ? -1 : 0;
}

TAKEN_OVER int usleep(useconds_t us)
{
    if (!host_on_lab_time()) return REAL(usleep)(us);
    return nanosleep(&(struct timespec){.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000}, NULL);
}

TAKEN_OVER unsigned sleep(unsigned seconds)
{
    if (!host_on_lab_time()) return REAL(sleep)(seconds);
    nanosleep(&(struct timespec){.tv_sec = seconds}, NULL);
    return 0;
}

TAKEN_OVER int thrd_sleep(const struct timespec *wanted, struct timespec *left)
{
    return host_on_lab_time() ? nanosleep(wanted, left) : REAL(thrd_sleep)(wanted, left);
}

/* ---- condition variables: by their address ----------------------------------------------------------------------- */

TAKEN_OVER int pthread_cond_wait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex)
{
    return host_on_lab_time() ? host_wait_on(cond, mutex, HOST_NEVER) : REAL(pthread_cond_wait)(cond, mutex);
}

TAKEN_OVER int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                                      const struct timespec *restrict until)
{
    if (!host_on_lab_time()) return REAL(pthread_cond_timedwait)(cond, mutex, until);
    return legal(until) ? host_wait_on(cond, mutex, ns_of(until)) : EINVAL;
}

TAKEN_OVER int pthread_cond_clockwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex, clockid_t id,
                                      const struct timespec *restrict until)
{
    if (!host_on_lab_time()) return REAL(pthread_cond_clockwait)(cond, mutex, id, until);
    return legal(until) ? host_wait_on(cond, mutex, ns_of(until)) : EINVAL;
}

TAKEN_OVER int pthread_cond_signal(pthread_cond_t *cond)
{
    if (!host_on_lab_time()) return REAL(pthread_cond_signal)(cond);
    host_wake_on(cond, false);
    return 0;
}

TAKEN_OVER int pthread_cond_broadcast(pthread_cond_t *cond)
{
    if (!host_on_lab_time()) return REAL(pthread_cond_broadcast)(cond);
    host_wake_on(cond, true);
    return 0;
}
