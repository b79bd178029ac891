/* production.c - the production law. */
#include "core/law.h"

typedef struct production {
    double rate_bps;
} production;

static void init(void *self, const nenc_config *config, int64_t now_ns)
{
    ((production *)self)->rate_bps = config->rate_start_bps;
}

static void sample(void *self, const nenc_config *config, const nenc_sample *sample) {}

static void step(void *self, const nenc_config *config, const nenc_law_input *input, nenc_state *state)
{
    state->rate_bps = state->encode_bps = ((production *)self)->rate_bps;
    state->bounds = input->newest_ns == INT64_MIN ? NENC_BOUND_WARMUP : 0;
}

static void gains_changed(void *self, const nenc_config *config) {}

const nenc_law_ops nenc_law_production = {"nenc", sizeof(production), init, sample, step, gains_changed};
