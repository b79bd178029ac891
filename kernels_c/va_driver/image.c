/* image.c - NV12 images: views of a surface's memory, or copies to and from it. */
#include "alloc.h"
#include "buffer.h"
#include "calls.h"
#include "sync.h"

#include <string.h>

static const VAImageFormat nv12 = {.fourcc = VA_FOURCC_NV12, .byte_order = VA_LSB_FIRST, .bits_per_pixel = 12};

VAStatus drv_query_image_formats(VADriverContextP va, VAImageFormat *formats, int *count)
{
    formats[0] = nv12;
    *count = 1;
    return VA_STATUS_SUCCESS;
}

/* Call with the driver locked; takes ownership of the buffer. */
static VAStatus add(drv_display *driver, VAImage *made)
{
    VAImage *self = made->buf == VA_INVALID_ID ? NULL : driver_alloc(sizeof *self);
    made->image_id = self ? objects_add(&driver->objects, OBJECT_IMAGE, self) : VA_INVALID_ID;
    if (made->image_id != VA_INVALID_ID) {
        *self = *made;
        return VA_STATUS_SUCCESS;
    }
    if (made->buf != VA_INVALID_ID) buffer_remove(driver, made->buf);
    driver_free(self);
    return VA_STATUS_ERROR_ALLOCATION_FAILED;
}

VAStatus drv_create_image(VADriverContextP va, VAImageFormat *format, int width, int height, VAImage *made)
{
    drv_display *driver = driver_of(va);
    if (format->fourcc != VA_FOURCC_NV12) return VA_STATUS_ERROR_INVALID_IMAGE_FORMAT;
    if (width < 1 || height < 1 || width > PICTURE_LIMIT || height > PICTURE_LIMIT) return VA_STATUS_ERROR_INVALID_PARAMETER;
    const uint32_t pitch = ((uint32_t)width + 63) & ~63u, lines = ((uint32_t)height + 1) & ~1u;
    *made = (VAImage){.format = nv12,
                      .width = (uint16_t)width,
                      .height = (uint16_t)height,
                      .data_size = pitch * lines * 3 / 2,
                      .num_planes = 2,
                      .pitches = {pitch, pitch},
                      .offsets = {0, pitch * lines}};
    pthread_mutex_lock(&driver->lock);
    made->buf = buffer_make(driver, VA_INVALID_ID, VAImageBufferType, made->data_size, 1, NULL, VA_INVALID_ID);
    VAStatus status = add(driver, made);
    pthread_mutex_unlock(&driver->lock);
    return status;
}

/* Only for memory that is one writable object; otherwise the client copies. */
static VAStatus derive(drv_display *driver, VASurfaceID id, VAImage *made)
{
    const drv_surface *self = objects_get(&driver->objects, OBJECT_SURFACE, id);
    if (!self) return VA_STATUS_ERROR_INVALID_SURFACE;
    const surface_memory *memory = &self->memory;
    if (memory->object[0] != memory->object[1] || !memory->object[0]->writable) return VA_STATUS_ERROR_OPERATION_FAILED;
    *made = (VAImage){.format = nv12,
                      .width = (uint16_t)self->width,
                      .height = (uint16_t)self->height,
                      .data_size = (uint32_t)memory->object[0]->size,
                      .num_planes = 2,
                      .pitches = {memory->pitch[0], memory->pitch[1]},
                      .offsets = {memory->offset[0], memory->offset[1]}};
    made->buf = buffer_make(driver, VA_INVALID_ID, VAImageBufferType, made->data_size, 1, memory, id);
    return add(driver, made);
}

VAStatus drv_derive_image(VADriverContextP va, VASurfaceID id, VAImage *made)
{
    drv_display *driver = driver_of(va);
    VAStatus status = fault_status(CALL_DERIVE_IMAGE);
    if (status != VA_STATUS_SUCCESS) return status;
    pthread_mutex_lock(&driver->lock);
    status = derive(driver, id, made);
    pthread_mutex_unlock(&driver->lock);
    return status;
}

VAStatus drv_destroy_image(VADriverContextP va, VAImageID id)
{
    drv_display *driver = driver_of(va);
    pthread_mutex_lock(&driver->lock);
    VAImage *self = objects_get(&driver->objects, OBJECT_IMAGE, id);
    if (self) {
        objects_remove(&driver->objects, id);
        if (objects_get(&driver->objects, OBJECT_BUFFER, self->buf)) buffer_remove(driver, self->buf);
        driver_free(self);
    }
    pthread_mutex_unlock(&driver->lock);
    return self ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_INVALID_IMAGE;
}

