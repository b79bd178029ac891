/* syntax.h - the parameter buffers of one codec, read into a context. */
#ifndef NENC_VA_SYNTAX_H
#define NENC_VA_SYNTAX_H

#include "driver.h"

/* Each gets a buffer that is at least as large as its structure. */
typedef struct syntax {
    size_t sequence_size, picture_size, slice_size;
    VAStatus (*sequence)(drv_context *context, const void *data);
    VAStatus (*picture)(drv_context *context, const void *data);
    VAStatus (*slice)(drv_context *context, const void *data);
} syntax;

extern const syntax syntax_h264, syntax_hevc;

static inline const syntax *syntax_of(VAProfile profile) { return profile == VAProfileHEVCMain ? &syntax_hevc : &syntax_h264; }

/* What the two have in common. A size, a rate and a frame rate of 0 are not given. */
VAStatus syntax_sequence(drv_context *context, uint32_t width, uint32_t height, uint32_t bits_per_second, uint32_t fps_num,
                         uint32_t fps_den);
/* A picture that the client refers to: VA_INVALID_ID is none. */
VAStatus syntax_reference(drv_context *context, VASurfaceID id);

/* An entry of a slice's reference list. */
VAStatus syntax_listed(drv_context *context, VASurfaceID id);

/* misc.c: rate, buffer, frame rate, quality. */
VAStatus misc_parameter(drv_context *context, const VAEncMiscParameterBuffer *misc, size_t size);

#endif
