/* h264.c - reads H.264's parameter buffers. */
#include "syntax.h"

#include <va/va_enc_h264.h>

/* Sizes are in macroblocks; the visible size is what cropping leaves, in steps of two lines or columns. */
static VAStatus sequence(drv_context *context, const void *data)
{
    const VAEncSequenceParameterBufferH264 *seq = data;
    if (seq->seq_fields.bits.chroma_format_idc > 1 || seq->bit_depth_luma_minus8 || seq->bit_depth_chroma_minus8)
        return VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT;
    uint64_t crop_x = 0, crop_y = 0;
    if (seq->frame_cropping_flag) {
        crop_x = 2 * ((uint64_t)seq->frame_crop_left_offset + seq->frame_crop_right_offset);
        crop_y = 2 * ((uint64_t)seq->frame_crop_top_offset + seq->frame_crop_bottom_offset);
    }
    const uint32_t width = seq->picture_width_in_mbs * 16u, height = seq->picture_height_in_mbs * 16u;
    if (crop_x >= width || crop_y >= height) return VA_STATUS_ERROR_INVALID_PARAMETER;
    const int timed = seq->vui_parameters_present_flag && seq->vui_fields.bits.timing_info_present_flag;
    return syntax_sequence(context, width - (uint32_t)crop_x, height - (uint32_t)crop_y, seq->bits_per_second,
                           timed ? seq->time_scale : 0, timed ? seq->num_units_in_tick * 2 : 0);
}

static int unused(const VAPictureH264 *picture)
{
    return picture->picture_id == VA_INVALID_ID || (picture->flags & VA_PICTURE_H264_INVALID);
}

static VAStatus read_picture(drv_context *context, const void *data)
{
    const VAEncPictureParameterBufferH264 *pic = data;
    drv_picture *self = &context->picture;
    self->coded = pic->coded_buf;
    self->reconstructed = pic->CurrPic.picture_id;
    self->idr = pic->pic_fields.bits.idr_pic_flag;
    self->qp = pic->pic_init_qp;
    self->reference_count = 0;
    for (int number = 0; number < 16; number++) {
        if (unused(&pic->ReferenceFrames[number])) continue;
        VAStatus status = syntax_reference(context, pic->ReferenceFrames[number].picture_id);
        if (status != VA_STATUS_SUCCESS) return status;
    }
    return VA_STATUS_SUCCESS;
}

static VAStatus slice(drv_context *context, const void *data)
{
    const VAEncSliceParameterBufferH264 *given = data;
    context->picture.slice_type = given->slice_type % 5;
    for (int number = 0; context->picture.slice_type == 0 && number < 32; number++) {
        VAStatus status = syntax_listed(context, given->RefPicList0[number].picture_id);
        if (status != VA_STATUS_SUCCESS) return status;
    }
    context->picture.qp_delta = given->slice_qp_delta;
    return VA_STATUS_SUCCESS;
}

const syntax syntax_h264 = {
    .sequence_size = sizeof(VAEncSequenceParameterBufferH264),
    .picture_size = sizeof(VAEncPictureParameterBufferH264),
    .slice_size = sizeof(VAEncSliceParameterBufferH264),
    .sequence = sequence,
    .picture = read_picture,
    .slice = slice,
};
