/* plan.h - queries of the fault plan by the rest of the driver: what should go wrong in this call? */
#ifndef NENC_VA_PLAN_H
#define NENC_VA_PLAN_H

#include <stddef.h>
#include <stdint.h>
#include <va/va.h>

/* The calls that can be made to fail, in the order of fault_call_names. */
typedef enum fault_call {
    CALL_INITIALIZE,
    CALL_CREATE_CONFIG,
    CALL_CREATE_SURFACES,
    CALL_CREATE_CONTEXT,
    CALL_CREATE_BUFFER,
    CALL_DERIVE_IMAGE,
    CALL_PUT_IMAGE,
    CALL_EXPORT,
    CALL_BEGIN,
    CALL_RENDER,
    CALL_END,
    CALL_SYNC_SURFACE,
    CALL_SYNC_SURFACE2,
    CALL_SYNC_BUFFER,
    CALL_MAP,       /* maps of a coded buffer */
    CALL_MAP_IMAGE, /* maps of any other buffer */
    CALL_ALLOC,
    CALLS,
} fault_call;

typedef enum fault_action {
    FAULT_NONE,
    FAULT_STATUS,
    FAULT_HANG,
    FAULT_SLOW,
    FAULT_ABORT,
    FAULT_IGNORE_RATE,
    FAULT_EMPTY,
    FAULT_NULL,
    FAULT_BAD_BITSTREAM,
    FAULT_TWO_SEGMENTS,
    FAULT_CORRUPT,
} fault_action;

typedef struct fault {
    fault_action action;
    VAStatus status;
    unsigned ms;
} fault;

enum { FAULT_TEXT = 160 };

/* Counts the call. Status, hang, slow and abort can come from different lines; of each, the first matching line applies. */
fault fault_next(fault_call call);
/* For calls that can only fail, hang or abort: carries out the hang and the abort. */
VAStatus fault_status(fault_call call);
/* Carries out the effects that are alike in every call (abort, hang, slow); returns the remaining status. */
VAStatus fault_carry_out(fault what);

/* Number of the plan in force, from 1; every new plan gets a new number. */
uint64_t fault_generation(void);
/* Waits while that plan is in force, at most timeout_ns (UINT64_MAX: for ever). */
void fault_wait(uint64_t generation, uint64_t timeout_ns);

/* Puts the plan in force. Returns 0, or -1 with the reason in why; the old plan then stays. */
int fault_set(const char *plan, char why[FAULT_TEXT]);
/* Puts the environment's plan in force if it has changed. */
int fault_from_environment(char why[FAULT_TEXT]);

#endif
