/* buffer.h - creation and lookup of buffers for the rest of the driver. */
#ifndef NENC_VA_BUFFER_H
#define NENC_VA_BUFFER_H

#include "driver.h"

/* Call with the driver locked. Makes a buffer of size bytes in the driver's memory (memory NULL), or over a surface's memory.
 * Returns VA_INVALID_ID when there is no room. */
VABufferID buffer_make(drv_display *driver, VAContextID context, VABufferType type, uint32_t size, uint32_t elements,
                       const surface_memory *memory, VASurfaceID derived);
/* Call with the driver locked. */
void buffer_remove(drv_display *driver, VABufferID id);

/* In coded.c: the segments of a finished picture, as altered by a fault plan. Call with the driver locked. */
VAStatus coded_map(drv_display *driver, VABufferID id, void **data);

#endif
