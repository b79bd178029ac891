/* alloc.h - the driver's memory allocation: zeroed, and a fault plan can make it fail. */
#ifndef NENC_VA_ALLOC_H
#define NENC_VA_ALLOC_H

#include "plan.h"

#include <stdlib.h>

static inline void *driver_alloc(size_t size) { return fault_status(CALL_ALLOC) ? NULL : calloc(1, size); }

static inline void driver_free(void *memory) { free(memory); }

#endif
