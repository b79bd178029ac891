/* codec_x264.c - H.264 by libx264: each picture returns its access unit at once, without delay. */
#include "alloc.h"
#include "rate.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <x264.h>

typedef struct encoder {
    codec_options options;
    VAProfile profile;
    uint32_t rate_control;
    x264_t *x264;
    x264_param_t param; /* x264's settings as last set, which x264 itself reports only after the next picture */
    codec_picture opened; /* settings of the picture for which it was opened */
    codec_rate told;
    rate_savings savings; /* VBR */
    rate_model rate;       /* estimates the cost of pictures, for use when x264's QP bounds are no longer the client's */
    uint32_t now_bps;
    int64_t count;
    int first; /* number of the picture since the encoder was opened */
    double qp; /* of the last picture */
} encoder;

/* x264 reports a picture's mean QP only in its debug log. */
static void listen(void *self, int level, const char *format, va_list args)
{
    if (strncmp(format, "frame=%4d QP=%.2f ", 18) != 0) return;
    (void)va_arg(args, int);
    ((encoder *)self)->qp = va_arg(args, double);
}

static const char *profile_name(VAProfile profile)
{
    return profile == VAProfileH264High ? "high" : profile == VAProfileH264Main ? "main" : "baseline";
}

static int kilo(double number) { return number < 1000 ? 1 : number > 2e9 ? 2000000 : (int)(number / 1000 + 0.5); }

/* x264 accepts another bitrate only in CBR, so VBR is implemented as a CBR of changing rate. It cannot change the frame rate;
 * what matters is bits per picture, so rates are scaled to the frame rate with which it was opened. */
static void put_rate(encoder *self, const codec_rate *rate)
{
    const codec_rate *opened = &self->opened.rate;
    const double scale = (double)opened->fps_num * rate->fps_den / ((double)opened->fps_den * rate->fps_num);
    self->now_bps = rate_now(&self->savings, rate);
    self->param.rc.i_bitrate = self->param.rc.i_vbv_max_bitrate = kilo(self->now_bps * scale);
    self->param.rc.i_vbv_buffer_size = kilo(rate->vbv_bits);
    self->told = *rate;
}

static VAStatus open_encoder(encoder *self, const codec_picture *picture)
{
    x264_param_t *param = &self->param;
    const codec_rate *rate = &picture->rate;
    if (self->x264) x264_encoder_close(self->x264);
    self->x264 = NULL;
    if (x264_param_default_preset(param, codec_preset(&self->options, picture->quality), "zerolatency") < 0)
        return VA_STATUS_ERROR_OPERATION_FAILED;
    param->i_threads = (int)self->options.threads;
    param->b_sliced_threads = self->options.threads > 1;
    param->i_width = (int)picture->width;
    param->i_height = (int)picture->height;
    param->i_csp = X264_CSP_NV12;
    param->i_fps_num = rate->fps_num;
    param->i_fps_den = rate->fps_den;
    param->b_vfr_input = 0;
    param->i_keyint_max = X264_KEYINT_MAX_INFINITE; /* only the client decides on IDR and I pictures */
    param->i_scenecut_threshold = 0;
    param->i_frame_reference = 1;
    param->b_repeat_headers = 1;
    param->b_annexb = 1;
    param->i_log_level = X264_LOG_DEBUG;
    param->pf_log = listen;
    param->p_log_private = self;
    self->opened = *picture;
    if (self->rate_control == VA_RC_CQP) {
        param->rc.i_rc_method = X264_RC_CQP;
        /* Every picture brings its own QP, which x264 keeps between its QP for I and for B: hence 1 and 51. */
        param->rc.i_qp_constant = 26;
        param->rc.f_ip_factor = param->rc.f_pb_factor = 18;
    } else {
        param->rc.i_rc_method = X264_RC_ABR;
        param->rc.i_qp_min = (int)rate->qp_min;
        param->rc.i_qp_max = rate->qp_max ? (int)rate->qp_max : 51;
        param->rc.f_vbv_buffer_init = rate->vbv_bits ? (float)rate->fullness_bits / (float)rate->vbv_bits : 1;
        put_rate(self, rate);
    }
    if (x264_param_apply_profile(param, profile_name(self->profile)) < 0) return VA_STATUS_ERROR_OPERATION_FAILED;
    self->x264 = x264_encoder_open(param);
    self->first = 1;
    return self->x264 ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_ENCODING_ERROR;
}

/* Whether a setting that x264 fixes on opening differs between the two. */
static int outdated(const codec_picture *then, const codec_picture *now)
{
    const codec_rate *old = &then->rate, *rate = &now->rate;
    return then->width != now->width || then->height != now->height || then->quality != now->quality ||
           old->qp_min != rate->qp_min || old->qp_max != rate->qp_max ||
           (uint64_t)rate->fps_num * old->fps_den != (uint64_t)old->fps_num * rate->fps_den;
}

/* Savings change with every picture; changes under a twentieth are not worth a reconfiguration. */
static int up_to_date(const encoder *self, const codec_rate *rate)
{
    const double now = rate_now(&self->savings, rate), told = self->now_bps;
    return memcmp(&self->told, rate, sizeof *rate) == 0 && now > told * 0.95 && now < told * 1.05;
}

