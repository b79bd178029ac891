/* vnet_build.c - putting a virtual network together, and the way of a packet from link to link. */
#include <math.h>
#include <stdlib.h>

#include "net/vnet_state.h"

nenc_vnet *nenc_vnet_create(uint64_t seed, int64_t path_row_ns, int log_packets)
{
    if (path_row_ns <= 0) return NULL;
    nenc_vnet *net = calloc(1, sizeof *net);
    if (!net) return NULL;
    net->seed = seed;
    net->path_row_ns = net->next_row_ns = path_row_ns;
    net->log_packets = log_packets != 0;
    net->path_rows.row_size = sizeof(nenc_path_row);
    net->delay_rows.row_size = sizeof(nenc_delay_row);
    net->packet_rows.row_size = sizeof(nenc_packet_row);
    return net;
}

void nenc_vnet_destroy(nenc_vnet *net)
{
    if (!net) return;
    for (int i = 0; i < net->link_count; i++) {
        nenc_link_free(net->links[i]);
        free(net->links[i]);
    }
    for (int i = 0; i < net->flow_count; i++) {
        nenc_flow_free(net->flows[i]);
        free(net->flows[i]);
    }
    for (int i = 0; i < net->cross_count; i++) nenc_source_destroy(net->crosses[i]);
    nenc_rows_free(&net->path_rows);
    nenc_rows_free(&net->delay_rows);
    nenc_rows_free(&net->packet_rows);
    free(net);
}

int nenc_vnet_fail(nenc_vnet *net, int status)
{
    if (status < 0 && !net->status) net->status = status;
    return status;
}

void nenc_vnet_log_packet(nenc_vnet *net, const nenc_packet *packet, nenc_fate fate, int link)
{
    if (!net->log_packets || packet->kind != NENC_PACKET_MEDIA) return;
    nenc_packet_row *row = nenc_rows_push(&net->packet_rows);
    if (!row) {
        nenc_vnet_fail(net, NENC_ENOMEM);
        return;
    }
    *row = (nenc_packet_row){
        .sequence = packet->sequence,
        .frame = packet->frame,
        .sent_ns = packet->sent_ns,
        .received_ns = link < 0 ? packet->t_ns : -1,
        .wait_ns = packet->wait_ns,
        .flow = packet->flow,
        .wire_bytes = packet->wire_bytes,
        .fate = link < 0 && (packet->flags & NENC_PACKET_COPY) ? NENC_FATE_COPY : fate,
        .link = link,
    };
}

/* What comes out of a link: on to the next one of its chain, or out at the far end. */
static int link_leave(void *self, const nenc_link *link, const nenc_packet *packet)
{
    nenc_vnet *net = self;
    if (link->id != packet->last_link)
        return nenc_pipe_push(&net->links[net->chain[link->config.direction][net->place[link->id] + 1]]->arrivals, packet);
    nenc_source *source = nenc_vnet_source_of(net, packet);
    if (packet->kind == NENC_PACKET_MEDIA) return nenc_pipe_push(&source->arrivals, packet);
    if (packet->kind == NENC_PACKET_CROSS) return source->ops->deliver ? nenc_pipe_push(&source->arrivals, packet) : NENC_OK;
    return packet->kind == NENC_PACKET_REPORT && packet->flags & NENC_PACKET_COPY ? NENC_OK
                                                                                  : nenc_pipe_push(&source->answers, packet);
}

static int link_perish(void *self, const nenc_link *link, const nenc_packet *packet, nenc_fate fate)
{
    nenc_vnet *net = self;
    nenc_source *source = nenc_vnet_source_of(net, packet);
    nenc_vnet_log_packet(net, packet, fate, link->id);
    if (source->ops->lose) source->ops->lose(source, packet, fate == NENC_FATE_DROPPED);
    return NENC_OK;
}

int nenc_vnet_add_link(nenc_vnet *net, const nenc_link_config *config)
{
    if (!net || !config) return NENC_EINVAL;
    if (net->started) return NENC_ESTATE;
    if (net->link_count == MAX_LINKS) return NENC_ERANGE;
    nenc_link *link = malloc(sizeof *link);
    if (!link) return NENC_ENOMEM;
    const int id = net->link_count;
    const int status = nenc_link_init(link, id, net->seed, config, (nenc_link_sink){net, link_leave, link_perish});
    if (status) {
        free(link);
        return status;
    }
    net->place[id] = net->chain_count[config->direction];
    net->chain[config->direction][net->chain_count[config->direction]++] = id;
    net->links[net->link_count++] = link;
    return id;
}

/* Chain places (-1, -1: all of it) to link ids. */
static int find_links(const nenc_vnet *net, uint32_t direction, int first, int last, int *first_id, int *last_id)
{
    const int count = net->chain_count[direction];
    if (first == -1 && last == -1) {
        first = 0;
        last = count - 1;
    }
    if (first < 0 || last < first || last >= count) return NENC_EINVAL;
    *first_id = net->chain[direction][first];
    *last_id = net->chain[direction][last];
    return NENC_OK;
}

int nenc_vnet_add_flow(nenc_vnet *net, const nenc_flow_config *config)
{
    if (!net || !config) return NENC_EINVAL;
    if (net->started) return NENC_ESTATE;
    if (net->flow_count == MAX_FLOWS) return NENC_ERANGE;
    int first, last, reverse_first = -1, reverse_last = -1;
    const int legal = config->packet_bytes > config->header_bytes && config->packet_bytes <= 65507 &&
                      config->overhead_bytes <= 1000 && config->pacer_factor > 0.0 && isfinite(config->pacer_factor) &&
                      config->pacer_burst_ns >= 0;
    if (!legal || find_links(net, NENC_FORWARD, config->first_link, config->last_link, &first, &last)) return NENC_EINVAL;
    if (net->chain_count[NENC_REVERSE] && find_links(net, NENC_REVERSE, -1, -1, &reverse_first, &reverse_last))
        return NENC_EINVAL;
    nenc_flow *flow = malloc(sizeof *flow);
    if (!flow) return NENC_ENOMEM;
    const int status = nenc_flow_init(flow, net->flow_count, config, first, last);
    if (status) {
        free(flow);
        return status;
    }
    flow->source.first_answer_link = reverse_first;
    flow->source.last_answer_link = reverse_last;
    net->flows[net->flow_count] = flow;
    return net->flow_count++;
}

int nenc_vnet_add_source(nenc_vnet *net, const nenc_source_ops *ops, const nenc_cross_config *config)
{
    const uint32_t back = config->direction == NENC_FORWARD ? NENC_REVERSE : NENC_FORWARD;
    int first, last, status;
    if (find_links(net, config->direction, config->first_link, config->last_link, &first, &last)) return NENC_EINVAL;
    nenc_source *cross = nenc_source_create(ops, net->cross_count, net->seed, config, &status);
    if (!cross) return status;
    cross->first_link = first;
    cross->last_link = last;
    if (net->chain_count[back]) find_links(net, back, -1, -1, &cross->first_answer_link, &cross->last_answer_link);
    if (ops->deliver) net->listeners[net->listener_count++] = cross;
    net->crosses[net->cross_count] = cross;
    return net->cross_count++;
}

int nenc_vnet_add_cross(nenc_vnet *net, const nenc_cross_config *config)
{
    if (!net || !config || config->direction > NENC_REVERSE || nenc_source_check(config)) return NENC_EINVAL;
    if (net->started) return NENC_ESTATE;
    if (net->cross_count == MAX_CROSS) return NENC_ERANGE;
    return nenc_vnet_add_source(net, nenc_source_ops_at(config->kind), config);
}
