/* clock.c - replaces the C library's clocks and sleeps; definitions in the program take precedence over the library's.
 *
 * Replaced: clock_gettime, gettimeofday, time, timespec_get; nanosleep, clock_nanosleep, usleep, sleep, thrd_sleep;
 * pthread_cond_wait, _timedwait, _clockwait, _signal, _broadcast; pthread_create, _cancel; thrd_create. C++'s <thread>,
 * <chrono> and <condition_variable> are built on these. A thread that waits in any other way counts as running.
 *
 * One lock protects everything here. A sleeping thread does not count as running, and whoever wakes it counts it again before
 * it continues, so that the count of running threads is never 0 while one is about to run.
 */
#include "clock.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define TAKEN_OVER __attribute__((visibility("default")))

static const int64_t second_ns = 1000000000, first_ns = 1000 * second_ns, never = INT64_MAX;

typedef enum waker { BY_TIME, BY_SIGNAL, BY_CANCEL } waker;

typedef struct sleeper {
    struct sleeper *next;
    int64_t since_ns, until_ns;
    uint64_t number; /* of its thread */
    pthread_t id;
    const void *on; /* the condition variable it waits for; NULL when it only sleeps */
    waker by;
    _Atomic uint32_t awake;
} sleeper;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* In the order of going to sleep, and at one moment in that of the threads' numbers: sleepers due together wake in this
 * order. */
static sleeper *sleepers;
static int running; /* running threads of the user's code */
static bool started, main_waits;
static uint64_t threads_made;
static atomic_bool touched; /* the user's code has used this clock */
static _Atomic uint32_t quiet; /* posted when no thread runs any more; the main thread waits on it */
static _Atomic int64_t clock_ns;
static _Thread_local enum { UNKNOWN, MAIN, USERS } thread;
static _Thread_local uint64_t number; /* assigned by the creator, because it is chance which of two threads starts first */

static void futex_wait(_Atomic uint32_t *word, uint32_t value)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}
static void futex_wake(_Atomic uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0); }

static int64_t ns_of(const struct timespec *t)
{
    return t->tv_sec > never / second_ns - 1 ? never : t->tv_sec * second_ns + t->tv_nsec;
}
static bool legal(const struct timespec *t) { return t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < second_ns; }

/* ---- running threads (under the lock) --------------------------------------------------------------------------- */

static void one_less(void)
{
    if (thread != USERS || --running > 0) return;
    atomic_fetch_add(&quiet, 1);
    if (main_waits) futex_wake(&quiet);
}

static void wake(sleeper *who, waker by)
{
    sleeper **link = &sleepers;
    while (*link != who) link = &(*link)->next;
    *link = who->next;
    who->by = by;
    running++;
    atomic_store(&who->awake, 1);
    futex_wake(&who->awake); /* a spurious wake-up of a sleeper that does not wait yet: it checks first */
}

static void give_up_lock(void *unused) { pthread_mutex_unlock(&lock); }

/* Called under the lock, so that a later cancellation finds the sleeper. */
static void look_for_cancellation(void)
{
    pthread_cleanup_push(give_up_lock, NULL);
    pthread_testcancel();
    pthread_cleanup_pop(0);
}

/* Sleeps until then, or until somebody signals `on` or cancels the thread; releases the lock meanwhile. Returns what woke
 * it. */
static waker lie_down(int64_t until_ns, const void *on)
{
    atomic_store(&touched, true);
    if (thread == UNKNOWN) { /* a thread that pthread_create did not make, seen for the first time */
        thread = USERS;
        number = ++threads_made;
        running++;
    }
    sleeper self = {.since_ns = atomic_load(&clock_ns), .until_ns = until_ns, .number = number, .id = pthread_self(), .on = on};
    sleeper **link = &sleepers;
    while (*link && ((*link)->since_ns < self.since_ns || (*link)->number < number)) link = &(*link)->next;
    self.next = *link;
    *link = &self;
    one_less();
    pthread_mutex_unlock(&lock);
    while (!atomic_load(&self.awake)) futex_wait(&self.awake, 0);
    pthread_mutex_lock(&lock);
    if (thread == MAIN) running--; /* it does not count as one of the user's threads */
    return self.by;
}

