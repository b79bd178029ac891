/* thread.c - ticks on absolute deadlines, so that lateness does not accumulate. */
#include "core/thread.h"

#include "core/clock.h"
#include "core/encoder.h"
#include "core/lateness.h"
#include "core/trace.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

/* Above every ordinary thread and below the kernel's own threads (50). */
enum { PRIORITY = 10 };

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static void account(nenc_timing *timing, int64_t late_ns, int64_t missed, int64_t cost_ns)
{
    timing->ticks++;
    timing->missed += (uint64_t)missed;
    timing->lateness[nenc_lateness_bin(late_ns)]++;
    timing->lateness_max_ns = larger(timing->lateness_max_ns, late_ns);
    timing->lateness_sum_ns += late_ns;
    timing->cost_last_ns = cost_ns;
    timing->cost_max_ns = larger(timing->cost_max_ns, cost_ns);
    timing->cost_sum_ns += cost_ns;
}

static void *run(void *argument)
{
    AdaptiveEncoder *enc = argument;
    nenc_timing *timing = &enc->state.timing;
    const int64_t tick_ns = enc->config.tick_ns;
    int64_t deadline_ns = nenc_now_ns();
    int64_t origin_ns = 0; /* late by this much against the grid of the first tick */
    pthread_setname_np(pthread_self(), "nenc-tick");
    prctl(PR_SET_TIMERSLACK, 1); /* ordinary threads are woken up to 50 us late to save power; SCHED_FIFO threads are not */
    for (;;) {
        deadline_ns += tick_ns;
        nenc_sleep_until(deadline_ns);
        if (atomic_load_explicit(&enc->thread.stop, memory_order_relaxed)) return NULL;
        const int64_t now_ns = nenc_now_ns();
        const int64_t late_ns = now_ns - deadline_ns;
        const int64_t missed = late_ns / tick_ns;
        deadline_ns += missed * tick_ns;
        nenc_tick(enc, now_ns);
        account(timing, late_ns, missed, nenc_now_ns() - now_ns);
        /* Computed from the counters and not from the deadline, so that a tick counted twice or not at all would show. */
        const int64_t elapsed_ns = (int64_t)(timing->ticks + timing->missed) * tick_ns;
        if (timing->ticks == 1) origin_ns = now_ns - elapsed_ns;
        timing->drift_ns = now_ns - origin_ns - elapsed_ns;
        nenc_publish_put_timing(&enc->published, timing);
    }
}

/* The host program handles signals on its own threads; a fault of this thread is still reported to it. */
static void signals_for_others(sigset_t *set)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    sigfillset(set);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) sigdelset(set, own[i]);
}

/* When a real-time thread asks for an ordinary one, the policy must not be inherited. Any other policy of the caller's is
 * kept. */
static bool starter_is_realtime(void)
{
    int policy;
    struct sched_param parameters;
    return pthread_getschedparam(pthread_self(), &policy, &parameters) == 0 && (policy == SCHED_FIFO || policy == SCHED_RR);
}

/* The policy is set here and not by the new thread, so that it holds from the first tick and a refusal is known on return. */
static int launch(AdaptiveEncoder *enc, bool realtime, int refused)
{
    pthread_attr_t attributes;
    sigset_t blocked, before;
    int error = pthread_attr_init(&attributes);
    if (error) return error;
    if (realtime || starter_is_realtime()) {
        pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
        pthread_attr_setschedpolicy(&attributes, realtime ? SCHED_FIFO : SCHED_OTHER);
        pthread_attr_setschedparam(&attributes, &(struct sched_param){realtime ? PRIORITY : 0});
    }
    enc->state.timing = (nenc_timing){.running = 1, .realtime = realtime, .realtime_errno = refused};
    nenc_publish_put_timing(&enc->published, &enc->state.timing);
    signals_for_others(&blocked);
    pthread_sigmask(SIG_SETMASK, &blocked, &before); /* inherited by the new thread, so that no signal arrives in between */
    error = pthread_create(&enc->thread.id, &attributes, run, enc);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

static void at_rest(AdaptiveEncoder *enc)
{
    enc->thread.running = false;
    enc->state.timing.running = 0;
    nenc_publish_put_timing(&enc->published, &enc->state.timing);
}

int nenc_start_with(AdaptiveEncoder *enc, uint32_t flags)
{
    if (!enc || (flags & ~(uint32_t)NENC_START_ORDINARY)) return NENC_EINVAL;
    if (enc->thread.running) return NENC_ESTATE;
    /* The controller has been stepped on another clock, which is ahead, so the thread could not tick. */
    if (enc->state.now_ns > nenc_now_ns()) return NENC_ERANGE;
    atomic_store(&enc->thread.stop, false);
    const nenc_timing before = enc->state.timing;
    const bool realtime = !(flags & NENC_START_ORDINARY);
    int error = launch(enc, realtime, 0);
    if (realtime && error && error != EAGAIN) { /* EAGAIN: no thread of either kind can be created */
        NENC_TRACE_FALLBACK(enc, "SCHED_FIFO", error);
        error = launch(enc, false, error);
    }
    if (error) { /* restores the state before the attempt */
        enc->state.timing = before;
        at_rest(enc);
        return NENC_ETHREAD;
    }
    enc->thread.running = true;
    return NENC_OK;
}

int nenc_start(AdaptiveEncoder *enc) { return nenc_start_with(enc, 0); }

int nenc_stop(AdaptiveEncoder *enc)
{
    if (!enc) return NENC_EINVAL;
    if (!enc->thread.running) return NENC_OK;
    atomic_store(&enc->thread.stop, true);
    pthread_join(enc->thread.id, NULL);
    at_rest(enc);
    return NENC_OK;
}
