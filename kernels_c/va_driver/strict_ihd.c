/* strict_ihd.c - how Intel's iHD driver treats parameters that do not come in its order. From intel/media-driver,
 * media_softlet/linux/common/codec/ddi/enc/ddi_encode_avc_specific.cpp and ddi_encode_hevc_specific.cpp, as of 2026.
 */
#include "strict.h"

/* ParseSeqParams: the sequence's rate replaces all rates, and the buffer becomes two seconds, half full. Rate and buffer must
 * follow it in the same picture. */
static void sequence(drv_context *context, uint32_t bits_per_second, uint32_t fps_num, uint32_t fps_den)
{
    codec_rate *rate = &context->settings.rate;
    rate->target_bps = rate->peak_bps = bits_per_second;
    rate->vbv_bits = bits_per_second < UINT32_MAX / 2 ? 2 * bits_per_second : UINT32_MAX;
    rate->fullness_bits = bits_per_second;
    context->picture.has_rate = 0;
}

/* ParsePicParams zeroes the picture's parameters, which hold the QP bounds: "assuming picParams are sent before MiscParams". QP
 * bounds hold for one picture, and those of an earlier rate parameter are lost. */
static VAStatus picture(drv_context *context)
{
    codec_rate *rate = &context->settings.rate;
    if (context->picture.has_rate && (rate->qp_min || rate->qp_max))
        driver_info(context->driver->va, "nenc: strict ihd: the QP bounds are lost: the rate came before the picture parameters");
    rate->qp_min = rate->qp_max = 0;
    return VA_STATUS_SUCCESS;
}

/* ParseMiscParamRC: initial_qp is ignored; a VBR percentage of 0 has no default. HEVC also applies the percentage in CBR, and
 * its minimum is Target*(2*percentage-100)/100, unsigned. */
static VAStatus rate(drv_context *context, const VAEncMiscParameterRateControl *given)
{
    codec_rate *rate = &context->settings.rate;
    const int hevc = context->config.profile == VAProfileHEVCMain, cbr = context->config.rate_control == VA_RC_CBR;
    rate->qp_initial = 0;
    if (!hevc && cbr) return VA_STATUS_SUCCESS;
    rate->target_bps = (uint32_t)((uint64_t)given->bits_per_second * given->target_percentage / 100);
    if (!rate->target_bps) {
        driver_info(context->driver->va, "nenc: strict ihd: target_percentage 0 makes the target 0");
        return VA_STATUS_ERROR_INVALID_PARAMETER;
    }
    if (hevc && !cbr && given->target_percentage < 50) {
        driver_info(context->driver->va, "nenc: strict ihd: target_percentage %u wraps HEVC's minimum rate",
                    given->target_percentage);
        return VA_STATUS_ERROR_INVALID_PARAMETER;
    }
    if (cbr) rate->peak_bps = rate->target_bps;
    return VA_STATUS_SUCCESS;
}

/* ParseMiscParamHRD only stores the buffer; the hardware's rate control reads it when it restarts: on a sequence, or on another
 * target, peak or frame rate. */
static void finish(drv_context *context, codec_rate *rate)
{
    codec_rate *programmed = &context->programmed;
    if (context->picture.has_sequence && !context->picture.has_rate && context->config.rate_control != VA_RC_CQP)
        driver_info(context->driver->va, "nenc: strict ihd: no rate behind the sequence: its bits_per_second, %u, is in force",
                    rate->target_bps);
    if (context->picture.has_sequence || programmed->target_bps != rate->target_bps || programmed->peak_bps != rate->peak_bps ||
        programmed->fps_num != rate->fps_num || programmed->fps_den != rate->fps_den) {
        *programmed = *rate;
        return;
    }
    if (programmed->vbv_bits != rate->vbv_bits)
        driver_info(context->driver->va, "nenc: strict ihd: another buffer alone does not reach the hardware");
    rate->vbv_bits = programmed->vbv_bits;
    rate->fullness_bits = programmed->fullness_bits;
}

const strict_rules strict_ihd = {.sequence = sequence, .picture = picture, .rate = rate, .finish = finish};