/* Returns the sleeper that is due first, up to now_ns; of several that are due together, the first in the list. */
static sleeper *next_up(int64_t now_ns)
{
    sleeper *first = NULL;
    for (sleeper *each = sleepers; each; each = each->next)
        if (each->until_ns <= now_ns && (!first || each->until_ns < first->until_ns)) first = each;
    return first;
}

void host_clock_start(int64_t now_ns)
{
    thread = MAIN;
    atomic_store(&clock_ns, first_ns + now_ns);
    started = true;
}

bool host_clock_stop(void)
{
    started = false;
    return !atomic_load(&touched);
}

/* Time never goes back: a sleep may already have ended at a later time. */
static void move_clock(int64_t to_ns)
{
    if (to_ns > atomic_load(&clock_ns)) atomic_store(&clock_ns, to_ns);
}

void host_clock_advance(int64_t now_ns)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        while (running > 0) {
            uint32_t seen = atomic_load(&quiet);
            main_waits = true;
            pthread_mutex_unlock(&lock);
            futex_wait(&quiet, seen);
            pthread_mutex_lock(&lock);
            main_waits = false;
        }
        sleeper *next = next_up(first_ns + now_ns);
        if (!next) break;
        move_clock(next->until_ns);
        wake(next, BY_TIME);
    }
    move_clock(first_ns + now_ns);
    pthread_mutex_unlock(&lock);
}

/* ---- threads ---------------------------------------------------------------------------------------------------- */

typedef struct beginning {
    void *(*function)(void *); /* one of the two is set */
    thrd_start_t c11;
    void *argument;
    uint64_t number;
} beginning;

static void ended(void *unused)
{
    pthread_mutex_lock(&lock);
    one_less();
    pthread_mutex_unlock(&lock);
}

static void *begin(void *argument)
{
    beginning given = *(beginning *)argument;
    free(argument);
    thread = USERS;
    number = given.number;
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
    thread = USERS;
    number = given.number;
    int result;
    pthread_cleanup_push(ended, NULL);
    result = given.c11(given.argument);
    pthread_cleanup_pop(1);
    return result;
}

/* The new thread counts as running before it exists, so that nobody sees all threads asleep in between. */
static beginning *counted_in(beginning given)
{
    beginning *kept = malloc(sizeof *kept);
    if (!kept) return NULL;
    *kept = given;
    pthread_mutex_lock(&lock);
    running++;
    kept->number = ++threads_made;
    atomic_store(&touched, true);
    pthread_mutex_unlock(&lock);
    return kept;
}

static void counted_out(beginning *given)
{
    free(given);
    pthread_mutex_lock(&lock);
    running--;
    pthread_mutex_unlock(&lock);
}

/* Looks up the C library's function of that name. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

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
    pthread_mutex_lock(&lock);
    sleeper *each = sleepers;
    while (each && !pthread_equal(each->id, id)) each = each->next;
    if (each) wake(each, BY_CANCEL);
    pthread_mutex_unlock(&lock);
    return error;
}

/* ---- clocks ----------------------------------------------------------------------------------------------------- */

static bool is_processor_time(clockid_t id) { return id == CLOCK_PROCESS_CPUTIME_ID || id == CLOCK_THREAD_CPUTIME_ID || id < 0; }

