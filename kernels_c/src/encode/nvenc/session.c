/* session.c - a session on a GPU: asked what it can do, initialised, given its two buffers; and all of it given back. */
#include "encode/nvenc/session.h"
#include "encode/nvenc/settings.h"
#include "encode/nvenc/status.h"

#include <string.h>

int nenc_nvenc_failed(nenc_nvenc *self, nenc_failure *failure, const char *call, NVENCSTATUS status)
{
    const char *words =
        self->session && self->api.nvEncGetLastErrorString ? self->api.nvEncGetLastErrorString(self->session) : NULL;
    return nenc_nvenc_fail(failure, call, status, words);
}

static int open_session(nenc_nvenc *self, nenc_failure *failure)
{
    NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS params = {
        .version = NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER,
        .deviceType = NV_ENC_DEVICE_TYPE_CUDA,
        .device = self->context,
        .apiVersion = NVENCAPI_VERSION,
    };
    NVENCSTATUS status = self->api.nvEncOpenEncodeSessionEx(&params, &self->session);
    if (status == NV_ENC_ERR_OUT_OF_MEMORY)
        return nenc_fail(failure, NENC_ENCODE_FAILED,
                         "nvEncOpenEncodeSessionEx: OUT_OF_MEMORY (10): the GPU has no session left (GeForce allows a few per "
                         "system), or no memory; close another encoder");
    return status == NV_ENC_SUCCESS ? NENC_OK : nenc_nvenc_failed(self, failure, "nvEncOpenEncodeSessionEx", status);
}

static int has_codec(nenc_nvenc *self, nenc_failure *failure)
{
    GUID guids[16], wanted = nenc_nvenc_codec(self->config.codec);
    uint32_t count = 0;
    NVENCSTATUS status = self->api.nvEncGetEncodeGUIDs(self->session, guids, 16, &count);
    if (status != NV_ENC_SUCCESS) return nenc_nvenc_failed(self, failure, "nvEncGetEncodeGUIDs", status);
    for (uint32_t i = 0; i < count && i < 16; i++)
        if (memcmp(&guids[i], &wanted, sizeof wanted) == 0) return NENC_OK;
    return nenc_fail(failure, NENC_ENCODE_UNSUPPORTED, "nvenc: this GPU does not encode %s",
                     self->config.codec == NENC_HEVC ? "hevc" : "h264");
}

static int capability(nenc_nvenc *self, NV_ENC_CAPS which, int *value, nenc_failure *failure)
{
    NV_ENC_CAPS_PARAM param = {.version = NV_ENC_CAPS_PARAM_VER, .capsToQuery = which};
    NVENCSTATUS status = self->api.nvEncGetEncodeCaps(self->session, nenc_nvenc_codec(self->config.codec), &param, value);
    return status == NV_ENC_SUCCESS ? NENC_OK : nenc_nvenc_failed(self, failure, "nvEncGetEncodeCaps", status);
}

static int check_capabilities(nenc_nvenc *self, nenc_failure *failure)
{
    enum { LIVE_RATE, CUSTOM_VBV, WIDTH, HEIGHT, WIDTH_LEAST, HEIGHT_LEAST, COUNT };
    static const NV_ENC_CAPS asked[COUNT] = {
        [LIVE_RATE] = NV_ENC_CAPS_SUPPORT_DYN_BITRATE_CHANGE,
        [CUSTOM_VBV] = NV_ENC_CAPS_SUPPORT_CUSTOM_VBV_BUF_SIZE,
        [WIDTH] = NV_ENC_CAPS_WIDTH_MAX,
        [HEIGHT] = NV_ENC_CAPS_HEIGHT_MAX,
        [WIDTH_LEAST] = NV_ENC_CAPS_WIDTH_MIN,
        [HEIGHT_LEAST] = NV_ENC_CAPS_HEIGHT_MIN,
    };
    int can[COUNT] = {0};
    const int width = (int)self->config.width, height = (int)self->config.height;
    for (int i = 0; i < COUNT; i++) {
        int status = capability(self, asked[i], &can[i], failure);
        if (status != NENC_OK) return status;
    }
    if (width < can[WIDTH_LEAST] || height < can[HEIGHT_LEAST] || width > can[WIDTH] || height > can[HEIGHT])
        return nenc_fail(failure, NENC_ENCODE_UNSUPPORTED, "nvenc: %dx%d; this GPU's %s goes from %dx%d to %dx%d", width, height,
                         self->config.codec == NENC_HEVC ? "hevc" : "h264", can[WIDTH_LEAST], can[HEIGHT_LEAST], can[WIDTH],
                         can[HEIGHT]);
    if (!can[LIVE_RATE]) return nenc_fail(failure, NENC_ENCODE_UNSUPPORTED, "nvenc: this GPU cannot change the rate of a stream");
    self->custom_vbv = can[CUSTOM_VBV];
    return NENC_OK;
}

