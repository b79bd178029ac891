/* nvenc.c - a libnvidia-encode.so.1 that holds its caller to the API's rules: versions, order, locks, what may change, and on
 * which thread. A broken rule is named on stderr, counted, and refused. One input and one output buffer of each session suffice. */
#include "control.h"
#include "plan.h"
#include "video.h"

#include <ffnvcodec/nvEncodeAPI.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT = 1, OUTPUT = 2, MAGIC = 0x4e56454e };

typedef struct buffer {
    int kind, locked, full;
    struct session *owner;
    uint32_t width, height, pitch;
    uint8_t *memory;
    const uint8_t *data;
    size_t bytes;
    int key, qp;
} buffer;

typedef struct session {
    int magic;
    pthread_t opener;
    void *context;
    int codec_known, ended, force_key;
    uint32_t pictures;
    NV_ENC_INITIALIZE_PARAMS params;
    NV_ENC_CONFIG stream;
    video *video;
    buffer *input, *output;
    char words[160];
} session;

int nenc_stub_is_context(void *context, int current); /* libcuda.so.1's */

static atomic_uint mean, peak, bucket; /* of the last rate that was taken */
static atomic_int complaints, live, sessions, reconfigured;

__attribute__((format(printf, 3, 4))) static NVENCSTATUS refuse(session *self, NVENCSTATUS status, const char *format, ...)
{
    char text[160];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(stderr, "nvenc stub: %s\n", text);
    if (self) snprintf(self->words, sizeof self->words, "%s", text);
    complaints++;
    return status;
}

/* What every call of a session begins with. */
static NVENCSTATUS enter(session *self, const char *call)
{
    const int planned = stub_fault(call);
    if (!self || self->magic != MAGIC) return refuse(NULL, NV_ENC_ERR_INVALID_PTR, "%s: no session", call);
    if (!nenc_stub_is_context(self->context, 1))
        return refuse(self, NV_ENC_ERR_INVALID_DEVICE, "%s: the session's CUDA context is not current", call);
    return (NVENCSTATUS)planned;
}

#define ENTER(call)                                                                                                              \
    do {                                                                                                                         \
        NVENCSTATUS entered = enter(self, call);                                                                                 \
        if (entered != NV_ENC_SUCCESS) return entered;                                                                           \
    } while (0)

