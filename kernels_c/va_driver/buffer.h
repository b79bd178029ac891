/* buffer.h - buffers, as the other parts make and use them. */
#ifndef NENC_VA_BUFFER_H
#define NENC_VA_BUFFER_H

#include "driver.h"

/* With the driver locked: of size bytes of the driver's (memory NULL), or over a surface's memory. VA_INVALID_ID: none left. */
VABufferID buffer_make(drv_display *driver, VAContextID context, VABufferType type, uint32_t size, uint32_t elements,
                       const surface_memory *memory, VASurfaceID derived);
/* With the driver locked. */
void buffer_remove(drv_display *driver, VABufferID id);

/* coded.c: the segments of a finished picture, as a fault plan wants them. With the driver locked. */
VAStatus coded_map(drv_display *driver, VABufferID id, void **data);

#endif
