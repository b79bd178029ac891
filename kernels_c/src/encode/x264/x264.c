/* x264.c - H.264 in software by libx264: no delay, a VBV that may change with every picture, key frames only on demand.
 *
 * What x264_encoder_reconfig takes without a word and ignores (frame rate, quantiser limits) is done otherwise here: another
 * frame rate scales the bits per picture, other limits open the encoder anew, which makes a key frame. */
#include "encode/backend.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <x264.h>

/* Fast enough for 1080p60 on one core, and with its decisions on a macroblock's type still made by cost. */
static const char default_preset[] = "superfast";

typedef struct encoder {
    x264_t *x264;
    x264_param_t param; /* as asked for: x264_encoder_parameters shows a change only after the next picture */
    nenc_encoder_config config;
    uint32_t fps_num, fps_den; /* of the pictures that come; the stream's stays config.fps */
    int64_t count;
    int reopen;      /* the quantiser's limits have changed */
    int reconfigured; /* since the last picture */
    int after_key;   /* the last picture was a key frame */
    double saved_bits; /* VBR: what was not spent */
    double rate_bps;   /* of the pictures to come */
    nenc_failure *failure; /* where x264's first complaint goes, NULL: nowhere */
    char name[64];
} encoder;

static void complain(void *private, int level, const char *format, va_list args)
{
    encoder *self = private;
    if (level > X264_LOG_ERROR || !self->failure || self->failure->text[0]) return;
    char text[NENC_FAILURE_TEXT - 16];
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    nenc_fail(self->failure, 0, "x264: %s", text);
}

static int failed(encoder *self, int status, const char *call)
{
    nenc_failure *failure = self->failure;
    if (failure->text[0]) return status;
    return nenc_fail(failure, status, "%s failed", call);
}

static double peak_bps(const nenc_rate *rate) { return rate->peak_bps ? rate->peak_bps : 1.5 * rate->bitrate_bps; }

/* Bits per picture are what counts: x264 goes on believing in the stream's frame rate. */
static void apply_rate(encoder *self)
{
    const nenc_rate *rate = &self->config.rate;
    const double stretch = (double)self->config.fps_num / self->config.fps_den * self->fps_den / self->fps_num;
    self->rate_bps = rate->bitrate_bps;
    if (self->config.rate_mode == NENC_VBR)
        self->rate_bps = fmin(fmax(rate->bitrate_bps + self->saved_bits, rate->bitrate_bps / 2.0), peak_bps(rate));
    const double one_picture = self->rate_bps * self->fps_den / self->fps_num, bucket = self->rate_bps * rate->vbv_ms / 1000.0;
    x264_param_t *param = &self->param;
    param->rc.i_bitrate = (int)fmax(1.0, round(self->rate_bps * stretch / 1000.0));
    param->rc.i_vbv_max_bitrate = param->rc.i_bitrate;
    /* Under a picture's worth it could never be kept. */
    param->rc.i_vbv_buffer_size = (int)fmax(1.0, round(fmax(one_picture, bucket) / 1000.0));
}

static int set_up(encoder *self)
{
    const nenc_encoder_config *config = &self->config;
    x264_param_t *param = &self->param;
    const char *preset = config->preset[0] ? config->preset : default_preset;
    /* Looked up here: x264 would write its complaint to stderr, and takes numbers for names. */
    size_t known = 0;
    while (x264_preset_names[known] && strcmp(x264_preset_names[known], preset) != 0) known++;
    if (!x264_preset_names[known] || x264_param_default_preset(param, preset, "zerolatency") < 0)
        return nenc_fail(self->failure, NENC_EINVAL,
                         "x264: no preset '%s'; there are ultrafast, superfast, veryfast, faster, fast, "
                         "medium, slow, slower, veryslow, placebo",
                         preset);
    param->pf_log = complain;
    param->p_log_private = self;
    param->i_log_level = X264_LOG_ERROR;
    param->i_csp = X264_CSP_NV12;
    param->i_width = (int)config->width;
    param->i_height = (int)config->height;
    param->i_fps_num = config->fps_num;
    param->i_fps_den = config->fps_den;
    param->i_threads = (int)config->threads;
    param->b_sliced_threads = config->threads > 1;
    param->i_keyint_max = X264_KEYINT_MAX_INFINITE;
    param->i_scenecut_threshold = 0;
    param->b_repeat_headers = 1;
    param->b_annexb = 1;
    param->b_vfr_input = 0;
    param->b_full_recon = (int)config->reconstruct;
    param->i_nal_hrd = X264_NAL_HRD_NONE;
    param->rc.i_rc_method = X264_RC_ABR;
    param->rc.i_qp_min = (int)config->rate.qp_min;
    param->rc.i_qp_max = (int)config->rate.qp_max;
    param->rc.f_vbv_buffer_init = 0.9f;
    apply_rate(self);
    return x264_param_apply_profile(param, "high") < 0 ? failed(self, NENC_ENCODE_UNSUPPORTED, "x264_param_apply_profile")
                                                       : NENC_OK;
}

