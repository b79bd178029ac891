/* vnet.c - the virtual network: links and sources driven through time, in order, in slices that end at the path rows. */
#include "net/vnet_state.h"

/* Before the first advance: which sources send into which link. */
static void lay_out_sources(nenc_vnet *net)
{
    int count = 0;
    for (int link = 0; link < net->link_count; link++) {
        net->first_source[link] = count;
        for (int i = 0; i < net->flow_count; i++) {
            if (net->flows[i]->source.first_link != link) continue;
            net->place_of_flow[i] = count;
            net->source[count++] = &net->flows[i]->source;
        }
        for (int i = 0; i < net->cross_count; i++) {
            if (net->crosses[i]->first_link != link) continue;
            net->place_of_cross[i] = count;
            net->source[count++] = net->crosses[i];
        }
    }
    net->first_source[net->link_count] = count;
    for (int place = 0; place < count; place++) net->send_ns[place] = net->source[place]->next_ns;
    net->started = 1;
}

void nenc_vnet_reschedule(nenc_vnet *net, const nenc_flow *flow)
{
    if (net->started) net->send_ns[net->place_of_flow[flow->source.id]] = flow->source.next_ns;
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

/* 1 and the packet, 0 for a timer of a source that sends nothing. */
static int take_next(nenc_vnet *net, nenc_link *link, next_arrival next, nenc_packet *packet)
{
    if (next.place < 0) {
        *packet = *nenc_pipe_front(&link->arrivals);
        nenc_pipe_pop(&link->arrivals);
        return 1;
    }
    nenc_source *source = net->source[next.place];
    const int sent = source->ops->send(source, packet);
    net->send_ns[next.place] = source->next_ns;
    return sent;
}

int nenc_vnet_run_link(nenc_vnet *net, nenc_link *link, int64_t until_ns)
{
    for (;;) {
        const next_arrival next = find_next(net, link);
        const int64_t stop = next.t_ns < until_ns ? next.t_ns : until_ns;
        int status = nenc_link_serve(link, stop);
        if (status || next.t_ns > until_ns) return status;
        nenc_packet packet;
        if (take_next(net, link, next, &packet)) status = nenc_link_accept(link, &packet);
        if (status) return status;
    }
}

/* ---- the ends of a direction ------------------------------------------------------------------------------------ */

static void receive_media(nenc_vnet *net, nenc_source *flow, int64_t until_ns)
{
    nenc_pipe *arrivals = &flow->arrivals;
    for (; nenc_pipe_time(arrivals) <= until_ns; nenc_pipe_pop(arrivals)) {
        flow->ops->deliver(flow, nenc_pipe_front(arrivals), NULL);
        nenc_vnet_log_packet(net, nenc_pipe_front(arrivals), NENC_FATE_RECEIVED, -1);
    }
}

/* Sends an answer to the packet that was delivered at t_ns on its way back. */
static int send_answer(nenc_vnet *net, nenc_source *source, int64_t t_ns, nenc_packet *answer)
{
    answer->t_ns = answer->sent_ns = t_ns;
    answer->wait_ns = 0;
    answer->flow = source->id;
    answer->last_link = (int16_t)source->last_answer_link;
    answer->kind = NENC_PACKET_ANSWER;
    const int first = source->first_answer_link;
    return nenc_pipe_push(first < 0 ? &source->answers : &net->links[first]->arrivals, answer);
}

/* What has reached one end of a listening source: the far one (arrivals) or its own (answers). */
static int listen_at(nenc_vnet *net, nenc_source *source, nenc_pipe *pipe, int64_t until_ns)
{
    while (nenc_pipe_time(pipe) <= until_ns) {
        const nenc_packet packet = *nenc_pipe_front(pipe);
        nenc_packet answer = {0};
        nenc_pipe_pop(pipe);
        const int answers = source->ops->deliver(source, &packet, &answer);
        const int status = answers > 0 ? send_answer(net, source, packet.t_ns, &answer) : answers;
        if (status) return status;
    }
    net->send_ns[net->place_of_cross[source->id]] = source->next_ns;
    return NENC_OK;
}

static int listen(nenc_vnet *net, int direction, int64_t until_ns)
{
    for (int i = 0; i < net->listener_count; i++) {
        nenc_source *source = net->listeners[i];
        const int far = (int)source->config.direction == direction;
        int status = listen_at(net, source, far ? &source->arrivals : &source->answers, until_ns);
        if (!status && source->first_answer_link < 0) status = listen_at(net, source, &source->answers, until_ns);
        if (status) return status;
    }
    return NENC_OK;
}

/* ---- the clock -------------------------------------------------------------------------------------------------- */

/* All links up to until_ns, each before the one behind it, then what has reached the ends. */
static int run_slice(nenc_vnet *net, int64_t until_ns)
{
    for (int direction = 0; direction < DIRECTIONS; direction++) {
        for (int i = 0; i < net->chain_count[direction]; i++) {
            const int status = nenc_vnet_run_link(net, net->links[net->chain[direction][i]], until_ns);
            if (status) return status;
        }
        for (int i = 0; direction == NENC_FORWARD && i < net->flow_count; i++)
            receive_media(net, &net->flows[i]->source, until_ns);
        const int status = listen(net, direction, until_ns);
        if (status) return status;
    }
    return NENC_OK;
}

/* Nothing can be delivered before this, as packets are now and as long as nothing is changed from outside. */
static int64_t next_delivery(const nenc_vnet *net)
{
    int64_t next_ns = INT64_MAX;
    for (int i = 0; i < net->link_count; i++) {
        const nenc_link *link = net->links[i];
        const int64_t arrival = find_next(net, link).t_ns, departure = nenc_link_next_departure(link);
        const int64_t event = arrival < departure ? arrival : departure;
        if (event < INT64_MAX - link->config.delay_ns && event + link->config.delay_ns < next_ns)
            next_ns = event + link->config.delay_ns;
    }
    for (int i = 0; i < net->listener_count; i++) {
        const nenc_source *source = net->listeners[i];
        if (nenc_pipe_time(&source->arrivals) < next_ns) next_ns = nenc_pipe_time(&source->arrivals);
        if (nenc_pipe_time(&source->answers) < next_ns) next_ns = nenc_pipe_time(&source->answers);
    }
    return next_ns;
}

/* A source that listens may send at the moment at which it hears something, so that no link may run ahead of that. */
static int run_until(nenc_vnet *net, int64_t until_ns)
{
    for (int64_t next_ns; net->listener_count && (next_ns = next_delivery(net)) < until_ns;) {
        const int status = run_slice(net, next_ns);
        if (status) return status;
    }
    return run_slice(net, until_ns);
}

int nenc_vnet_advance(nenc_vnet *net, int64_t now_ns)
{
    if (!net) return NENC_EINVAL;
    if (net->status) return net->status;
    if (now_ns < net->now_ns) return NENC_ERANGE;
    if (!net->started) lay_out_sources(net);
    while (net->next_row_ns <= now_ns) {
        const int status = run_until(net, net->next_row_ns);
        if (status) return nenc_vnet_fail(net, status);
        for (int i = 0; i < net->link_count; i++) {
            nenc_path_row *row = nenc_rows_push(&net->path_rows);
            if (!row) return nenc_vnet_fail(net, NENC_ENOMEM);
            nenc_link_path_row(net->links[i], net->next_row_ns, net->path_row_ns, row);
        }
        net->next_row_ns += net->path_row_ns;
    }
    const int status = run_until(net, now_ns);
    if (status) return nenc_vnet_fail(net, status);
    net->now_ns = now_ns;
    return NENC_OK;
}
