/* queues.c - what every kind of queue promises, asked of every row of the table; and what a link does for a queue that wakes,
 * holds back, marks, and drops others than the packet that has come. */
#include "net/queue/queue.h"
#include "net/vnet_state.h"
#include "oracle.h"

enum { STEPS = 4000, FLOWS = 3, MOST = 1 << 16 };

typedef struct fates {
    uint8_t held[MOST]; /* by sequence: 1 inside, 2 out, 3 dropped */
    int64_t packets, bytes, dropped;
} fates;

static int drop(void *self, const nenc_packet *packet)
{
    fates *f = self;
    CHECK(f->held[packet->sequence] <= 1); /* not gone before */
    if (f->held[packet->sequence]) f->packets--, f->bytes -= packet->wire_bytes;
    f->held[packet->sequence] = 3;
    f->dropped++;
    return NENC_OK;
}

static nenc_queue_config draw_config(uint64_t *random, uint32_t kind)
{
    const nenc_queue_kind *row = nenc_queue_kind_at(kind);
    nenc_queue_config config = {.kind = kind, .unit = row->limit_unit, .limit = row->limit};
    if (row->limit_key) {
        do config.unit = (uint32_t)check_below(random, 3);
        while (!(row->limit_units >> config.unit & 1));
        const uint64_t most[] = {100000, 60, 50000000};
        config.limit = 1 + (int64_t)check_below(random, most[config.unit]);
    }
    for (uint32_t i = 0; i < row->parameter_count; i++) {
        const nenc_parameter *each = &row->parameters[i];
        const double high = each->high < 100 * each->value ? each->high : 100 * each->value;
        config.values[i] = strcmp(each->unit, "bool") == 0 ? (double)check_below(random, 2)
                                                           : floor(each->low + check_uniform(random) * (high - each->low));
    }
    return config;
}

/* Every packet comes out once or is dropped once; counts are those of what is inside; a flow's packets stay in order; nothing
 * comes out early. Limits, parameters and the rate change meanwhile, with packets inside. */
static void conservation(uint32_t kind, uint64_t seed)
{
    static fates f;
    memset(&f, 0, sizeof f);
    uint64_t random = seed;
    nenc_queue_config config = draw_config(&random, kind);
    CHECK(nenc_queue_check(&config) == NENC_OK);
    nenc_queue *queue = nenc_queue_create(nenc_queue_ops_at(kind), &config, seed, 4, 0.0, (nenc_queue_sink){&f, drop});
    nenc_queue_set_rate(queue, 0, 10e6);
    int64_t now = 0, sequence = 0, last[FLOWS] = {-1, -1, -1}, taken = 0;
    for (int step = 0; step < STEPS; step++) {
        now += (int64_t)check_below(&random, 2000000);
        while (queue->wake_ns <= now) {
            const int64_t due = queue->wake_ns;
            queue->ops->wake(queue, due);
            CHECK(queue->wake_ns > due);
            if (queue->wake_ns <= due) break;
        }
        const uint64_t what = check_below(&random, 20);
        if (what == 0) {
            config = draw_config(&random, kind);
            CHECK(nenc_queue_configure(queue, now, &config) == NENC_OK);
        } else if (what == 1) {
            nenc_queue_set_rate(queue, now, 1e5 * exp(6 * check_uniform(&random)));
        } else if (what < 12) {
            const nenc_packet packet = {.t_ns = now,
                                        .sequence = sequence++,
                                        .flow = (int32_t)check_below(&random, FLOWS),
                                        .wire_bytes = 60 + (uint32_t)check_below(&random, 1440),
                                        .flags = check_below(&random, 2) ? NENC_PACKET_ECT : 0};
            const int64_t before = queue->packets;
            const int64_t dropped = f.dropped;
            CHECK(queue->ops->enqueue(queue, &packet) == NENC_OK);
            if (f.held[packet.sequence] == 0) {
                f.held[packet.sequence] = 1;
                f.packets++;
                f.bytes += packet.wire_bytes;
            }
            CHECK(queue->packets == before + 1 - (f.dropped - dropped));
            CHECK(before || !queue->ops->passes_alone || f.held[packet.sequence] == 1);
        } else if (queue->packets) {
            nenc_packet packet;
            const int64_t oldest = queue->ops->oldest(queue);
            CHECK(oldest >= 0 && oldest <= now);
            const int given = queue->ops->dequeue(queue, now, &packet);
            CHECK(given == 1 || (given == 0 && (queue->wake_ns < INT64_MAX || !queue->packets)));
            if (given != 1) continue;
            CHECK(f.held[packet.sequence] == 1 && packet.t_ns <= now && packet.sequence > last[packet.flow]);
            CHECK(!(packet.flags & NENC_PACKET_CE) || packet.flags & NENC_PACKET_ECT);
            CHECK(queue->packets == f.packets); /* counted until the link has served it */
            last[packet.flow] = packet.sequence;
            f.held[packet.sequence] = 2;
            f.packets--;
            f.bytes -= packet.wire_bytes;
            nenc_queue_leave(queue, &packet);
            taken++;
        }
        CHECK(queue->packets == f.packets && queue->bytes == f.bytes);
    }
    CHECK(taken > STEPS / 10);
    CHECK(taken + f.dropped + queue->packets == sequence);
    nenc_queue_destroy(queue); /* with what is in it */
}

