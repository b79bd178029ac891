/* syntax.h - reads one codec's parameter buffers into a context. */
#ifndef NENC_VA_SYNTAX_H
#define NENC_VA_SYNTAX_H

#include "driver.h"

/* Each is given a buffer that is at least as large as its structure. */
typedef struct syntax {
    size_t sequence_size, picture_size, slice_size;
    VAStatus (*sequence)(drv_context *context, const void *data);
    VAStatus (*picture)(drv_context *context, const void *data);
    VAStatus (*slice)(drv_context *context, const void *data);
} syntax;

extern const syntax syntax_h264, syntax_hevc;

static inline const syntax *syntax_of(VAProfile profile) { return profile == VAProfileHEVCMain ? &syntax_hevc : &syntax_h264; }

/* Settings of a sequence that both codecs have. A size, rate or frame rate of 0 is unset. */
VAStatus syntax_sequence(drv_context *context, uint32_t width, uint32_t height, uint32_t bits_per_second, uint32_t fps_num,
                         uint32_t fps_den);
/* Handles a picture to which the client refers; VA_INVALID_ID means none. */
VAStatus syntax_reference(drv_context *context, VASurfaceID id);

/* Handles an entry of a slice's reference list. */
VAStatus syntax_listed(drv_context *context, VASurfaceID id);

/* misc.c: rate, buffer, frame rate, quality. */
VAStatus misc_parameter(drv_context *context, const VAEncMiscParameterBuffer *misc, size_t size);

#endif
