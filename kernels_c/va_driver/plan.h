/* plan.h - the fault plan, as the rest of the driver asks it: what goes wrong in this call? */
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
    CALL_MAP,       /* of a coded buffer */
    CALL_MAP_IMAGE, /* of any other */
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

/* Counts the call. Status, hang, slow and abort of different lines can meet in one call: the first line that fits counts. */
fault fault_next(fault_call call);
/* For calls that can only fail, wait or die: does the waiting and the dying. */
VAStatus fault_status(fault_call call);
/* Carries out what is the same in every call (abort, hang, slow); the status that is left. */
VAStatus fault_carry_out(fault what);

/* The plan in force, from 1; another one, another number. */
uint64_t fault_generation(void);
/* Waits while that plan is in force, at most timeout_ns (UINT64_MAX: for ever). */
void fault_wait(uint64_t generation, uint64_t timeout_ns);

/* Puts the plan in force; 0, or -1 with the reason in why, and the old plan stays. */
int fault_set(const char *plan, char why[FAULT_TEXT]);
/* The environment's plan, if it is another than it was the last time. */
int fault_from_environment(char why[FAULT_TEXT]);

#endif
