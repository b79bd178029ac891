/* sync.h - waiting for pictures that are under way. */
#ifndef NENC_VA_SYNC_H
#define NENC_VA_SYNC_H

#include "driver.h"

/* With the driver locked: waits until nothing is under way with the surface or coded buffer; NULL: there is no such object.
 * Hangs of a fault plan do not count: what is destroyed must come to an end. */
const activity *sync_idle(drv_display *driver, object_kind kind, uint32_t id);
/* The plan under which that context hangs, or 0. With the driver locked. */
uint64_t sync_hangs(const drv_display *driver, VAContextID id);

#endif
