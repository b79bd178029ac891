/* fuzz.c - random operations on random networks: what is physically true stays true, and how time is cut does not matter. */
#include "net.h"

typedef struct world {
    nenc_vnet *net;
    uint64_t random;
    int links, flows;
    int duplicates; /* some link duplicates: then a packet may be lost and saved, and capacity carries copies as well */
    uint32_t direction[8];
    int64_t now_ns;
    int64_t next_report_ns[4];
} world;

static nenc_loss draw_loss(uint64_t *random, uint32_t at_entry)
{
    return (nenc_loss){.kind = (uint32_t)check_below(random, 3),
                       .at_entry = at_entry,
                       .p = 0.2 * check_uniform(random),
                       .r = check_uniform(random),
                       .loss_bad = check_uniform(random),
                       .loss_good = 0.1 * check_uniform(random)};
}

static double draw_rate(uint64_t *random)
{
    const uint64_t kind = check_below(random, 8);
    return kind == 0 ? 0.0 : kind == 1 ? NENC_UNLIMITED : 1e5 * exp(8 * check_uniform(random));
}

static nenc_link_config draw_link(uint64_t *random, uint32_t direction, int duplicates)
{
    return (nenc_link_config){
        .direction = direction,
        .queue = {.unit = (uint32_t)check_below(random, 3),
                  .limit = 1 + (int64_t)check_below(random, 50000000) / (check_below(random, 2) ? 1 : 1000)},
        .rate_bps = draw_rate(random),
        .delay_ns = (int64_t)check_below(random, 40000000),
        .loss = draw_loss(random, (uint32_t)check_below(random, 2)),
        .jitter_kind = (uint32_t)check_below(random, 3),
        .jitter_std_ns = (int64_t)check_below(random, 5000000),
        .jitter_max_ns = (int64_t)check_below(random, 15000000),
        .ecn = (uint32_t)check_below(random, 2),
        .ecn_threshold_ns = (int64_t)check_below(random, 5000000),
        .duplicate = duplicates ? 0.3 * check_uniform(random) : 0.0,
    };
}

static void build(world *w, uint64_t seed)
{
    *w = (world){.random = seed};
    w->net = nenc_vnet_create(seed, 10 * ms_ns, seed % 2 == 0);
    w->duplicates = (int)check_below(&w->random, 2);
    const int forward = 1 + (int)check_below(&w->random, 3), reverse = (int)check_below(&w->random, 3);
    w->links = forward + reverse;
    for (int i = 0; i < w->links; i++) {
        w->direction[i] = i < forward ? NENC_FORWARD : NENC_REVERSE;
        CHECK(add_link(w->net, draw_link(&w->random, w->direction[i], w->duplicates)) == i);
    }
    w->flows = 1 + (int)check_below(&w->random, 4);
    for (int i = 0; i < w->flows; i++) {
        const int first = (int)check_below(&w->random, (uint64_t)forward);
        nenc_flow_config flow = plain_flow(first, first + (int)check_below(&w->random, (uint64_t)(forward - first)));
        flow.ecn = (uint32_t)check_below(&w->random, 2);
        flow.pacer_burst_ns = (int64_t)check_below(&w->random, 10000000);
        CHECK(add_flow(w->net, flow) == i);
    }
    for (int i = (int)check_below(&w->random, 3); i > 0; i--) {
        const nenc_cross_config cross = {.kind = (uint32_t)check_below(&w->random, 3),
                                         .direction = NENC_FORWARD,
                                         .first_link = (int32_t)check_below(&w->random, (uint64_t)forward),
                                         .last_link = forward - 1,
                                         .values[0] = 1e6 + 2e7 * check_uniform(&w->random),
                                         .wire_bytes = 60 + (uint32_t)check_below(&w->random, 1440),
                                         .start_ns = (int64_t)check_below(&w->random, 500000000),
                                         .stop_ns = second_ns + (int64_t)check_below(&w->random, 500000000),
                                         .values[1] = 1 + (int64_t)check_below(&w->random, 20000000),
                                         .values[2] = 1 + (int64_t)check_below(&w->random, 20000000)};
        CHECK(nenc_vnet_add_cross(w->net, &cross) >= 0);
    }
}

