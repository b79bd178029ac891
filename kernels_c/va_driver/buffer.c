/* buffer.c - parameter, image and coded buffers. */
#include "buffer.h"
#include "alloc.h"
#include "calls.h"
#include "sync.h"

#include <string.h>

VABufferID buffer_make(drv_display *driver, VAContextID context, VABufferType type, uint32_t size, uint32_t elements,
                       const surface_memory *memory, VASurfaceID derived)
{
    drv_buffer *self = driver_alloc(sizeof *self);
    if (!self) return VA_INVALID_ID;
    *self =
        (drv_buffer){.type = type, .context = context, .size = size, .elements = elements, .room = elements, .derived = derived};
    self->work.context = context;
    if (memory) {
        self->memory = *memory;
        memory_share(memory);
    } else {
        self->data = driver_alloc((size_t)size * elements);
    }
    VABufferID id = memory || self->data ? objects_add(&driver->objects, OBJECT_BUFFER, self) : VA_INVALID_ID;
    if (id != VA_INVALID_ID) return id;
    memory_release(&self->memory);
    driver_free(self->data);
    driver_free(self);
    return VA_INVALID_ID;
}

void buffer_remove(drv_display *driver, VABufferID id)
{
    drv_buffer *self = objects_get(&driver->objects, OBJECT_BUFFER, id);
    objects_remove(&driver->objects, id);
    if (self->memory.object[0] && self->mapped) memory_access(&self->memory, 0, 1);
    memory_release(&self->memory);
    driver_free(self->data);
    driver_free(self);
}

/* The buffer types that clients of an encoder create. Packed headers are not offered, and vaRenderPicture rejects them. */
static int known(VABufferType type)
{
    return type == VAEncSequenceParameterBufferType || type == VAEncPictureParameterBufferType ||
           type == VAEncSliceParameterBufferType || type == VAEncMiscParameterBufferType || type == VAEncCodedBufferType ||
           type == VAEncPackedHeaderParameterBufferType || type == VAEncPackedHeaderDataBufferType || type == VAImageBufferType;
}

VAStatus drv_create_buffer(VADriverContextP va, VAContextID context_id, VABufferType type, unsigned size, unsigned elements,
                           void *data, VABufferID *id)
{
    drv_display *driver = driver_of(va);
    VAStatus status = fault_status(CALL_CREATE_BUFFER);
    if (status != VA_STATUS_SUCCESS) return status;
    if (!known(type)) return VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE;
    if (!size || !elements || (uint64_t)size * elements > INT32_MAX) return VA_STATUS_ERROR_INVALID_PARAMETER;
    pthread_mutex_lock(&driver->lock);
    if (!objects_get(&driver->objects, OBJECT_CONTEXT, context_id)) status = VA_STATUS_ERROR_INVALID_CONTEXT;
    else {
        *id = buffer_make(driver, context_id, type, size, elements, NULL, VA_INVALID_ID);
        if (*id == VA_INVALID_ID) status = VA_STATUS_ERROR_ALLOCATION_FAILED;
        else if (data && type != VAEncCodedBufferType)
            memcpy(((drv_buffer *)objects_get(&driver->objects, OBJECT_BUFFER, *id))->data, data, (size_t)size * elements);
    }
    pthread_mutex_unlock(&driver->lock);
    return status;
}

VAStatus drv_set_elements(VADriverContextP va, VABufferID id, unsigned elements)
{
    drv_display *driver = driver_of(va);
    pthread_mutex_lock(&driver->lock);
    drv_buffer *self = objects_get(&driver->objects, OBJECT_BUFFER, id);
    VAStatus status = VA_STATUS_SUCCESS;
    if (!self) status = VA_STATUS_ERROR_INVALID_BUFFER;
    else if (!elements || elements > self->room) status = VA_STATUS_ERROR_INVALID_PARAMETER;
    else self->elements = elements;
    pthread_mutex_unlock(&driver->lock);
    return status;
}

/* A derived image is only mapped once nothing reads its surface, because the client's writes must not reach an older
 * picture. */
static VAStatus map_other(drv_display *driver, VABufferID id, void **data)
{
    const drv_buffer *found = objects_get(&driver->objects, OBJECT_BUFFER, id);
    if (found->memory.object[0]) sync_idle(driver, OBJECT_SURFACE, found->derived);
    drv_buffer *self = objects_get(&driver->objects, OBJECT_BUFFER, id);
    if (!self) return VA_STATUS_ERROR_INVALID_BUFFER;
    if (self->memory.object[0] && !self->mapped) memory_access(&self->memory, 1, 1);
    self->mapped = 1;
    *data = self->memory.object[0] ? self->memory.object[0]->data : self->data;
    return VA_STATUS_SUCCESS;
}

VAStatus drv_map_buffer(VADriverContextP va, VABufferID id, void **data)
{
    drv_display *driver = driver_of(va);
    *data = NULL;
    pthread_mutex_lock(&driver->lock);
    const drv_buffer *self = objects_get(&driver->objects, OBJECT_BUFFER, id);
    const int coded = self && self->type == VAEncCodedBufferType;
    VAStatus status = VA_STATUS_ERROR_INVALID_BUFFER;
    if (coded) status = coded_map(driver, id, data);
    pthread_mutex_unlock(&driver->lock);
    if (coded || !self) return status;
    status = fault_status(CALL_MAP_IMAGE);
    if (status != VA_STATUS_SUCCESS) return status;
    pthread_mutex_lock(&driver->lock);
    status = objects_get(&driver->objects, OBJECT_BUFFER, id) ? map_other(driver, id, data) : VA_STATUS_ERROR_INVALID_BUFFER;
    pthread_mutex_unlock(&driver->lock);
    return status;
}

VAStatus drv_unmap_buffer(VADriverContextP va, VABufferID id)
{
    drv_display *driver = driver_of(va);
    pthread_mutex_lock(&driver->lock);
    drv_buffer *self = objects_get(&driver->objects, OBJECT_BUFFER, id);
    if (self && self->memory.object[0] && self->mapped) memory_access(&self->memory, 0, 1);
    if (self) self->mapped = 0;
    pthread_mutex_unlock(&driver->lock);
    return self ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_INVALID_BUFFER;
}

VAStatus drv_destroy_buffer(VADriverContextP va, VABufferID id)
{
    drv_display *driver = driver_of(va);
    pthread_mutex_lock(&driver->lock);
    const activity *found = sync_idle(driver, OBJECT_BUFFER, id);
    if (found) buffer_remove(driver, id);
    pthread_mutex_unlock(&driver->lock);
    return found ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_INVALID_BUFFER;
}

VAStatus drv_buffer_info(VADriverContextP va, VABufferID id, VABufferType *type, unsigned *size, unsigned *elements)
{
    drv_display *driver = driver_of(va);
    pthread_mutex_lock(&driver->lock);
    const drv_buffer *self = objects_get(&driver->objects, OBJECT_BUFFER, id);
    if (self) {
        *type = self->type;
        *size = self->size;
        *elements = self->elements;
    }
    pthread_mutex_unlock(&driver->lock);
    return self ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_INVALID_BUFFER;
}
