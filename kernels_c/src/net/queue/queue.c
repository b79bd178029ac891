/* queue.c - what every kind of queue shares: legal values, the limit at the present rate, coming and going. */
#include "net/queue/queue.h"

#include <stdlib.h>

#include "net/parameters.h"

int nenc_queue_check(const nenc_queue_config *config)
{
    const nenc_queue_kind *kind = config ? nenc_queue_kind_at(config->kind) : NULL;
    if (!kind) return NENC_EINVAL;
    if (kind->limit_key && (config->unit > NENC_QUEUE_TIME || !(kind->limit_units >> config->unit & 1) || config->limit <= 0))
        return NENC_EINVAL;
    return nenc_parameters_check(kind->parameters, kind->parameter_count, config->values);
}

static int64_t bytes_in(int64_t time_ns, double rate_bps)
{
    const double bytes = (double)time_ns * rate_bps / 8e9;
    return bytes < 0x1p63 ? (int64_t)bytes : INT64_MAX;
}

/* A link without a serialiser was no bottleneck: after an outage its queue has no size. */
static void set_limits(nenc_queue *queue)
{
    const nenc_queue_config *config = &queue->config;
    const double rate_bps = queue->limit_rate_bps > 0.0 ? queue->limit_rate_bps : queue->rate_bps;
    queue->limit_bytes = queue->limit_packets = INT64_MAX;
    if (!queue->ops->kind.limit_key) return;
    if (config->unit == NENC_QUEUE_PACKETS) queue->limit_packets = config->limit;
    else if (config->unit == NENC_QUEUE_BYTES) queue->limit_bytes = config->limit;
    else if (rate_bps != NENC_UNLIMITED) queue->limit_bytes = bytes_in(config->limit, rate_bps);
}

static void apply(nenc_queue *queue, int64_t now_ns)
{
    set_limits(queue);
    if (queue->ops->configured) queue->ops->configured(queue, now_ns);
}

nenc_queue *nenc_queue_create(const nenc_queue_ops *ops, const nenc_queue_config *config, uint64_t seed, uint64_t stream,
                              double limit_rate_bps, nenc_queue_sink sink)
{
    nenc_queue *queue = calloc(1, ops->size);
    if (!queue) return NULL;
    queue->ops = ops;
    queue->sink = sink;
    queue->wake_ns = INT64_MAX;
    queue->limit_rate_bps = limit_rate_bps;
    queue->config = *config;
    nenc_rng_init(&queue->rng, seed, stream);
    apply(queue, 0);
    return queue;
}

void nenc_queue_destroy(nenc_queue *queue)
{
    if (!queue) return;
    queue->ops->release(queue);
    free(queue);
}

int nenc_queue_configure(nenc_queue *queue, int64_t now_ns, const nenc_queue_config *config)
{
    if (nenc_queue_check(config) || config->kind != queue->config.kind) return NENC_EINVAL;
    queue->config = *config;
    apply(queue, now_ns);
    return NENC_OK;
}

void nenc_queue_set_rate(nenc_queue *queue, int64_t now_ns, double rate_bps)
{
    if (rate_bps == 0.0 || rate_bps == queue->rate_bps) return;
    queue->rate_bps = rate_bps;
    apply(queue, now_ns);
}
