/* sync.h - waiting for pending pictures. */
#ifndef NENC_VA_SYNC_H
#define NENC_VA_SYNC_H

#include "driver.h"

/* Call with the driver locked: waits until nothing is pending for the surface or coded buffer; NULL: there is no such object.
 * Ignores hangs of a fault plan, because destruction must complete. */
const activity *sync_idle(drv_display *driver, object_kind kind, uint32_t id);
/* The number of the plan under which that context hangs, or 0. Call with the driver locked. */
uint64_t sync_hangs(const drv_display *driver, VAContextID id);

#endif
