/* codec.c - what the two libraries have in common. */
#include "codec.h"

const char *codec_preset(const codec_options *options, uint32_t quality)
{
    static const char *const levels[QUALITY_LEVELS + 1] = {"ultrafast", "medium",    "fast",     "faster",
                                                           "veryfast",  "superfast", "ultrafast"};
    return *options->preset ? options->preset : levels[quality <= QUALITY_LEVELS ? quality : QUALITY_LEVELS];
}

uint32_t codec_rate_now(const codec_savings *self, const codec_rate *rate)
{
    const double now = rate->target_bps + (self->bits > 0 ? self->bits : 0);
    const uint32_t most = rate->peak_bps > rate->target_bps ? rate->peak_bps : rate->target_bps;
    return now > most ? most : (uint32_t)now;
}

void codec_save(codec_savings *self, const codec_rate *rate, uint32_t bytes)
{
    self->bits += (double)rate->target_bps * rate->fps_den / rate->fps_num - bytes * 8.0;
    if (self->bits > rate->target_bps) self->bits = rate->target_bps;
    if (self->bits < -(double)rate->vbv_bits) self->bits = -(double)rate->vbv_bits;
}

int codec_outdated(const codec_picture *then, const codec_picture *now)
{
    const codec_rate *old = &then->rate, *rate = &now->rate;
    return then->width != now->width || then->height != now->height || then->quality != now->quality ||
           old->qp_min != rate->qp_min || old->qp_max != rate->qp_max ||
           (uint64_t)rate->fps_num * old->fps_den != (uint64_t)old->fps_num * rate->fps_den;
}
