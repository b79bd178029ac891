/* hevc.c - reads HEVC's parameter buffers. They do not describe cropping; picture.c determines the visible size. */
#include "syntax.h"

#include <va/va_enc_hevc.h>

static VAStatus sequence(drv_context *context, const void *data)
{
    const VAEncSequenceParameterBufferHEVC *seq = data;
    if (seq->seq_fields.bits.chroma_format_idc > 1 || seq->seq_fields.bits.bit_depth_luma_minus8 ||
        seq->seq_fields.bits.bit_depth_chroma_minus8)
        return VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT;
    const int timed = seq->vui_parameters_present_flag && seq->vui_fields.bits.vui_timing_info_present_flag;
    return syntax_sequence(context, seq->pic_width_in_luma_samples, seq->pic_height_in_luma_samples, seq->bits_per_second,
                           timed ? seq->vui_time_scale : 0, timed ? seq->vui_num_units_in_tick : 0);
}

static VAStatus read_picture(drv_context *context, const void *data)
{
    const VAEncPictureParameterBufferHEVC *pic = data;
    drv_picture *self = &context->picture;
    self->coded = pic->coded_buf;
    self->reconstructed = pic->decoded_curr_pic.picture_id;
    self->idr = pic->pic_fields.bits.idr_pic_flag;
    self->qp = pic->pic_init_qp;
    self->reference_count = 0;
    for (int number = 0; number < 15; number++) {
        const VAPictureHEVC *reference = &pic->reference_frames[number];
        if (reference->picture_id == VA_INVALID_ID || (reference->flags & VA_PICTURE_HEVC_INVALID)) continue;
        VAStatus status = syntax_reference(context, reference->picture_id);
        if (status != VA_STATUS_SUCCESS) return status;
    }
    return VA_STATUS_SUCCESS;
}

/* slice_type: 0 B, 1 P, 2 I. A B-slice with two identical lists counts as a P-slice (low delay B), because clients send it to
 * drivers that do not support P-slices. */
static VAStatus slice(drv_context *context, const void *data)
{
    const VAEncSliceParameterBufferHEVC *given = data;
    static const int as_h264[] = {1, 0, 2};
    if (given->slice_type > 2) return VA_STATUS_ERROR_INVALID_PARAMETER;
    context->picture.slice_type = as_h264[given->slice_type];
    if (given->slice_type == 0 && given->ref_pic_list0[0].picture_id == given->ref_pic_list1[0].picture_id)
        context->picture.slice_type = 0;
    for (int number = 0; context->picture.slice_type == 0 && number < 15; number++) {
        VAStatus status = syntax_listed(context, given->ref_pic_list0[number].picture_id);
        if (status != VA_STATUS_SUCCESS) return status;
    }
    context->picture.qp_delta = given->slice_qp_delta;
    return VA_STATUS_SUCCESS;
}

const syntax syntax_hevc = {
    .sequence_size = sizeof(VAEncSequenceParameterBufferHEVC),
    .picture_size = sizeof(VAEncPictureParameterBufferHEVC),
    .slice_size = sizeof(VAEncSliceParameterBufferHEVC),
    .sequence = sequence,
    .picture = read_picture,
    .slice = slice,
};
