/* strict_radeonsi.c - how Mesa's radeonsi treats parameters that do not come in its order. From Mesa,
 * src/gallium/frontends/va/picture_h264_enc.c, picture_hevc_enc.c and src/gallium/drivers/radeonsi/radeon_vcn_enc.c, as of
 * 2026.
 */
#include "strict.h"

enum { DEFAULT_FPS = 30 };

/* vlVaHandleVAEncSequenceParameterBufferType: the sequence's timing replaces the frame rate; without timing it is 30. A frame
 * rate parameter must therefore follow the sequence. The rates stay. */
static void sequence(drv_context *context, uint32_t bits_per_second, uint32_t fps_num, uint32_t fps_den)
{
    codec_rate *rate = &context->settings.rate;
    if (!context->settings.rate_given) rate->target_bps = rate->peak_bps = 0; /* bits_per_second is ignored */
    rate->fps_num = fps_num ? fps_num : DEFAULT_FPS;
    rate->fps_den = fps_num ? fps_den : 1;
}

static int referenced(const drv_picture *picture, VASurfaceID id)
{
    for (unsigned number = 0; number < picture->reference_count; number++)
        if (picture->references[number] == id) return 1;
    return 0;
}

/* ...PictureParameterBufferType: a surface to which two consecutive pictures do not refer leaves the DPB, and this picture
 * enters it. */
static VAStatus picture(drv_context *context)
{
    unsigned kept = 0;
    for (unsigned number = 0; number < context->dpb_count; number++) {
        dpb_entry entry = context->dpb[number];
        if (entry.id == context->picture.reconstructed) continue;
        if (referenced(&context->picture, entry.id)) entry.evict = 0;
        else if (entry.evict) continue;
        else entry.evict = 1;
        context->dpb[kept++] = entry;
    }
    context->dpb_count = kept;
    if (kept == sizeof context->dpb / sizeof *context->dpb) {
        driver_info(context->driver->va, "nenc: strict radeonsi: the DPB is full");
        return VA_STATUS_ERROR_INVALID_PARAMETER;
    }
    context->dpb[context->dpb_count++] = (dpb_entry){.id = context->picture.reconstructed};
    return VA_STATUS_SUCCESS;
}

/* ...SliceParameterBufferType: all entries are looked up regardless of their flags, so unused ones must be VA_INVALID_ID. */
static VAStatus reference(drv_context *context, VASurfaceID id)
{
    for (unsigned number = 0; number < context->dpb_count; number++)
        if (context->dpb[number].id == id) return VA_STATUS_SUCCESS;
    driver_info(context->driver->va, "nenc: strict radeonsi: the slice refers to surface %#x, which is not in the DPB", id);
    return VA_STATUS_ERROR_INVALID_PARAMETER;
}

/* ...MiscParameterTypeRateControl: also sets the buffer, so the buffer's own parameter must follow it every time. initial_qp is
 * ignored. */
static VAStatus rate(drv_context *context, const VAEncMiscParameterRateControl *given)
{
    codec_rate *rate = &context->settings.rate;
    rate->qp_initial = 0;
    rate->vbv_bits = rate->target_bps;
    if (context->config.rate_control == VA_RC_VBR) {
        rate->target_bps = (uint32_t)(given->bits_per_second * (given->target_percentage / 100.0));
        rate->vbv_bits = rate->target_bps;
        if (rate->target_bps < 2000000)
            rate->vbv_bits = rate->target_bps * 2.75 < 2000000 ? (uint32_t)(rate->target_bps * 2.75) : 2000000;
    }
    rate->fullness_bits = rate->vbv_bits;
    if (rate->target_bps) return VA_STATUS_SUCCESS;
    driver_info(context->driver->va, "nenc: strict radeonsi: target_percentage 0 makes the target 0");
    return VA_STATUS_ERROR_INVALID_PARAMETER;
}

/* ...MiscParameterTypeHRD. */
static VAStatus hrd(drv_context *context, const VAEncMiscParameterHRD *given)
{
    if (given->buffer_size) return VA_STATUS_SUCCESS;
    driver_info(context->driver->va, "nenc: strict radeonsi: a buffer_size of 0 is refused");
    return VA_STATUS_ERROR_INVALID_PARAMETER;
}

/* radeon_vcn_enc.c, need_rate_control: only another target or frame rate reaches the hardware, together with the peak and
 * buffer of that moment. The QP bounds are sent with every picture. */
static void finish(drv_context *context, codec_rate *rate)
{
    codec_rate *programmed = &context->programmed;
    if (programmed->target_bps != rate->target_bps || programmed->fps_num != rate->fps_num ||
        programmed->fps_den != rate->fps_den) {
        *programmed = *rate;
        return;
    }
    if (programmed->vbv_bits != rate->vbv_bits || programmed->peak_bps != rate->peak_bps)
        driver_info(context->driver->va, "nenc: strict radeonsi: another peak or buffer alone does not reach the hardware");
    rate->peak_bps = programmed->peak_bps;
    rate->vbv_bits = programmed->vbv_bits;
    rate->fullness_bits = programmed->fullness_bits;
}

const strict_rules strict_radeonsi = {
    .sequence = sequence, .picture = picture, .rate = rate, .hrd = hrd, .reference = reference, .finish = finish};
