/* create.c - creates and destroys a controller: one block of memory, with the law's private state behind the object. */
#include "control/table.h"
#include "core/encoder.h"

static void begin(AdaptiveEncoder *enc, const nenc_config *config, int64_t now_ns)
{
    enc->config = *config;
    enc->dispatch = nenc_dispatch_get();
    enc->law = nenc_law_at(config->law);
    enc->law_state = enc + 1; /* sizeof *enc is a whole number of cache lines */
    enc->newest_ns = INT64_MIN;
    enc->law->init(enc->law_state, &enc->config, now_ns);
    nenc_qp_init(&enc->qp, &enc->config);
    enc->state = (nenc_state){
        .now_ns = now_ns,
        .rate_bps = config->rate_start_bps,
        .encode_bps = config->rate_start_bps,
        .bounds = NENC_BOUND_WARMUP,
        .age_us = UINT32_MAX,
        .qp = (float)config->qp_initial,
    };
    nenc_scheduler_init(&enc->scheduler, &enc->config, now_ns, &enc->state);
    nenc_publish_put(&enc->published, &enc->state);
    nenc_publish_put_timing(&enc->published, &enc->state.timing);
    atomic_store_explicit(&enc->rate_bps, (uint32_t)(config->rate_start_bps + 0.5), memory_order_relaxed);
}

AdaptiveEncoder *nenc_create(const nenc_config *config, int64_t now_ns, int *status)
{
    AdaptiveEncoder *enc = NULL;
    int result = nenc_config_check(config, NULL);
    if (result == NENC_OK && (now_ns < -NENC_TIME_LIMIT || now_ns > NENC_TIME_LIMIT)) result = NENC_ERANGE;
    if (result == NENC_OK) {
        enc = nenc_alloc(sizeof *enc + nenc_law_at(config->law)->size);
        if (enc) begin(enc, config, now_ns);
        else result = NENC_ENOMEM;
    }
    if (status) *status = result;
    return enc;
}

void nenc_destroy(AdaptiveEncoder *enc)
{
    if (!enc) return;
    nenc_stop(enc);
    nenc_free(enc);
}