#define RULE(condition, status)                                                                                                  \
    do {                                                                                                                         \
        if (!(condition)) return refuse(self, status, "%s: not so: %s", __func__, #condition);                                   \
    } while (0)

#define VERSION(params, wanted) RULE((params) && (params)->version == (wanted), NV_ENC_ERR_INVALID_VERSION)

static int setting(const char *name, int otherwise)
{
    const char *text = getenv(name);
    return text && *text ? atoi(text) : otherwise;
}

static int same(GUID a, GUID b) { return memcmp(&a, &b, sizeof a) == 0; }

static int knows(GUID codec)
{
    return same(codec, NV_ENC_CODEC_H264_GUID) || (setting("NENC_NVENC_HEVC", 0) && same(codec, NV_ENC_CODEC_HEVC_GUID));
}

static NVENCSTATUS open_session(NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS *params, void **made)
{
    session *self = NULL;
    const int planned = stub_fault("nvEncOpenEncodeSessionEx");
    *made = NULL;
    if (planned) return (NVENCSTATUS)planned;
    VERSION(params, NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER);
    RULE(params->apiVersion == NVENCAPI_VERSION, NV_ENC_ERR_INVALID_VERSION);
    RULE(params->deviceType == NV_ENC_DEVICE_TYPE_CUDA, NV_ENC_ERR_INVALID_ENCODERDEVICE);
    RULE(nenc_stub_is_context(params->device, 0), NV_ENC_ERR_INVALID_DEVICE);
    /* As the driver does: a session that is over the limit is there all the same, and has to be destroyed. */
    self = calloc(1, sizeof *self);
    *self = (session){.magic = MAGIC, .opener = pthread_self(), .context = params->device};
    *made = self;
    live++;
    return ++sessions > setting("NENC_NVENC_SESSIONS", 5) ? NV_ENC_ERR_OUT_OF_MEMORY : NV_ENC_SUCCESS;
}

static NVENCSTATUS guids(void *encoder, GUID *list, uint32_t size, uint32_t *count)
{
    session *self = encoder;
    ENTER("nvEncGetEncodeGUIDs");
    RULE(list && count && size >= 2, NV_ENC_ERR_INVALID_PTR);
    list[0] = NV_ENC_CODEC_H264_GUID;
    list[1] = NV_ENC_CODEC_HEVC_GUID;
    *count = knows(NV_ENC_CODEC_HEVC_GUID) ? 2 : 1;
    self->codec_known = 1;
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS caps(void *encoder, GUID codec, NV_ENC_CAPS_PARAM *params, int *value)
{
    session *self = encoder;
    ENTER("nvEncGetEncodeCaps");
    VERSION(params, NV_ENC_CAPS_PARAM_VER);
    RULE(knows(codec), NV_ENC_ERR_INVALID_PARAM);
    const int most = same(codec, NV_ENC_CODEC_HEVC_GUID) ? 8192 : 4096;
    switch (params->capsToQuery) {
    case NV_ENC_CAPS_SUPPORT_DYN_BITRATE_CHANGE: *value = setting("NENC_NVENC_LIVE_RATE", 1); break;
    case NV_ENC_CAPS_SUPPORT_CUSTOM_VBV_BUF_SIZE: *value = 1; break;
    case NV_ENC_CAPS_WIDTH_MAX:
    case NV_ENC_CAPS_HEIGHT_MAX: *value = most; break;
    case NV_ENC_CAPS_WIDTH_MIN: *value = 145; break;
    case NV_ENC_CAPS_HEIGHT_MIN: *value = 49; break;
    default: *value = 0;
    }
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS preset(void *encoder, GUID codec, GUID name, NV_ENC_TUNING_INFO tuning, NV_ENC_PRESET_CONFIG *config)
{
    session *self = encoder;
    ENTER("nvEncGetEncodePresetConfigEx");
    VERSION(config, NV_ENC_PRESET_CONFIG_VER);
    RULE(config->presetCfg.version == NV_ENC_CONFIG_VER, NV_ENC_ERR_INVALID_VERSION);
    RULE(knows(codec), NV_ENC_ERR_INVALID_PARAM);
    RULE(tuning > NV_ENC_TUNING_INFO_UNDEFINED && tuning < NV_ENC_TUNING_INFO_COUNT, NV_ENC_ERR_INVALID_PARAM);
    /* Values that a caller who wants low delay has to change. */
    config->presetCfg.gopLength = 30;
    config->presetCfg.frameIntervalP = 3;
    config->presetCfg.rcParams.enableLookahead = 1;
    config->presetCfg.rcParams.lookaheadDepth = 8;
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS check_rate(session *self, const NV_ENC_RC_PARAMS *rate)
{
    RULE(rate->rateControlMode == NV_ENC_PARAMS_RC_CBR || rate->rateControlMode == NV_ENC_PARAMS_RC_VBR,
         NV_ENC_ERR_UNSUPPORTED_PARAM);
    RULE(rate->averageBitRate > 0, NV_ENC_ERR_INVALID_PARAM);
    RULE(rate->rateControlMode == NV_ENC_PARAMS_RC_CBR || rate->maxBitRate >= rate->averageBitRate, NV_ENC_ERR_INVALID_PARAM);
    RULE(rate->vbvInitialDelay <= rate->vbvBufferSize, NV_ENC_ERR_INVALID_PARAM);
    RULE(!rate->enableMinQP || !rate->enableMaxQP || rate->minQP.qpInterP <= rate->maxQP.qpInterP, NV_ENC_ERR_INVALID_PARAM);
    RULE(!rate->enableLookahead && !rate->lookaheadDepth, NV_ENC_ERR_UNSUPPORTED_PARAM);
    return NV_ENC_SUCCESS;
}

static video_rate rate_of(const session *self)
{
    const NV_ENC_RC_PARAMS *rate = &self->stream.rcParams;
    mean = rate->averageBitRate;
    peak = rate->maxBitRate;
    bucket = rate->vbvBufferSize;
    return (video_rate){
        .bitrate = rate->averageBitRate,
        .vbv = rate->vbvBufferSize,
        .fps_num = self->params.frameRateNum,
        .fps_den = self->params.frameRateDen,
        .qp_min = rate->minQP.qpInterP,
        .qp_max = rate->maxQP.qpInterP,
    };
}

static NVENCSTATUS initialize(void *encoder, NV_ENC_INITIALIZE_PARAMS *params)
{
    session *self = encoder;
    ENTER("nvEncInitializeEncoder");
    VERSION(params, NV_ENC_INITIALIZE_PARAMS_VER);
    VERSION(params->encodeConfig, NV_ENC_CONFIG_VER);
    RULE(!self->video, NV_ENC_ERR_INVALID_CALL);
    RULE(self->codec_known && knows(params->encodeGUID), NV_ENC_ERR_INVALID_PARAM);
    RULE(params->encodeWidth <= 8192 && params->encodeHeight <= 8192, NV_ENC_ERR_INVALID_PARAM);
    RULE(params->frameRateNum && params->frameRateDen, NV_ENC_ERR_INVALID_PARAM);
    RULE(!params->enableEncodeAsync, NV_ENC_ERR_UNSUPPORTED_PARAM); /* Linux has none */
    RULE(params->encodeConfig->frameIntervalP == 1, NV_ENC_ERR_UNSUPPORTED_PARAM);
    NVENCSTATUS status = check_rate(self, &params->encodeConfig->rcParams);
    if (status != NV_ENC_SUCCESS) return status;
    self->params = *params;
    self->stream = *params->encodeConfig;
    const video_rate rate = rate_of(self);
    self->video = video_open(params->encodeWidth, params->encodeHeight, &rate, same(params->encodeGUID, NV_ENC_CODEC_H264_GUID));
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS reconfigure(void *encoder, NV_ENC_RECONFIGURE_PARAMS *params)
{
    session *self = encoder;
    ENTER("nvEncReconfigureEncoder");
    VERSION(params, NV_ENC_RECONFIGURE_PARAMS_VER);
    const NV_ENC_INITIALIZE_PARAMS *then = &self->params, *now = &params->reInitEncodeParams;
    RULE(self->video, NV_ENC_ERR_ENCODER_NOT_INITIALIZED);
    RULE(pthread_equal(self->opener, pthread_self()), NV_ENC_ERR_INVALID_CALL);
    VERSION(now, NV_ENC_INITIALIZE_PARAMS_VER);
    VERSION(now->encodeConfig, NV_ENC_CONFIG_VER);
    RULE(!params->resetEncoder || params->forceIDR, NV_ENC_ERR_INVALID_PARAM);
    RULE(same(now->encodeGUID, then->encodeGUID) && same(now->presetGUID, then->presetGUID), NV_ENC_ERR_INVALID_PARAM);
    RULE(now->encodeWidth == then->encodeWidth && now->encodeHeight == then->encodeHeight, NV_ENC_ERR_INVALID_PARAM);
    RULE(now->maxEncodeWidth == then->maxEncodeWidth && now->maxEncodeHeight == then->maxEncodeHeight, NV_ENC_ERR_INVALID_PARAM);
    RULE(now->enablePTD == then->enablePTD && now->enableEncodeAsync == then->enableEncodeAsync, NV_ENC_ERR_INVALID_PARAM);
    RULE(now->tuningInfo == then->tuningInfo && now->frameRateNum && now->frameRateDen, NV_ENC_ERR_INVALID_PARAM);
    RULE(now->encodeConfig->gopLength == self->stream.gopLength, NV_ENC_ERR_INVALID_PARAM);
    RULE(now->encodeConfig->frameIntervalP == self->stream.frameIntervalP, NV_ENC_ERR_INVALID_PARAM);
    RULE(now->encodeConfig->rcParams.rateControlMode == self->stream.rcParams.rateControlMode, NV_ENC_ERR_INVALID_PARAM);
    NVENCSTATUS status = check_rate(self, &now->encodeConfig->rcParams);
    if (status != NV_ENC_SUCCESS) return status;
    self->params = *now;
    self->stream = *now->encodeConfig;
    const video_rate rate = rate_of(self);
    video_rate_set(self->video, &rate);
    self->force_key |= params->forceIDR;
    reconfigured++;
    return NV_ENC_SUCCESS;
}

static buffer *new_buffer(session *self, int kind)
{
    buffer *made = calloc(1, sizeof *made);
    made->kind = kind;
    made->owner = self;
    live++;
    return made;
}

static NVENCSTATUS create_input(void *encoder, NV_ENC_CREATE_INPUT_BUFFER *params)
{
    session *self = encoder;
    ENTER("nvEncCreateInputBuffer");
    VERSION(params, NV_ENC_CREATE_INPUT_BUFFER_VER);
    RULE(self->video && !self->input, NV_ENC_ERR_INVALID_CALL);
    RULE(params->bufferFmt == NV_ENC_BUFFER_FORMAT_NV12, NV_ENC_ERR_INVALID_PARAM);
    RULE(params->width >= self->params.encodeWidth && params->height >= self->params.encodeHeight, NV_ENC_ERR_INVALID_PARAM);
    buffer *made = self->input = new_buffer(self, INPUT);
    made->width = params->width;
    made->height = params->height;
    made->pitch = (params->width / 256 + 2) * 256; /* never the width */
    made->memory = malloc((size_t)made->pitch * made->height * 3 / 2);
    params->inputBuffer = made;
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS create_output(void *encoder, NV_ENC_CREATE_BITSTREAM_BUFFER *params)
{
    session *self = encoder;
    ENTER("nvEncCreateBitstreamBuffer");
    VERSION(params, NV_ENC_CREATE_BITSTREAM_BUFFER_VER);
    RULE(self->video && !self->output, NV_ENC_ERR_INVALID_CALL);
    params->bitstreamBuffer = self->output = new_buffer(self, OUTPUT);
    return NV_ENC_SUCCESS;
}

/* What gives something back does so even when it is told to fail. */
static NVENCSTATUS destroy_buffer(session *self, void *given, buffer **slot, const char *call)
{
    const NVENCSTATUS entered = enter(self, call);
    RULE(given && given == *slot, NV_ENC_ERR_INVALID_PTR);
    RULE(!(*slot)->locked, NV_ENC_ERR_INVALID_CALL);
    free((*slot)->memory);
    free(*slot);
    *slot = NULL;
    live--;
    return entered;
}

static NVENCSTATUS destroy_input(void *encoder, NV_ENC_INPUT_PTR given)
{
    return destroy_buffer(encoder, given, &((session *)encoder)->input, "nvEncDestroyInputBuffer");
}

static NVENCSTATUS destroy_output(void *encoder, NV_ENC_OUTPUT_PTR given)
{
    return destroy_buffer(encoder, given, &((session *)encoder)->output, "nvEncDestroyBitstreamBuffer");
}

static NVENCSTATUS lock_input(void *encoder, NV_ENC_LOCK_INPUT_BUFFER *params)
{
    session *self = encoder;
    ENTER("nvEncLockInputBuffer");
    VERSION(params, NV_ENC_LOCK_INPUT_BUFFER_VER);
    RULE(params->inputBuffer && params->inputBuffer == self->input, NV_ENC_ERR_INVALID_PTR);
    RULE(!self->input->locked, NV_ENC_ERR_INVALID_CALL);
    self->input->locked = 1;
    params->bufferDataPtr = self->input->memory;
    params->pitch = self->input->pitch;
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS unlock_input(void *encoder, NV_ENC_INPUT_PTR given)
{
    session *self = encoder;
    const NVENCSTATUS entered = enter(self, "nvEncUnlockInputBuffer");
    RULE(given && given == self->input, NV_ENC_ERR_INVALID_PTR);
    RULE(self->input->locked, NV_ENC_ERR_INVALID_CALL);
    self->input->locked = 0;
    self->input->full = 1;
    return entered;
}

static NVENCSTATUS encode(void *encoder, NV_ENC_PIC_PARAMS *params)
{
    session *self = encoder;
    ENTER("nvEncEncodePicture");
    VERSION(params, NV_ENC_PIC_PARAMS_VER);
    RULE(self->video, NV_ENC_ERR_ENCODER_NOT_INITIALIZED);
    RULE(!self->ended, NV_ENC_ERR_INVALID_CALL);
    if (params->encodePicFlags & NV_ENC_PIC_FLAG_EOS) {
        RULE(!params->inputBuffer && !params->outputBitstream, NV_ENC_ERR_INVALID_PARAM);
        self->ended = 1;
        return NV_ENC_SUCCESS;
    }
    RULE(params->inputBuffer && params->inputBuffer == self->input, NV_ENC_ERR_INVALID_PTR);
    RULE(params->outputBitstream && params->outputBitstream == self->output, NV_ENC_ERR_INVALID_PTR);
    RULE(self->input->full && !self->input->locked && !self->output->locked, NV_ENC_ERR_INVALID_CALL);
    RULE(!self->output->full, NV_ENC_ERR_INVALID_CALL); /* the frame before was not fetched */
    RULE(params->bufferFmt == NV_ENC_BUFFER_FORMAT_NV12, NV_ENC_ERR_INVALID_PARAM);
    RULE(params->pictureStruct == NV_ENC_PIC_STRUCT_FRAME, NV_ENC_ERR_INVALID_PARAM);
    RULE(params->inputWidth == self->params.encodeWidth, NV_ENC_ERR_INVALID_PARAM);
    RULE(params->inputHeight == self->params.encodeHeight, NV_ENC_ERR_INVALID_PARAM);
    RULE(params->inputPitch == self->input->pitch, NV_ENC_ERR_INVALID_PARAM);
    const int key = !self->pictures++ || self->force_key || (params->encodePicFlags & NV_ENC_PIC_FLAG_FORCEIDR) ||
                    (self->stream.gopLength != NVENC_INFINITE_GOPLENGTH && self->pictures % self->stream.gopLength == 1);
    self->force_key = 0;
    buffer *out = self->output;
    out->bytes = video_encode(self->video, self->input->memory, self->input->pitch, key, &out->data, &out->key, &out->qp);
    out->full = 1;
    self->input->full = 0;
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS lock_output(void *encoder, NV_ENC_LOCK_BITSTREAM *params)
{
    session *self = encoder;
    ENTER("nvEncLockBitstream");
    VERSION(params, NV_ENC_LOCK_BITSTREAM_VER);
    RULE(params->outputBitstream && params->outputBitstream == self->output, NV_ENC_ERR_INVALID_PTR);
    RULE(self->output->full && !self->output->locked, NV_ENC_ERR_INVALID_CALL);
    self->output->locked = 1;
    params->bitstreamBufferPtr = (void *)self->output->data;
    params->bitstreamSizeInBytes = (uint32_t)self->output->bytes;
    params->pictureType = self->output->key ? NV_ENC_PIC_TYPE_IDR : NV_ENC_PIC_TYPE_P;
    params->frameAvgQP = (uint32_t)self->output->qp;
    return NV_ENC_SUCCESS;
}

static NVENCSTATUS unlock_output(void *encoder, NV_ENC_OUTPUT_PTR given)
{
    session *self = encoder;
    const NVENCSTATUS entered = enter(self, "nvEncUnlockBitstream");
    RULE(given && given == self->output, NV_ENC_ERR_INVALID_PTR);
    RULE(self->output->locked, NV_ENC_ERR_INVALID_CALL);
    self->output->locked = self->output->full = 0;
    return entered;
}

static NVENCSTATUS destroy(void *encoder)
{
    session *self = encoder;
    const NVENCSTATUS entered = enter(self, "nvEncDestroyEncoder");
    RULE(self && self->magic == MAGIC, NV_ENC_ERR_INVALID_PTR);
    RULE(!self->input && !self->output, NV_ENC_ERR_INVALID_CALL);
    video_close(self->video);
    self->magic = 0;
    free(self);
    live--;
    sessions--;
    return entered;
}

static const char *last_error(void *encoder) { return ((session *)encoder)->words; }

STUB_EXPORT NVENCSTATUS NvEncodeAPIGetMaxSupportedVersion(uint32_t *version);

/* NENC_NVENC_VERSION: "10.0". */
NVENCSTATUS NvEncodeAPIGetMaxSupportedVersion(uint32_t *version)
{
    unsigned major = NVENCAPI_MAJOR_VERSION, minor = NVENCAPI_MINOR_VERSION;
    const char *text = getenv("NENC_NVENC_VERSION");
    const int planned = stub_fault("NvEncodeAPIGetMaxSupportedVersion");
    if (text) sscanf(text, "%u.%u", &major, &minor);
    *version = major << 4 | minor;
    return (NVENCSTATUS)planned;
}

STUB_EXPORT NVENCSTATUS NvEncodeAPICreateInstance(NV_ENCODE_API_FUNCTION_LIST *list)
{
    session *self = NULL;
    const int planned = stub_fault("NvEncodeAPICreateInstance");
    if (planned) return (NVENCSTATUS)planned;
    VERSION(list, NV_ENCODE_API_FUNCTION_LIST_VER);
    list->nvEncOpenEncodeSessionEx = open_session;
    list->nvEncGetEncodeGUIDs = guids;
    list->nvEncGetEncodeCaps = caps;
    list->nvEncGetEncodePresetConfigEx = preset;
    list->nvEncInitializeEncoder = initialize;
    list->nvEncReconfigureEncoder = reconfigure;
    list->nvEncCreateInputBuffer = create_input;
    list->nvEncDestroyInputBuffer = destroy_input;
    list->nvEncCreateBitstreamBuffer = create_output;
    list->nvEncDestroyBitstreamBuffer = destroy_output;
    list->nvEncLockInputBuffer = lock_input;
    list->nvEncUnlockInputBuffer = unlock_input;
    list->nvEncEncodePicture = encode;
    list->nvEncLockBitstream = lock_output;
    list->nvEncUnlockBitstream = unlock_output;
    list->nvEncDestroyEncoder = destroy;
    list->nvEncGetLastErrorString = last_error;
    return NV_ENC_SUCCESS;
}

void nenc_stub_plan(const char *plan) { stub_plan(plan); }
long nenc_stub_calls(void) { return stub_calls(); }
int nenc_stub_complaints(void) { return complaints; }
int nenc_stub_live(void) { return live; }
int nenc_stub_reconfigured(void) { return reconfigured; }
int nenc_stub_has_video(void) { return video_real(); }

void nenc_stub_rate(unsigned *mean_bps, unsigned *peak_bps, unsigned *bucket_bits)
{
    *mean_bps = mean;
    *peak_bps = peak;
    *bucket_bits = bucket;
}