static void change_something(world *w)
{
    uint64_t *random = &w->random;
    const int link = (int)check_below(random, (uint64_t)w->links);
    int64_t times[5];
    double rates[5];
    for (int i = 0; i < 5; i++) {
        times[i] = (i ? times[i - 1] : w->now_ns) + 1 + (int64_t)check_below(random, 20000000);
        rates[i] = fabs(draw_rate(random));
    }
    int status = NENC_OK;
    switch (check_below(random, 8)) {
    case 0: status = nenc_vnet_set_rate(w->net, link, draw_rate(random)); break;
    case 1: status = nenc_vnet_set_delay(w->net, link, (int64_t)check_below(random, 50000000)); break;
    case 2: status = set_queue(w->net, link, (uint32_t)check_below(random, 3), 1 + (int64_t)check_below(random, 1000000)); break;
    case 3: {
        const nenc_loss loss = draw_loss(random, (uint32_t)check_below(random, 2));
        status = nenc_vnet_set_loss(w->net, link, &loss);
        break;
    }
    case 4:
        status = nenc_vnet_set_jitter(w->net, link, (uint32_t)check_below(random, 3), (int64_t)check_below(random, 3000000),
                                      9 * ms_ns);
        break;
    case 5: status = nenc_vnet_set_duplicate(w->net, link, w->duplicates ? 0.2 * check_uniform(random) : 0.0); break;
    case 6:
        status = nenc_vnet_set_program(w->net, link, times, rates, 5, check_below(random, 2) ? times[4] - times[0] + 1 : 0);
        break;
    default:
        for (int i = 0; i < 5; i++) times[i] -= w->now_ns;
        status = nenc_vnet_set_opportunities(w->net, link, times, 5, times[4], w->now_ns, 1 + (double)check_below(random, 5000));
        break;
    }
    CHECK(status == NENC_OK);
}

static uint64_t hashed(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3u;
    return hash;
}

static void take_all_rows(world *w, uint64_t *hash, int all)
{
    nenc_frame_row frame;
    for (int flow = 0; flow < w->flows; flow++) {
        int64_t before = -1;
        while (nenc_vnet_take_frames(w->net, flow, &frame, 1, all) == 1) {
            CHECK(frame.frame > before && frame.lost + frame.pending <= frame.packets && (all || frame.pending == 0));
            CHECK(frame.received_ns < 0 || frame.received_ns >= frame.ready_ns);
            CHECK((frame.received_ns < 0) == (frame.lost + frame.pending == frame.packets) || frame.pending);
            before = frame.frame;
            *hash = hashed(*hash, &frame, sizeof frame);
        }
    }
    nenc_packet_row row;
    while (nenc_vnet_take_packets(w->net, &row, 1) == 1) {
        CHECK(row.received_ns < 0 || row.received_ns >= row.sent_ns + row.wait_ns);
        CHECK((row.received_ns >= 0) == (row.fate == 0 || row.fate == 3));
        CHECK((row.link >= 0) == (row.fate == 1 || row.fate == 2));
        CHECK(row.wait_ns >= 0);
    }
    nenc_path_row path;
    while (nenc_vnet_take_path(w->net, &path, 1) == 1) {
        CHECK(path.capacity_bps >= 0 && path.queue_bytes >= 0 && path.queue_delay_ms >= 0 && path.t_ns % (10 * ms_ns) == 0);
        *hash = hashed(*hash, &path, sizeof path);
    }
}

