/* vnet_state.h - the virtual network's insides, shared by the files that implement vnet.h.
 *
 *   vnet_build   links, flows and sources, and where packets go from a link
 *   vnet         the clock: what happens until now
 *   vnet_change  what the timeline changes
 *   vnet_flow    what the engine asks of a flow: frames in, reports back
 *   vnet_rows    what happened */
#ifndef NENC_NET_VNET_STATE_H
#define NENC_NET_VNET_STATE_H

#include "nenc/vnet.h"
#include "net/flow.h"
#include "net/link.h"
#include "net/rows.h"
#include "net/source/source.h"

enum { MAX_LINKS = 64, MAX_FLOWS = 256, MAX_CROSS = 256, MAX_SOURCES = MAX_FLOWS + MAX_CROSS, DIRECTIONS = 2 };

struct nenc_vnet {
    uint64_t seed;
    int64_t now_ns; /* everything up to here has happened */
    int64_t path_row_ns;
    int64_t next_row_ns;
    int started;
    int status; /* first failure, sticky: what came after it would be wrong */
    int log_packets;
    int link_count;
    int flow_count;
    int cross_count;
    int chain[DIRECTIONS][MAX_LINKS]; /* link ids in the order they are crossed */
    int chain_count[DIRECTIONS];
    int place[MAX_LINKS]; /* a link's index in its chain */
    nenc_link *links[MAX_LINKS];
    nenc_flow *flows[MAX_FLOWS];
    nenc_source *crosses[MAX_CROSS];
    int listener_count; /* cross traffic that hears of its packets */
    nenc_source *listeners[MAX_CROSS];
    /* When each source sends next: flows, then cross traffic, those of one link side by side, so that the next arrival of a
     * link is the minimum of a few numbers in a row and not of as many objects. Laid out at the first advance. */
    int64_t send_ns[MAX_SOURCES];
    nenc_source *source[MAX_SOURCES];
    int place_of_flow[MAX_FLOWS]; /* the other way round */
    int place_of_cross[MAX_CROSS];
    int first_source[MAX_LINKS + 1]; /* by link: [first_source[id], first_source[id + 1]) */
    int64_t delays_from_ns;
    nenc_rows path_rows;
    nenc_rows delay_rows;
    nenc_rows packet_rows;
};

/* Remembers the first failure; returns status. */
int nenc_vnet_fail(nenc_vnet *net, int status);
/* The packet's row, when packets are logged; link -1: it arrived. */
void nenc_vnet_log_packet(nenc_vnet *net, const nenc_packet *packet, nenc_fate fate, int link);
/* Cross traffic of any kind, whose (legal) configuration it is: its number, or a status. */
int nenc_vnet_add_source(nenc_vnet *net, const nenc_source_ops *ops, const nenc_cross_config *config);
/* To be called after everything that may move a flow's next packet. */
void nenc_vnet_reschedule(nenc_vnet *net, const nenc_flow *flow);
/* Everything that happens at one link up to and including until_ns. */
int nenc_vnet_run_link(nenc_vnet *net, nenc_link *link, int64_t until_ns);

/* NULL when there is no such link or flow. */
static inline nenc_link *nenc_vnet_find_link(const nenc_vnet *net, int link)
{
    return net && link >= 0 && link < net->link_count ? net->links[link] : NULL;
}

/* Whose packet it is. */
static inline nenc_source *nenc_vnet_source_of(const nenc_vnet *net, const nenc_packet *packet)
{
    const int is_media = packet->kind == NENC_PACKET_MEDIA || packet->kind == NENC_PACKET_REPORT;
    return is_media ? &net->flows[packet->flow]->source : net->crosses[packet->flow];
}

static inline nenc_flow *nenc_vnet_find_flow(const nenc_vnet *net, int flow)
{
    return net && flow >= 0 && flow < net->flow_count ? net->flows[flow] : NULL;
}

#endif
