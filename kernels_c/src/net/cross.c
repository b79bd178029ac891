/* cross.c - constant-rate and on/off sources. */
#include "net/cross.h"

#include <math.h>

static const uint64_t stream_base = 1u << 20; /* apart from the links' streams */

static int64_t duration(nenc_cross *cross, int64_t mean_ns)
{
    if (cross->config.kind != NENC_CROSS_ONOFF_EXPONENTIAL) return mean_ns;
    return 1 + (int64_t)((double)mean_ns * nenc_rng_exponential(&cross->rng));
}

int nenc_cross_init(nenc_cross *cross, int id, uint64_t seed, const nenc_cross_config *config, int first_link, int last_link)
{
    const int onoff = config->kind != NENC_CROSS_CBR;
    if (config->kind > NENC_CROSS_ONOFF_EXPONENTIAL || !(config->rate_bps > 0.0) || !isfinite(config->rate_bps) ||
        !config->wire_bytes || config->start_ns < 0 || config->stop_ns < config->start_ns ||
        (onoff && (config->on_ns <= 0 || config->off_ns <= 0)))
        return NENC_EINVAL;
    *cross = (nenc_cross){.config = *config, .first_link = first_link, .last_link = last_link, .next_ns = config->start_ns};
    nenc_rng_init(&cross->rng, seed, stream_base + (uint64_t)id);
    cross->on_until_ns = onoff ? config->start_ns + duration(cross, config->on_ns) : INT64_MAX;
    if (config->start_ns >= config->stop_ns) cross->next_ns = INT64_MAX;
    return NENC_OK;
}

void nenc_cross_send(nenc_cross *cross, nenc_packet *packet)
{
    const nenc_cross_config *config = &cross->config;
    *packet = (nenc_packet){
        .t_ns = cross->next_ns,
        .sent_ns = cross->next_ns,
        .flow = -1,
        .wire_bytes = config->wire_bytes,
        .last_link = (int16_t)cross->last_link,
        .kind = NENC_PACKET_CROSS,
    };
    const double gap = 8e9 * config->wire_bytes / config->rate_bps + cross->next_frac;
    cross->next_ns += (int64_t)gap;
    cross->next_frac = gap - floor(gap);
    while (cross->next_ns >= cross->on_until_ns) {
        /* The on time is over. What is left of the gap is waited for in the next one: the mean is exact however short they are. */
        const int64_t left_ns = cross->next_ns - cross->on_until_ns;
        const int64_t on_from = cross->on_until_ns + duration(cross, config->off_ns);
        cross->on_until_ns = on_from + duration(cross, config->on_ns);
        cross->next_ns = on_from + left_ns;
    }
    if (cross->next_ns >= config->stop_ns) cross->next_ns = INT64_MAX;
}
