/* codec_x265.c - HEVC by libx265: each picture returns its access unit at once, without delay. Without look-ahead, x265's own
 * rate control ignores x265_encoder_reconfig (3.5 returns 0 and encodes as before), so every picture gets its QP from rate.c.
 */
#include "alloc.h"
#include "rate.h"

#include <stdint.h>
#include <string.h>
#include <x265.h>

typedef struct encoder {
    codec_options options;
    uint32_t mode; /* VA_RC_ */
    x265_encoder *x265;
    x265_param *param;
    codec_picture opened; /* settings of the picture for which it was opened */
    rate_model rate;
    uint8_t *chroma; /* x265 needs U and V in separate planes */
    int64_t count;
    int first; /* number of the picture since the encoder was opened */
} encoder;

static void close_encoder(encoder *self)
{
    if (self->x265) x265_encoder_close(self->x265);
    if (self->param) x265_param_free(self->param);
    driver_free(self->chroma);
    self->x265 = NULL;
    self->param = NULL;
    self->chroma = NULL;
}

/* The pools are set by name: the field that holds them is a pointer up to x265 4.0 and an array from 4.1 on. */
static VAStatus set_threads(x265_param *param, unsigned threads)
{
    param->frameNumThreads = 1;
    if (threads > 1) return VA_STATUS_SUCCESS; /* x265's own thread pool, over the rows of a picture */
    param->bEnableWavefront = 0;
    return x265_param_parse(param, "pools", "none") ? VA_STATUS_ERROR_OPERATION_FAILED : VA_STATUS_SUCCESS;
}

/* x265 refuses pictures that are narrower or lower than its largest coding unit. */
static void fit_units(x265_param *param, uint32_t width, uint32_t height)
{
    const uint32_t least = width < height ? width : height;
    while (param->maxCUSize > 16 && param->maxCUSize > least) param->maxCUSize /= 2;
    if (param->maxTUSize > param->maxCUSize) param->maxTUSize = param->maxCUSize;
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
    if (set_threads(param, self->options.threads) != VA_STATUS_SUCCESS) return VA_STATUS_ERROR_OPERATION_FAILED;
    param->logLevel = X265_LOG_NONE;
    param->sourceWidth = (int)picture->width;
    param->sourceHeight = (int)picture->height;
    fit_units(param, picture->width, picture->height);
    param->internalCsp = X265_CSP_I420;
    param->fpsNum = rate->fps_num;
    param->fpsDenom = rate->fps_den;
    param->keyframeMax = -1; /* only the client decides on IDR and I pictures */
    param->scenecutThreshold = 0;
    param->bOpenGOP = 0;
    param->maxNumReferences = 1;
    param->bRepeatHeaders = 1;
    param->bAnnexB = 1;
    self->opened = *picture;
    param->rc.rateControlMode = X265_RC_CQP;
    param->rc.qp = 26; /* every picture brings its own QP */
    param->rc.aqMode = X265_AQ_NONE;
    if (x265_param_apply_profile(param, "main") < 0) return VA_STATUS_ERROR_OPERATION_FAILED;
    self->x265 = x265_encoder_open(param);
    self->first = 1;
    return self->x265 ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_ENCODING_ERROR;
}

/* Reopens x265 only where the client wants an IDR anyway; rate, frame rate and QP bounds need no reopening. */
static int outdated(const encoder *self, const codec_picture *picture)
{
    return !self->x265 ||
           (picture->type == PICTURE_IDR && (self->opened.width != picture->width || self->opened.height != picture->height ||
                                             self->opened.quality != picture->quality));
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

static int choose_qp(const encoder *self, const codec_picture *picture)
{
    if (self->mode == VA_RC_CQP) return picture->qp < 1 ? 1 : picture->qp > 51 ? 51 : picture->qp;
    const codec_rate *rate = &picture->rate;
    const int qp = (int)rate->qp_initial, low = (int)rate->qp_min, high = rate->qp_max ? (int)rate->qp_max : 51;
    if (self->first && qp) return qp < low ? low : qp > high ? high : qp;
    return rate_choose(&self->rate, rate, picture->type != PICTURE_P, picture->width, picture->height);
}

static VAStatus encode(void *state, const codec_picture *picture, uint8_t *out, size_t room, codec_coded *coded)
{
    static const int types[] = {[PICTURE_IDR] = X265_TYPE_IDR, [PICTURE_I] = X265_TYPE_I, [PICTURE_P] = X265_TYPE_P};
    encoder *self = state;
    VAStatus status = outdated(self, picture) ? open_encoder(self, picture) : VA_STATUS_SUCCESS;
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
    const int qp = choose_qp(self, picture);
    in.forceqp = qp + 1;
    if (x265_encoder_encode(self->x265, &units, &count, &in, &made) != 1) return VA_STATUS_ERROR_ENCODING_ERROR;
    self->first = 0;
    size_t bytes = 0;
    for (uint32_t unit = 0; unit < count; unit++) bytes += units[unit].sizeBytes;
    if (bytes > room) return VA_STATUS_ERROR_NOT_ENOUGH_BUFFER;
    memcpy(out, units[0].payload, bytes); /* all NAL units, contiguous */
    if (self->mode != VA_RC_CQP) rate_account(&self->rate, &picture->rate, picture->type != PICTURE_P, qp, (uint32_t)bytes);
    *coded = (codec_coded){.bytes = (uint32_t)bytes, .qp = qp, .units = count};
    return VA_STATUS_SUCCESS;
}

static void *create(VAProfile profile, uint32_t rate_control, const codec_options *options)
{
    encoder *self = driver_alloc(sizeof *self);
    if (self) *self = (encoder){.options = *options, .mode = rate_control};
    return self;
}

static void destroy(void *state)
{
    close_encoder(state);
    driver_free(state);
}

const codec codec_x265 = {.library = "libx265", .create = create, .encode = encode, .destroy = destroy};