/* Copies a rectangle between the same positions of two pictures, in whole chroma samples. */
typedef struct side {
    uint8_t *plane[2];
    uint32_t pitch[2];
    uint32_t width, height;
    int x, y;
} side;

static int inside(const side *part, unsigned width, unsigned height)
{
    return part->x >= 0 && part->y >= 0 && (uint64_t)part->x + width <= part->width &&
           (uint64_t)part->y + height <= part->height && part->x % 2 == 0 && part->y % 2 == 0;
}

static void copy(const side *to, const side *from, unsigned width, unsigned height)
{
    for (int plane = 0; plane < 2; plane++) {
        const unsigned lines = plane ? (height + 1) / 2 : height, bytes = plane ? (width + 1) / 2 * 2 : width;
        for (unsigned line = 0; line < lines; line++)
            memcpy(to->plane[plane] + (size_t)((unsigned)to->y / (plane ? 2 : 1) + line) * to->pitch[plane] + to->x,
                   from->plane[plane] + (size_t)((unsigned)from->y / (plane ? 2 : 1) + line) * from->pitch[plane] + from->x,
                   bytes);
    }
}

static side surface_side(const drv_surface *self, int x, int y)
{
    return (side){.plane = {memory_plane(&self->memory, 0), memory_plane(&self->memory, 1)},
                  .pitch = {self->memory.pitch[0], self->memory.pitch[1]},
                  .width = self->width,
                  .height = self->height,
                  .x = x,
                  .y = y};
}

/* Returns false when its buffer has been destroyed. */
static int image_side(const drv_display *driver, const VAImage *image, int x, int y, side *part)
{
    const drv_buffer *buffer = objects_get(&driver->objects, OBJECT_BUFFER, image->buf);
    if (!buffer) return 0;
    uint8_t *data = buffer->memory.object[0] ? buffer->memory.object[0]->data : buffer->data;
    part->plane[0] = data + image->offsets[0];
    part->plane[1] = data + image->offsets[1];
    part->pitch[0] = image->pitches[0];
    part->pitch[1] = image->pitches[1];
    part->width = image->width;
    part->height = image->height;
    part->x = x;
    part->y = y;
    return 1;
}

/* Call with the driver locked. put: copies from the image to the surface. */
static VAStatus transfer(drv_display *driver, VASurfaceID id, int x, int y, VAImageID image_id, int image_x, int image_y,
                         unsigned width, unsigned height, int put)
{
    if (!sync_idle(driver, OBJECT_SURFACE, id)) return VA_STATUS_ERROR_INVALID_SURFACE;
    const VAImage *image = objects_get(&driver->objects, OBJECT_IMAGE, image_id);
    const drv_surface *surface = objects_get(&driver->objects, OBJECT_SURFACE, id);
    side there = surface_side(surface, x, y), here;
    if (!image || !image_side(driver, image, image_x, image_y, &here)) return VA_STATUS_ERROR_INVALID_IMAGE;
    if (!inside(&here, width, height) || !inside(&there, width, height)) return VA_STATUS_ERROR_INVALID_PARAMETER;
    if (put && !(surface->memory.object[0]->writable && surface->memory.object[1]->writable))
        return VA_STATUS_ERROR_OPERATION_FAILED;
    memory_access(&surface->memory, 1, put);
    if (put) copy(&there, &here, width, height);
    else copy(&here, &there, width, height);
    memory_access(&surface->memory, 0, put);
    return VA_STATUS_SUCCESS;
}

VAStatus drv_get_image(VADriverContextP va, VASurfaceID id, int x, int y, unsigned width, unsigned height, VAImageID image_id)
{
    drv_display *driver = driver_of(va);
    pthread_mutex_lock(&driver->lock);
    VAStatus status = transfer(driver, id, x, y, image_id, 0, 0, width, height, 0);
    pthread_mutex_unlock(&driver->lock);
    return status;
}

VAStatus drv_put_image(VADriverContextP va, VASurfaceID id, VAImageID image_id, int src_x, int src_y, unsigned src_width,
                       unsigned src_height, int x, int y, unsigned width, unsigned height)
{
    drv_display *driver = driver_of(va);
    VAStatus status = fault_status(CALL_PUT_IMAGE);
    if (status != VA_STATUS_SUCCESS) return status;
    if (src_width != width || src_height != height) return VA_STATUS_ERROR_INVALID_PARAMETER; /* scaling is not supported */
    pthread_mutex_lock(&driver->lock);
    status = transfer(driver, id, x, y, image_id, src_x, src_y, width, height, 1);
    pthread_mutex_unlock(&driver->lock);
    return status;
}
