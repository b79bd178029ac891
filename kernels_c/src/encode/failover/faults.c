/* faults.c - the words for faults. */
#include "nenc/failover.h"

const char *nenc_fault_name(uint32_t fault)
{
    static const char *const names[] = {
        [NENC_FAULT_FAIL] = "gpu_failure",
        [NENC_FAULT_HANG] = "gpu_hang",
        [NENC_FAULT_RESET] = "gpu_reset",
        [NENC_FAULT_IGNORE_RATE] = "ignore_rate",
    };
    return fault < sizeof names / sizeof *names ? names[fault] : NULL;
}
