/* h264.c - H.264's parameters: one reference, no B-pictures, an infinite GOP (ITU-T H.264, names of va_enc_h264.h). */
#include "encode/vaapi/vaapi.h"

#include <string.h>
#include <va/va_enc_h264.h>

enum { FRAME_NUM_BITS = 8, POC_BITS = 8, NO_END = 0x3fffffff };

/* Table A-1: the lowest level for the size and speed; its rates are far above what is asked of such pictures. */
static uint8_t level(const nenc_vaapi *self)
{
    static const struct {
        uint8_t idc;
        uint32_t picture, second; /* macroblocks */
    } levels[] = {{30, 1620, 40500},     {31, 3600, 108000},    {40, 8192, 245760},   {42, 8704, 522240},
                  {50, 22080, 589824},   {51, 36864, 983040},   {52, 36864, 2073600}, {60, 139264, 4177920},
                  {61, 139264, 8355840}, {62, 139264, 16711680}};
    const uint32_t picture = self->aligned_width / 16 * (self->aligned_height / 16);
    const uint64_t second = (uint64_t)picture * self->config.fps_num / self->config.fps_den;
    size_t i = 0;
    while (i + 1 < sizeof levels / sizeof *levels && (levels[i].picture < picture || levels[i].second < second)) i++;
    return levels[i].idc;
}

static int sequence(nenc_vaapi *self, nenc_failure *failure)
{
    const nenc_encoder_config *config = &self->config;
    VAEncSequenceParameterBufferH264 seq;
    memset(&seq, 0, sizeof seq);
    seq.level_idc = level(self);
    seq.intra_period = seq.intra_idr_period = NO_END;
    seq.ip_period = 1;
    seq.bits_per_second = nenc_vaapi_peak_bps(self);
    seq.max_num_ref_frames = 1;
    seq.picture_width_in_mbs = (uint16_t)(self->aligned_width / 16);
    seq.picture_height_in_mbs = (uint16_t)(self->aligned_height / 16);
    seq.seq_fields.bits.chroma_format_idc = 1;
    seq.seq_fields.bits.frame_mbs_only_flag = 1;
    seq.seq_fields.bits.direct_8x8_inference_flag = 1;
    seq.seq_fields.bits.log2_max_frame_num_minus4 = FRAME_NUM_BITS - 4;
    seq.seq_fields.bits.log2_max_pic_order_cnt_lsb_minus4 = POC_BITS - 4;
    seq.frame_cropping_flag = config->width != self->aligned_width || config->height != self->aligned_height;
    seq.frame_crop_right_offset = (self->aligned_width - config->width) / 2;
    seq.frame_crop_bottom_offset = (self->aligned_height - config->height) / 2;
    seq.vui_parameters_present_flag = 1;
    seq.vui_fields.bits.timing_info_present_flag = 1;
    seq.num_units_in_tick = config->fps_den;
    seq.time_scale = 2 * config->fps_num;
    return nenc_vaapi_render(self, VAEncSequenceParameterBufferType, &seq, sizeof seq, "sequence", failure);
}

static void forget(VAPictureH264 *picture)
{
    *picture = (VAPictureH264){.picture_id = VA_INVALID_ID, .flags = VA_PICTURE_H264_INVALID};
}

/* The picture `back` pictures ago, 0: this one. */
static VAPictureH264 reconstruction(const nenc_vaapi *self, uint32_t back)
{
    const uint32_t number = self->since_idr - back;
    return (VAPictureH264){
        .picture_id = self->reconstructions[(self->count - back) % NENC_VA_RECONSTRUCTIONS],
        .frame_idx = number & ((1 << FRAME_NUM_BITS) - 1),
        .flags = back ? VA_PICTURE_H264_SHORT_TERM_REFERENCE : 0,
        .TopFieldOrderCnt = (int32_t)(2 * number),
        .BottomFieldOrderCnt = (int32_t)(2 * number),
    };
}

static int picture(nenc_vaapi *self, int key, nenc_failure *failure)
{
    VAEncPictureParameterBufferH264 pic;
    memset(&pic, 0, sizeof pic);
    pic.CurrPic = reconstruction(self, 0);
    for (size_t i = 0; i < sizeof pic.ReferenceFrames / sizeof *pic.ReferenceFrames; i++) forget(&pic.ReferenceFrames[i]);
    if (!key) pic.ReferenceFrames[0] = reconstruction(self, 1);
    pic.coded_buf = self->coded;
    pic.frame_num = (uint16_t)(self->since_idr & ((1 << FRAME_NUM_BITS) - 1));
    pic.pic_init_qp = (uint8_t)self->config.rate.qp_initial;
    pic.pic_fields.bits.idr_pic_flag = key != 0;
    pic.pic_fields.bits.reference_pic_flag = 1;
    pic.pic_fields.bits.entropy_coding_mode_flag = self->profile != VAProfileH264ConstrainedBaseline;
    pic.pic_fields.bits.transform_8x8_mode_flag = self->profile == VAProfileH264High;
    pic.pic_fields.bits.deblocking_filter_control_present_flag = 1;
    return nenc_vaapi_render(self, VAEncPictureParameterBufferType, &pic, sizeof pic, "picture", failure);
}

static int slice(nenc_vaapi *self, int key, nenc_failure *failure)
{
    VAEncSliceParameterBufferH264 slice;
    memset(&slice, 0, sizeof slice);
    slice.num_macroblocks = self->aligned_width / 16 * (self->aligned_height / 16);
    slice.macroblock_info = VA_INVALID_ID;
    slice.slice_type = key ? 2 : 0; /* I, P (table 7-6) */
    slice.idr_pic_id = (uint16_t)(self->idrs & 1);
    slice.pic_order_cnt_lsb = (uint16_t)(2 * self->since_idr & ((1 << POC_BITS) - 1));
    slice.direct_spatial_mv_pred_flag = 1;
    for (size_t i = 0; i < sizeof slice.RefPicList0 / sizeof *slice.RefPicList0; i++) {
        forget(&slice.RefPicList0[i]);
        forget(&slice.RefPicList1[i]);
    }
    if (!key) slice.RefPicList0[0] = reconstruction(self, 1);
    return nenc_vaapi_render(self, VAEncSliceParameterBufferType, &slice, sizeof slice, "slice", failure);
}

static uint32_t unit(const nenc_vaapi *self) { return 16; }

static int is_key(const uint8_t *data, size_t bytes)
{
    enum { IDR_SLICE = 5 }; /* table 7-1 */
    for (size_t i = 0; i + 3 < bytes; i++)
        if (!data[i] && !data[i + 1] && data[i + 2] == 1 && (data[i + 3] & 31) == IDR_SLICE) return 1;
    return 0;
}

const nenc_vaapi_codec nenc_vaapi_h264 = {
    .sequence = sequence, .picture = picture, .slice = slice, .unit = unit, .is_key = is_key};
