/* external.h - import and export of pictures in memory objects, as DRM_PRIME_2 descriptors. */
#ifndef NENC_VA_EXTERNAL_H
#define NENC_VA_EXTERNAL_H

#include "driver.h"

#include <va/va_drmcommon.h>

/* Accepts linear NV12 as one layer of two planes or two layers of one; the client keeps its descriptors. */
VAStatus external_import(const VADRMPRIMESurfaceDescriptor *from, uint32_t width, uint32_t height, surface_memory *memory);

#endif
