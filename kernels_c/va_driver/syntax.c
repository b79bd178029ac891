/* syntax.c - parameters that both codecs have in common. */
#include "syntax.h"
#include "strict.h"

VAStatus syntax_sequence(drv_context *context, uint32_t width, uint32_t height, uint32_t bits_per_second, uint32_t fps_num,
                         uint32_t fps_den)
{
    drv_settings *settings = &context->settings;
    if (!width || !height) return VA_STATUS_ERROR_INVALID_PARAMETER;
    settings->width = width;
    settings->height = height;
    settings->sequence_given = 1;
    context->picture.has_sequence = 1;
    if (!settings->fps_given && fps_num && fps_den) {
        settings->rate.fps_num = fps_num;
        settings->rate.fps_den = fps_den;
    }
    if (bits_per_second && !settings->rate_given) settings->rate.target_bps = settings->rate.peak_bps = bits_per_second;
    if (context->rules) context->rules->sequence(context, bits_per_second, fps_den ? fps_num : 0, fps_den);
    return VA_STATUS_SUCCESS;
}

VAStatus syntax_reference(drv_context *context, VASurfaceID id)
{
    drv_picture *picture = &context->picture;
    if (!objects_get(&context->driver->objects, OBJECT_SURFACE, id)) return VA_STATUS_ERROR_INVALID_SURFACE;
    picture->references[picture->reference_count++] = id;
    return VA_STATUS_SUCCESS;
}

VAStatus syntax_listed(drv_context *context, VASurfaceID id)
{
    if (id == VA_INVALID_ID || !context->rules || !context->rules->reference) return VA_STATUS_SUCCESS;
    return context->rules->reference(context, id);
}
