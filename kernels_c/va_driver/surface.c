/* surface.c - creates and destroys surfaces: NV12, in memory of our own or of the client. */
#include "alloc.h"
#include "calls.h"
#include "config.h"
#include "external.h"
#include "sync.h"

#include <va/va_drmcommon.h>

/* The attributes of vaCreateSurfaces that matter here. */
typedef struct wish {
    uint32_t memory_type;
    const VADRMPRIMESurfaceDescriptor *external; /* one for each surface */
} wish;

/* Read in order, as the real drivers do: the memory type comes before the descriptor. */
static VAStatus read_attributes(wish *want, const VASurfaceAttrib *attributes, unsigned count)
{
    for (unsigned number = 0; number < count; number++) {
        const VASurfaceAttrib *attribute = &attributes[number];
        if (!(attribute->flags & VA_SURFACE_ATTRIB_SETTABLE)) continue;
        switch (attribute->type) {
        case VASurfaceAttribPixelFormat:
            if ((uint32_t)attribute->value.value.i != VA_FOURCC_NV12) return VA_STATUS_ERROR_ATTR_NOT_SUPPORTED;
            break;
        case VASurfaceAttribMemoryType:
            want->memory_type = (uint32_t)attribute->value.value.i;
            if (want->memory_type != VA_SURFACE_ATTRIB_MEM_TYPE_VA && want->memory_type != VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2)
                return VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE;
            break;
        case VASurfaceAttribExternalBufferDescriptor:
            if (want->memory_type != VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2) break; /* hints for our own memory */
            if (!attribute->value.value.p) return VA_STATUS_ERROR_INVALID_PARAMETER;
            want->external = attribute->value.value.p;
            break;
        case VASurfaceAttribUsageHint: break;
        default: return VA_STATUS_ERROR_ATTR_NOT_SUPPORTED;
        }
    }
    return want->memory_type == VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2 && !want->external ? VA_STATUS_ERROR_INVALID_PARAMETER
                                                                                          : VA_STATUS_SUCCESS;
}

static VAStatus create_one(drv_display *driver, const wish *want, unsigned number, uint32_t width, uint32_t height,
                           VASurfaceID *id)
{
    drv_surface *self = driver_alloc(sizeof *self);
    if (!self) return VA_STATUS_ERROR_ALLOCATION_FAILED;
    *self = (drv_surface){.width = width, .height = height, .work.context = VA_INVALID_ID};
    VAStatus status = VA_STATUS_SUCCESS;
    if (want->external) status = external_import(&want->external[number], width, height, &self->memory);
    else if (!memory_create(&self->memory, width, height)) status = VA_STATUS_ERROR_ALLOCATION_FAILED;
    if (status == VA_STATUS_SUCCESS) {
        pthread_mutex_lock(&driver->lock);
        *id = objects_add(&driver->objects, OBJECT_SURFACE, self);
        pthread_mutex_unlock(&driver->lock);
        if (*id != VA_INVALID_ID) return VA_STATUS_SUCCESS;
        status = VA_STATUS_ERROR_ALLOCATION_FAILED;
    }
    memory_release(&self->memory);
    driver_free(self);
    return status;
}

VAStatus drv_create_surfaces2(VADriverContextP va, unsigned format, unsigned width, unsigned height, VASurfaceID *ids,
                              unsigned count, VASurfaceAttrib *attributes, unsigned attribute_count)
{
    wish want = {.memory_type = VA_SURFACE_ATTRIB_MEM_TYPE_VA};
    VAStatus status = fault_status(CALL_CREATE_SURFACES);
    if (status != VA_STATUS_SUCCESS) return status;
    if (format != VA_RT_FORMAT_YUV420) return VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT;
    if (!ids || !count || !width || !height) return VA_STATUS_ERROR_INVALID_PARAMETER;
    if (width > PICTURE_LIMIT || height > PICTURE_LIMIT) return VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED;
    status = read_attributes(&want, attributes, attribute_count);
    unsigned made = 0;
    while (status == VA_STATUS_SUCCESS && made < count) {
        status = create_one(driver_of(va), &want, made, width, height, &ids[made]);
        if (status == VA_STATUS_SUCCESS) made++;
    }
    if (status != VA_STATUS_SUCCESS && made) drv_destroy_surfaces(va, ids, (int)made);
    return status;
}

VAStatus drv_create_surfaces(VADriverContextP va, int width, int height, int format, int count, VASurfaceID *ids)
{
    if (width < 0 || height < 0 || count < 0) return VA_STATUS_ERROR_INVALID_PARAMETER;
    return drv_create_surfaces2(va, (unsigned)format, (unsigned)width, (unsigned)height, ids, (unsigned)count, NULL, 0);
}

VAStatus drv_destroy_surfaces(VADriverContextP va, VASurfaceID *ids, int count)
{
    drv_display *driver = driver_of(va);
    VAStatus status = VA_STATUS_SUCCESS;
    pthread_mutex_lock(&driver->lock);
    for (int number = 0; number < count; number++) {
        if (!sync_idle(driver, OBJECT_SURFACE, ids[number])) {
            status = VA_STATUS_ERROR_INVALID_SURFACE;
            continue;
        }
        drv_surface *self = objects_get(&driver->objects, OBJECT_SURFACE, ids[number]);
        objects_remove(&driver->objects, ids[number]);
        memory_release(&self->memory);
        driver_free(self);
    }
    pthread_mutex_unlock(&driver->lock);
    return status;
}

VAStatus drv_query_surface_attributes(VADriverContextP va, VAConfigID id, VASurfaceAttrib *attributes, unsigned *count)
{
    drv_display *driver = driver_of(va);
    pthread_mutex_lock(&driver->lock);
    const drv_config *found = objects_get(&driver->objects, OBJECT_CONFIG, id);
    int limit = found ? (int)config_attribute(found->profile, VAConfigAttribMaxPictureWidth) : 0;
    pthread_mutex_unlock(&driver->lock);
    if (!found) return VA_STATUS_ERROR_INVALID_CONFIG;
#define INTEGER(what, access, number)                                                                                            \
    {                                                                                                                            \
        .type = what, .flags = access, .value = {.type = VAGenericValueTypeInteger, .value.i = (int)(number)}                    \
    }
    enum { GET = VA_SURFACE_ATTRIB_GETTABLE, SET = VA_SURFACE_ATTRIB_SETTABLE };
    const VASurfaceAttrib list[] = {
        INTEGER(VASurfaceAttribPixelFormat, GET | SET, VA_FOURCC_NV12),
        INTEGER(VASurfaceAttribMinWidth, GET, PICTURE_LEAST),
        INTEGER(VASurfaceAttribMaxWidth, GET, limit),
        INTEGER(VASurfaceAttribMinHeight, GET, PICTURE_LEAST),
        INTEGER(VASurfaceAttribMaxHeight, GET, limit),
        INTEGER(VASurfaceAttribMemoryType, GET | SET, VA_SURFACE_ATTRIB_MEM_TYPE_VA | VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2),
        {.type = VASurfaceAttribExternalBufferDescriptor, .flags = SET, .value.type = VAGenericValueTypePointer},
    };
    const unsigned have = sizeof list / sizeof *list, room = *count;
    *count = have;
    if (!attributes) return VA_STATUS_SUCCESS;
    if (room < have) return VA_STATUS_ERROR_MAX_NUM_EXCEEDED;
    for (unsigned number = 0; number < have; number++) attributes[number] = list[number];
    return VA_STATUS_SUCCESS;
}
