/* encoder.c - the public encoder: checks what it is given, times what the backend does, keeps its failures. */
#include "core/alloc.h"
#include "core/clock.h"
#include "encode/module.h"

#include <string.h>

#define LONGEST_NS 3600000000000 /* an hour */

struct nenc_encoder {
    const nenc_backend *backend;
    void *state;
    nenc_encoder_config config;
    uint64_t count;
    int key;    /* the next picture becomes one */
    int failed; /* an encode failed */
    nenc_failure failure;
};

void nenc_encoder_config_default(nenc_encoder_config *config)
{
    *config = (nenc_encoder_config){
        .size = sizeof *config,
        .width = 1280,
        .height = 720,
        .fps_num = 30,
        .fps_den = 1,
        .threads = 1,
        .window_ms = 1000,
        .timeout_ns = 1000000000,
        .rate = {.bitrate_bps = 2000000, .vbv_ms = 250, .qp_min = 18, .qp_max = 51, .qp_initial = 25},
    };
}

int nenc_rate_is_legal(const nenc_rate *rate, uint32_t mode)
{
    return rate->bitrate_bps >= 1 && rate->bitrate_bps <= 1000000000 && rate->vbv_ms >= 1 && rate->vbv_ms <= 10000 &&
           rate->qp_min <= rate->qp_max && rate->qp_max <= 51 && rate->qp_initial <= 51 &&
           (mode == NENC_CBR || !rate->peak_bps || (rate->peak_bps >= rate->bitrate_bps && rate->peak_bps <= 2000000000));
}

int nenc_fps_is_legal(uint32_t num, uint32_t den)
{
    return num >= 1 && den >= 1 && num <= 1000u * den && num <= 1000000 && den <= 1000000;
}

/* NULL: it is legal; else the field that is not. */
static const char *wrong_field(const nenc_encoder_config *config)
{
    if (config->size != sizeof *config) return "size";
    if (config->codec >= NENC_CODEC_COUNT) return "codec";
    if (config->rate_mode > NENC_VBR) return "rate_mode";
    if (config->entry > NENC_ENTRY_LOW_POWER) return "entry";
    if (config->width < 16 || config->width > 16384 || config->width % 2) return "width";
    if (config->height < 16 || config->height > 16384 || config->height % 2) return "height";
    if (!nenc_fps_is_legal(config->fps_num, config->fps_den)) return "fps_num, fps_den";
    if (config->threads < 1 || config->threads > 256) return "threads";
    if (config->timeout_ns < 1 || config->timeout_ns > LONGEST_NS) return "timeout_ns";
    if (!nenc_rate_is_legal(&config->rate, config->rate_mode)) return "rate";
    if (!memchr(config->preset, 0, sizeof config->preset)) return "preset";
    if (!memchr(config->device, 0, sizeof config->device)) return "device";
    return NULL;
}

static int open_checked(const nenc_encoder_kind *kind, const nenc_encoder_config *config, nenc_encoder **encoder,
                        nenc_failure *failure)
{
    const nenc_backend *backend = nenc_module_load(kind, failure);
    if (!backend) return NENC_ENCODE_MISSING;
    nenc_encoder *self = nenc_alloc(sizeof *self);
    if (!self) return nenc_fail(failure, NENC_ENOMEM, "%s: out of memory", kind->info.name);
    *self = (nenc_encoder){.backend = backend, .config = *config, .key = 1};
    int status = backend->open(config, &self->state, failure);
    if (status != NENC_OK) nenc_free(self);
    else *encoder = self;
    return status;
}

int nenc_encoder_open(const char *name, const nenc_encoder_config *config, nenc_encoder **encoder, char *text, size_t size)
{
    if (!encoder) return NENC_EINVAL;
    *encoder = NULL;
    nenc_failure failure = {""};
    const nenc_encoder_kind *kind = name ? nenc_encoder_find(name) : NULL;
    const char *wrong = config ? wrong_field(config) : "config";
    int status;
    if (!kind) status = nenc_fail(&failure, NENC_EINVAL, "no encoder '%s'", name ? name : "(null)");
    else if (wrong) status = nenc_fail(&failure, NENC_EINVAL, "%s: %s is out of its range", name, wrong);
    else status = open_checked(kind, config, encoder, &failure);
    if (text && size) snprintf(text, size, "%s", failure.text);
    return status;
}

