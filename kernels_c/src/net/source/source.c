/* source.c - what every kind of cross traffic shares: legal values, its random stream, coming and going. */
#include "net/source/source.h"

#include <stdlib.h>

#include "net/parameters.h"

static const uint64_t stream_base = 1u << 20; /* apart from the links' streams */

int nenc_source_check(const nenc_cross_config *config)
{
    const nenc_cross_kind *kind = config ? nenc_cross_kind_at(config->kind) : NULL;
    if (!kind || !config->wire_bytes || config->start_ns < 0 || config->stop_ns < config->start_ns) return NENC_EINVAL;
    return nenc_parameters_check(kind->parameters, kind->parameter_count, config->values);
}

nenc_source *nenc_source_create(const nenc_source_ops *ops, int id, uint64_t seed, const nenc_cross_config *config, int *status)
{
    nenc_source *source = calloc(1, ops->size);
    *status = source ? NENC_OK : NENC_ENOMEM;
    if (!source) return NULL;
    source->ops = ops;
    source->id = id;
    source->first_answer_link = source->last_answer_link = -1;
    source->config = *config;
    source->next_ns = config->start_ns;
    nenc_rng_init(&source->rng, seed, stream_base + (uint64_t)id);
    *status = ops->begin(source);
    if (*status == NENC_OK) {
        if (config->start_ns >= config->stop_ns) source->next_ns = INT64_MAX;
        return source;
    }
    nenc_source_destroy(source);
    return NULL;
}

void nenc_source_destroy(nenc_source *source)
{
    if (!source) return;
    if (source->ops->release) source->ops->release(source);
    nenc_pipe_free(&source->arrivals);
    nenc_pipe_free(&source->answers);
    free(source);
}
