/* misc.c - reads the parameters that may change with every picture: rate, buffer, frame rate, quality. */
#include "strict.h"
#include "syntax.h"

/* As specified in va.h: bits_per_second is the peak, and target_percentage gives the mean; CBR has no percentage. */
static VAStatus rate_control(drv_context *context, const VAEncMiscParameterRateControl *given)
{
    drv_settings *settings = &context->settings;
    if (context->config.rate_control == VA_RC_CQP) return VA_STATUS_SUCCESS;
    if (!given->bits_per_second || given->target_percentage > 100 || given->min_qp > 51 || given->max_qp > 51 ||
        given->initial_qp > 51 || (given->max_qp && given->min_qp > given->max_qp))
        return VA_STATUS_ERROR_INVALID_PARAMETER;
    const uint32_t percentage =
        context->config.rate_control == VA_RC_CBR || !given->target_percentage ? 100 : given->target_percentage;
    codec_rate *rate = &settings->rate;
    rate->peak_bps = given->bits_per_second;
    rate->target_bps = (uint32_t)((uint64_t)given->bits_per_second * percentage / 100);
    rate->qp_min = given->min_qp;
    rate->qp_max = given->max_qp;
    rate->qp_initial = given->initial_qp;
    settings->rate_given = 1;
    context->picture.has_rate = 1;
    return context->rules ? context->rules->rate(context, given) : VA_STATUS_SUCCESS;
}

static VAStatus hrd(drv_context *context, const VAEncMiscParameterHRD *given)
{
    codec_rate *rate = &context->settings.rate;
    VAStatus status = context->rules && context->rules->hrd ? context->rules->hrd(context, given) : VA_STATUS_SUCCESS;
    if (status != VA_STATUS_SUCCESS) return status;
    rate->vbv_bits = given->buffer_size;
    rate->fullness_bits =
        given->initial_buffer_fullness < given->buffer_size ? given->initial_buffer_fullness : given->buffer_size;
    return VA_STATUS_SUCCESS;
}

/* The upper half is the denominator, where 0 means 1. */
static VAStatus frame_rate(drv_context *context, const VAEncMiscParameterFrameRate *given)
{
    const uint32_t num = given->framerate & 0xffff, den = given->framerate >> 16;
    if (!num) return VA_STATUS_ERROR_INVALID_PARAMETER;
    context->settings.rate.fps_num = num;
    context->settings.rate.fps_den = den ? den : 1;
    context->settings.fps_given = 1;
    return VA_STATUS_SUCCESS;
}

static VAStatus quality(drv_context *context, const VAEncMiscParameterBufferQualityLevel *given)
{
    if (given->quality_level > QUALITY_LEVELS) return VA_STATUS_ERROR_INVALID_PARAMETER;
    context->settings.quality = given->quality_level;
    return VA_STATUS_SUCCESS;
}

VAStatus misc_parameter(drv_context *context, const VAEncMiscParameterBuffer *misc, size_t size)
{
    static const size_t sizes[] = {
        [VAEncMiscParameterTypeFrameRate] = sizeof(VAEncMiscParameterFrameRate),
        [VAEncMiscParameterTypeRateControl] = sizeof(VAEncMiscParameterRateControl),
        [VAEncMiscParameterTypeHRD] = sizeof(VAEncMiscParameterHRD),
        [VAEncMiscParameterTypeQualityLevel] = sizeof(VAEncMiscParameterBufferQualityLevel),
    };
    if (size < sizeof *misc) return VA_STATUS_ERROR_INVALID_PARAMETER;
    const unsigned type = (unsigned)misc->type;
    if (type < sizeof sizes / sizeof *sizes && size - sizeof *misc < sizes[type]) return VA_STATUS_ERROR_INVALID_PARAMETER;
    const void *data = misc->data;
    switch (type) {
    case VAEncMiscParameterTypeFrameRate: return frame_rate(context, data);
    case VAEncMiscParameterTypeRateControl: return rate_control(context, data);
    case VAEncMiscParameterTypeHRD: return hrd(context, data);
    case VAEncMiscParameterTypeQualityLevel: return quality(context, data);
    default: /* no attribute offers this kind, so a client that sends it has not checked */ return VA_STATUS_SUCCESS;
    }
}
