/* lock.h - a lock between threads of different priority. */
#ifndef NENC_LIVE_LOCK_H
#define NENC_LIVE_LOCK_H

#include <pthread.h>

/* Who holds it runs at the priority of whoever waits for it: an ordinary thread that loses its processor in between would keep a
 * real-time one waiting for its next turn. Where the kernel has no such locks, a plain one. 0 or an errno. */
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
