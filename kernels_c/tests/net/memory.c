/* memory.c - the n-th allocation fails: NENC_ENOMEM, the network refuses to go on wrongly, and nothing is left behind.
 *
 * Linked with --wrap, so that the library carries no hook for it. */
#include "net.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

static int until_failure = -1; /* negative: none fails */
static int alive;
static int built; /* what follows runs */

static int fails(void) { return until_failure >= 0 && until_failure-- == 0; }

void *__wrap_malloc(size_t size)
{
    void *memory = fails() ? NULL : __real_malloc(size);
    alive += memory != NULL;
    return memory;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *memory = fails() ? NULL : __real_calloc(count, size);
    alive += memory != NULL;
    return memory;
}

void *__wrap_realloc(void *old, size_t size)
{
    void *memory = fails() ? NULL : __real_realloc(old, size);
    alive += memory && !old;
    return memory;
}

void __wrap_free(void *memory)
{
    alive -= memory != NULL;
    __real_free(memory);
}

/* A run that uses everything, to its end or to the first call that fails; what that returned, and the packets received. */
static int64_t use_everything(nenc_vnet *net, int64_t *received)
{
#define TRY(call)                                                                                                                \
    do {                                                                                                                         \
        const int64_t status = (call);                                                                                           \
        if (status < 0) return status;                                                                                           \
    } while (0)
    nenc_link_config forward = plain_link(NENC_FORWARD, 50e6, 5 * ms_ns), reverse = plain_link(NENC_REVERSE, 1e6, 5 * ms_ns);
    forward.loss = (nenc_loss){.kind = NENC_LOSS_BERNOULLI, .p = 0.1, .r = 1};
    forward.jitter_kind = NENC_JITTER_REORDER;
    forward.jitter_std_ns = ms_ns;
    forward.jitter_max_ns = 3 * ms_ns;
    forward.duplicate = 0.1;
    const nenc_flow_config flow_config = plain_flow(-1, -1);
    TRY(nenc_vnet_add_link(net, &forward));
    TRY(nenc_vnet_add_link(net, &forward));
    for (uint32_t kind = 0; nenc_queue_kind_at(kind); kind++) { /* a hop with each queue, and each cross traffic over hop 1 */
        nenc_link_config hop = plain_link(NENC_FORWARD, 50e6, 0);
        const nenc_queue_kind *row = nenc_queue_kind_at(kind);
        hop.queue = (nenc_queue_config){.kind = kind, .unit = row->limit_unit, .limit = row->limit};
        for (uint32_t i = 0; i < row->parameter_count; i++) hop.queue.values[i] = row->parameters[i].value;
        TRY(nenc_vnet_add_link(net, &hop));
    }
    TRY(nenc_vnet_add_link(net, &reverse));
    const int64_t flow = nenc_vnet_add_flow(net, &flow_config);
    TRY(flow);
    for (uint32_t kind = 0; nenc_cross_kind_at(kind); kind++) {
        const nenc_cross_kind *row = nenc_cross_kind_at(kind);
        nenc_cross_config cross = {.kind = kind, .first_link = 1, .last_link = 1, .wire_bytes = 500, .stop_ns = second_ns};
        for (uint32_t i = 0; i < row->parameter_count; i++) cross.values[i] = row->parameters[i].value;
        TRY(nenc_vnet_add_cross(net, &cross));
    }
    built = 1;
    TRY(nenc_vnet_set_target(net, (int)flow, 0, 40e6));
    const int64_t times[] = {100 * ms_ns, 150 * ms_ns, 152 * ms_ns};
    const double rates[] = {1e6, 80e6, 20e6};
    for (int64_t now = 10 * ms_ns; now < 400 * ms_ns; now += 10 * ms_ns) {
        TRY(nenc_vnet_send_frame(net, (int)flow, now, now + ms_ns, 60000, 0, 0, 0, 0, 0));
        TRY(nenc_vnet_send_report(net, (int)flow, now));
        nenc_sample sample;
        TRY(nenc_vnet_take_report(net, (int)flow, now, &sample));
        if (now == 100 * ms_ns) TRY(nenc_vnet_set_program(net, 0, times, rates, 3, 0));
        if (now == 200 * ms_ns) TRY(nenc_vnet_set_opportunities(net, 0, times, 3, 60 * ms_ns, now, 15040));
        if (now == 300 * ms_ns) TRY(nenc_vnet_set_rate(net, 0, NENC_UNLIMITED));
        if (now % (100 * ms_ns) == 0) TRY(nenc_vnet_cut_delays(net, now));
    }
    nenc_flow_counters counters;
    TRY(nenc_vnet_flow_counters_get(net, (int)flow, &counters));
    *received = counters.received_packets;
#undef TRY
    return NENC_OK;
}

int main(void)
{
    int64_t undisturbed = 0;
    int failures = 0, in_advance = 0;
    for (int64_t status = -1; status < 0; failures++) {
        CHECK(alive == 0);
        until_failure = failures;
        built = 0;
        nenc_vnet *net = nenc_vnet_create(1, 10 * ms_ns, 1);
        if (!net) continue;
        status = use_everything(net, &undisturbed);
        until_failure = -1; /* memory is back: a network that has lost something must not pretend it has not */
        CHECK(status == NENC_OK || status == NENC_ENOMEM);
        nenc_packet_row row;
        if (status && built) {
            CHECK(nenc_vnet_advance(net, second_ns) == NENC_ENOMEM);
            in_advance++;
        }
        CHECK(nenc_vnet_take_packets(net, &row, 1) >= 0);
        nenc_vnet_destroy(net);
        CHECK(failures < 10000);
        if (failures >= 10000) break;
    }
    CHECK(alive == 0);
    CHECK(failures > 30 && in_advance > 15);
    CHECK(undisturbed > 500);
    return CHECK_END();
}
