/* vnet.c - the virtual network: links and sources driven through time, in order, in slices that end at the path rows. */
#include "nenc/vnet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "net/cross.h"
#include "net/flow.h"
#include "net/link.h"
#include "net/rows.h"

enum { MAX_LINKS = 64, MAX_FLOWS = 256, MAX_CROSS = 256, DIRECTIONS = 2 };

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
    nenc_cross *crosses[MAX_CROSS];
    /* When each source sends next: flows, then cross traffic, those of one link side by side, so that the next arrival of a
     * link is the minimum of a few numbers in a row and not of as many objects. Laid out at the first advance. */
    int64_t send_ns[MAX_FLOWS + MAX_CROSS];
    int source[MAX_FLOWS + MAX_CROSS]; /* a flow's number, or MAX_FLOWS + a cross traffic's */
    int place_of[MAX_FLOWS + MAX_CROSS]; /* the other way round */
    int first_source[MAX_LINKS + 1];     /* by link: [first_source[id], first_source[id + 1]) */
    int64_t delays_from_ns;
    nenc_rows path_rows;
    nenc_rows delay_rows;
    nenc_rows packet_rows;
};

/* ---- building --------------------------------------------------------------------------------------------------- */

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
    for (int i = 0; i < net->cross_count; i++) free(net->crosses[i]);
    nenc_rows_free(&net->path_rows);
    nenc_rows_free(&net->delay_rows);
    nenc_rows_free(&net->packet_rows);
    free(net);
}

static int fail(nenc_vnet *net, int status)
{
    if (status < 0 && !net->status) net->status = status;
    return status;
}

static void log_packet(nenc_vnet *net, const nenc_packet *packet, nenc_fate fate, int link)
{
    if (!net->log_packets || packet->kind != NENC_PACKET_MEDIA) return;
    nenc_packet_row *row = nenc_rows_push(&net->packet_rows);
    if (!row) {
        fail(net, NENC_ENOMEM);
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
        return nenc_pipe_push(&net->links[net->chain[link->direction][net->place[link->id] + 1]]->arrivals, packet);
    if (packet->kind == NENC_PACKET_MEDIA) return nenc_pipe_push(&net->flows[packet->flow]->arrivals, packet);
    if (packet->kind == NENC_PACKET_REPORT && !(packet->flags & NENC_PACKET_COPY))
        return nenc_pipe_push(&net->flows[packet->flow]->returned, packet);
    return NENC_OK;
}

static int link_perish(void *self, const nenc_link *link, const nenc_packet *packet, nenc_fate fate)
{
    nenc_vnet *net = self;
    log_packet(net, packet, fate, link->id);
    if (packet->kind == NENC_PACKET_MEDIA) nenc_flow_lose(net->flows[packet->flow], packet, fate == NENC_FATE_DROPPED);
    if (packet->kind == NENC_PACKET_REPORT) nenc_flow_lose_report(net->flows[packet->flow], packet);
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
    flow->first_reverse_link = reverse_first;
    flow->last_reverse_link = reverse_last;
    net->flows[net->flow_count] = flow;
    return net->flow_count++;
}

int nenc_vnet_add_cross(nenc_vnet *net, const nenc_cross_config *config)
{
    if (!net || !config || config->direction > NENC_REVERSE) return NENC_EINVAL;
    if (net->started) return NENC_ESTATE;
    if (net->cross_count == MAX_CROSS) return NENC_ERANGE;
    int first, last;
    if (find_links(net, config->direction, config->first_link, config->last_link, &first, &last)) return NENC_EINVAL;
    nenc_cross *cross = malloc(sizeof *cross);
    if (!cross) return NENC_ENOMEM;
    const int status = nenc_cross_init(cross, net->cross_count, net->seed, config, first, last);
    if (status) {
        free(cross);
        return status;
    }
    net->crosses[net->cross_count] = cross;
    return net->cross_count++;
}

/* ---- time ------------------------------------------------------------------------------------------------------- */

static void lay_out_sources(nenc_vnet *net)
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
        net->send_ns[place] = source < MAX_FLOWS ? nenc_flow_next_send(net->flows[source]) : net->crosses[source - MAX_FLOWS]->next_ns;
    }
    net->started = 1;
}

/* After everything that may move a flow's next packet. */
static void reschedule(nenc_vnet *net, const nenc_flow *flow)
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

