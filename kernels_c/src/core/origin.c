/* origin.c - the three functions of the original program (see nenc.h), with their signatures and units. */
#include "core/clock.h"
#include "core/encoder.h"

#include <math.h>

/* The display matters to the encoder only; the controller decides the same rate with and without one. */
AdaptiveEncoder *init_adaptive_encoder(VADisplay va_dpy)
{
    nenc_config config;
    nenc_config_default(&config);
    AdaptiveEncoder *enc = nenc_create(&config, nenc_now_ns(), NULL);
    if (enc && nenc_start(enc) != NENC_OK) {
        nenc_destroy(enc);
        return NULL;
    }
    return enc;
}

void record_network_metrics(AdaptiveEncoder *enc, uint32_t throughput, float rtt, float loss)
{
    nenc_record(enc, &(nenc_sample){
                         .time_ns = nenc_now_ns(),
                         .throughput_kbps = throughput,
                         .rtt_ms = rtt,
                         .loss = loss,
                         .owd_ms = NAN,
                         .ecn = NAN,
                         .bytes_in_flight = NAN,
                     });
}

uint32_t get_current_bitrate(AdaptiveEncoder *enc)
{
    return enc ? atomic_load_explicit(&enc->rate_bps, memory_order_relaxed) : 0;
}