static int initialize(nenc_nvenc *self, nenc_failure *failure)
{
    const nenc_encoder_config *config = &self->config;
    NV_ENC_PRESET_CONFIG defaults = {.version = NV_ENC_PRESET_CONFIG_VER, .presetCfg = {.version = NV_ENC_CONFIG_VER}};
    NV_ENC_INITIALIZE_PARAMS *params = &self->params;
    *params = (NV_ENC_INITIALIZE_PARAMS){
        .version = NV_ENC_INITIALIZE_PARAMS_VER,
        .encodeGUID = nenc_nvenc_codec(config->codec),
        .encodeWidth = config->width,
        .encodeHeight = config->height,
        .darWidth = config->width,
        .darHeight = config->height,
        .frameRateNum = config->fps_num,
        .frameRateDen = config->fps_den,
        .enablePTD = 1,
        .tuningInfo = NV_ENC_TUNING_INFO_LOW_LATENCY,
        .encodeConfig = &self->stream,
    };
    int made = nenc_nvenc_preset(config->preset, &params->presetGUID, failure);
    if (made != NENC_OK) return made;
    NVENCSTATUS status = self->api.nvEncGetEncodePresetConfigEx(self->session, params->encodeGUID, params->presetGUID,
                                                                params->tuningInfo, &defaults);
    if (status != NV_ENC_SUCCESS) return nenc_nvenc_failed(self, failure, "nvEncGetEncodePresetConfigEx", status);
    self->stream = defaults.presetCfg;
    nenc_nvenc_stream(&self->stream, config->codec);
    nenc_nvenc_rate(&self->stream.rcParams, &config->rate, config->rate_mode, self->custom_vbv);
    status = self->api.nvEncInitializeEncoder(self->session, params);
    return status == NV_ENC_SUCCESS ? NENC_OK : nenc_nvenc_failed(self, failure, "nvEncInitializeEncoder", status);
}

static int make_buffers(nenc_nvenc *self, nenc_failure *failure)
{
    NV_ENC_CREATE_INPUT_BUFFER input = {
        .version = NV_ENC_CREATE_INPUT_BUFFER_VER,
        .width = self->config.width,
        .height = self->config.height,
        .bufferFmt = NV_ENC_BUFFER_FORMAT_NV12,
    };
    NV_ENC_CREATE_BITSTREAM_BUFFER output = {.version = NV_ENC_CREATE_BITSTREAM_BUFFER_VER};
    NVENCSTATUS status = self->api.nvEncCreateInputBuffer(self->session, &input);
    if (status != NV_ENC_SUCCESS) return nenc_nvenc_failed(self, failure, "nvEncCreateInputBuffer", status);
    self->input = input.inputBuffer;
    status = self->api.nvEncCreateBitstreamBuffer(self->session, &output);
    if (status != NV_ENC_SUCCESS) return nenc_nvenc_failed(self, failure, "nvEncCreateBitstreamBuffer", status);
    self->output = output.bitstreamBuffer;
    return NENC_OK;
}

int nenc_nvenc_start(nenc_nvenc *self, nenc_failure *failure)
{
    char gpu[96] = "";
    CUcontext popped;
    int status = nenc_nvenc_load(&self->cuda, &self->api, failure);
    if (status == NENC_OK) status = nenc_cuda_open(&self->cuda, self->config.device, &self->context, gpu, failure);
    if (status != NENC_OK) return status;
    CUresult pushed = self->cuda.push(self->context);
    if (pushed != CUDA_SUCCESS) return nenc_cuda_fail(&self->cuda, failure, NENC_ENCODE_FAILED, "cuCtxPushCurrent", pushed);
    status = open_session(self, failure);
    if (status == NENC_OK) status = has_codec(self, failure);
    if (status == NENC_OK) status = check_capabilities(self, failure);
    if (status == NENC_OK) status = initialize(self, failure);
    if (status == NENC_OK) status = make_buffers(self, failure);
    self->cuda.pop(&popped);
    snprintf(self->name, sizeof self->name, "NVENC %s, %s %s, %s", gpu, self->config.codec == NENC_HEVC ? "hevc" : "h264",
             self->config.rate_mode == NENC_CBR ? "CBR" : "VBR", self->config.preset[0] ? self->config.preset : "p4");
    return status;
}

/* Every step in turn, whatever the one before said: there is nothing better to do with a failure here. */
void nenc_nvenc_stop(nenc_nvenc *self)
{
    CUcontext popped;
    if (!self->context) return;
    const int pushed = self->cuda.push(self->context) == CUDA_SUCCESS;
    if (self->frames && !self->failed) {
        NV_ENC_PIC_PARAMS end = {.version = NV_ENC_PIC_PARAMS_VER, .encodePicFlags = NV_ENC_PIC_FLAG_EOS};
        self->api.nvEncEncodePicture(self->session, &end);
    }
    if (self->input) self->api.nvEncDestroyInputBuffer(self->session, self->input);
    if (self->output) self->api.nvEncDestroyBitstreamBuffer(self->session, self->output);
    if (self->session) self->api.nvEncDestroyEncoder(self->session);
    if (pushed) self->cuda.pop(&popped);
    self->cuda.destroy(self->context);
}