static int run_link(nenc_vnet *net, nenc_link *link, int64_t until_ns)
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
            const int status = run_link(net, net->links[net->chain[direction][i]], until_ns);
            if (status) return status;
        }
        for (int i = 0; direction == NENC_FORWARD && i < net->flow_count; i++) {
            nenc_pipe *arrivals = &net->flows[i]->arrivals;
            for (; nenc_pipe_time(arrivals) <= until_ns; nenc_pipe_pop(arrivals)) {
                nenc_flow_receive(net->flows[i], nenc_pipe_front(arrivals));
                log_packet(net, nenc_pipe_front(arrivals), NENC_FATE_RECEIVED, -1);
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
    if (!net->started) lay_out_sources(net);
    while (net->next_row_ns <= now_ns) {
        const int status = run_slice(net, net->next_row_ns);
        if (status) return fail(net, status);
        for (int i = 0; i < net->link_count; i++) {
            nenc_path_row *row = nenc_rows_push(&net->path_rows);
            if (!row) return fail(net, NENC_ENOMEM);
            nenc_link_path_row(net->links[i], net->next_row_ns, net->path_row_ns, row);
        }
        net->next_row_ns += net->path_row_ns;
    }
    const int status = run_slice(net, now_ns);
    if (status) return fail(net, status);
    net->now_ns = now_ns;
    return NENC_OK;
}

/* ---- changes ---------------------------------------------------------------------------------------------------- */

static nenc_link *find_link(nenc_vnet *net, int link)
{
    return net && link >= 0 && link < net->link_count ? net->links[link] : NULL;
}

/* A refused change changes nothing; one that ran out of memory may have been half made, and the network with it. */
static int changed(nenc_vnet *net, int status) { return status == NENC_ENOMEM ? fail(net, status) : status; }

int nenc_vnet_set_rate(nenc_vnet *net, int link, double rate_bps)
{
    nenc_link *l = find_link(net, link);
    return l ? changed(net, nenc_link_set_rate(l, net->now_ns, rate_bps)) : NENC_EINVAL;
}

int nenc_vnet_set_delay(nenc_vnet *net, int link, int64_t delay_ns)
{
    nenc_link *l = find_link(net, link);
    if (!l || delay_ns < 0) return NENC_EINVAL;
    l->delay_ns = delay_ns;
    return NENC_OK;
}

int nenc_vnet_set_queue(nenc_vnet *net, int link, uint32_t kind, int64_t limit)
{
    nenc_link *l = find_link(net, link);
    if (!l || kind > NENC_QUEUE_TIME || limit <= 0) return NENC_EINVAL;
    l->queue_kind = kind;
    l->queue_limit = limit;
    return NENC_OK;
}

int nenc_vnet_set_loss(nenc_vnet *net, int link, const nenc_loss *loss)
{
    nenc_link *l = find_link(net, link);
    if (!l || nenc_loss_check(loss)) return NENC_EINVAL;
    l->loss.model = *loss;
    return NENC_OK;
}

int nenc_vnet_set_jitter(nenc_vnet *net, int link, uint32_t kind, int64_t std_ns, int64_t max_ns)
{
    nenc_link *l = find_link(net, link);
    if (!l || nenc_jitter_check(kind, std_ns, max_ns)) return NENC_EINVAL;
    l->jitter.kind = kind;
    l->jitter.std_ns = std_ns;
    l->jitter.max_ns = max_ns;
    return NENC_OK;
}

int nenc_vnet_set_duplicate(nenc_vnet *net, int link, double probability)
{
    nenc_link *l = find_link(net, link);
    if (!l || !(probability >= 0.0 && probability <= 1.0)) return NENC_EINVAL;
    l->duplicate = probability;
    return NENC_OK;
}

int nenc_vnet_set_program(nenc_vnet *net, int link, const int64_t *t_ns, const double *rate_bps, size_t count, int64_t period_ns)
{
    nenc_link *l = find_link(net, link);
    return l ? changed(net, nenc_link_set_program(l, net->now_ns, t_ns, rate_bps, count, period_ns)) : NENC_EINVAL;
}

int nenc_vnet_set_opportunities(nenc_vnet *net, int link, const int64_t *t_ns, size_t count, int64_t period_ns, int64_t start_ns,
                                double bytes)
{
    nenc_link *l = find_link(net, link);
    return l ? changed(net, nenc_link_set_opportunities(l, net->now_ns, t_ns, count, period_ns, start_ns, bytes)) : NENC_EINVAL;
}

/* ---- flows ------------------------------------------------------------------------------------------------------ */

static nenc_flow *find_flow(const nenc_vnet *net, int flow)
{
    return net && flow >= 0 && flow < net->flow_count ? net->flows[flow] : NULL;
}

int nenc_vnet_set_target(nenc_vnet *net, int flow, int64_t now_ns, double target_bps)
{
    nenc_flow *f = find_flow(net, flow);
    if (!f || !(target_bps >= 0.0) || !isfinite(target_bps)) return NENC_EINVAL;
    const int status = nenc_vnet_advance(net, now_ns);
    if (status) return status;
    nenc_flow_set_pace(f, now_ns, target_bps * f->config.pacer_factor);
    reschedule(net, f);
    return NENC_OK;
}

int64_t nenc_vnet_send_frame(nenc_vnet *net, int flow, int64_t capture_ns, int64_t ready_ns, int64_t bytes, uint32_t tag,
                             uint32_t flags, float qp, float psnr, float ssim)
{
    nenc_flow *f = find_flow(net, flow);
    if (!f || bytes <= 0 || bytes > INT32_MAX) return NENC_EINVAL;
    if (net->status) return net->status;
    if (ready_ns < net->now_ns) return NENC_ERANGE;
    const nenc_frame_row row = {.capture_ns = capture_ns,
                                .ready_ns = ready_ns,
                                .bytes = bytes,
                                .tag = tag,
                                .flags = flags,
                                .qp = qp,
                                .psnr = psnr,
                                .ssim = ssim};
    const int64_t number = nenc_flow_add_frame(f, &row);
    if (number < 0) fail(net, (int)number);
    reschedule(net, f);
    return number;
}

int nenc_vnet_send_report(nenc_vnet *net, int flow, int64_t now_ns)
{
    nenc_flow *f = find_flow(net, flow);
    if (!f) return NENC_EINVAL;
    int status = nenc_vnet_advance(net, now_ns);
    if (status) return status;
    nenc_packet carrier;
    const int made = nenc_flow_make_report(f, now_ns, &carrier);
    if (made <= 0) return fail(net, made);
    if (f->first_reverse_link < 0) {
        status = nenc_pipe_push(&f->returned, &carrier);
    } else {
        status = nenc_pipe_push(&net->links[f->first_reverse_link]->arrivals, &carrier);
        for (int i = 0; !status && i < net->chain_count[NENC_REVERSE]; i++)
            status = run_link(net, net->links[net->chain[NENC_REVERSE][i]], now_ns);
    }
    return status ? fail(net, status) : 1;
}

int64_t nenc_vnet_next_report(nenc_vnet *net, int flow)
{
    nenc_flow *f = find_flow(net, flow);
    if (!f || !f->reports_under_way) return INT64_MAX;
    int64_t next = nenc_pipe_time(&f->returned);
    if (next <= net->now_ns) return net->now_ns;
    if (f->reports_under_way == (int64_t)nenc_pipe_count(&f->returned)) return next;
    /* Some are not past their last queue yet: none of these can come before something next moves in the reverse direction. */
    for (int i = 0; i < net->chain_count[NENC_REVERSE]; i++) {
        const nenc_link *link = net->links[net->chain[NENC_REVERSE][i]];
        const int64_t arrival = nenc_pipe_time(&link->arrivals), departure = nenc_link_next_departure(link);
        if (arrival < next) next = arrival;
        if (departure < next) next = departure;
    }
    return next > net->now_ns ? next : net->now_ns + 1;
}

int nenc_vnet_take_report(nenc_vnet *net, int flow, int64_t now_ns, nenc_sample *sample)
{
    nenc_flow *f = find_flow(net, flow);
    if (!f || !sample) return NENC_EINVAL;
    const int status = nenc_vnet_advance(net, now_ns);
    if (status) return status;
    if (nenc_pipe_time(&f->returned) > now_ns) return 0;
    nenc_flow_take_report(f, sample);
    return 1;
}

/* ---- what happened ---------------------------------------------------------------------------------------------- */

int nenc_vnet_flow_counters_get(const nenc_vnet *net, int flow, nenc_flow_counters *counters)
{
    const nenc_flow *f = find_flow(net, flow);
    if (!f || !counters) return NENC_EINVAL;
    *counters = f->counters;
    return NENC_OK;
}

int nenc_vnet_take_frames(nenc_vnet *net, int flow, nenc_frame_row *rows, int max, int all)
{
    nenc_flow *f = find_flow(net, flow);
    if (!f || (!rows && max > 0)) return NENC_EINVAL;
    const int taken = nenc_flow_take_frames(f, rows, max, all);
    if (all) reschedule(net, f);
    return taken;
}

int nenc_vnet_take_path(nenc_vnet *net, nenc_path_row *rows, int max)
{
    return net && (rows || max <= 0) ? nenc_rows_take(&net->path_rows, rows, max) : NENC_EINVAL;
}

int nenc_vnet_cut_delays(nenc_vnet *net, int64_t now_ns)
{
    if (!net) return NENC_EINVAL;
    const int status = nenc_vnet_advance(net, now_ns);
    if (status) return status;
    for (int i = 0; i < net->flow_count; i++) {
        nenc_histogram *delays = &net->flows[i]->delays;
        for (int bin = delays->first; bin <= delays->last; bin++) {
            if (!delays->counts[bin]) continue;
            nenc_delay_row *row = nenc_rows_push(&net->delay_rows);
            if (!row) return fail(net, NENC_ENOMEM);
            *row = (nenc_delay_row){net->delays_from_ns, now_ns, nenc_histogram_upper_ns(bin), i, delays->counts[bin]};
        }
        nenc_histogram_clear(delays);
    }
    net->delays_from_ns = now_ns;
    return NENC_OK;
}

int nenc_vnet_take_delays(nenc_vnet *net, nenc_delay_row *rows, int max)
{
    return net && (rows || max <= 0) ? nenc_rows_take(&net->delay_rows, rows, max) : NENC_EINVAL;
}

int nenc_vnet_take_packets(nenc_vnet *net, nenc_packet_row *rows, int max)
{
    return net && (rows || max <= 0) ? nenc_rows_take(&net->packet_rows, rows, max) : NENC_EINVAL;
}
