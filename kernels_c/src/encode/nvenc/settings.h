/* settings.h - a config in NVENC's terms. */
#ifndef NENC_ENCODE_NVENC_SETTINGS_H
#define NENC_ENCODE_NVENC_SETTINGS_H

#include "encode/backend.h"

#include <ffnvcodec/nvEncodeAPI.h>

/* P1..P7, or x264's names; "": P4. NENC_ENCODE_UNSUPPORTED with all that there are. */
int nenc_nvenc_preset(const char *name, GUID *preset, nenc_failure *failure);

GUID nenc_nvenc_codec(uint32_t codec);

/* Into what the driver's preset holds: no B-frames, no look-ahead, no GOP but what is asked for. */
void nenc_nvenc_stream(NV_ENC_CONFIG *stream, uint32_t codec);

/* custom_vbv: the GPU takes a bucket of our size. */
void nenc_nvenc_rate(NV_ENC_RC_PARAMS *params, const nenc_rate *rate, uint32_t mode, int custom_vbv);

#endif
