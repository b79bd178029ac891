/* init.c - the driver's entry point: a software VA-API encode driver over libx264 and libx265, for any client of libva.
 *
 * LIBVA_DRIVERS_PATH   the folder of this driver LIBVA_DRIVER_NAME    nenc NENC_VA_THREADS      threads of each encoder; with
 * 1, the default, the output is deterministic NENC_VA_PRESET       preset of x264 and x265, ultrafast to veryslow; default:
 * from VAEncMiscParameterTypeQualityLevel (1 medium
 *                      ... 6 ultrafast), and ultrafast where the client sets no level
 * NENC_VA_STRICT       ihd or radeonsi: enforce the parameter order of that driver (strict.h)
 * NENC_VA_FAULTS       a fault plan (faults.h)
 *
 * SPDX-License-Identifier: MIT, but what is built from it is under the GPL, because libx264 and libx265 are. It is a module of
 * its own that libva loads; nothing else of this project links it.
 */
#include "alloc.h"
#include "calls.h"
#include "driver.h"
#include "options.h"

#include <stdarg.h>
#include <stdio.h>

/* Uses libva's own hook if libva made the display. A display that the client made itself (without X and DRM) lacks the hook,
 * but may have the client's callback. */
static void message(VADriverContextP va, int error, const char *format, va_list args)
{
    char text[320];
    int length = vsnprintf(text, sizeof text - 1, format, args);
    if (length < 0) return;
    if ((size_t)length > sizeof text - 2) length = sizeof text - 2;
    text[length] = '\n'; /* libva's default callback prints the text unchanged */
    text[length + 1] = '\0';
    void (*hook)(VADriverContextP, const char *) = error ? va->error_callback : va->info_callback;
    const struct VADisplayContext *display = va->pDisplayContext;
    if (hook) hook(va, text);
    else if (display && error && display->error_callback) display->error_callback(display->error_callback_user_context, text);
    else if (display && !error && display->info_callback) display->info_callback(display->info_callback_user_context, text);
}

void driver_error(VADriverContextP va, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    message(va, 1, format, args);
    va_end(args);
}

void driver_info(VADriverContextP va, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    message(va, 0, format, args);
    va_end(args);
}

/* Destroys whatever the client left behind: contexts first, because their workers use the rest. */
static void destroy_all(drv_display *self)
{
    uint32_t id;
    void *object;
    while (objects_any(&self->objects, OBJECT_CONTEXT, &id)) drv_destroy_context(self->va, id);
    while (objects_any(&self->objects, OBJECT_IMAGE, &id)) drv_destroy_image(self->va, id);
    while (objects_any(&self->objects, OBJECT_BUFFER, &id)) drv_destroy_buffer(self->va, id);
    while (objects_any(&self->objects, OBJECT_SURFACE, &id)) drv_destroy_surfaces(self->va, &id, 1);
    while ((object = objects_any(&self->objects, OBJECT_CONFIG, &id))) {
        objects_remove(&self->objects, id);
        driver_free(object);
    }
    objects_free(&self->objects);
}

static VAStatus terminate(VADriverContextP va)
{
    drv_display *self = driver_of(va);
    if (!self) return VA_STATUS_SUCCESS;
    destroy_all(self);
    pthread_cond_destroy(&self->done);
    pthread_mutex_destroy(&self->lock);
    driver_free(self);
    va->pDriverData = NULL;
    return VA_STATUS_SUCCESS;
}

static void fill_table(struct VADriverVTable *table)
{
    table->vaTerminate = terminate;
    table->vaQueryConfigProfiles = drv_query_profiles;
    table->vaQueryConfigEntrypoints = drv_query_entrypoints;
    table->vaGetConfigAttributes = drv_get_config_attributes;
    table->vaCreateConfig = drv_create_config;
    table->vaDestroyConfig = drv_destroy_config;
    table->vaQueryConfigAttributes = drv_query_config_attributes;
    table->vaCreateSurfaces = drv_create_surfaces;
    table->vaCreateSurfaces2 = drv_create_surfaces2;
    table->vaDestroySurfaces = drv_destroy_surfaces;
    table->vaQuerySurfaceAttributes = drv_query_surface_attributes;
    table->vaSyncSurface = drv_sync_surface;
    table->vaSyncSurface2 = drv_sync_surface2;
    table->vaSyncBuffer = drv_sync_buffer;
    table->vaQuerySurfaceStatus = drv_query_surface_status;
    table->vaExportSurfaceHandle = drv_export_surface;
    table->vaCreateContext = drv_create_context;
    table->vaDestroyContext = drv_destroy_context;
    table->vaCreateBuffer = drv_create_buffer;
    table->vaBufferSetNumElements = drv_set_elements;
    table->vaMapBuffer = drv_map_buffer;
    table->vaUnmapBuffer = drv_unmap_buffer;
    table->vaDestroyBuffer = drv_destroy_buffer;
    table->vaBufferInfo = drv_buffer_info;
    table->vaBeginPicture = drv_begin_picture;
    table->vaRenderPicture = drv_render_picture;
    table->vaEndPicture = drv_end_picture;
    table->vaQueryImageFormats = drv_query_image_formats;
    table->vaCreateImage = drv_create_image;
    table->vaDeriveImage = drv_derive_image;
    table->vaDestroyImage = drv_destroy_image;
    table->vaGetImage = drv_get_image;
    table->vaPutImage = drv_put_image;
    drv_fill_missing(table);
}

static void make_locks(drv_display *self)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&self->done, &clock);
    pthread_condattr_destroy(&clock);
    pthread_mutex_init(&self->lock, NULL);
}

static VAStatus start(VADriverContextP va)
{
    char why[FAULT_TEXT];
    driver_options options;
    if (fault_from_environment(why) != 0 || options_read(&options, why) != 0) {
        driver_error(va, "nenc: %s", why);
        return VA_STATUS_ERROR_INVALID_PARAMETER;
    }
    VAStatus status = fault_status(CALL_INITIALIZE);
    if (status != VA_STATUS_SUCCESS) return status;
    drv_display *self = driver_alloc(sizeof *self);
    if (!self) return VA_STATUS_ERROR_ALLOCATION_FAILED;
    *self = (drv_display){.va = va, .options = options};
    make_locks(self);
    static const char *const modes[] = {"", ", strict as iHD", ", strict as radeonsi"};
    snprintf(self->vendor, sizeof self->vendor, "nenc software driver %s (%s%s%s)", NENC_VERSION, codec_x264.library,
             NENC_HAVE_X265 ? ", x265" : "", modes[options.strict]);
    va->pDriverData = self;
    va->version_major = VA_MAJOR_VERSION;
    va->version_minor = VA_MINOR_VERSION;
    va->max_profiles = PROFILES;
    va->max_entrypoints = 2;
    va->max_attributes = VAConfigAttribTypeMax;
    va->max_image_formats = 1;
    va->max_subpic_formats = 1; /* libva requires a pointer, but there is nothing to point to */
    va->max_display_attributes = 0;
    va->str_vendor = self->vendor;
    fill_table(va->vtable);
    return VA_STATUS_SUCCESS;
}

/* Every libva 2.x first looks for its own minor version, and falls back to this. */
__attribute__((visibility("default"))) VAStatus __vaDriverInit_1_0(VADriverContextP va);
VAStatus __vaDriverInit_1_0(VADriverContextP va) { return start(va); }
