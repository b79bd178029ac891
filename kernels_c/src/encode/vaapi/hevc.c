/* hevc.c - HEVC's parameters: one reference, no B-pictures, an infinite GOP (ITU-T H.265, names of va_enc_hevc.h). */
#include "encode/vaapi/vaapi.h"

#include <string.h>

enum { NO_END = 0x3fffffff, IDR_W_RADL = 19, IDR_N_LP = 20, TRAIL_R = 1 }; /* table 7-1 */

#define SIZES(self) ((self)->hevc_sizes.bits)
#define FEATURES(self) ((self)->hevc_features.bits)

/* Table A.8: general_level_idc is 30 times the level, by luma samples a picture and a second. */
static uint8_t level(const nenc_vaapi *self)
{
    static const struct {
        uint8_t idc;
        uint64_t picture, second;
    } levels[] = {{93, 983040, 33177600},      {120, 2228224, 66846720},    {123, 2228224, 133693440},
                  {150, 8912896, 267386880},   {153, 8912896, 534773760},   {156, 8912896, 1069547520},
                  {180, 35651584, 1069547520}, {183, 35651584, 2139095040}, {186, 35651584, 4278190080}};
    const uint64_t picture = (uint64_t)self->aligned_width * self->aligned_height;
    const uint64_t second = picture * self->config.fps_num / self->config.fps_den;
    size_t i = 0;
    while (i + 1 < sizeof levels / sizeof *levels && (levels[i].picture < picture || levels[i].second < second)) i++;
    return levels[i].idc;
}

static int sequence(nenc_vaapi *self, nenc_failure *failure)
{
    VAEncSequenceParameterBufferHEVC seq;
    memset(&seq, 0, sizeof seq);
    seq.general_profile_idc = 1;
    seq.general_level_idc = level(self);
    seq.intra_period = seq.intra_idr_period = NO_END;
    seq.ip_period = 1;
    seq.bits_per_second = nenc_vaapi_peak_bps(self);
    seq.pic_width_in_luma_samples = (uint16_t)self->aligned_width;
    seq.pic_height_in_luma_samples = (uint16_t)self->aligned_height;
    seq.seq_fields.bits.chroma_format_idc = 1;
    seq.seq_fields.bits.amp_enabled_flag = FEATURES(self).amp != 0;
    seq.seq_fields.bits.sample_adaptive_offset_enabled_flag = FEATURES(self).sao != 0;
    seq.seq_fields.bits.strong_intra_smoothing_enabled_flag = FEATURES(self).strong_intra_smoothing != 0;
    seq.seq_fields.bits.sps_temporal_mvp_enabled_flag = FEATURES(self).temporal_mvp != 0;
    seq.seq_fields.bits.low_delay_seq = 1;
    const uint32_t coding = SIZES(self).log2_min_luma_coding_block_size_minus3,
                   tree = SIZES(self).log2_max_coding_tree_block_size_minus3;
    const uint32_t least = SIZES(self).log2_min_luma_transform_block_size_minus2,
                   most = SIZES(self).log2_max_luma_transform_block_size_minus2;
    seq.log2_min_luma_coding_block_size_minus3 = (uint8_t)coding;
    seq.log2_diff_max_min_luma_coding_block_size = (uint8_t)(tree - coding);
    seq.log2_min_transform_block_size_minus2 = (uint8_t)least;
    seq.log2_diff_max_min_transform_block_size = (uint8_t)(most - least);
    seq.max_transform_hierarchy_depth_inter = SIZES(self).max_max_transform_hierarchy_depth_inter;
    seq.max_transform_hierarchy_depth_intra = SIZES(self).max_max_transform_hierarchy_depth_intra;
    seq.vui_parameters_present_flag = 1;
    seq.vui_fields.bits.vui_timing_info_present_flag = 1;
    seq.vui_num_units_in_tick = self->config.fps_den;
    seq.vui_time_scale = self->config.fps_num;
    return nenc_vaapi_render(self, VAEncSequenceParameterBufferType, &seq, sizeof seq, "sequence", failure);
}

static void forget(VAPictureHEVC *picture)
{
    *picture = (VAPictureHEVC){.picture_id = VA_INVALID_ID, .flags = VA_PICTURE_HEVC_INVALID};
}