/* What a table says of itself: names differ, defaults are legal, one step outside is not. */
static void table(uint32_t kind)
{
    const nenc_queue_kind *row = nenc_queue_kind_at(kind);
    for (uint32_t other = 0; other < kind; other++) CHECK(strcmp(row->name, nenc_queue_kind_at(other)->name) != 0);
    CHECK(row->about && row->parameter_count <= NENC_PARAMETERS);
    nenc_queue_config config = {.kind = kind, .unit = row->limit_unit, .limit = row->limit};
    for (uint32_t i = 0; i < row->parameter_count; i++) config.values[i] = row->parameters[i].value;
    CHECK(nenc_queue_check(&config) == NENC_OK);
    for (uint32_t i = 0; i < row->parameter_count; i++) {
        const double wrong[] = {NAN, nextafter(row->parameters[i].low, -INFINITY), nextafter(row->parameters[i].high, INFINITY)};
        for (size_t w = 0; w < 3; w++) {
            nenc_queue_config bad = config;
            bad.values[i] = wrong[w];
            CHECK(nenc_queue_check(&bad) == NENC_EINVAL);
        }
    }
    if (!row->limit_key) return;
    config.limit = 0;
    CHECK(nenc_queue_check(&config) == NENC_EINVAL);
    config = (nenc_queue_config){.kind = kind, .unit = 3, .limit = 1};
    CHECK(nenc_queue_check(&config) == NENC_EINVAL);
}

/* ---- what a link does for a queue that is not droptail ---------------------------------------------------------- */

enum { ROOM = 4, PERIOD = 3000000 };

/* Opens every PERIOD for one packet, marks it if it can, keeps the newest ROOM packets: a full queue drops its head. */
typedef struct gate {
    nenc_queue queue;
    nenc_packet slot[ROOM];
    int count, open, wakes;
} gate;

static int64_t gate_oldest(const nenc_queue *queue) { return ((const gate *)queue)->slot[0].t_ns; }

static nenc_packet gate_pop(gate *g)
{
    const nenc_packet head = g->slot[0];
    memmove(g->slot, g->slot + 1, (size_t)--g->count * sizeof *g->slot);
    return head;
}

static int gate_enqueue(nenc_queue *queue, const nenc_packet *packet)
{
    gate *g = (gate *)queue;
    if (g->count == ROOM) {
        const nenc_packet head = gate_pop(g);
        const int status = nenc_queue_discard(queue, &head);
        if (status) return status;
    }
    g->slot[g->count++] = *packet;
    nenc_queue_keep(queue, packet);
    return NENC_OK;
}

static int gate_dequeue(nenc_queue *queue, int64_t now_ns, nenc_packet *packet)
{
    gate *g = (gate *)queue;
    CHECK(g->count == (int)queue->packets && g->count > 0);
    if (!g->open) return 0;
    g->open = 0;
    *packet = gate_pop(g);
    nenc_queue_mark(queue, packet);
    return 1;
}

static void gate_wake(nenc_queue *queue, int64_t now_ns)
{
    CHECK(now_ns == queue->wake_ns);
    ((gate *)queue)->open = 1;
    ((gate *)queue)->wakes++;
    queue->wake_ns += PERIOD;
}

static void gate_configured(nenc_queue *queue, int64_t now_ns)
{
    if (queue->wake_ns == INT64_MAX) queue->wake_ns = PERIOD;
}

static void gate_release(nenc_queue *queue) {}

