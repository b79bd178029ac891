/* video.c - what the stub's frames are made of. GPL when built with libx264: a test, never installed. */
#include "video.h"

#include <stdlib.h>
#include <string.h>

#if NENC_STUB_X264
#include <x264.h>
#endif

struct video {
    uint32_t width, height;
    video_rate rate, opened;
    double owed;
    uint8_t *bytes;
    size_t capacity;
#if NENC_STUB_X264
    x264_t *x264;
    x264_param_t param;
#endif
};

int video_real(void) { return NENC_STUB_X264; }

#if NENC_STUB_X264
/* x264 cannot change its frame rate: a bitrate that is the same per frame does as well. It follows another bitrate only in CBR, so
 * VBR is CBR at the mean here. */
static void fill_rate(video *self)
{
    const video_rate *now = &self->rate, *then = &self->opened;
    const double share = (double)now->fps_den * then->fps_num / now->fps_num / then->fps_den;
    self->param.rc.i_bitrate = self->param.rc.i_vbv_max_bitrate = (int)(now->bitrate * share / 1000) + 1;
    self->param.rc.i_vbv_buffer_size = (int)(now->vbv / 1000) + 1;
}

static void open_x264(video *self)
{
    x264_param_t *param = &self->param;
    x264_param_default_preset(param, "ultrafast", "zerolatency");
    param->i_width = (int)self->width;
    param->i_height = (int)self->height;
    param->i_csp = X264_CSP_NV12;
    param->i_threads = 1;
    param->i_fps_num = self->rate.fps_num;
    param->i_fps_den = self->rate.fps_den;
    param->b_vfr_input = 0;
    param->i_keyint_max = X264_KEYINT_MAX_INFINITE;
    param->i_scenecut_threshold = 0;
    param->i_log_level = X264_LOG_NONE;
    param->b_repeat_headers = param->b_annexb = 1;
    param->rc.i_rc_method = X264_RC_ABR;
    param->rc.i_qp_min = (int)self->rate.qp_min;
    param->rc.i_qp_max = (int)self->rate.qp_max;
    fill_rate(self);
    self->x264 = x264_encoder_open(param);
}

static size_t encode_x264(video *self, const uint8_t *nv12, size_t pitch, int key, const uint8_t **data, int *is_key, int *qp)
{
    x264_picture_t in, out;
    x264_nal_t *units;
    int count;
    x264_picture_init(&in);
    in.img.i_csp = X264_CSP_NV12;
    in.img.i_plane = 2;
    in.img.plane[0] = (uint8_t *)nv12;
    in.img.plane[1] = (uint8_t *)nv12 + pitch * self->height;
    in.img.i_stride[0] = in.img.i_stride[1] = (int)pitch;
    in.i_type = key ? X264_TYPE_IDR : X264_TYPE_P;
    /* NVENC moves the quantiser's bounds at any picture, x264 never: above the one it was opened with the lower one is the QP. */
    if ((int)self->rate.qp_min > self->param.rc.i_qp_min) in.i_qpplus1 = (int)self->rate.qp_min + 1;
    const int bytes = x264_encoder_encode(self->x264, &units, &count, &in, &out);
    if (bytes <= 0) return 0;
    *data = units[0].p_payload;
    *is_key = out.b_keyframe;
    *qp = out.i_qpplus1 - 1;
    return (size_t)bytes;
}
#endif

/* Access unit delimiter and filler of the rate's share, as src/encode/null.c. */
static size_t encode_null(video *self, int key, const uint8_t **data, int *is_key, int *qp)
{
    static const uint8_t begin[] = {0, 0, 0, 1, 9, 0x30, 0, 0, 0, 1, 12};
    self->owed += self->rate.bitrate / 8.0 * self->rate.fps_den / self->rate.fps_num;
    const size_t bytes = self->owed > sizeof begin + 2 ? (size_t)self->owed : sizeof begin + 2;
    self->owed -= (double)bytes;
    if (bytes > self->capacity) {
        free(self->bytes);
        self->bytes = malloc(bytes);
        self->capacity = bytes;
    }
    memset(self->bytes, 0xff, bytes);
    memcpy(self->bytes, begin, sizeof begin);
    if (key) self->bytes[5] = 0x10;
    self->bytes[bytes - 1] = 0x80;
    *data = self->bytes;
    *is_key = key;
    *qp = 30;
    return bytes;
}

video *video_open(uint32_t width, uint32_t height, const video_rate *rate, int real)
{
    video *self = calloc(1, sizeof *self);
    *self = (video){.width = width, .height = height, .rate = *rate, .opened = *rate};
#if NENC_STUB_X264
    if (real) open_x264(self);
#endif
    return self;
}

void video_rate_set(video *self, const video_rate *rate)
{
    self->rate = *rate;
#if NENC_STUB_X264
    if (!self->x264) return;
    fill_rate(self);
    x264_encoder_reconfig(self->x264, &self->param);
#endif
}

size_t video_encode(video *self, const uint8_t *nv12, size_t pitch, int key, const uint8_t **data, int *is_key, int *qp)
{
#if NENC_STUB_X264
    if (self->x264) return encode_x264(self, nv12, pitch, key, data, is_key, qp);
#endif
    return encode_null(self, key, data, is_key, qp);
}

void video_close(video *self)
{
    if (!self) return;
#if NENC_STUB_X264
    if (self->x264) x264_encoder_close(self->x264);
#endif
    free(self->bytes);
    free(self);
}