static VAPictureHEVC reconstruction(const nenc_vaapi *self, uint32_t back)
{
    return (VAPictureHEVC){.picture_id = self->reconstructions[(self->count - back) % NENC_VA_RECONSTRUCTIONS],
                           .pic_order_cnt = (int32_t)(self->since_idr - back)};
}

static int picture(nenc_vaapi *self, int key, nenc_failure *failure)
{
    VAEncPictureParameterBufferHEVC pic;
    memset(&pic, 0, sizeof pic);
    pic.decoded_curr_pic = reconstruction(self, 0);
    for (size_t i = 0; i < sizeof pic.reference_frames / sizeof *pic.reference_frames; i++) forget(&pic.reference_frames[i]);
    if (!key) pic.reference_frames[0] = reconstruction(self, 1);
    pic.coded_buf = self->coded;
    pic.collocated_ref_pic_index = FEATURES(self).temporal_mvp && !key ? 0 : 0xff;
    pic.pic_init_qp = (uint8_t)self->config.rate.qp_initial;
    pic.nal_unit_type = key ? IDR_W_RADL : TRAIL_R;
    pic.pic_fields.bits.idr_pic_flag = key != 0;
    pic.pic_fields.bits.coding_type = key ? 1 : self->both_lists ? 3 : 2;
    pic.pic_fields.bits.reference_pic_flag = 1;
    pic.pic_fields.bits.cu_qp_delta_enabled_flag = FEATURES(self).cu_qp_delta != 0; /* rate control moves the QP by block */
    pic.pic_fields.bits.sign_data_hiding_enabled_flag = FEATURES(self).sign_data_hiding != 0;
    pic.pic_fields.bits.transform_skip_enabled_flag = FEATURES(self).transform_skip != 0;
    pic.pic_fields.bits.pps_loop_filter_across_slices_enabled_flag = 1;
    return nenc_vaapi_render(self, VAEncPictureParameterBufferType, &pic, sizeof pic, "picture", failure);
}

static int slice(nenc_vaapi *self, int key, nenc_failure *failure)
{
    VAEncSliceParameterBufferHEVC slice;
    memset(&slice, 0, sizeof slice);
    const uint32_t block = 8u << SIZES(self).log2_max_coding_tree_block_size_minus3;
    const uint32_t columns = (self->aligned_width + block - 1) / block, rows = (self->aligned_height + block - 1) / block;
    slice.num_ctu_in_slice = columns * rows;
    slice.slice_type = key ? 2 : self->both_lists ? 0 : 1; /* I, B, P (table 7-7) */
    slice.max_num_merge_cand = 5;
    for (size_t i = 0; i < sizeof slice.ref_pic_list0 / sizeof *slice.ref_pic_list0; i++) {
        forget(&slice.ref_pic_list0[i]);
        forget(&slice.ref_pic_list1[i]);
    }
    if (!key) slice.ref_pic_list0[0] = reconstruction(self, 1);
    if (!key && self->both_lists) slice.ref_pic_list1[0] = reconstruction(self, 1);
    slice.slice_fields.bits.slice_sao_luma_flag = slice.slice_fields.bits.slice_sao_chroma_flag = FEATURES(self).sao != 0;
    slice.slice_fields.bits.slice_temporal_mvp_enabled_flag = FEATURES(self).temporal_mvp != 0 && !key;
    slice.slice_fields.bits.collocated_from_l0_flag = 1;
    slice.slice_fields.bits.last_slice_of_pic_flag = 1;
    slice.slice_fields.bits.slice_loop_filter_across_slices_enabled_flag = 1;
    return nenc_vaapi_render(self, VAEncSliceParameterBufferType, &slice, sizeof slice, "slice", failure);
}

static uint32_t unit(const nenc_vaapi *self) { return 8u << SIZES(self).log2_min_luma_coding_block_size_minus3; }

static int is_key(const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i + 3 < bytes; i++) {
        const int type = data[i + 3] >> 1 & 63;
        if (!data[i] && !data[i + 1] && data[i + 2] == 1 && (type == IDR_W_RADL || type == IDR_N_LP)) return 1;
    }
    return 0;
}

const nenc_vaapi_codec nenc_vaapi_hevc = {
    .sequence = sequence, .picture = picture, .slice = slice, .unit = unit, .is_key = is_key};