/* The same operations at the same times; `cut` advances in between now and then. */
static uint64_t run(uint64_t seed, int cut)
{
    world w;
    build(&w, seed);
    uint64_t hash = 0xcbf29ce484222325u, strides = seed + (uint64_t)cut;
    nenc_sample sample;
    for (int i = 0; i < w.flows; i++) w.next_report_ns[i] = 0;
    while (w.now_ns < 1500 * ms_ns) {
        const int64_t next = w.now_ns + (int64_t)check_below(&w.random, 6000000);
        while (cut && w.now_ns < next && check_below(&strides, 3)) {
            w.now_ns += (int64_t)check_below(&strides, (uint64_t)(next - w.now_ns) + 1);
            CHECK(nenc_vnet_advance(w.net, w.now_ns) == NENC_OK);
        }
        w.now_ns = next;
        CHECK(nenc_vnet_advance(w.net, w.now_ns) == NENC_OK);
        const int flow = (int)check_below(&w.random, (uint64_t)w.flows);
        const uint64_t what = check_below(&w.random, 16);
        if (what < 6) {
            const int64_t ready = w.now_ns + (int64_t)check_below(&w.random, 5000000);
            CHECK(nenc_vnet_send_frame(w.net, flow, w.now_ns, ready, 1 + (int64_t)check_below(&w.random, 30000), 0, 0, 0, 0, 0) >=
                  0);
        } else if (what < 9) {
            CHECK(nenc_vnet_set_target(w.net, flow, w.now_ns,
                                       check_below(&w.random, 9) ? 1e5 * exp(6 * check_uniform(&w.random)) : 0) == NENC_OK);
        } else if (what < 12) {
            CHECK(nenc_vnet_send_report(w.net, flow, w.now_ns) >= 0);
        } else if (what < 14) {
            while (nenc_vnet_take_report(w.net, flow, w.now_ns, &sample) == 1) {
                CHECK(sample.time_ns <= w.now_ns && sample.rtt_ms >= 0 && sample.loss >= 0 && sample.loss < 1 &&
                      sample.ecn >= 0 && sample.ecn <= 1);
                hash = hashed(hash, &sample.time_ns, sizeof sample.time_ns);
                hash = hashed(hash, &sample.throughput_kbps, sizeof sample.throughput_kbps);
                hash = hashed(hash, &sample.loss, sizeof sample.loss);
            }
            CHECK(nenc_vnet_next_report(w.net, flow) > w.now_ns);
        } else if (what == 14) {
            change_something(&w);
        } else {
            CHECK(nenc_vnet_cut_delays(w.net, w.now_ns) == NENC_OK);
        }
        if (check_below(&w.random, 40) == 0) take_all_rows(&w, &hash, 0);
    }
    /* The way is cleared and everything comes to rest: nothing is in flight, so each packet sent is somewhere. */
    for (int i = 0; i < w.links; i++) CHECK(nenc_vnet_set_rate(w.net, i, NENC_UNLIMITED) == NENC_OK);
    for (int i = 0; i < w.flows; i++) CHECK(nenc_vnet_set_target(w.net, i, w.now_ns, 1e12) == NENC_OK);
    w.now_ns += 10 * second_ns;
    CHECK(nenc_vnet_cut_delays(w.net, w.now_ns) == NENC_OK);
    take_all_rows(&w, &hash, 0);
    int64_t received = 0, counted = 0;
    for (int i = 0; i < w.flows; i++) {
        const nenc_flow_counters c = counters_of(w.net, i);
        CHECK(c.backlog_bytes == 0);
        CHECK(c.sent_packets == c.received_packets + c.dropped_packets + c.lost_packets);
        CHECK(c.received_bytes <= c.sent_bytes &&
              c.received_wire_bytes == c.received_bytes + c.received_packets * (HEADER_BYTES + OVERHEAD_BYTES));
        nenc_frame_row frame;
        CHECK(nenc_vnet_take_frames(w.net, i, &frame, 1, 1) == 0); /* every frame's fate is known */
        hash = hashed(hash, &c, sizeof c);
        received += c.received_packets;
    }
    nenc_delay_row row;
    while (nenc_vnet_take_delays(w.net, &row, 1) == 1) {
        counted += row.packets;
        hash = hashed(hash, &row, sizeof row);
    }
    CHECK(counted == received);
    nenc_vnet_destroy(w.net);
    return hash;
}

int main(void)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        const uint64_t once = run(seed, 0);
        if (run(seed, 0) != once || run(seed, 1) != once) {
            fprintf(stderr, "seed %llu: ", (unsigned long long)seed);
            CHECK(run(seed, 0) == once); /* the same again */
            CHECK(run(seed, 1) == once); /* and whatever the strides */
        }
        if (check_failures > 20) break;
    }
    return CHECK_END();
}
