/* external.h - pictures in the client's memory objects: DRM_PRIME_2 descriptors, in and out. */
#ifndef NENC_VA_EXTERNAL_H
#define NENC_VA_EXTERNAL_H

#include "driver.h"

#include <va/va_drmcommon.h>

/* Linear NV12, one layer of two planes or two of one; the client keeps its descriptors. */
VAStatus external_import(const VADRMPRIMESurfaceDescriptor *from, uint32_t width, uint32_t height, surface_memory *memory);

#endif
