/* stdatomic.h - stands in for the compiler's: every atomic access becomes an operation of the model's machine.
 *
 * It knows what the sources under test use. What is missing here, and an implicit store to an _Atomic object (which the
 * walk notices), must be added before it can be checked.
 */
#ifndef NENC_TESTS_MODEL_STDATOMIC_H
#define NENC_TESTS_MODEL_STDATOMIC_H

#include "walk.h"

typedef machine_order memory_order;
#define memory_order_relaxed MACHINE_RELAXED
#define memory_order_acquire MACHINE_ACQUIRE
#define memory_order_release MACHINE_RELEASE
#define memory_order_acq_rel MACHINE_ACQ_REL
#define memory_order_seq_cst MACHINE_SEQ_CST

#define ATOMIC_LLONG_LOCK_FREE 2

#define WALK_ACCESS(kind_, object, operand_, order_)                                                                             \
    __extension__({                                                                                                              \
        static walk_site *walk_here;                                                                                             \
        _Static_assert(sizeof *(object) == sizeof(uint64_t), "the machine's memory is of 64-bit words");                         \
        if (!walk_here) walk_here = walk_site_at(__FILE__, __func__, __LINE__, kind_);                                           \
        walk_operation walk_wanted = {                                                                                           \
            .kind = (kind_), .site = walk_here, .order = (order_), .address = (const void *)(object), .operand = (operand_)};    \
        walk_perform(&walk_wanted);                                                                                              \
    })

#define atomic_load_explicit(object, order) WALK_ACCESS(WALK_LOAD, object, 0, order)
#define atomic_store_explicit(object, desired, order) ((void)WALK_ACCESS(WALK_STORE, object, desired, order))
#define atomic_fetch_add_explicit(object, operand, order) WALK_ACCESS(WALK_ADD, object, operand, order)
#define atomic_thread_fence(order_) ((void)walk_perform(&(walk_operation){.kind = WALK_FENCE, .order = (order_)}))

#endif
