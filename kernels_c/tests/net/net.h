/* net.h - what the checks of the virtual network share: plain links and flows, packets at given times, all rows. */
#ifndef NENC_TESTS_NET_H
#define NENC_TESTS_NET_H

#include "nenc/vnet.h"

#include "../core/check.h"

enum { HEADER_BYTES = 12, OVERHEAD_BYTES = 42, MEDIA_BYTES = 1188, WIRE_BYTES = 1242 };

static const int64_t second_ns = 1000000000, ms_ns = 1000000;

/* A hop that only takes time: change what the check is about. */
static inline nenc_link_config plain_link(uint32_t direction, double rate_bps, int64_t delay_ns)
{
    return (nenc_link_config){
        .direction = direction,
        .queue = {.unit = NENC_QUEUE_BYTES, .limit = INT64_MAX / 2},
        .rate_bps = rate_bps,
        .delay_ns = delay_ns,
        .loss = {.r = 1.0, .loss_bad = 1.0},
    };
}

/* A flow whose pacer does not pace, once its target is set. */
static inline nenc_flow_config plain_flow(int32_t first, int32_t last)
{
    return (nenc_flow_config){
        .first_link = first,
        .last_link = last,
        .packet_bytes = MEDIA_BYTES + HEADER_BYTES,
        .header_bytes = HEADER_BYTES,
        .overhead_bytes = OVERHEAD_BYTES,
        .pacer_factor = 1.0,
        .pacer_burst_ns = 1000000000,
    };
}

static inline int add_flow(nenc_vnet *net, nenc_flow_config config)
{
    const int flow = nenc_vnet_add_flow(net, &config);
    CHECK(flow >= 0);
    return flow;
}

static inline int add_link(nenc_vnet *net, nenc_link_config config)
{
    const int link = nenc_vnet_add_link(net, &config);
    CHECK(link >= 0);
    return link;
}

static inline int set_queue(nenc_vnet *net, int link, uint32_t unit, int64_t limit)
{
    return nenc_vnet_set_queue(net, link, &(nenc_queue_config){.unit = unit, .limit = limit});
}

/* The number of a kind of cross traffic. */
static inline uint32_t cross_kind(const char *name)
{
    for (uint32_t kind = 0; nenc_cross_kind_at(kind); kind++)
        if (strcmp(nenc_cross_kind_at(kind)->name, name) == 0) return kind;
    abort();
}

/* The pacer passes everything on at once. */
static inline void unpace(nenc_vnet *net, int flow) { CHECK(nenc_vnet_set_target(net, flow, 0, 1e15) == NENC_OK); }

/* One packet (or several, of more than MEDIA_BYTES) at t_ns. */
static inline void send_at(nenc_vnet *net, int flow, int64_t t_ns, int64_t media_bytes)
{
    CHECK(nenc_vnet_send_frame(net, flow, t_ns, t_ns, media_bytes, 0, 0, 0, 0, 0) >= 0);
}

typedef struct packet_log {
    nenc_packet_row *rows;
    int count;
} packet_log;

/* Every packet row so far; free(log.rows). */
static inline packet_log take_packets(nenc_vnet *net)
{
    packet_log log = {NULL, 0};
    for (int capacity = 0, taken = 1; taken > 0; log.count += taken) {
        if (log.count == capacity) {
            capacity = capacity ? 2 * capacity : 1024;
            log.rows = realloc(log.rows, (size_t)capacity * sizeof *log.rows);
            if (!log.rows) abort();
        }
        taken = nenc_vnet_take_packets(net, log.rows + log.count, capacity - log.count);
        CHECK(taken >= 0);
        if (taken < 0) break;
    }
    return log;
}

/* The row of a flow's packet that tells its fate (not of its copies), NULL when there is none. O(n). */
static inline const nenc_packet_row *find_packet(const packet_log *log, int flow, int64_t sequence)
{
    for (int i = 0; i < log->count; i++) {
        const nenc_packet_row *row = &log->rows[i];
        if (row->flow == flow && row->sequence == sequence && row->fate != 3) return row;
    }
    return NULL;
}

static inline nenc_flow_counters counters_of(const nenc_vnet *net, int flow)
{
    nenc_flow_counters counters;
    CHECK(nenc_vnet_flow_counters_get(net, flow, &counters) == NENC_OK);
    return counters;
}

#endif
