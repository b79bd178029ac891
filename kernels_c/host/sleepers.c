/* sleepers.c - the lab's time, and the threads of the user's code that run, sleep and wait in it. */
#include "sleepers.h"

#include "clock.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int64_t first_ns = 1000 * HOST_SECOND_NS;

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

/* Time HOST_NEVER goes back: a sleep may already have ended at a later time. */
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

bool host_on_lab_time(void) { return started; }

int64_t host_now_ns(void)
{
    atomic_store(&touched, true);
    return atomic_load(&clock_ns);
}

/* ---- threads ---------------------------------------------------------------------------------------------------- */

uint64_t host_thread_counted_in(void)
{
    pthread_mutex_lock(&lock);
    running++;
    const uint64_t its = ++threads_made;
    atomic_store(&touched, true);
    pthread_mutex_unlock(&lock);
    return its;
}

void host_thread_counted_out(void)
{
    pthread_mutex_lock(&lock);
    running--;
    pthread_mutex_unlock(&lock);
}

void host_thread_begins(uint64_t its)
{
    thread = USERS;
    number = its;
}

void host_thread_ends(void)
{
    pthread_mutex_lock(&lock);
    one_less();
    pthread_mutex_unlock(&lock);
}

void host_thread_cancelled(pthread_t id)
{
    pthread_mutex_lock(&lock);
    sleeper *each = sleepers;
    while (each && !pthread_equal(each->id, id)) each = each->next;
    if (each) wake(each, BY_CANCEL);
    pthread_mutex_unlock(&lock);
}

/* ---- sleeping and waiting ---------------------------------------------------------------------------------------- */

/* Time stands still inside the three functions themselves: a sleep there only lets the threads run. */
void host_sleep_until(int64_t until_ns)
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

int host_wait_on(const void *on, pthread_mutex_t *mutex, int64_t until_ns)
{
    pthread_mutex_lock(&lock);
    look_for_cancellation();
    pthread_mutex_unlock(mutex); /* a later signal waits for the lock, and then finds the sleeper */
    const waker by = lie_down(until_ns, on);
    pthread_mutex_unlock(&lock);
    pthread_mutex_lock(mutex);
    if (by != BY_SIGNAL) pthread_testcancel(); /* a signal that was consumed must not be lost */
    return by == BY_TIME ? ETIMEDOUT : 0;
}

void host_wake_on(const void *on, bool all)
{
    pthread_mutex_lock(&lock);
    for (sleeper *each = sleepers, *next; each; each = next) {
        next = each->next;
        if (each->on != on) continue;
        wake(each, BY_SIGNAL);
        if (!all) break;
    }
    pthread_mutex_unlock(&lock);
}
