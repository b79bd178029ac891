/* va_client.c - a small client of libva for the checks of the driver. */
#include "va_client.h"

#include <va/va_backend.h>

const va_knobs knobs_usual = {
    .seq_bps = 2000000,
    .seq_fps = 30,
    .bps = 2000000,
    .percentage = 100,
    .vbv = 1000000,
    .fullness = 750000,
    .fps_num = 30,
    .fps_den = 1,
    .qp = 30,
};

static VAStatus note(va_client *self, const char *call, VAStatus status)
{
    if (status != VA_STATUS_SUCCESS) self->failed = call;
    return status;
}

#define DO(call, ...)                                                                                                            \
    do {                                                                                                                         \
        status = note(self, #call, call(self->display, __VA_ARGS__));                                                            \
        if (status != VA_STATUS_SUCCESS) return status;                                                                          \
    } while (0)

static VAStatus open_parts(va_client *self, VAEntrypoint entrypoint, uint32_t rate_control)
{
    VAConfigAttrib attributes[] = {{VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420}, {VAConfigAttribRateControl, rate_control}};
    VAStatus status;
    DO(vaCreateConfig, self->profile, entrypoint, attributes, 2, &self->config);
    DO(vaCreateSurfaces, VA_RT_FORMAT_YUV420, self->width, self->height, self->input, CLIENT_SURFACES, NULL, 0);
    DO(vaCreateSurfaces, VA_RT_FORMAT_YUV420, self->width, self->height, self->reconstructed, 2, NULL, 0);
    DO(vaCreateContext, self->config, (int)self->width, (int)self->height, VA_PROGRESSIVE, self->input, CLIENT_SURFACES,
       &self->context);
    DO(vaCreateBuffer, self->context, VAEncCodedBufferType, self->width * self->height * 2 + 4096, 1, NULL, &self->coded_buffer);
    return VA_STATUS_SUCCESS;
}

VAStatus client_open(va_client *self, VADisplay display, VAProfile profile, VAEntrypoint entrypoint, uint32_t rate_control,
                     uint32_t width, uint32_t height)
{
    *self = (va_client){.display = display,
                        .profile = profile,
                        .config = VA_INVALID_ID,
                        .context = VA_INVALID_ID,
                        .coded_buffer = VA_INVALID_ID,
                        .width = width,
                        .height = height,
                        .knobs = knobs_usual,
                        .spare = VA_INVALID_ID,
                        .timeout_ns = VA_TIMEOUT_INFINITE};
    for (int number = 0; number < CLIENT_SURFACES; number++) self->input[number] = VA_INVALID_ID;
    self->reconstructed[0] = self->reconstructed[1] = VA_INVALID_ID;
    VAStatus status = open_parts(self, entrypoint, rate_control);
    if (status != VA_STATUS_SUCCESS) client_close(self);
    return status;
}

void client_close(va_client *self)
{
    if (self->coded_buffer != VA_INVALID_ID) vaDestroyBuffer(self->display, self->coded_buffer);
    if (self->context != VA_INVALID_ID) vaDestroyContext(self->display, self->context);
    if (self->reconstructed[0] != VA_INVALID_ID) vaDestroySurfaces(self->display, self->reconstructed, 2);
    if (self->input[0] != VA_INVALID_ID) vaDestroySurfaces(self->display, self->input, CLIENT_SURFACES);
    if (self->config != VA_INVALID_ID) vaDestroyConfig(self->display, self->config);
    free(self->stream);
    self->stream = NULL;
}

/* Texture that moves, noise that does not repeat, a gradient below. */
void picture_draw(uint8_t *luma, uint8_t *chroma, uint32_t width, uint32_t height, uint32_t pitch, uint64_t number)
{
    uint64_t state = number * 7919 + 1;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x += 8) {
            const uint64_t noise = check_random(&state);
            for (uint32_t at = x; at < x + 8 && at < width; at++) {
                const uint32_t u = at + (uint32_t)number * 3, v = y + (uint32_t)number;
                const uint32_t texture =
                    ((u * 2654435761u) >> 27) ^ ((v * 2246822519u) >> 27) ^ ((u / 16 * 40503 + v / 16 * 30011) & 63);
                luma[(size_t)y * pitch + at] = (uint8_t)(64 + (at + y) / 32 % 64 + texture % 64 + ((noise >> 8 * (at - x)) & 15));
            }
        }
    for (uint32_t y = 0; y < (height + 1) / 2; y++)
        for (uint32_t x = 0; x < (width + 1) / 2 * 2; x++)
            chroma[(size_t)y * pitch + x] = (uint8_t)(112 + (((x + (uint32_t)number) / 16 + y / 16) & 31));
}

