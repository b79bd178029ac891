/* context.c - a context is one stream: its settings, the picture being collected, its worker. */
#include "alloc.h"
#include "buffer.h"
#include "calls.h"
#include "config.h"
#include "strict.h"
#include "syntax.h"
#include "worker.h"

static VAStatus check(const drv_display *driver, const drv_config *config, int width, int height, const VASurfaceID *targets,
                      int count)
{
    if (!config) return VA_STATUS_ERROR_INVALID_CONFIG;
    const int limit = (int)config_attribute(config->profile, VAConfigAttribMaxPictureWidth);
    if (width < PICTURE_LEAST || height < PICTURE_LEAST || width > limit || height > limit)
        return VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED;
    for (int number = 0; number < count; number++)
        if (!objects_get(&driver->objects, OBJECT_SURFACE, targets[number])) return VA_STATUS_ERROR_INVALID_SURFACE;
    return VA_STATUS_SUCCESS;
}

/* Call with the driver locked. */
static VAStatus create(drv_display *driver, const drv_config *config, VAContextID *id)
{
    drv_context *self = driver_alloc(sizeof *self);
    if (!self) return VA_STATUS_ERROR_ALLOCATION_FAILED;
    *self = (drv_context){
        .driver = driver,
        .config = *config,
        .codec = config_codec(config->profile),
        .syntax = syntax_of(config->profile),
        .rules = strict_of(driver->options.strict),
        .picture.target = VA_INVALID_ID,
        .settings.rate = {.fps_num = 30, .fps_den = 1},
    };
    self->id = *id = objects_add(&driver->objects, OBJECT_CONTEXT, self);
    if (*id != VA_INVALID_ID) {
        if (worker_start(self)) return VA_STATUS_SUCCESS;
        objects_remove(&driver->objects, *id);
    }
    driver_free(self);
    return VA_STATUS_ERROR_ALLOCATION_FAILED;
}

VAStatus drv_create_context(VADriverContextP va, VAConfigID config_id, int width, int height, int flag, VASurfaceID *targets,
                            int target_count, VAContextID *id)
{
    drv_display *driver = driver_of(va);
    VAStatus status = fault_status(CALL_CREATE_CONTEXT);
    if (status != VA_STATUS_SUCCESS) return status;
    pthread_mutex_lock(&driver->lock);
    const drv_config *config = objects_get(&driver->objects, OBJECT_CONFIG, config_id);
    status = check(driver, config, width, height, targets, target_count);
    if (status == VA_STATUS_SUCCESS) status = create(driver, config, id);
    pthread_mutex_unlock(&driver->lock);
    return status;
}

/* Destroys its buffers too, because libva-utils and others rely on that. */
static void remove_buffers(drv_display *driver, VAContextID id)
{
    for (uint32_t number = 0; number < driver->objects.count; number++) {
        const object_slot *slot = &driver->objects.slots[number];
        if (slot->kind == OBJECT_BUFFER && ((const drv_buffer *)slot->object)->context == id) buffer_remove(driver, slot->id);
    }
}

VAStatus drv_destroy_context(VADriverContextP va, VAContextID id)
{
    drv_display *driver = driver_of(va);
    pthread_mutex_lock(&driver->lock);
    drv_context *self = objects_get(&driver->objects, OBJECT_CONTEXT, id);
    if (self) {
        objects_remove(&driver->objects, id); /* from now on no new pictures begin, and nobody else can destroy it */
        worker_stop(self);
        remove_buffers(driver, id);
        driver_free(self);
    }
    pthread_mutex_unlock(&driver->lock);
    return self ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_INVALID_CONTEXT;
}
