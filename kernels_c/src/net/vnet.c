/* vnet.c - the virtual network: links and sources driven through time, in order, in slices that end at the path rows. */
#include "net/vnet_state.h"

void nenc_vnet_lay_out_sources(nenc_vnet *net)
{
    int count = 0;
    for (int link = 0; link < net->link_count; link++) {
        net->first_source[link] = count;
        for (int i = 0; i < net->flow_count; i++) {
            if (net->flows[i]->first_link == link) net->source[count++] = i;
        }
        for (int i = 0; i < net->cross_count; i++) {
            if (net->crosses[i]->first_link == link) net->source[count++] = MAX_FLOWS + i;
        }
    }
    net->first_source[net->link_count] = count;
    for (int place = 0; place < count; place++) {
        const int source = net->source[place];
        net->place_of[source] = place;
        net->send_ns[place] =
            source < MAX_FLOWS ? nenc_flow_next_send(net->flows[source]) : net->crosses[source - MAX_FLOWS]->next_ns;
    }
    net->started = 1;
}

void nenc_vnet_reschedule(nenc_vnet *net, const nenc_flow *flow)
{
    if (net->started) net->send_ns[net->place_of[flow->id]] = nenc_flow_next_send(flow);
}

typedef struct next_arrival {
    int64_t t_ns;
    int place; /* of the source; -1: from the link before */
} next_arrival;

/* Equal times: what is under way first, then flows, then cross traffic, each in order of their numbers. */
static next_arrival find_next(const nenc_vnet *net, const nenc_link *link)
{
    next_arrival next = {nenc_pipe_time(&link->arrivals), -1};
    const int end = net->first_source[link->id + 1];
    for (int place = net->first_source[link->id]; place < end; place++) {
        if (net->send_ns[place] < next.t_ns) next = (next_arrival){net->send_ns[place], place};
    }
    return next;
}

static void take_next(nenc_vnet *net, nenc_link *link, next_arrival next, nenc_packet *packet)
{
    if (next.place < 0) {
        *packet = *nenc_pipe_front(&link->arrivals);
        nenc_pipe_pop(&link->arrivals);
        return;
    }
    const int source = net->source[next.place];
    if (source < MAX_FLOWS) {
        nenc_flow_send(net->flows[source], packet);
        net->send_ns[next.place] = nenc_flow_next_send(net->flows[source]);
    } else {
        nenc_cross_send(net->crosses[source - MAX_FLOWS], packet);
        net->send_ns[next.place] = net->crosses[source - MAX_FLOWS]->next_ns;
    }
}

int nenc_vnet_run_link(nenc_vnet *net, nenc_link *link, int64_t until_ns)
{
    for (;;) {
        const next_arrival next = find_next(net, link);
        const int64_t stop = next.t_ns < until_ns ? next.t_ns : until_ns;
        int status = nenc_link_serve(link, stop);
        if (status || next.t_ns > until_ns) return status;
        nenc_packet packet;
        take_next(net, link, next, &packet);
        status = nenc_link_accept(link, &packet);
        if (status) return status;
    }
}

/* All links up to until_ns, each before the one behind it, then what has reached the receivers. */
static int run_slice(nenc_vnet *net, int64_t until_ns)
{
    for (int direction = 0; direction < DIRECTIONS; direction++) {
        for (int i = 0; i < net->chain_count[direction]; i++) {
            const int status = nenc_vnet_run_link(net, net->links[net->chain[direction][i]], until_ns);
            if (status) return status;
        }
        for (int i = 0; direction == NENC_FORWARD && i < net->flow_count; i++) {
            nenc_pipe *arrivals = &net->flows[i]->arrivals;
            for (; nenc_pipe_time(arrivals) <= until_ns; nenc_pipe_pop(arrivals)) {
                nenc_flow_receive(net->flows[i], nenc_pipe_front(arrivals));
                nenc_vnet_log_packet(net, nenc_pipe_front(arrivals), NENC_FATE_RECEIVED, -1);
            }
        }
    }
    return NENC_OK;
}

int nenc_vnet_advance(nenc_vnet *net, int64_t now_ns)
{
    if (!net) return NENC_EINVAL;
    if (net->status) return net->status;
    if (now_ns < net->now_ns) return NENC_ERANGE;
    if (!net->started) nenc_vnet_lay_out_sources(net);
    while (net->next_row_ns <= now_ns) {
        const int status = run_slice(net, net->next_row_ns);
        if (status) return nenc_vnet_fail(net, status);
        for (int i = 0; i < net->link_count; i++) {
            nenc_path_row *row = nenc_rows_push(&net->path_rows);
            if (!row) return nenc_vnet_fail(net, NENC_ENOMEM);
            nenc_link_path_row(net->links[i], net->next_row_ns, net->path_row_ns, row);
        }
        net->next_row_ns += net->path_row_ns;
    }
    const int status = run_slice(net, now_ns);
    if (status) return nenc_vnet_fail(net, status);
    net->now_ns = now_ns;
    return NENC_OK;
}
