/* plan.h - which call fails at which count, and with what: "nvEncEncodePicture@3=DEVICE_NOT_EXIST;nvEncLockBitstream@1..4=LOCK_BUSY". */
#ifndef NENC_NVENC_STUB_PLAN_H
#define NENC_NVENC_STUB_PLAN_H

/* Numbers count from 1, each call on its own; "*" for the name is any call, by one count of all. The value is a status' name or
 * number. NULL: the environment's NENC_NVENC_FAULTS. Counts begin anew. */
void stub_plan(const char *plan);

/* Counts the call; its planned status, 0: none. */
int stub_fault(const char *call);

/* Calls of any name since the plan. */
long stub_calls(void);

#endif
