/* lock.h - a mutex with priority inheritance, for threads of different priority. */
#ifndef NENC_LIVE_LOCK_H
#define NENC_LIVE_LOCK_H

#include <pthread.h>

/* The holder runs at the priority of its waiters; otherwise an ordinary thread that is preempted while it holds the lock would
 * delay a real-time one. Falls back to a plain mutex where the kernel lacks priority inheritance. Returns 0 or an errno. */
static inline int nenc_lock_init(pthread_mutex_t *lock)
{
    pthread_mutexattr_t inherit;
    if (pthread_mutexattr_init(&inherit)) return pthread_mutex_init(lock, NULL);
    pthread_mutexattr_setprotocol(&inherit, PTHREAD_PRIO_INHERIT);
    const int error = pthread_mutex_init(lock, &inherit);
    pthread_mutexattr_destroy(&inherit);
    return error ? pthread_mutex_init(lock, NULL) : 0;
}

#endif
