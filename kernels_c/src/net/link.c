/* link.c - exact service of one hop while its rate changes under the queue.
 *
 * The serialiser is fluid: a packet leaves when the integral of the rate since its service began reaches its bits, so a
 * change of rate acts on the packet in service and on all behind it at once, and no more than the capacity's integral ever
 * leaves. Fractions of a nanosecond are carried from packet to packet within a busy period. */
#include "net/link.h"

#include <math.h>

enum { STAGE_LOSS = 1, STAGE_JITTER = 2, STAGE_DUPLICATE = 3, STAGE_QUEUE = 4, STAGES = 16 };

static int perish(nenc_link *link, const nenc_packet *packet, nenc_fate fate)
{
    if (fate == NENC_FATE_DROPPED) link->counts.drops_queue++;
    else link->counts.drops_loss++;
    return link->sink.perish(link->sink.self, link, packet, fate);
}

static int drop(void *self, const nenc_packet *packet) { return perish(self, packet, NENC_FATE_DROPPED); }

int nenc_link_init(nenc_link *link, int id, uint64_t seed, const nenc_link_config *config, nenc_link_sink sink)
{
    const int legal = config->direction <= NENC_REVERSE && !nenc_queue_check(&config->queue) && config->queue_rate_bps >= 0.0 &&
                      isfinite(config->queue_rate_bps) && (config->rate_bps == NENC_UNLIMITED || config->rate_bps >= 0.0) &&
                      isfinite(config->rate_bps) && config->delay_ns >= 0 && !nenc_loss_check(&config->loss) &&
                      !nenc_jitter_check(config->jitter_kind, config->jitter_std_ns, config->jitter_max_ns) &&
                      config->ecn_threshold_ns >= 0 && config->duplicate >= 0.0 && config->duplicate <= 1.0;
    if (!legal) return NENC_EINVAL;
    const uint64_t stream = (uint64_t)id * STAGES;
    nenc_queue *queue = nenc_queue_create(nenc_queue_ops_at(config->queue.kind), &config->queue, seed, stream + STAGE_QUEUE,
                                          config->queue_rate_bps, (nenc_queue_sink){link, drop});
    if (!queue) return NENC_ENOMEM;
    *link = (nenc_link){
        .id = id,
        .config = *config,
        .sink = sink,
        .queue = queue,
        .rate_bps = config->rate_bps,
        .loss = {.model = config->loss},
        .jitter = {.kind = config->jitter_kind, .std_ns = config->jitter_std_ns, .max_ns = config->jitter_max_ns},
        .ecn_threshold_ns = config->ecn ? config->ecn_threshold_ns : INT64_MAX,
        .counts = {.last_wait_ns = -1},
    };
    nenc_rng_init(&link->loss.rng, seed, stream + STAGE_LOSS);
    nenc_rng_init(&link->jitter.rng, seed, stream + STAGE_JITTER);
    nenc_rng_init(&link->duplicate_rng, seed, stream + STAGE_DUPLICATE);
    nenc_queue_set_rate(queue, 0, config->rate_bps);
    return NENC_OK;
}

void nenc_link_free(nenc_link *link)
{
    nenc_pipe_free(&link->arrivals);
    nenc_queue_destroy(link->queue);
    nenc_program_end(&link->program);
}

/* ---- after the serialiser --------------------------------------------------------------------------------------- */

/* The packet arrived at packet->t_ns, was served from start_ns to finish_ns, and goes on; it is changed on the way. */
static int depart(nenc_link *link, nenc_packet *packet, int64_t start_ns, int64_t finish_ns)
{
    const int64_t wait = start_ns - packet->t_ns;
    packet->wait_ns += wait;
    link->counts.packets++;
    link->counts.last_wait_ns = wait;
    if (wait > link->ecn_threshold_ns && (packet->flags & NENC_PACKET_ECT)) {
        packet->flags |= NENC_PACKET_CE;
        link->counts.marked++;
    }
    packet->t_ns = finish_ns + link->config.delay_ns;
    if (!link->loss.model.at_entry && nenc_loss_draw(&link->loss)) return perish(link, packet, NENC_FATE_LOST);

    packet->t_ns += nenc_jitter_draw(&link->jitter);
    if (link->jitter.kind != NENC_JITTER_REORDER) {
        /* RFC 8868 section 4.5.2: a packet that would come too early comes right behind the one ahead, at the link's rate.
         * (Times here are those of a packet's last bit, so it is its own serialisation time that separates the two.) */
        int64_t behind_ns = link->last_out_ns;
        if ((link->jitter.kind == NENC_JITTER_ORDERED || packet->t_ns < behind_ns) && link->rate_bps > 0.0 && behind_ns > 0)
            behind_ns += (int64_t)((double)packet->wire_bytes * 8e9 / link->rate_bps);
        if (packet->t_ns < behind_ns) packet->t_ns = behind_ns;
        link->last_out_ns = packet->t_ns;
    }
    int status = link->sink.leave(link->sink.self, link, packet);
    if (nenc_rng_uniform(&link->duplicate_rng) < link->config.duplicate) {
        link->counts.duplicated++;
        packet->flags |= NENC_PACKET_COPY;
        if (!status) status = link->sink.leave(link->sink.self, link, packet);
    }
    return status;
}