/* Also once more on a running stream: the next picture is a key frame then, whoever asked for it. */
static int open_x264(encoder *self)
{
    x264_t *made = x264_encoder_open(&self->param);
    if (!made) return failed(self, NENC_ENCODE_FAILED, "x264_encoder_open");
    if (self->x264) x264_encoder_close(self->x264);
    self->x264 = made;
    return NENC_OK;
}

static void close_encoder(void *state)
{
    encoder *self = state;
    self->failure = NULL;
    if (self->x264) x264_encoder_close(self->x264);
    free(self);
}

static int open_encoder(const nenc_encoder_config *config, void **state, nenc_failure *failure)
{
    if (config->codec != NENC_H264) return nenc_fail(failure, NENC_ENCODE_UNSUPPORTED, "x264: it encodes h264 only");
    encoder *self = calloc(1, sizeof *self);
    if (!self) return nenc_fail(failure, NENC_ENOMEM, "x264: out of memory");
    self->config = *config;
    self->fps_num = config->fps_num;
    self->fps_den = config->fps_den;
    self->failure = failure;
    int status = set_up(self);
    if (status == NENC_OK) status = open_x264(self);
    if (status != NENC_OK) {
        close_encoder(self);
        return status;
    }
    snprintf(self->name, sizeof self->name, "x264 %s, %s", X264_POINTVER, config->preset[0] ? config->preset : default_preset);
    self->failure = NULL;
    *state = self;
    return NENC_OK;
}

static int reconfigure(encoder *self, nenc_failure *failure)
{
    self->failure = failure;
    failure->text[0] = '\0';
    apply_rate(self);
    int status =
        x264_encoder_reconfig(self->x264, &self->param) < 0 ? failed(self, NENC_ENCODE_FAILED, "x264_encoder_reconfig") : NENC_OK;
    self->failure = NULL;
    self->reconfigured = 1;
    return status;
}

static int set_rate(void *state, const nenc_rate *rate, nenc_failure *failure)
{
    encoder *self = state;
    if (rate->qp_min != self->config.rate.qp_min || rate->qp_max != self->config.rate.qp_max) self->reopen = 1;
    self->config.rate = *rate;
    return reconfigure(self, failure);
}

/* Two neighbouring IDR pictures must differ in idr_pic_id (H.264 7.4.3), and a new encoder begins with 0: behind a key frame
 * the new limits wait for one picture. */
static int apply_limits(encoder *self)
{
    if (!self->reopen || self->after_key) return NENC_OK;
    self->param.rc.i_qp_min = (int)self->config.rate.qp_min;
    self->param.rc.i_qp_max = (int)self->config.rate.qp_max;
    int status = open_x264(self);
    if (status == NENC_OK) self->reopen = self->reconfigured = 0;
    return status;
}

/* A change that x264 took without a word and ignored is made by opening anew. */
static void check_rate(encoder *self)
{
    x264_param_t used;
    if (!self->reconfigured) return;
    self->reconfigured = 0;
    x264_encoder_parameters(self->x264, &used);
    if (used.rc.i_bitrate != self->param.rc.i_bitrate || used.rc.i_vbv_max_bitrate != self->param.rc.i_vbv_max_bitrate)
        self->reopen = 1;
}

