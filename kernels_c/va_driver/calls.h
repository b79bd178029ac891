/* calls.h - the driver's functions that libva calls (va_backend.h documents them). */
#ifndef NENC_VA_CALLS_H
#define NENC_VA_CALLS_H

#include <va/va_backend.h>

/* config.c, attributes.c */
VAStatus drv_query_profiles(VADriverContextP va, VAProfile *profiles, int *count);
VAStatus drv_query_entrypoints(VADriverContextP va, VAProfile profile, VAEntrypoint *entrypoints, int *count);
VAStatus drv_get_config_attributes(VADriverContextP va, VAProfile profile, VAEntrypoint entrypoint, VAConfigAttrib *attributes,
                                   int count);
VAStatus drv_create_config(VADriverContextP va, VAProfile profile, VAEntrypoint entrypoint, VAConfigAttrib *attributes, int count,
                           VAConfigID *id);
VAStatus drv_destroy_config(VADriverContextP va, VAConfigID id);
VAStatus drv_query_config_attributes(VADriverContextP va, VAConfigID id, VAProfile *profile, VAEntrypoint *entrypoint,
                                     VAConfigAttrib *attributes, int *count);
/* surface.c, external.c */
VAStatus drv_create_surfaces(VADriverContextP va, int width, int height, int format, int count, VASurfaceID *ids);
VAStatus drv_create_surfaces2(VADriverContextP va, unsigned format, unsigned width, unsigned height, VASurfaceID *ids,
                              unsigned count, VASurfaceAttrib *attributes, unsigned attribute_count);
VAStatus drv_destroy_surfaces(VADriverContextP va, VASurfaceID *ids, int count);
VAStatus drv_query_surface_attributes(VADriverContextP va, VAConfigID id, VASurfaceAttrib *attributes, unsigned *count);
VAStatus drv_export_surface(VADriverContextP va, VASurfaceID id, uint32_t type, uint32_t flags, void *descriptor);
/* sync.c */
VAStatus drv_sync_surface(VADriverContextP va, VASurfaceID id);
VAStatus drv_sync_surface2(VADriverContextP va, VASurfaceID id, uint64_t timeout_ns);
VAStatus drv_sync_buffer(VADriverContextP va, VABufferID id, uint64_t timeout_ns);
VAStatus drv_query_surface_status(VADriverContextP va, VASurfaceID id, VASurfaceStatus *status);
/* context.c */
VAStatus drv_create_context(VADriverContextP va, VAConfigID config_id, int width, int height, int flag, VASurfaceID *targets,
                            int target_count, VAContextID *id);
VAStatus drv_destroy_context(VADriverContextP va, VAContextID id);
/* buffer.c, coded.c */
VAStatus drv_create_buffer(VADriverContextP va, VAContextID context_id, VABufferType type, unsigned size, unsigned elements,
                           void *data, VABufferID *id);
VAStatus drv_set_elements(VADriverContextP va, VABufferID id, unsigned elements);
VAStatus drv_map_buffer(VADriverContextP va, VABufferID id, void **data);
VAStatus drv_unmap_buffer(VADriverContextP va, VABufferID id);
VAStatus drv_destroy_buffer(VADriverContextP va, VABufferID id);
VAStatus drv_buffer_info(VADriverContextP va, VABufferID id, VABufferType *type, unsigned *size, unsigned *elements);
/* picture.c */
VAStatus drv_begin_picture(VADriverContextP va, VAContextID id, VASurfaceID target);
VAStatus drv_render_picture(VADriverContextP va, VAContextID id, VABufferID *buffers, int count);
VAStatus drv_end_picture(VADriverContextP va, VAContextID id);
/* image.c */
VAStatus drv_query_image_formats(VADriverContextP va, VAImageFormat *formats, int *count);
VAStatus drv_create_image(VADriverContextP va, VAImageFormat *format, int width, int height, VAImage *made);
VAStatus drv_derive_image(VADriverContextP va, VASurfaceID id, VAImage *made);
VAStatus drv_destroy_image(VADriverContextP va, VAImageID id);
VAStatus drv_get_image(VADriverContextP va, VASurfaceID id, int x, int y, unsigned width, unsigned height, VAImageID image_id);
VAStatus drv_put_image(VADriverContextP va, VASurfaceID id, VAImageID image_id, int src_x, int src_y, unsigned src_width,
                       unsigned src_height, int x, int y, unsigned width, unsigned height);
/* missing.c: functions that libva requires, but that this driver does not support */
void drv_fill_missing(struct VADriverVTable *table);

#endif