VAStatus client_draw(va_client *self, VASurfaceID surface, uint64_t number)
{
    VAImage image;
    uint8_t *data;
    VAStatus status;
    DO(vaDeriveImage, surface, &image);
    status = note(self, "vaMapBuffer", vaMapBuffer(self->display, image.buf, (void **)&data));
    if (status == VA_STATUS_SUCCESS) {
        picture_draw(data + image.offsets[0], data + image.offsets[1], self->width, self->height, image.pitches[0], number);
        status = note(self, "vaUnmapBuffer", vaUnmapBuffer(self->display, image.buf));
    }
    vaDestroyImage(self->display, image.image_id);
    return status;
}

typedef union parameter {
    VAEncSequenceParameterBufferH264 sequence;
    VAEncPictureParameterBufferH264 picture;
    VAEncSliceParameterBufferH264 slice;
    VAEncSequenceParameterBufferHEVC hevc_sequence;
    VAEncPictureParameterBufferHEVC hevc_picture;
    VAEncSliceParameterBufferHEVC hevc_slice;
    struct {
        VAEncMiscParameterType type;
        union {
            VAEncMiscParameterRateControl rate;
            VAEncMiscParameterHRD hrd;
            VAEncMiscParameterFrameRate fps;
            VAEncMiscParameterBufferQualityLevel quality;
        };
    } misc;
} parameter;

static size_t fill_h264(const va_client *self, char what, char type, parameter *out)
{
    const va_knobs *knobs = &self->knobs;
    if (what == 'S') {
        VAEncSequenceParameterBufferH264 *seq = &out->sequence;
        seq->level_idc = 41;
        seq->intra_period = seq->intra_idr_period = 0x7fffffff;
        seq->ip_period = 1;
        seq->bits_per_second = knobs->seq_bps;
        seq->max_num_ref_frames = 1;
        seq->picture_width_in_mbs = (uint16_t)((self->width + 15) / 16);
        seq->picture_height_in_mbs = (uint16_t)((self->height + 15) / 16);
        seq->seq_fields.bits.chroma_format_idc = seq->seq_fields.bits.frame_mbs_only_flag = 1;
        seq->frame_cropping_flag = self->width % 16 || self->height % 16;
        seq->frame_crop_right_offset = (seq->picture_width_in_mbs * 16u - self->width) / 2;
        seq->frame_crop_bottom_offset = (seq->picture_height_in_mbs * 16u - self->height) / 2;
        seq->vui_parameters_present_flag = seq->vui_fields.bits.timing_info_present_flag = knobs->seq_fps != 0;
        seq->num_units_in_tick = 1;
        seq->time_scale = knobs->seq_fps * 2;
        return sizeof *seq;
    }
    if (what == 'P') {
        VAEncPictureParameterBufferH264 *pic = &out->picture;
        for (int number = 0; number < 16; number++)
            pic->ReferenceFrames[number] = (VAPictureH264){.picture_id = VA_INVALID_ID, .flags = VA_PICTURE_H264_INVALID};
        pic->CurrPic.picture_id = self->reconstructed[self->count % 2];
        if (type == 'P') pic->ReferenceFrames[0] = (VAPictureH264){.picture_id = self->reference};
        pic->coded_buf = self->coded_buffer;
        pic->pic_init_qp = (uint8_t)knobs->qp;
        pic->pic_fields.bits.idr_pic_flag = type == 'I';
        pic->pic_fields.bits.reference_pic_flag = 1;
        return sizeof *pic;
    }
    VAEncSliceParameterBufferH264 *slice = &out->slice;
    for (int number = 0; number < 32; number++)
        slice->RefPicList0[number] = slice->RefPicList1[number] =
            (VAPictureH264){.picture_id = self->spare, .flags = VA_PICTURE_H264_INVALID};
    if (type == 'P') slice->RefPicList0[0] = (VAPictureH264){.picture_id = self->reference};
    slice->num_macroblocks = (self->width + 15) / 16 * ((self->height + 15) / 16);
    slice->slice_type = type == 'P' ? 0 : type == 'B' ? 1 : 2;
    return sizeof *slice;
}

