/* thread.c - ticks on absolute deadlines, so that lateness never adds up to drift. */
#include "core/thread.h"

#include "core/encoder.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

/* Above every ordinary thread, below the kernel's own (50). */
enum { PRIORITY = 10, SECOND_NS = 1000000000 };

int64_t nenc_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

static void sleep_until(int64_t deadline_ns)
{
    struct timespec deadline = {.tv_sec = deadline_ns / SECOND_NS, .tv_nsec = deadline_ns % SECOND_NS};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR) {
    }
}

static void account(nenc_thread *thread, int64_t late_ns, int64_t missed)
{
    int64_t worst = atomic_load_explicit(&thread->lateness_max_ns, memory_order_relaxed);
    if (late_ns > worst) atomic_store_explicit(&thread->lateness_max_ns, late_ns, memory_order_relaxed);
    atomic_fetch_add_explicit(&thread->lateness_sum_ns, late_ns, memory_order_relaxed);
    atomic_fetch_add_explicit(&thread->missed, (uint64_t)missed, memory_order_relaxed);
    atomic_fetch_add_explicit(&thread->ticks, 1, memory_order_relaxed);
}

static void *run(void *argument)
{
    AdaptiveEncoder *enc = argument;
    nenc_thread *thread = &enc->thread;
    int64_t tick_ns = enc->config.tick_ns;
    int64_t deadline_ns = nenc_now_ns();
    for (;;) {
        deadline_ns += tick_ns;
        sleep_until(deadline_ns);
        if (atomic_load_explicit(&thread->stop, memory_order_relaxed)) return NULL;
        int64_t now_ns = nenc_now_ns();
        int64_t late_ns = now_ns - deadline_ns;
        int64_t missed = late_ns / tick_ns;
        deadline_ns += missed * tick_ns;
        nenc_tick(enc, now_ns);
        account(thread, late_ns, missed);
    }
}

int nenc_start(AdaptiveEncoder *enc)
{
    if (!enc) return NENC_EINVAL;
    nenc_thread *thread = &enc->thread;
    if (thread->running) return NENC_ESTATE;
    /* The controller lives on another clock, which is ahead: the thread could not tick. */
    if (enc->state.now_ns > nenc_now_ns()) return NENC_ERANGE;
    atomic_store(&thread->stop, false);
    atomic_store(&thread->ticks, 0);
    atomic_store(&thread->missed, 0);
    atomic_store(&thread->lateness_max_ns, 0);
    atomic_store(&thread->lateness_sum_ns, 0);
    if (pthread_create(&thread->id, NULL, run, enc) != 0) return NENC_ETHREAD;
    thread->running = true;
    thread->realtime_errno = pthread_setschedparam(thread->id, SCHED_FIFO, &(struct sched_param){PRIORITY});
    thread->realtime = thread->realtime_errno == 0;
    return NENC_OK;
}

int nenc_stop(AdaptiveEncoder *enc)
{
    if (!enc) return NENC_EINVAL;
    if (!enc->thread.running) return NENC_OK;
    atomic_store(&enc->thread.stop, true);
    pthread_join(enc->thread.id, NULL);
    enc->thread.running = false;
    return NENC_OK;
}

int nenc_thread_info_get(AdaptiveEncoder *enc, nenc_thread_info *info)
{
    if (!enc || !info) return NENC_EINVAL;
    nenc_thread *thread = &enc->thread;
    *info = (nenc_thread_info){
        .running = thread->running,
        .realtime = thread->realtime,
        .realtime_errno = thread->realtime_errno,
        .ticks = atomic_load(&thread->ticks),
        .missed = atomic_load(&thread->missed),
        .lateness_max_ns = atomic_load(&thread->lateness_max_ns),
        .lateness_sum_ns = atomic_load(&thread->lateness_sum_ns),
    };
    return NENC_OK;
}
