/* faults.c - the fault plan in force. It is per process, because a plan must outlive a display that fails to open. Displays
 * share nothing else.
 */
#include "faults.h"
#include "parse.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed; /* on the monotonic clock */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static fault_plan plan;
static uint64_t counts[CALLS];
static _Atomic uint64_t generation = 1;
static _Atomic unsigned planned; /* number of lines in force: without any, a call costs one load */
static char environment[4096];   /* the plan that was read last */

static void prepare(void)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &clock);
    pthread_condattr_destroy(&clock);
}

static void put_in_force(const fault_plan *next)
{
    plan = *next;
    memset(counts, 0, sizeof counts);
    atomic_store(&planned, plan.count);
    atomic_fetch_add(&generation, 1);
    pthread_cond_broadcast(&changed);
}

int fault_set(const char *text, char why[FAULT_TEXT])
{
    fault_plan next;
    pthread_once(&once, prepare);
    if (fault_parse(text ? text : "", &next, why) != 0) return -1;
    pthread_mutex_lock(&lock);
    put_in_force(&next);
    pthread_mutex_unlock(&lock);
    return 0;
}

int fault_from_environment(char why[FAULT_TEXT])
{
    const char *text = getenv("NENC_VA_FAULTS");
    fault_plan next;
    pthread_once(&once, prepare);
    if (!text) text = "";
    if (strlen(text) >= sizeof environment) {
        snprintf(why, FAULT_TEXT, "fault plan: it is longer than %zu characters", sizeof environment - 1);
        return -1;
    }
    pthread_mutex_lock(&lock);
    int status = 0;
    if (strcmp(text, environment) != 0) {
        status = fault_parse(text, &next, why);
        if (status == 0) {
            put_in_force(&next);
            strcpy(environment, text);
        }
    }
    pthread_mutex_unlock(&lock);
    return status;
}

fault fault_next(fault_call call)
{
    fault found = {FAULT_NONE, VA_STATUS_SUCCESS, 0};
    if (!atomic_load_explicit(&planned, memory_order_relaxed)) return found;
    pthread_mutex_lock(&lock);
    uint64_t count = ++counts[call];
    for (unsigned number = 0; number < plan.count && found.action == FAULT_NONE; number++) {
        const fault_line *line = &plan.lines[number];
        if (line->call == call && count >= line->first && count <= line->last) found = line->what;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

uint64_t fault_generation(void) { return atomic_load(&generation); }

static struct timespec later(uint64_t ns)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    ns += (uint64_t)at.tv_nsec;
    at.tv_sec += (time_t)(ns / 1000000000);
    at.tv_nsec = (long)(ns % 1000000000);
    return at;
}

void fault_wait(uint64_t during, uint64_t timeout_ns)
{
    int forever = timeout_ns > INT64_MAX / 2;
    struct timespec until = later(forever ? 0 : timeout_ns);
    pthread_mutex_lock(&lock);
    while (atomic_load(&generation) == during)
        if (forever) pthread_cond_wait(&changed, &lock);
        else if (pthread_cond_timedwait(&changed, &lock, &until) == ETIMEDOUT) break;
    pthread_mutex_unlock(&lock);
}

VAStatus fault_carry_out(fault what)
{
    switch (what.action) {
    case FAULT_ABORT:
        fprintf(stderr, "nenc: the fault plan aborts this process, as a Mesa driver does on a GPU reset\n");
        abort();
    case FAULT_HANG: fault_wait(fault_generation(), UINT64_MAX); return VA_STATUS_ERROR_TIMEDOUT;
    case FAULT_SLOW: fault_wait(fault_generation(), what.ms * UINT64_C(1000000)); return VA_STATUS_SUCCESS;
    case FAULT_STATUS: return what.status;
    default: return VA_STATUS_SUCCESS;
    }
}

VAStatus fault_status(fault_call call) { return fault_carry_out(fault_next(call)); }

int nenc_va_fault(const char *text)
{
    char why[FAULT_TEXT];
    int status = fault_set(text, why);
    if (status != 0) fprintf(stderr, "nenc: %s\n", why);
    return status;
}