static size_t fill_hevc(const va_client *self, char what, char type, parameter *out)
{
    if (what == 'S') {
        VAEncSequenceParameterBufferHEVC *seq = &out->hevc_sequence;
        seq->bits_per_second = self->knobs.seq_bps;
        seq->pic_width_in_luma_samples = (uint16_t)((self->width + 7) & ~7u);
        seq->pic_height_in_luma_samples = (uint16_t)((self->height + 7) & ~7u);
        seq->seq_fields.bits.chroma_format_idc = 1;
        seq->vui_parameters_present_flag = seq->vui_fields.bits.vui_timing_info_present_flag = self->knobs.seq_fps != 0;
        seq->vui_num_units_in_tick = 1;
        seq->vui_time_scale = self->knobs.seq_fps;
        return sizeof *seq;
    }
    if (what == 'P') {
        VAEncPictureParameterBufferHEVC *pic = &out->hevc_picture;
        for (int number = 0; number < 15; number++)
            pic->reference_frames[number] = (VAPictureHEVC){.picture_id = VA_INVALID_ID, .flags = VA_PICTURE_HEVC_INVALID};
        pic->decoded_curr_pic.picture_id = self->reconstructed[self->count % 2];
        if (type == 'P') pic->reference_frames[0] = (VAPictureHEVC){.picture_id = self->reference};
        pic->coded_buf = self->coded_buffer;
        pic->pic_init_qp = (uint8_t)self->knobs.qp;
        pic->pic_fields.bits.idr_pic_flag = type == 'I';
        return sizeof *pic;
    }
    VAEncSliceParameterBufferHEVC *slice = &out->hevc_slice;
    for (int number = 0; number < 15; number++)
        slice->ref_pic_list0[number] = slice->ref_pic_list1[number] = (VAPictureHEVC){.picture_id = self->spare};
    if (type == 'P') slice->ref_pic_list0[0] = (VAPictureHEVC){.picture_id = self->reference};
    slice->slice_type = type == 'P' ? 1 : type == 'B' ? 0 : 2;
    return sizeof *slice;
}

static void fill_misc(const va_client *self, char what, parameter *out)
{
    const va_knobs *knobs = &self->knobs;
    if (what == 'R') {
        out->misc.type = VAEncMiscParameterTypeRateControl;
        out->misc.rate = (VAEncMiscParameterRateControl){.bits_per_second = knobs->bps,
                                                         .target_percentage = knobs->percentage,
                                                         .window_size = 1000,
                                                         .initial_qp = knobs->qp_initial,
                                                         .min_qp = knobs->qp_min,
                                                         .max_qp = knobs->qp_max};
    } else if (what == 'B') {
        out->misc.type = VAEncMiscParameterTypeHRD;
        out->misc.hrd = (VAEncMiscParameterHRD){.initial_buffer_fullness = knobs->fullness, .buffer_size = knobs->vbv};
    } else if (what == 'F') {
        out->misc.type = VAEncMiscParameterTypeFrameRate;
        out->misc.fps.framerate = knobs->fps_num | knobs->fps_den << 16;
    } else {
        out->misc.type = VAEncMiscParameterTypeQualityLevel;
        out->misc.quality.quality_level = knobs->quality;
    }
}

