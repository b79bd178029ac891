/* codec_x265.c - HEVC by libx265: a picture in, its access unit out, nothing held back. */
#include "alloc.h"
#include "codec.h"

#include <string.h>
#include <x265.h>

typedef struct encoder {
    codec_options options;
    uint32_t rate_control;
    x265_encoder *x265;
    x265_param *param;
    codec_picture opened; /* the picture it was opened for */
    codec_rate told;
    uint8_t *chroma; /* x265 wants U and V apart */
    int64_t count;
    int first; /* picture since the encoder was opened */
} encoder;

static void put_rate(encoder *self, const codec_rate *rate)
{
    const codec_kilobits kilobits = codec_rate_for(rate, &self->opened.rate);
    self->param->rc.bitrate = kilobits.mean;
    self->param->rc.vbvMaxBitrate = kilobits.peak;
    self->param->rc.vbvBufferSize = kilobits.bucket;
    self->told = *rate;
}

static void close_encoder(encoder *self)
{
    if (self->x265) x265_encoder_close(self->x265);
    if (self->param) x265_param_free(self->param);
    driver_free(self->chroma);
    self->x265 = NULL;
    self->param = NULL;
    self->chroma = NULL;
}

static void set_threads(x265_param *param, unsigned threads)
{
    static const char none[] = "none";
    param->frameNumThreads = 1;
    if (threads > 1) return; /* x265's own pool, over the rows of a picture */
    param->numaPools = none;
    param->bEnableWavefront = 0;
}

static VAStatus open_encoder(encoder *self, const codec_picture *picture)
{
    const codec_rate *rate = &picture->rate;
    close_encoder(self);
    x265_param *param = self->param = x265_param_alloc();
    self->chroma = driver_alloc((size_t)((picture->width + 1) / 2) * ((picture->height + 1) / 2) * 2);
    if (!param || !self->chroma) return VA_STATUS_ERROR_ALLOCATION_FAILED;
    if (x265_param_default_preset(param, codec_preset(&self->options, picture->quality), "zerolatency") < 0)
        return VA_STATUS_ERROR_OPERATION_FAILED;
    set_threads(param, self->options.threads);
    param->logLevel = X265_LOG_NONE;
    param->sourceWidth = (int)picture->width;
    param->sourceHeight = (int)picture->height;
    param->internalCsp = X265_CSP_I420;
    param->fpsNum = rate->fps_num;
    param->fpsDenom = rate->fps_den;
    param->keyframeMax = -1; /* IDR and I come from the client alone */
    param->scenecutThreshold = 0;
    param->bOpenGOP = 0;
    param->maxNumReferences = 1;
    param->bRepeatHeaders = 1;
    param->bAnnexB = 1;
    self->opened = *picture;
    if (self->rate_control == VA_RC_CQP) {
        param->rc.rateControlMode = X265_RC_CQP;
        param->rc.qp = 26; /* every picture brings its own */
    } else {
        param->rc.rateControlMode = X265_RC_ABR;
        param->rc.qpMin = (int)rate->qp_min;
        param->rc.qpMax = rate->qp_max ? (int)rate->qp_max : 51;
        param->rc.vbvBufferInit = rate->vbv_bits ? (double)rate->fullness_bits / rate->vbv_bits : 1;
        put_rate(self, rate);
    }
    if (x265_param_apply_profile(param, "main") < 0) return VA_STATUS_ERROR_OPERATION_FAILED;
    self->x265 = x265_encoder_open(param);
    self->first = 1;
    return self->x265 ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_ENCODING_ERROR;
}

/* As codec_x264.c does it. */
static VAStatus prepare(encoder *self, const codec_picture *picture)
{
    if (!self->x265 || (picture->type == PICTURE_IDR && codec_outdated(&self->opened, picture)))
        return open_encoder(self, picture);
    if (self->rate_control == VA_RC_CQP || memcmp(&self->told, &picture->rate, sizeof self->told) == 0) return VA_STATUS_SUCCESS;
    put_rate(self, &picture->rate);
    return x265_encoder_reconfig(self->x265, self->param) < 0 ? VA_STATUS_ERROR_ENCODING_ERROR : VA_STATUS_SUCCESS;
}

static void part_chroma(const encoder *self, const codec_picture *picture, x265_picture *in)
{
    const uint32_t width = (picture->width + 1) / 2, height = (picture->height + 1) / 2;
    uint8_t *u = self->chroma, *v = u + (size_t)width * height;
    in->planes[1] = u;
    in->planes[2] = v;
    in->stride[1] = in->stride[2] = (int)width;
    for (uint32_t line = 0; line < height; line++) {
        const uint8_t *from = picture->plane[1] + (size_t)line * picture->pitch[1];
        for (uint32_t column = 0; column < width; column++) {
            *u++ = from[2 * column];
            *v++ = from[2 * column + 1];
        }
    }
}

/* 0 leaves the QP to rate control. */
static int forced_qp(const encoder *self, const codec_picture *picture)
{
    int qp = self->rate_control == VA_RC_CQP ? picture->qp : self->first ? (int)picture->rate.qp_initial : 0;
    if (self->rate_control != VA_RC_CQP && !qp) return 0;
    const int low = self->rate_control == VA_RC_CQP ? 1 : self->param->rc.qpMin;
    const int high = self->rate_control == VA_RC_CQP ? 51 : self->param->rc.qpMax;
    return (qp < low ? low : qp > high ? high : qp) + 1;
}

static VAStatus encode(void *state, const codec_picture *picture, uint8_t *out, size_t room, codec_coded *coded)
{
    static const int types[] = {[PICTURE_IDR] = X265_TYPE_IDR, [PICTURE_I] = X265_TYPE_I, [PICTURE_P] = X265_TYPE_P};
    encoder *self = state;
    VAStatus status = prepare(self, picture);
    if (status != VA_STATUS_SUCCESS) return status;
    x265_picture in, made;
    x265_nal *units = NULL;
    uint32_t count = 0;
    x265_picture_init(self->param, &in);
    in.bitDepth = 8;
    in.planes[0] = (void *)(uintptr_t)picture->plane[0]; /* x265 only reads it */
    in.stride[0] = (int)picture->pitch[0];
    part_chroma(self, picture, &in);
    in.sliceType = types[picture->type];
    in.pts = self->count++;
    in.forceqp = forced_qp(self, picture);
    if (x265_encoder_encode(self->x265, &units, &count, &in, &made) != 1) return VA_STATUS_ERROR_ENCODING_ERROR;
    self->first = 0;
    size_t bytes = 0;
    for (uint32_t unit = 0; unit < count; unit++) bytes += units[unit].sizeBytes;
    if (bytes > room) return VA_STATUS_ERROR_NOT_ENOUGH_BUFFER;
    memcpy(out, units[0].payload, bytes); /* all of them, one behind the other */
    *coded = (codec_coded){.bytes = (uint32_t)bytes, .qp = made.frameData.qp, .units = count};
    return VA_STATUS_SUCCESS;
}

static void *create(VAProfile profile, uint32_t rate_control, const codec_options *options)
{
    encoder *self = driver_alloc(sizeof *self);
    if (self) *self = (encoder){.options = *options, .rate_control = rate_control};
    return self;
}

static void destroy(void *state)
{
    close_encoder(state);
    driver_free(state);
}

const codec codec_x265 = {.library = "libx265", .create = create, .encode = encode, .destroy = destroy};