/* Called before every picture. It reopens x264 only where the client wants an IDR anyway, because other IDRs would change the
 * stream. Until then another frame rate is met by scaling the bits per picture, and other QP bounds by setting each QP
 * (forced_qp). */
static VAStatus prepare(encoder *self, const codec_picture *picture)
{
    if (!self->x264 || (picture->type == PICTURE_IDR && outdated(&self->opened, picture))) return open_encoder(self, picture);
    if (self->rate_control == VA_RC_CQP || up_to_date(self, &picture->rate)) return VA_STATUS_SUCCESS;
    put_rate(self, &picture->rate);
    return x264_encoder_reconfig(self->x264, &self->param) < 0 ? VA_STATUS_ERROR_ENCODING_ERROR : VA_STATUS_SUCCESS;
}

static int clamp(int number, int low, int high) { return number < low ? low : number > high ? high : number; }

/* x264 keeps the QP bounds of the last IDR. When the client's bounds have become narrower, x264's rate control continues, but a
 * picture for which it would leave them, judged by its last picture or by what this one needs, gets a QP on the bound. x264
 * still raises the QP of rows for which its bucket has no room. */
static int within_bounds(const encoder *self, const codec_picture *picture)
{
    const codec_rate *opened = &self->opened.rate, *rate = &picture->rate;
    if (opened->qp_min == rate->qp_min && opened->qp_max == rate->qp_max) return X264_QP_AUTO;
    const int low = (int)rate->qp_min, high = rate->qp_max ? (int)rate->qp_max : 51;
    const int needed = rate_choose(&self->rate, rate, picture->type != PICTURE_P, picture->width, picture->height);
    if (needed > low && needed < high && self->qp >= low && self->qp <= high) return X264_QP_AUTO;
    return needed + 1;
}

/* i_qpplus1: 0 leaves the QP to rate control. QP 0 is lossless, which the High profile does not support. */
static int forced_qp(const encoder *self, const codec_picture *picture)
{
    if (self->rate_control == VA_RC_CQP) return clamp(picture->qp, 1, 51) + 1;
    if (self->first && picture->rate.qp_initial)
        return clamp((int)picture->rate.qp_initial, self->param.rc.i_qp_min, self->param.rc.i_qp_max) + 1;
    return within_bounds(self, picture);
}

static void account(encoder *self, const codec_picture *picture, uint32_t bytes)
{
    if (self->rate_control == VA_RC_CQP) return;
    rate_account(&self->rate, &picture->rate, picture->type != PICTURE_P, self->qp, bytes);
    self->rate.debt = 0; /* left for x264 to decide */
    if (self->rate_control == VA_RC_VBR) rate_save(&self->savings, &picture->rate, bytes);
}

static VAStatus encode(void *state, const codec_picture *picture, uint8_t *out, size_t room, codec_coded *coded)
{
    static const int types[] = {[PICTURE_IDR] = X264_TYPE_IDR, [PICTURE_I] = X264_TYPE_I, [PICTURE_P] = X264_TYPE_P};
    encoder *self = state;
    VAStatus status = prepare(self, picture);
    if (status != VA_STATUS_SUCCESS) return status;
    x264_picture_t in, made;
    x264_nal_t *units;
    int count;
    x264_picture_init(&in);
    in.img.i_csp = X264_CSP_NV12;
    in.img.i_plane = 2;
    for (int plane = 0; plane < 2; plane++) {
        in.img.plane[plane] = (uint8_t *)(uintptr_t)picture->plane[plane]; /* x264 only reads it */
        in.img.i_stride[plane] = (int)picture->pitch[plane];
    }
    in.i_type = types[picture->type];
    in.i_pts = self->count++;
    in.i_qpplus1 = forced_qp(self, picture);
    const int bytes = x264_encoder_encode(self->x264, &units, &count, &in, &made);
    self->first = 0;
    if (bytes <= 0) return VA_STATUS_ERROR_ENCODING_ERROR;
    if ((size_t)bytes > room) return VA_STATUS_ERROR_NOT_ENOUGH_BUFFER;
    account(self, picture, (uint32_t)bytes);
    memcpy(out, units[0].p_payload, (size_t)bytes); /* all NAL units, contiguous */
    *coded = (codec_coded){.bytes = (uint32_t)bytes, .qp = self->qp, .units = (unsigned)count};
    return VA_STATUS_SUCCESS;
}

static void *create(VAProfile profile, uint32_t rate_control, const codec_options *options)
{
    encoder *self = driver_alloc(sizeof *self);
    if (self) *self = (encoder){.options = *options, .profile = profile, .rate_control = rate_control};
    return self;
}

static void destroy(void *state)
{
    encoder *self = state;
    if (self->x264) x264_encoder_close(self->x264);
    driver_free(self);
}

#define TEXT(number) TEXT_OF(number)
#define TEXT_OF(number) #number
const codec codec_x264 = {.library = "libx264 core " TEXT(X264_BUILD), .create = create, .encode = encode, .destroy = destroy};