/* One buffer: made, rendered and given back, as every proven client does it. */
static VAStatus send(va_client *self, char what, char type)
{
    parameter out;
    memset(&out, 0, sizeof out);
    VABufferType buffer_type = what == 'S'   ? VAEncSequenceParameterBufferType
                               : what == 'P' ? VAEncPictureParameterBufferType
                               : what == 'L' ? VAEncSliceParameterBufferType
                                             : VAEncMiscParameterBufferType;
    size_t size = sizeof out.misc;
    if (buffer_type == VAEncMiscParameterBufferType) fill_misc(self, what, &out);
    else size = self->profile == VAProfileHEVCMain ? fill_hevc(self, what, type, &out) : fill_h264(self, what, type, &out);
    VABufferID buffer;
    VAStatus status;
    DO(vaCreateBuffer, self->context, buffer_type, (unsigned)size, 1, &out, &buffer);
    status = note(self, "vaRenderPicture", vaRenderPicture(self->display, self->context, &buffer, 1));
    vaDestroyBuffer(self->display, buffer);
    return status;
}

VAStatus client_submit(va_client *self, VASurfaceID surface, char type, const char *order)
{
    VAStatus status;
    DO(vaBeginPicture, self->context, surface);
    for (; *order; order++)
        if ((status = send(self, *order, type)) != VA_STATUS_SUCCESS) return status;
    DO(vaEndPicture, self->context);
    self->reference = self->reconstructed[self->count % 2];
    self->count++;
    return VA_STATUS_SUCCESS;
}

static void keep(va_client *self, const void *data, size_t bytes)
{
    if (self->bytes + bytes > self->room) {
        self->room = (self->bytes + bytes) * 2;
        self->stream = realloc(self->stream, self->room);
        if (!self->stream) abort();
    }
    memcpy(self->stream + self->bytes, data, bytes);
    self->bytes += bytes;
}

/* H.264's SPS, PPS and IDR slice, or HEVC's; all three make a key frame. */
static int is_key(const va_client *self, const uint8_t *data, size_t bytes)
{
    int found[3] = {0};
    for (size_t at = 0; at + 3 < bytes; at++) {
        if (data[at] || data[at + 1] || data[at + 2] != 1) continue;
        const int h264 = data[at + 3] & 31, hevc = data[at + 3] >> 1 & 63, is_hevc = self->profile == VAProfileHEVCMain;
        found[0] |= is_hevc ? hevc == 33 : h264 == 7;
        found[1] |= is_hevc ? hevc == 34 : h264 == 8;
        found[2] |= is_hevc ? hevc == 19 || hevc == 20 : h264 == 5;
    }
    return found[0] && found[1] && found[2];
}

VAStatus client_fetch(va_client *self, VASurfaceID surface, va_coded *coded)
{
    const VACodedBufferSegment *segment;
    const size_t before = self->bytes;
    VAStatus status;
    *coded = (va_coded){0};
    if (self->timeout_ns == VA_TIMEOUT_INFINITE) DO(vaSyncSurface, surface);
    else DO(vaSyncBuffer, self->coded_buffer, self->timeout_ns);
    DO(vaMapBuffer, self->coded_buffer, (void **)&segment);
    for (; segment; segment = segment->next) {
        keep(self, segment->buf, segment->size);
        coded->status = segment->status;
        coded->segments++;
    }
    coded->bytes = (uint32_t)(self->bytes - before);
    coded->key = is_key(self, self->stream + before, coded->bytes);
    DO(vaUnmapBuffer, self->coded_buffer);
    return VA_STATUS_SUCCESS;
}

VAStatus client_encode(va_client *self, char type, const char *order, va_coded *coded)
{
    VASurfaceID surface = self->input[self->count % CLIENT_SURFACES];
    *coded = (va_coded){0};
    VAStatus status = client_draw(self, surface, self->count);
    if (status == VA_STATUS_SUCCESS) status = client_submit(self, surface, type, order);
    return status == VA_STATUS_SUCCESS ? client_fetch(self, surface, coded) : status;
}

VAStatus client_next(va_client *self, va_coded *coded)
{
    return self->count ? client_encode(self, 'P', "PLRBF", coded) : client_encode(self, 'I', "SPLRBF", coded);
}