static int set_fps(void *state, uint32_t num, uint32_t den, nenc_failure *failure)
{
    encoder *self = state;
    self->fps_num = num;
    self->fps_den = den;
    return reconfigure(self, failure);
}

/* Moves the rate of a VBR by what this picture left over; small moves are not worth a new start of the bucket. */
static int save_bits(encoder *self, int bytes, nenc_failure *failure)
{
    const double target_bps = self->config.rate.bitrate_bps, before_bps = self->rate_bps;
    self->saved_bits += target_bps * self->fps_den / self->fps_num - 8.0 * bytes;
    self->saved_bits = fmin(fmax(self->saved_bits, -target_bps), target_bps);
    const double wanted_bps = fmin(fmax(target_bps + self->saved_bits, target_bps / 2), peak_bps(&self->config.rate));
    return fabs(wanted_bps - before_bps) > 0.05 * before_bps ? reconfigure(self, failure) : NENC_OK;
}

static void describe_reconstruction(const encoder *self, const x264_picture_t *out, nenc_picture *made)
{
    *made = (nenc_picture){.format = NENC_NV12, .width = self->config.width, .height = self->config.height};
    for (int i = 0; i < 2; i++) {
        made->plane[i] = out->img.plane[i];
        made->stride[i] = out->img.i_stride[i];
    }
}

static int encode(void *state, const nenc_frame *frame, int key, nenc_coded *coded, nenc_failure *failure)
{
    encoder *self = state;
    x264_picture_t in, out;
    x264_nal_t *nals;
    int count;
    x264_picture_init(&in);
    in.i_type = key ? X264_TYPE_IDR : X264_TYPE_AUTO;
    in.i_pts = self->count++;
    in.img.i_csp = X264_CSP_NV12;
    in.img.i_plane = 2;
    for (int i = 0; i < 2; i++) {
        in.img.plane[i] = (uint8_t *)(uintptr_t)frame->picture.plane[i]; /* x264 copies it; the type says otherwise */
        in.img.i_stride[i] = (int)frame->picture.stride[i];
    }
    self->failure = failure;
    failure->text[0] = '\0';
    int status = apply_limits(self);
    const int bytes = status == NENC_OK ? x264_encoder_encode(self->x264, &nals, &count, &in, &out) : 0;
    if (status == NENC_OK) status = bytes < 0 ? failed(self, NENC_ENCODE_FAILED, "x264_encoder_encode") : NENC_OK;
    self->failure = NULL;
    if (status != NENC_OK) return status;
    if (!bytes) return nenc_fail(failure, NENC_ENCODE_EMPTY, "x264 kept the picture to itself");
    self->after_key = out.b_keyframe;
    check_rate(self);
    if (self->config.rate_mode == NENC_VBR) {
        status = save_bits(self, bytes, failure);
        if (status != NENC_OK) return status;
    }
    coded->data = nals[0].p_payload;
    coded->bytes = (uint32_t)bytes;
    coded->key = (uint32_t)out.b_keyframe;
    coded->qp = (float)(out.i_qpplus1 - 1);
    coded->input = NENC_INPUT_ZERO_COPY; /* as far as it can: its own copy is part of the encode */
    if (self->config.reconstruct) describe_reconstruction(self, &out, &coded->reconstruction);
    return NENC_OK;
}

static int drain(void *state, nenc_failure *failure) { return NENC_OK; } /* zerolatency keeps nothing back */

static const char *describe(const void *state) { return ((const encoder *)state)->name; }

__attribute__((visibility("default"))) extern const nenc_backend nenc_encoder_module;
const nenc_backend nenc_encoder_module = {
    .abi = NENC_BACKEND_ABI,
    .size = sizeof(nenc_backend),
    .open = open_encoder,
    .set_rate = set_rate,
    .set_fps = set_fps,
    .encode = encode,
    .drain = drain,
    .describe = describe,
    .close = close_encoder,
};
