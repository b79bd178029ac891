/* surface.c - pictures as the driver has them: imported where they lie, or copied. */
#include "encode/vaapi/vaapi.h"

#include <string.h>
#include <sys/stat.h>
#include <va/va_drmcommon.h>

/* DRM's name for NV12, which is VA's too. */
static const uint32_t nv12 = VA_FOURCC_NV12;

static VASurfaceAttrib attribute(VASurfaceAttribType type, VAGenericValueType kind, int32_t number, void *pointer)
{
    VASurfaceAttrib made = {.type = type, .flags = VA_SURFACE_ATTRIB_SETTABLE, .value = {.type = kind}};
    if (kind == VAGenericValueTypePointer) made.value.value.p = pointer;
    else made.value.value.i = number;
    return made;
}

static int make(nenc_vaapi *self, VASurfaceID *surfaces, unsigned count, nenc_failure *failure)
{
    VASurfaceAttrib format = attribute(VASurfaceAttribPixelFormat, VAGenericValueTypeInteger, (int32_t)nv12, NULL);
    return nenc_vaapi_check(self, "vaCreateSurfaces",
                            vaCreateSurfaces(self->display.va, VA_RT_FORMAT_YUV420, self->aligned_width, self->aligned_height,
                                             surfaces, count, &format, 1),
                            failure);
}

int nenc_vaapi_surfaces(nenc_vaapi *self, nenc_failure *failure)
{
    return make(self, self->reconstructions, NENC_VA_RECONSTRUCTIONS, failure);
}

/* The descriptor stays the caller's: drivers take what they need of it. */
static VAStatus import(nenc_vaapi *self, const nenc_frame *frame, VASurfaceID *surface)
{
    const nenc_picture *picture = &frame->picture;
    VADRMPRIMESurfaceDescriptor described;
    memset(&described, 0, sizeof described);
    described.fourcc = nv12;
    described.width = picture->width;
    described.height = picture->height;
    described.num_objects = 1;
    described.objects[0].fd = frame->fd;
    described.objects[0].size = frame->offset[1] + (uint32_t)picture->stride[1] * (picture->height / 2);
    described.objects[0].drm_format_modifier = frame->modifier;
    described.num_layers = 1;
    described.layers[0].drm_format = nv12;
    described.layers[0].num_planes = 2;
    for (int i = 0; i < 2; i++) {
        described.layers[0].offset[i] = frame->offset[i];
        described.layers[0].pitch[i] = (uint32_t)picture->stride[i];
    }
    /* In this order: drivers read one after the other. */
    VASurfaceAttrib attributes[] = {
        attribute(VASurfaceAttribMemoryType, VAGenericValueTypeInteger, VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2, NULL),
        attribute(VASurfaceAttribPixelFormat, VAGenericValueTypeInteger, (int32_t)nv12, NULL),
        attribute(VASurfaceAttribExternalBufferDescriptor, VAGenericValueTypePointer, 0, &described),
    };
    return vaCreateSurfaces(self->display.va, VA_RT_FORMAT_YUV420, picture->width, picture->height, surface, 1, attributes, 3);
}

static void copy_rows(uint8_t *to, size_t pitch, const uint8_t *from, int64_t stride, size_t bytes, uint32_t rows)
{
    for (uint32_t y = 0; y < rows; y++) memcpy(to + y * pitch, from + (int64_t)y * stride, bytes);
}

static int fill(nenc_vaapi *self, const VAImage *image, const nenc_picture *picture, nenc_failure *failure)
{
    void *memory = NULL;
    int status = nenc_vaapi_check(self, "vaMapBuffer (image)", vaMapBuffer(self->display.va, image->buf, &memory), failure);
    if (status != NENC_OK) return status;
    uint8_t *data = memory;
    copy_rows(data + image->offsets[0], image->pitches[0], picture->plane[0], picture->stride[0], picture->width,
              picture->height);
    copy_rows(data + image->offsets[1], image->pitches[1], picture->plane[1], picture->stride[1], picture->width,
              picture->height / 2);
    return nenc_vaapi_check(self, "vaUnmapBuffer (image)", vaUnmapBuffer(self->display.va, image->buf), failure);
}