static const nenc_queue_ops gate_ops = {
    .kind = {.name = "gate"},
    .size = sizeof(gate),
    .configured = gate_configured,
    .enqueue = gate_enqueue,
    .dequeue = gate_dequeue,
    .oldest = gate_oldest,
    .wake = gate_wake,
    .release = gate_release,
};

/* Ten packets at 1 ms. The first six lose their place to later ones (the head goes), the last four leave when the gate opens,
 * 3, 6, 9 and 12 ms, and are served at the link's rate, or at once where it has no serialiser. */
static void behind_a_gate(double rate_bps)
{
    nenc_vnet *net = nenc_vnet_create(1, 10 * ms_ns, 1);
    const int id = add_link(net, plain_link(NENC_FORWARD, rate_bps, ms_ns));
    nenc_link *link = net->links[id];
    nenc_queue *droptail = link->queue;
    link->queue = nenc_queue_create(&gate_ops, &droptail->config, 1, 4, 0.0, droptail->sink);
    nenc_queue_destroy(droptail);
    nenc_flow_config config = plain_flow(-1, -1);
    config.ecn = 1;
    const int flow = add_flow(net, config);
    unpace(net, flow);
    for (int i = 0; i < 10; i++) send_at(net, flow, ms_ns, MEDIA_BYTES);
    CHECK(nenc_vnet_advance(net, 2 * ms_ns) == NENC_OK);
    CHECK(nenc_link_next_departure(link) == PERIOD);
    for (int64_t now = 2 * ms_ns; now < 40 * ms_ns; now += 777777) CHECK(nenc_vnet_advance(net, now) == NENC_OK);
    CHECK(((gate *)link->queue)->wakes == (int)(net->now_ns / PERIOD));
    packet_log log = take_packets(net);
    CHECK(log.count == 10);
    const int64_t service_ns = rate_bps > 0 ? (int64_t)(WIRE_BYTES * 8e9 / rate_bps) : 0;
    for (int i = 0; i < 10; i++) {
        const nenc_packet_row *row = find_packet(&log, flow, i);
        const int64_t opens = (i - 5) * (int64_t)PERIOD;
        CHECK(row && (row->fate == 1) == (i < 6) && (i < 6 || row->received_ns == opens + service_ns + ms_ns));
        CHECK(row && (i < 6 || row->wait_ns == opens - ms_ns));
    }
    nenc_path_row rows[4];
    uint32_t marked = 0, drops = 0;
    const int count = nenc_vnet_take_path(net, rows, 4);
    CHECK(count == 3);
    for (int i = 0; i < count; i++) marked += rows[i].marked, drops += rows[i].drops_queue;
    CHECK(marked == 4 && drops == 6);
    CHECK(counters_of(net, flow).dropped_packets == 6 && counters_of(net, flow).received_packets == 4);
    free(log.rows);
    nenc_vnet_destroy(net);
}

/* A queue that is empty, at a rate of 0, or closed says when it wakes; its age is that of the packet that waits longest. */
static void age_of_what_waits(void)
{
    nenc_vnet *net = nenc_vnet_create(1, 2 * ms_ns, 0);
    const int link = add_link(net, plain_link(NENC_FORWARD, 0.0, 0));
    const int flow = add_flow(net, plain_flow(-1, -1));
    unpace(net, flow);
    send_at(net, flow, ms_ns, MEDIA_BYTES);
    CHECK(nenc_vnet_advance(net, 4 * ms_ns) == NENC_OK);
    nenc_path_row rows[2];
    CHECK(nenc_vnet_take_path(net, rows, 2) == 2);
    CHECK_NEAR(rows[0].queue_delay_ms, 1.0, 1e-9);
    CHECK_NEAR(rows[1].queue_delay_ms, 3.0, 1e-9);
    CHECK(rows[1].queue_bytes == WIRE_BYTES && nenc_link_next_departure(net->links[link]) == INT64_MAX);
    nenc_vnet_destroy(net);
}

int main(void)
{
    for (uint32_t kind = 0; nenc_queue_kind_at(kind); kind++) {
        table(kind);
        for (uint64_t seed = 1; seed <= 30; seed++) conservation(kind, seed);
    }
    CHECK(nenc_queue_kind_at(0) && !nenc_queue_kind_at(1000));
    behind_a_gate(100e6);
    behind_a_gate(NENC_UNLIMITED);
    age_of_what_waits();
    return CHECK_END();
}