/* ---- the serialiser --------------------------------------------------------------------------------------------- */

/* The serialiser is free from start_ns (+ frac) on: the queue's next packet, if it has one that may go. 0, or a status. */
static int begin_service(nenc_link *link, int64_t start_ns, double frac)
{
    nenc_queue *queue = link->queue;
    if (!queue->packets) return NENC_OK;
    const int taken = queue->ops->dequeue(queue, start_ns, &link->served);
    if (taken <= 0) return taken;
    link->serving = 1;
    link->bits_left = 8.0 * (double)link->served.wire_bytes;
    link->service_ns = link->start_ns = start_ns;
    link->service_frac = frac;
    return NENC_OK;
}

static int end_service(nenc_link *link, int64_t finish_ns)
{
    link->serving = 0;
    nenc_queue_leave(link->queue, &link->served);
    return depart(link, &link->served, link->start_ns, finish_ns);
}

static int64_t next_finish(const nenc_link *link, double *frac)
{
    if (!link->serving || !(link->rate_bps > 0.0)) return INT64_MAX;
    const double left_ns = link->service_frac + link->bits_left * 1e9 / link->rate_bps;
    if (left_ns > 9e18 - (double)link->service_ns) return INT64_MAX;
    const int64_t whole = (int64_t)left_ns;
    *frac = left_ns - (double)whole;
    return link->service_ns + whole;
}

static int serve_at_rate(nenc_link *link, int64_t until_ns)
{
    double frac = 0.0;
    for (int64_t finish; (finish = next_finish(link, &frac)) <= until_ns;) {
        int status = end_service(link, finish);
        if (!status) status = begin_service(link, finish, frac);
        if (status) return status;
    }
    return NENC_OK;
}

/* Everything that waits goes at once, but for what the queue holds back. */
static int serve_unlimited(nenc_link *link, int64_t now_ns)
{
    int status = NENC_OK;
    do {
        if (link->serving) status = end_service(link, now_ns);
        if (!status) status = begin_service(link, now_ns, 0.0);
    } while (!status && link->serving);
    return status;
}

/* A packet has come, the rate has changed or the queue has woken: an idle serialiser looks into the queue. */
static int look(nenc_link *link, int64_t now_ns)
{
    if (link->rate_bps == NENC_UNLIMITED) return serve_unlimited(link, now_ns);
    return link->serving || !(link->rate_bps > 0.0) ? NENC_OK : begin_service(link, now_ns, 0.0);
}

static void reckon_capacity(nenc_link *link, int64_t now_ns)
{
    if (link->rate_bps > 0.0) link->capacity_bits += link->rate_bps * (double)(now_ns - link->capacity_ns) / 1e9;
    link->capacity_ns = now_ns;
}

/* The rate changes at now_ns, up to which the queue has been served: what is left of the packet goes on at the new rate. */
static int change_rate(nenc_link *link, int64_t now_ns, double rate_bps)
{
    reckon_capacity(link, now_ns);
    if (link->serving && now_ns > link->service_ns) {
        if (link->rate_bps > 0.0) {
            link->bits_left -= link->rate_bps * ((double)(now_ns - link->service_ns) - link->service_frac) / 1e9;
            if (link->bits_left < 0.0) link->bits_left = 0.0;
        }
        link->service_ns = now_ns;
        link->service_frac = 0.0;
    }
    link->rate_bps = rate_bps;
    nenc_queue_set_rate(link->queue, now_ns, rate_bps);
    return look(link, now_ns);
}

static int use_opportunity(nenc_link *link, int64_t now_ns)
{
    double bits = 8.0 * link->opportunity_bytes;
    link->capacity_bits += bits;
    while (bits > 0.0) {
        int status = link->serving ? NENC_OK : begin_service(link, now_ns, 0.0);
        if (status || !link->serving) return status;
        if (link->bits_left > bits) {
            link->bits_left -= bits;
            break;
        }
        bits -= link->bits_left;
        status = end_service(link, now_ns);
        if (status) return status;
    }
    return NENC_OK;
}