static int copy(nenc_vaapi *self, const nenc_picture *picture, VASurfaceID surface, nenc_failure *failure)
{
    VAImage image = {.image_id = VA_INVALID_ID};
    int derived = vaDeriveImage(self->display.va, surface, &image) == VA_STATUS_SUCCESS;
    if (derived && image.format.fourcc != nv12) { /* tiled or packed otherwise */
        vaDestroyImage(self->display.va, image.image_id);
        derived = 0;
    }
    int status = NENC_OK;
    if (!derived) {
        VAImageFormat format = {.fourcc = nv12, .byte_order = VA_LSB_FIRST, .bits_per_pixel = 12};
        status = nenc_vaapi_check(self, "vaCreateImage",
                                  vaCreateImage(self->display.va, &format, (int)picture->width, (int)picture->height, &image),
                                  failure);
        if (status != NENC_OK) return status;
    }
    status = fill(self, &image, picture, failure);
    if (status == NENC_OK && !derived)
        status = nenc_vaapi_check(self, "vaPutImage",
                                  vaPutImage(self->display.va, surface, image.image_id, 0, 0, picture->width, picture->height, 0,
                                             0, picture->width, picture->height),
                                  failure);
    vaDestroyImage(self->display.va, image.image_id);
    return status;
}

/* The surface on a picture's memory, made if need be; buffers of another pool may have the same numbers. */
static VASurfaceID imported(nenc_vaapi *self, const nenc_frame *frame)
{
    nenc_vaapi_import *known = &self->imports[frame->buffer - 1],
                      wanted = {.surface = VA_INVALID_ID, .modifier = frame->modifier};
    struct stat object;
    if (fstat(frame->fd, &object) < 0) return VA_INVALID_ID;
    wanted.device = object.st_dev;
    wanted.inode = object.st_ino;
    for (int i = 0; i < 2; i++) {
        wanted.offset[i] = frame->offset[i];
        wanted.stride[i] = frame->picture.stride[i];
    }
    if (known->surface != VA_INVALID_ID) {
        wanted.surface = known->surface;
        if (memcmp(known, &wanted, sizeof wanted) == 0) return known->surface;
        vaDestroySurfaces(self->display.va, &known->surface, 1);
        known->surface = wanted.surface = VA_INVALID_ID;
    }
    if (import(self, frame, &wanted.surface) != VA_STATUS_SUCCESS) return VA_INVALID_ID;
    *known = wanted;
    return known->surface;
}

int nenc_vaapi_input(nenc_vaapi *self, const nenc_frame *frame, VASurfaceID *surface, uint32_t *input, nenc_failure *failure)
{
    if (frame->fd >= 0 && frame->buffer >= 1 && frame->buffer <= NENC_VA_IMPORTS && !self->no_import) {
        *surface = imported(self, frame);
        *input = NENC_INPUT_ZERO_COPY;
        if (*surface != VA_INVALID_ID) return NENC_OK;
        self->no_import = 1; /* nor the next ones, then; the copy below always works */
        self->display.message[0] = '\0';
    }
    if (self->inputs[0] == VA_INVALID_ID) {
        int status = make(self, self->inputs, NENC_VA_INPUTS, failure);
        if (status != NENC_OK) return status;
    }
    *surface = self->inputs[self->count % NENC_VA_INPUTS];
    *input = NENC_INPUT_COPY;
    return copy(self, &frame->picture, *surface, failure);
}

void nenc_vaapi_drop_surfaces(nenc_vaapi *self)
{
    for (int i = 0; i < NENC_VA_IMPORTS; i++)
        if (self->imports[i].surface != VA_INVALID_ID) vaDestroySurfaces(self->display.va, &self->imports[i].surface, 1);
    if (self->inputs[0] != VA_INVALID_ID) vaDestroySurfaces(self->display.va, self->inputs, NENC_VA_INPUTS);
    if (self->reconstructions[0] != VA_INVALID_ID)
        vaDestroySurfaces(self->display.va, self->reconstructions, NENC_VA_RECONSTRUCTIONS);
}