int nenc_encoder_set_rate(nenc_encoder *encoder, const nenc_rate *rate)
{
    if (!encoder || !rate || !nenc_rate_is_legal(rate, encoder->config.rate_mode)) return NENC_EINVAL;
    if (encoder->failed) return NENC_ESTATE;
    if (memcmp(rate, &encoder->config.rate, sizeof *rate) == 0) return NENC_OK;
    int status = encoder->backend->set_rate(encoder->state, rate, &encoder->failure);
    if (status == NENC_OK) encoder->config.rate = *rate;
    return status;
}

int nenc_encoder_set_fps(nenc_encoder *encoder, uint32_t num, uint32_t den)
{
    if (!encoder || !nenc_fps_is_legal(num, den)) return NENC_EINVAL;
    if (encoder->failed) return NENC_ESTATE;
    if ((uint64_t)num * encoder->config.fps_den == (uint64_t)encoder->config.fps_num * den) return NENC_OK;
    int status = encoder->backend->set_fps(encoder->state, num, den, &encoder->failure);
    if (status != NENC_OK) return status;
    encoder->config.fps_num = num;
    encoder->config.fps_den = den;
    return NENC_OK;
}

int nenc_encoder_request_key(nenc_encoder *encoder)
{
    if (!encoder) return NENC_EINVAL;
    encoder->key = 1;
    return NENC_OK;
}

static int fits(const nenc_encoder *encoder, const nenc_frame *frame)
{
    const nenc_picture *picture = &frame->picture;
    return picture->format == NENC_NV12 && picture->width == encoder->config.width && picture->height == encoder->config.height &&
           picture->plane[0] && picture->plane[1] && picture->stride[0] >= picture->width &&
           picture->stride[1] >= picture->width && picture->stride[0] <= INT32_MAX && picture->stride[1] <= INT32_MAX;
}

int nenc_encoder_encode(nenc_encoder *encoder, const nenc_frame *frame, nenc_coded *coded)
{
    if (!encoder || !frame || !coded) return NENC_EINVAL;
    *coded = (nenc_coded){0};
    if (!fits(encoder, frame)) return NENC_EINVAL;
    if (encoder->failed) return NENC_ESTATE;
    const int64_t began = nenc_now_ns();
    nenc_coded made = {.number = encoder->count, .pts_ns = frame->pts_ns};
    int status = encoder->backend->encode(encoder->state, frame, encoder->key, &made, &encoder->failure);
    if (status == NENC_OK && !made.bytes)
        status = nenc_fail(&encoder->failure, NENC_ENCODE_EMPTY, "the encoder gave no bytes for picture %llu",
                           (unsigned long long)encoder->count);
    if (status != NENC_OK) {
        encoder->failed = 1;
        return status;
    }
    made.encode_ns = nenc_now_ns() - began;
    encoder->count++;
    encoder->key = 0;
    *coded = made;
    return NENC_OK;
}

int nenc_encoder_fault(nenc_encoder *encoder, const char *plan)
{
    if (!encoder || !plan) return NENC_EINVAL;
    if (!encoder->backend->fault)
        return nenc_fail(&encoder->failure, NENC_ENCODE_UNSUPPORTED, "%s cannot be made to fail", nenc_encoder_describe(encoder));
    return encoder->backend->fault(encoder->state, plan, &encoder->failure);
}

int nenc_encoder_drain(nenc_encoder *encoder)
{
    if (!encoder) return NENC_EINVAL;
    return encoder->failed ? NENC_ESTATE : encoder->backend->drain(encoder->state, &encoder->failure);
}

const char *nenc_encoder_describe(const nenc_encoder *encoder)
{
    return encoder ? encoder->backend->describe(encoder->state) : "";
}

const char *nenc_encoder_device(const nenc_encoder *encoder)
{
    return encoder && encoder->backend->device ? encoder->backend->device(encoder->state) : "";
}

const char *nenc_encoder_failure(const nenc_encoder *encoder) { return encoder ? encoder->failure.text : ""; }

void nenc_encoder_close(nenc_encoder *encoder)
{
    if (!encoder) return;
    encoder->backend->close(encoder->state);
    nenc_free(encoder);
}
