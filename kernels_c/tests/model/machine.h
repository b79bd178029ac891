/* machine.h - C11's relaxed, release and acquire accesses and fences, as a machine of views.
 *
 * Memory is, for each location, the list of all stores to it in modification order. A view says for each location how far
 * along that list somebody is known to be. Each thread has a view; a load may return any store that is not behind it, a store
 * may go anywhere ahead of it. A store carries a view, which an acquire load that returns it takes over.
 *
 * This is the promise-free part of the promising semantics (Kang et al., POPL 2017), that is RC11 (Lahav et al., PLDI 2017)
 * without SC accesses. It is weaker than C11 in one point: as in C++20, only read-modify-writes continue a release sequence.
 * It is stronger in one: no load sees a store that comes later in an execution (load buffering).
 */
#ifndef NENC_TESTS_MODEL_MACHINE_H
#define NENC_TESTS_MODEL_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

enum { MACHINE_THREADS = 4, MACHINE_LOCATIONS = 24, MACHINE_STORES = 16 };

typedef enum machine_order { MACHINE_RELAXED, MACHINE_ACQUIRE, MACHINE_RELEASE, MACHINE_ACQ_REL, MACHINE_SEQ_CST } machine_order;

typedef struct machine_view {
    uint8_t at[MACHINE_LOCATIONS];
} machine_view;

typedef struct machine_store {
    uint64_t value;
    machine_view view;
    bool glued; /* of a read-modify-write: nothing comes between it and the store before it */
} machine_store;

typedef struct machine_memory {
    uint8_t count[MACHINE_LOCATIONS];
    machine_store store[MACHINE_LOCATIONS][MACHINE_STORES];
} machine_memory;

typedef struct machine_thread {
    machine_view current;
    machine_view acquired; /* what an acquire fence would make current */
    machine_view released; /* what was current at the last release fence */
} machine_thread;

/* All zero, and each location in use has its first value. */
typedef struct machine {
    machine_memory memory;
    machine_thread thread[MACHINE_THREADS];
    machine_view fenced; /* what the SC fences so far have seen */
} machine;

void machine_begin(machine *m, unsigned location, uint64_t value);

/* The stores a load may return are numbers machine_oldest to count - 1. */
static inline unsigned machine_oldest(const machine *m, unsigned thread, unsigned location)
{
    return m->thread[thread].current.at[location];
}

uint64_t machine_load(machine *m, unsigned thread, unsigned location, unsigned which, machine_order order);

/* May a store become number `place`, for machine_oldest < place <= count? */
static inline bool machine_fits(const machine *m, unsigned location, unsigned place)
{
    return place == m->memory.count[location] || !m->memory.store[location][place].glued;
}

void machine_put(machine *m, unsigned thread, unsigned location, unsigned place, uint64_t value, machine_order order);

/* Reads store number `which`, for which + 1 fits, and adds to it. */
uint64_t machine_add(machine *m, unsigned thread, unsigned location, unsigned which, uint64_t operand, machine_order order);

void machine_fence(machine *m, unsigned thread, machine_order order);

/* What pthread_join of every other thread gives. */
void machine_join(machine *m, unsigned thread);

#endif
