/* backlog.c - the frames that wait for the pacer: a list under a lock. */
#include "live/backlog.h"

#include "core/clock.h"
#include "live/lock.h"

#include <stdlib.h>

int nenc_backlog_init(nenc_backlog *backlog)
{
    *backlog = (nenc_backlog){0};
    pthread_condattr_t attributes;
    if (nenc_lock_init(&backlog->lock)) return -1;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    const int error = pthread_cond_init(&backlog->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (error) pthread_mutex_destroy(&backlog->lock);
    return error ? -1 : 0;
}

void nenc_backlog_free(nenc_backlog *backlog)
{
    while (backlog->first) {
        nenc_waiting *next = backlog->first->next;
        free(backlog->first);
        backlog->first = next;
    }
    pthread_cond_destroy(&backlog->changed);
    pthread_mutex_destroy(&backlog->lock);
}

void nenc_backlog_put(nenc_backlog *backlog, nenc_waiting *frame)
{
    frame->next = NULL;
    pthread_mutex_lock(&backlog->lock);
    if (backlog->last) backlog->last->next = frame;
    else backlog->first = frame;
    backlog->last = frame;
    backlog->bytes += frame->left_bytes;
    pthread_cond_signal(&backlog->changed);
    pthread_mutex_unlock(&backlog->lock);
}

void nenc_backlog_end(nenc_backlog *backlog)
{
    pthread_mutex_lock(&backlog->lock);
    backlog->ended = true;
    pthread_cond_signal(&backlog->changed);
    pthread_mutex_unlock(&backlog->lock);
}

nenc_waiting *nenc_backlog_first(nenc_backlog *backlog)
{
    pthread_mutex_lock(&backlog->lock);
    nenc_waiting *first = backlog->first;
    pthread_mutex_unlock(&backlog->lock);
    return first;
}

void nenc_backlog_sent(nenc_backlog *backlog, int64_t bytes, bool whole)
{
    nenc_waiting *gone = NULL;
    pthread_mutex_lock(&backlog->lock);
    const int64_t left_bytes = backlog->first->left_bytes;
    const int64_t gone_bytes = whole || bytes > left_bytes ? left_bytes : bytes;
    backlog->bytes -= gone_bytes;
    backlog->first->left_bytes -= gone_bytes;
    if (whole) {
        gone = backlog->first;
        backlog->first = gone->next;
        if (!backlog->first) backlog->last = NULL;
    }
    pthread_mutex_unlock(&backlog->lock);
    free(gone);
}

int64_t nenc_backlog_bytes(nenc_backlog *backlog)
{
    pthread_mutex_lock(&backlog->lock);
    const int64_t bytes = backlog->bytes;
    pthread_mutex_unlock(&backlog->lock);
    return bytes;
}

void nenc_backlog_wait(nenc_backlog *backlog, int64_t until_ns)
{
    const struct timespec deadline = nenc_timespec(until_ns);
    pthread_mutex_lock(&backlog->lock);
    if (!backlog->first && !backlog->ended) pthread_cond_timedwait(&backlog->changed, &backlog->lock, &deadline);
    pthread_mutex_unlock(&backlog->lock);
}