static int follow_program(nenc_link *link, int64_t t_ns)
{
    int status = NENC_OK;
    if (link->program.rate_bps) {
        const double rate_bps = link->program.rate_bps[link->program.next];
        status = serve_at_rate(link, t_ns);
        if (!status) status = change_rate(link, t_ns, rate_bps);
    } else {
        status = use_opportunity(link, t_ns);
    }
    nenc_program_step(&link->program);
    return status;
}

static int wake_queue(nenc_link *link, int64_t t_ns)
{
    const int status = serve_at_rate(link, t_ns);
    if (status) return status;
    link->queue->ops->wake(link->queue, t_ns);
    return look(link, t_ns);
}

/* At one moment the program comes first: a queue that wakes sees the new rate. */
int nenc_link_serve(nenc_link *link, int64_t now_ns)
{
    for (;;) {
        const int64_t program = nenc_program_next_ns(&link->program), wake = link->queue->wake_ns;
        if (program > now_ns && wake > now_ns) return serve_at_rate(link, now_ns);
        const int status = program <= wake ? follow_program(link, program) : wake_queue(link, wake);
        if (status) return status;
    }
}

int64_t nenc_link_next_departure(const nenc_link *link)
{
    const nenc_queue *queue = link->queue;
    if (!queue->packets) return INT64_MAX;
    double frac = 0.0;
    int64_t next = next_finish(link, &frac);
    if (nenc_program_next_ns(&link->program) < next) next = nenc_program_next_ns(&link->program);
    return queue->wake_ns < next ? queue->wake_ns : next;
}

int nenc_link_accept(nenc_link *link, nenc_packet *packet)
{
    nenc_queue *queue = link->queue;
    if (link->loss.model.at_entry && nenc_loss_draw(&link->loss)) return perish(link, packet, NENC_FATE_LOST);
    if (link->rate_bps == NENC_UNLIMITED && queue->ops->passes_alone) return depart(link, packet, packet->t_ns, packet->t_ns);
    const int status = queue->ops->enqueue(queue, packet);
    return status ? status : look(link, packet->t_ns);
}

/* ---- changes ---------------------------------------------------------------------------------------------------- */

int nenc_link_set_queue(nenc_link *link, int64_t now_ns, const nenc_queue_config *config)
{
    const int status = nenc_queue_configure(link->queue, now_ns, config);
    return status ? status : look(link, now_ns);
}

int nenc_link_set_rate(nenc_link *link, int64_t now_ns, double rate_bps)
{
    if (!isfinite(rate_bps) || (rate_bps < 0.0 && rate_bps != NENC_UNLIMITED)) return NENC_EINVAL;
    nenc_program_end(&link->program);
    return change_rate(link, now_ns, rate_bps);
}

int nenc_link_set_program(nenc_link *link, int64_t now_ns, const int64_t *t_ns, const double *rate_bps, size_t count,
                          int64_t period_ns)
{
    if (!rate_bps) return NENC_EINVAL;
    const int status = nenc_program_begin(&link->program, t_ns, rate_bps, count, period_ns);
    return status ? status : nenc_link_serve(link, now_ns); /* entries of the past and of this instant act now */
}

int nenc_link_set_opportunities(nenc_link *link, int64_t now_ns, const int64_t *t_ns, size_t count, int64_t period_ns,
                                int64_t start_ns, double bytes)
{
    if (!(bytes > 0.0) || !isfinite(bytes) || start_ns < now_ns) return NENC_EINVAL;
    const int status = nenc_program_begin(&link->program, t_ns, NULL, count, period_ns);
    if (status) return status;
    link->program.shift_ns = start_ns;
    link->opportunity_bytes = bytes;
    return change_rate(link, now_ns, 0.0);
}

void nenc_link_path_row(nenc_link *link, int64_t now_ns, int64_t period_ns, nenc_path_row *row)
{
    reckon_capacity(link, now_ns);
    const nenc_link_counts *counts = &link->counts;
    nenc_queue *queue = link->queue;
    int64_t wait = counts->last_wait_ns;
    if (wait < 0) /* of the packet in service, or else of the one that has waited longest */
        wait = queue->packets ? now_ns - (link->serving ? link->served.t_ns : queue->ops->oldest(queue)) : 0;
    *row = (nenc_path_row){
        .t_ns = now_ns,
        .link = link->id,
        .packets = counts->packets,
        .capacity_bps = link->rate_bps == NENC_UNLIMITED ? INFINITY : link->capacity_bits * 1e9 / (double)period_ns,
        .queue_delay_ms = (double)wait * 1e-6,
        .queue_bytes = queue->bytes,
        .drops_queue = counts->drops_queue,
        .drops_loss = counts->drops_loss,
        .marked = counts->marked + queue->marked,
        .duplicated = counts->duplicated,
    };
    link->capacity_bits = 0.0;
    queue->marked = 0;
    link->counts = (nenc_link_counts){.last_wait_ns = -1};
}
