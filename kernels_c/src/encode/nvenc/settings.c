/* settings.c - a config in NVENC's terms. */
#include "encode/nvenc/settings.h"

#include <strings.h>

int nenc_nvenc_preset(const char *name, GUID *preset, nenc_failure *failure)
{
    const struct {
        const char *name, *x264;
        GUID guid;
    } presets[] = {
        {"p4", "fast", NV_ENC_PRESET_P4_GUID},      {"p1", "ultrafast", NV_ENC_PRESET_P1_GUID},
        {"p2", "superfast", NV_ENC_PRESET_P2_GUID}, {"p3", "veryfast", NV_ENC_PRESET_P3_GUID},
        {"p3", "faster", NV_ENC_PRESET_P3_GUID},    {"p5", "medium", NV_ENC_PRESET_P5_GUID},
        {"p6", "slow", NV_ENC_PRESET_P6_GUID},      {"p7", "slower", NV_ENC_PRESET_P7_GUID},
        {"p7", "veryslow", NV_ENC_PRESET_P7_GUID},  {"p7", "placebo", NV_ENC_PRESET_P7_GUID},
    };
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (!*name || !strcasecmp(name, presets[i].name) || !strcasecmp(name, presets[i].x264)) {
            *preset = presets[i].guid;
            return NENC_OK;
        }
    return nenc_fail(failure, NENC_ENCODE_UNSUPPORTED,
                     "nvenc: no preset '%s'; there are p1 to p7, and x264's ultrafast to placebo for the nearest", name);
}

GUID nenc_nvenc_codec(uint32_t codec) { return codec == NENC_HEVC ? NV_ENC_CODEC_HEVC_GUID : NV_ENC_CODEC_H264_GUID; }

void nenc_nvenc_stream(NV_ENC_CONFIG *stream, uint32_t codec)
{
    stream->version = NV_ENC_CONFIG_VER;
    stream->profileGUID = codec == NENC_HEVC ? NV_ENC_HEVC_PROFILE_MAIN_GUID : NV_ENC_H264_PROFILE_HIGH_GUID;
    stream->gopLength = NVENC_INFINITE_GOPLENGTH;
    stream->frameIntervalP = 1;
    stream->rcParams.enableLookahead = 0;
    stream->rcParams.lookaheadDepth = 0;
    stream->rcParams.zeroReorderDelay = 1;
    if (codec == NENC_HEVC) {
        stream->encodeCodecConfig.hevcConfig.idrPeriod = NVENC_INFINITE_GOPLENGTH;
        stream->encodeCodecConfig.hevcConfig.repeatSPSPPS = 1;
        stream->encodeCodecConfig.hevcConfig.chromaFormatIDC = 1;
    } else {
        stream->encodeCodecConfig.h264Config.idrPeriod = NVENC_INFINITE_GOPLENGTH;
        stream->encodeCodecConfig.h264Config.repeatSPSPPS = 1;
        stream->encodeCodecConfig.h264Config.chromaFormatIDC = 1;
    }
}

static NV_ENC_QP same(uint32_t qp) { return (NV_ENC_QP){.qpInterP = qp, .qpInterB = qp, .qpIntra = qp}; }

/* The API has 32 bits; a bucket over that holds everything anyway. */
static uint32_t clamped(uint64_t bits) { return bits > UINT32_MAX ? UINT32_MAX : (uint32_t)bits; }

void nenc_nvenc_rate(NV_ENC_RC_PARAMS *params, const nenc_rate *rate, uint32_t mode, int custom_vbv)
{
    const uint64_t half_more = rate->bitrate_bps + (uint64_t)rate->bitrate_bps / 2;
    const uint64_t peak = mode == NENC_CBR ? rate->bitrate_bps : rate->peak_bps ? rate->peak_bps : half_more;
    const uint64_t bucket = custom_vbv ? peak * rate->vbv_ms / 1000 : 0;
    params->rateControlMode = mode == NENC_CBR ? NV_ENC_PARAMS_RC_CBR : NV_ENC_PARAMS_RC_VBR;
    params->averageBitRate = rate->bitrate_bps;
    params->maxBitRate = clamped(peak);
    params->vbvBufferSize = clamped(bucket);
    params->vbvInitialDelay = clamped(bucket / 10 * 9); /* as x264 begins */
    params->enableMinQP = params->enableMaxQP = params->enableInitialRCQP = 1;
    params->minQP = same(rate->qp_min);
    params->maxQP = same(rate->qp_max);
    params->initialRCQP = same(rate->qp_initial);
}
