/* thread.h - runs the control loop on a thread of its own: the state of nenc_start. */
#ifndef NENC_CORE_THREAD_H
#define NENC_CORE_THREAD_H

#include "core/alloc.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct nenc_thread {
    alignas(NENC_CACHE_LINE) atomic_bool stop;
    /* Accessed by the owner alone. */
    alignas(NENC_CACHE_LINE) bool running;
    pthread_t id;
} nenc_thread;

#endif
