/* external.c - imports the client's memory objects (dma-bufs, or memfds where there is no GPU) and exports our own. */
#include "external.h"
#include "alloc.h"
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Codes from drm_fourcc.h, copied because nothing else of libdrm is needed. */
enum {
    DRM_NV12 = VA_FOURCC('N', 'V', '1', '2'),
    DRM_R8 = VA_FOURCC('R', '8', ' ', ' '),
    DRM_GR88 = VA_FOURCC('G', 'R', '8', '8')
};
static const uint64_t linear = 0, unknown_modifier = 0x00ffffffffffffff;

typedef struct plane {
    uint32_t object, offset, pitch;
} plane;

/* Finds both planes in either of the two forms. */
static int find_planes(const VADRMPRIMESurfaceDescriptor *from, plane planes[2])
{
    const int composed = from->num_layers == 1 && from->layers[0].num_planes == 2 && from->layers[0].drm_format == DRM_NV12;
    const int separate = from->num_layers == 2 && from->layers[0].num_planes == 1 && from->layers[1].num_planes == 1 &&
                         from->layers[0].drm_format == DRM_R8 && from->layers[1].drm_format == DRM_GR88;
    if (!composed && !separate) return 0;
    for (int number = 0; number < 2; number++) {
        int layer = composed ? 0 : number, within = composed ? number : 0;
        planes[number] = (plane){from->layers[layer].object_index[within], from->layers[layer].offset[within],
                                 from->layers[layer].pitch[within]};
        if (planes[number].object >= from->num_objects) return 0;
    }
    return 1;
}

VAStatus external_import(const VADRMPRIMESurfaceDescriptor *from, uint32_t width, uint32_t height, surface_memory *memory)
{
    plane planes[2];
    *memory = (surface_memory){0};
    if (from->fourcc != VA_FOURCC_NV12) return VA_STATUS_ERROR_INVALID_IMAGE_FORMAT;
    if (!from->num_objects || from->num_objects > 2 || !find_planes(from, planes) || from->width < width || from->height < height)
        return VA_STATUS_ERROR_INVALID_PARAMETER;
    for (int number = 0; number < 2; number++) {
        const uint32_t object = planes[number].object, lines = (height + 1) / 2 * (number ? 1 : 2);
        const uint64_t end = planes[number].offset + (uint64_t)planes[number].pitch * (lines - 1) + (width + 1) / 2 * 2;
        const uint64_t modifier = from->objects[object].drm_format_modifier, size = from->objects[object].size;
        VAStatus status = VA_STATUS_ERROR_INVALID_PARAMETER;
        if (modifier != linear && modifier != unknown_modifier) status = VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE;
        else if (planes[number].pitch >= width && (!size || end <= size)) {
            mapping *shared = number && object == planes[0].object ? memory->object[0] : NULL;
            if (shared) shared->users++;
            else if (!(shared = memory_map(from->objects[object].fd, size)))
                status = errno == ENOMEM ? VA_STATUS_ERROR_ALLOCATION_FAILED : VA_STATUS_ERROR_INVALID_PARAMETER;
            memory->object[number] = shared;
            memory->offset[number] = planes[number].offset;
            memory->pitch[number] = planes[number].pitch;
            if (shared && end <= shared->size) continue;
        }
        memory_release(memory);
        return status;
    }
    return VA_STATUS_SUCCESS;
}

static int copy_descriptor(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 0); }

/* The client closes the descriptors in it. */
static VAStatus describe(const drv_surface *self, uint32_t flags, VADRMPRIMESurfaceDescriptor *out)
{
    const surface_memory *memory = &self->memory;
    const int objects = memory->object[0] == memory->object[1] ? 1 : 2;
    *out = (VADRMPRIMESurfaceDescriptor){.fourcc = VA_FOURCC_NV12, .width = self->width, .height = self->height};
    for (int number = 0; number < objects; number++) {
        int fd = copy_descriptor(memory->object[number]->fd);
        if (fd < 0) {
            if (number) close(out->objects[0].fd);
            return VA_STATUS_ERROR_ALLOCATION_FAILED;
        }
        out->objects[number].fd = fd;
        out->objects[number].size = (uint32_t)memory->object[number]->size;
        out->objects[number].drm_format_modifier = linear;
    }
    out->num_objects = (uint32_t)objects;
    const int separate = (flags & VA_EXPORT_SURFACE_SEPARATE_LAYERS) != 0;
    out->num_layers = separate ? 2 : 1;
    for (int number = 0; number < 2; number++) {
        int layer = separate ? number : 0, within = separate ? 0 : number;
        out->layers[layer].drm_format = !separate ? DRM_NV12 : number ? DRM_GR88 : DRM_R8;
        out->layers[layer].num_planes = separate ? 1 : 2;
        out->layers[layer].object_index[within] = objects == 2 ? (uint32_t)number : 0;
        out->layers[layer].offset[within] = memory->offset[number];
        out->layers[layer].pitch[within] = memory->pitch[number];
    }
    return VA_STATUS_SUCCESS;
}

VAStatus drv_export_surface(VADriverContextP va, VASurfaceID id, uint32_t type, uint32_t flags, void *descriptor)
{
    drv_display *driver = driver_of(va);
    VAStatus status = fault_status(CALL_EXPORT);
    if (status != VA_STATUS_SUCCESS) return status;
    if (type != VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2) return VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE;
    pthread_mutex_lock(&driver->lock);
    const drv_surface *self = objects_get(&driver->objects, OBJECT_SURFACE, id);
    status = self ? describe(self, flags, descriptor) : VA_STATUS_ERROR_INVALID_SURFACE;
    pthread_mutex_unlock(&driver->lock);
    return status;
}
