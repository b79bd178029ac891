/* codec.c - what the two libraries have in common. */
#include "codec.h"

const char *codec_preset(const codec_options *options, uint32_t quality)
{
    static const char *const levels[QUALITY_LEVELS + 1] = {"ultrafast", "medium",    "fast",     "faster",
                                                           "veryfast",  "superfast", "ultrafast"};
    return *options->preset ? options->preset : levels[quality <= QUALITY_LEVELS ? quality : QUALITY_LEVELS];
}

static int kilo(double number) { return number < 1000 ? 1 : number > 2e9 ? 2000000 : (int)(number / 1000 + 0.5); }

codec_kilobits codec_rate_for(const codec_rate *rate, const codec_rate *opened)
{
    const double scale = (double)opened->fps_num * rate->fps_den / ((double)opened->fps_den * rate->fps_num);
    codec_kilobits made = {kilo(rate->target_bps * scale), kilo(rate->peak_bps * scale), kilo(rate->vbv_bits)};
    if (made.peak < made.mean) made.peak = made.mean;
    return made;
}

int codec_outdated(const codec_picture *then, const codec_picture *now)
{
    const codec_rate *old = &then->rate, *rate = &now->rate;
    return then->width != now->width || then->height != now->height || then->quality != now->quality ||
           old->qp_min != rate->qp_min || old->qp_max != rate->qp_max ||
           (uint64_t)rate->fps_num * old->fps_den != (uint64_t)old->fps_num * rate->fps_den;
}
