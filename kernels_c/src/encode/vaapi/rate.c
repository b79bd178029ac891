/* rate.c - the rate of the pictures to come: rate control, then HRD, then frame rate.
 *
 * In this order, because radeonsi's rate control sets the bucket that HRD then corrects; all three, because iHD's sequence resets
 * the rates behind it (Mesa: frontends/va/picture_h264_enc.c; media-driver: ddi_encode_avc_specific.cpp).
 * Percentages are 100 in CBR, as iHD's HEVC applies them there too, and never under 50 in VBR, as its minimum would wrap. */
#include "encode/vaapi/vaapi.h"

#include <string.h>

uint32_t nenc_vaapi_peak_bps(const nenc_vaapi *self)
{
    const nenc_rate *rate = &self->config.rate;
    if (self->config.rate_mode == NENC_CBR) return rate->bitrate_bps;
    const uint64_t peak = rate->peak_bps ? rate->peak_bps : rate->bitrate_bps * 3ULL / 2;
    return (uint32_t)(peak < 2ULL * rate->bitrate_bps ? peak : 2ULL * rate->bitrate_bps);
}

typedef struct misc {
    VAEncMiscParameterType type;
    union {
        VAEncMiscParameterRateControl rate;
        VAEncMiscParameterHRD hrd;
        VAEncMiscParameterFrameRate fps;
    };
} misc;

static int render(nenc_vaapi *self, const misc *buffer, size_t size, const char *what, nenc_failure *failure)
{
    return nenc_vaapi_render(self, VAEncMiscParameterBufferType, buffer, sizeof buffer->type + size, what, failure);
}

static uint32_t whole(uint64_t part, uint64_t of) { return (uint32_t)((part + of / 2) / of); }

/* VAEncMiscParameterFrameRate holds two 16-bit numbers. */
static uint32_t packed_fps(const nenc_encoder_config *config)
{
    uint32_t num = config->fps_num, den = config->fps_den;
    if (den == 1000 && num % 1000 == 0) return num / 1000 | 1 << 16;
    for (; num > 0xffff || den > 0xffff; num /= 2, den /= 2) continue;
    return (num ? num : 1) | (den ? den : 1) << 16;
}

int nenc_vaapi_rate(nenc_vaapi *self, nenc_failure *failure)
{
    const nenc_rate *rate = &self->config.rate;
    const uint32_t peak_bps = nenc_vaapi_peak_bps(self);
    const uint64_t one_picture = (uint64_t)peak_bps * self->config.fps_den / self->config.fps_num;
    const uint64_t asked = (uint64_t)peak_bps * rate->vbv_ms / 1000, bucket = asked > one_picture ? asked : one_picture;
    misc control = {.type = VAEncMiscParameterTypeRateControl};
    memset(&control.rate, 0, sizeof control.rate);
    control.rate.bits_per_second = peak_bps;
    control.rate.target_percentage = self->config.rate_mode == NENC_CBR ? 100 : whole(100ULL * rate->bitrate_bps, peak_bps);
    control.rate.window_size = self->config.window_ms;
    control.rate.initial_qp = rate->qp_initial;
    control.rate.min_qp = rate->qp_min;
    control.rate.max_qp = rate->qp_max;
    control.rate.rc_flags.bits.reset = 1; /* some read it */
    misc hrd = {.type = VAEncMiscParameterTypeHRD};
    memset(&hrd.hrd, 0, sizeof hrd.hrd);
    hrd.hrd.buffer_size = (uint32_t)(bucket > UINT32_MAX ? UINT32_MAX : bucket ? bucket : 1); /* 0 is an error in newer Mesa */
    hrd.hrd.initial_buffer_fullness = hrd.hrd.buffer_size / 10 * 9;
    misc fps = {.type = VAEncMiscParameterTypeFrameRate};
    memset(&fps.fps, 0, sizeof fps.fps);
    fps.fps.framerate = packed_fps(&self->config);
    int status = render(self, &control, sizeof control.rate, "rate control", failure);
    if (status == NENC_OK) status = render(self, &hrd, sizeof hrd.hrd, "HRD", failure);
    if (status == NENC_OK) status = render(self, &fps, sizeof fps.fps, "frame rate", failure);
    return status;
}