TAKEN_OVER int clock_gettime(clockid_t id, struct timespec *now)
{
    if (!started || is_processor_time(id)) return (int)syscall(SYS_clock_gettime, id, now);
    atomic_store(&touched, true);
    int64_t ns = atomic_load(&clock_ns);
    *now = (struct timespec){.tv_sec = ns / second_ns, .tv_nsec = ns % second_ns};
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

/* ---- sleeps ----------------------------------------------------------------------------------------------------- */

/* Time stands still inside the three functions themselves: a sleep there only lets the threads run. */
static void sleep_until(int64_t until_ns)
{
    atomic_store(&touched, true);
    if (thread == MAIN) {
        sched_yield();
        return;
    }
    pthread_mutex_lock(&lock);
    waker by;
    do {
        look_for_cancellation();
        by = lie_down(until_ns, NULL);
    } while (by != BY_TIME); /* cancelled, but the thread has cancellation disabled at the moment */
    look_for_cancellation();
    pthread_mutex_unlock(&lock);
}

TAKEN_OVER int clock_nanosleep(clockid_t id, int flags, const struct timespec *wanted, struct timespec *left)
{
    if (!started) return REAL(clock_nanosleep)(id, flags, wanted, left);
    if (!legal(wanted)) return EINVAL;
    int64_t until_ns = ns_of(wanted);
    if (!(flags & TIMER_ABSTIME))
        until_ns = until_ns > never - atomic_load(&clock_ns) ? never : until_ns + atomic_load(&clock_ns);
    sleep_until(until_ns);
    return 0;
}

TAKEN_OVER int nanosleep(const struct timespec *wanted, struct timespec *left)
{
    if (!started) return REAL(nanosleep)(wanted, left);
    int error = clock_nanosleep(CLOCK_MONOTONIC, 0, wanted, left);
    if (error) errno = error;
    return error ? -1 : 0;
}

TAKEN_OVER int usleep(useconds_t us)
{
    if (!started) return REAL(usleep)(us);
    return nanosleep(&(struct timespec){.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000}, NULL);
}

TAKEN_OVER unsigned sleep(unsigned seconds)
{
    if (!started) return REAL(sleep)(seconds);
    nanosleep(&(struct timespec){.tv_sec = seconds}, NULL);
    return 0;
}

TAKEN_OVER int thrd_sleep(const struct timespec *wanted, struct timespec *left)
{
    return started ? nanosleep(wanted, left) : REAL(thrd_sleep)(wanted, left);
}

/* ---- condition variables: the sleepers above, by the address of the variable -------------------------------------- */

static int wait_on(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_ns)
{
    pthread_mutex_lock(&lock);
    look_for_cancellation();
    pthread_mutex_unlock(mutex); /* a later signal waits for the lock, and then finds the sleeper */
    const waker by = lie_down(until_ns, cond);
    pthread_mutex_unlock(&lock);
    pthread_mutex_lock(mutex);
    if (by != BY_SIGNAL) pthread_testcancel(); /* a signal that was consumed must not be lost */
    return by == BY_TIME ? ETIMEDOUT : 0;
}

static int wake_on(pthread_cond_t *cond, bool all)
{
    pthread_mutex_lock(&lock);
    for (sleeper *each = sleepers, *next; each; each = next) {
        next = each->next;
        if (each->on != cond) continue;
        wake(each, BY_SIGNAL);
        if (!all) break;
    }
    pthread_mutex_unlock(&lock);
    return 0;
}

TAKEN_OVER int pthread_cond_wait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex)
{
    return started ? wait_on(cond, mutex, never) : REAL(pthread_cond_wait)(cond, mutex);
}

TAKEN_OVER int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                                      const struct timespec *restrict until)
{
    if (!started) return REAL(pthread_cond_timedwait)(cond, mutex, until);
    return legal(until) ? wait_on(cond, mutex, ns_of(until)) : EINVAL;
}

TAKEN_OVER int pthread_cond_clockwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex, clockid_t id,
                                      const struct timespec *restrict until)
{
    if (!started) return REAL(pthread_cond_clockwait)(cond, mutex, id, until);
    return legal(until) ? wait_on(cond, mutex, ns_of(until)) : EINVAL;
}

TAKEN_OVER int pthread_cond_signal(pthread_cond_t *cond)
{
    return started ? wake_on(cond, false) : REAL(pthread_cond_signal)(cond);
}

TAKEN_OVER int pthread_cond_broadcast(pthread_cond_t *cond)
{
    return started ? wake_on(cond, true) : REAL(pthread_cond_broadcast)(cond);
}
