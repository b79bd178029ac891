/* copies.c - duplicated packets are counted once, and a copy saves a lost original; ECN marks who waited too long. */
#include "net.h"

static void counted_once(void)
{
    enum { SENT = 20000 };
    nenc_vnet *net = nenc_vnet_create(1, second_ns, 1);
    nenc_link_config config = plain_link(NENC_FORWARD, 1e9, ms_ns);
    config.duplicate = 0.25;
    add_link(net, config);
    const int flow = add_flow(net, plain_flow(-1, -1));
    unpace(net, flow);
    for (int i = 0; i < SENT; i++) send_at(net, flow, i * 20000ll, 500);
    CHECK(nenc_vnet_send_report(net, flow, second_ns) == 1);
    const nenc_flow_counters counters = counters_of(net, flow);
    CHECK(counters.sent_packets == SENT && counters.received_packets == SENT && counters.received_bytes == SENT * 500);
    CHECK(counters.lost_packets == 0 && counters.dropped_packets == 0);
    packet_log log = take_packets(net);
    int firsts = 0, copies = 0;
    for (int i = 0; i < log.count; i++) {
        firsts += log.rows[i].fate == 0;
        copies += log.rows[i].fate == 3;
    }
    CHECK(firsts == SENT);
    CHECK_NEAR(copies, SENT * 0.25, 5 * sqrt(SENT * 0.25 * 0.75));
    nenc_path_row row;
    CHECK(nenc_vnet_take_path(net, &row, 1) == 1);
    CHECK(row.duplicated == (uint32_t)copies && row.packets == SENT);
    nenc_sample sample;
    CHECK(nenc_vnet_take_report(net, flow, second_ns, &sample) == 1);
    CHECK(sample.loss == 0.0f);
    nenc_frame_row frame;
    for (int i = 0; i < SENT; i++)
        CHECK(nenc_vnet_take_frames(net, flow, &frame, 1, 0) == 1 && frame.packets == 1 && frame.lost == 0);
    free(log.rows);
    nenc_vnet_destroy(net);
}

/* Copies meet the next hop's loss, reordering and queue on their own. Whatever happens to whom, each packet has one fate, and
 * the frame rows, the counters and the log agree on it. */
static void originals_and_copies(uint64_t seed, double duplicate, double loss, int hops)
{
    enum { FRAMES = 4000, PER_FRAME = 3 };
    nenc_vnet *net = nenc_vnet_create(seed, second_ns, 1);
    for (int hop = 0; hop < hops; hop++) {
        nenc_link_config config = plain_link(NENC_FORWARD, hop % 2 ? 40e6 : 1e9, ms_ns);
        config.duplicate = duplicate;
        config.jitter_kind = hop == 1 ? NENC_JITTER_REORDER : NENC_JITTER_NONE;
        config.jitter_std_ns = 2 * ms_ns;
        config.jitter_max_ns = 6 * ms_ns;
        config.loss = (nenc_loss){.kind = NENC_LOSS_BERNOULLI, .p = loss, .r = 1};
        config.queue.unit = NENC_QUEUE_PACKETS;
        config.queue.limit = 30;
        add_link(net, config);
    }
    const int flow = add_flow(net, plain_flow(-1, -1));
    unpace(net, flow);
    int64_t in_rows = 0, lost_in_rows = 0, frames = 0;
    for (int i = 0; i < FRAMES; i++) {
        const int64_t now = i * ms_ns;
        send_at(net, flow, now, PER_FRAME * MEDIA_BYTES);
        CHECK(nenc_vnet_advance(net, now) == NENC_OK);
        nenc_frame_row row;
        /* Now and then rows are taken at once: a copy may then come later than its frame's row. */
        for (; i % 50 == 0 && nenc_vnet_take_frames(net, flow, &row, 1, 0) == 1; frames++) {
            in_rows += row.packets;
            lost_in_rows += row.lost;
            CHECK(row.frame == frames && row.pending == 0 && row.lost <= row.packets);
            CHECK((row.lost == row.packets) == (row.received_ns < 0));
        }
    }
    CHECK(nenc_vnet_advance(net, FRAMES * ms_ns + second_ns) == NENC_OK);
    nenc_frame_row row;
    for (; nenc_vnet_take_frames(net, flow, &row, 1, 0) == 1; frames++) {
        in_rows += row.packets;
        lost_in_rows += row.lost;
        CHECK(row.frame == frames && row.pending == 0 && row.lost <= row.packets);
    }
    CHECK(frames == FRAMES); /* none waits for a packet that is accounted for */
    const nenc_flow_counters counters = counters_of(net, flow);
    CHECK(counters.sent_packets == FRAMES * PER_FRAME && in_rows == counters.sent_packets);
    CHECK(counters.received_packets + counters.dropped_packets + counters.lost_packets == counters.sent_packets);
    CHECK(lost_in_rows == counters.dropped_packets + counters.lost_packets);
    CHECK(counters.received_bytes == counters.received_packets * MEDIA_BYTES);
    nenc_vnet_destroy(net);
}

/* With everything duplicated and 30 % lost behind the fork, 9 % are lost twice and 21 % are saved by their copy. */
static void copies_save_originals(void)
{
    enum { SENT = 50000 };
    nenc_vnet *net = nenc_vnet_create(3, second_ns, 0);
    nenc_link_config fork = plain_link(NENC_FORWARD, 1e9, ms_ns), lossy = plain_link(NENC_FORWARD, NENC_UNLIMITED, ms_ns);
    fork.duplicate = 1.0;
    lossy.loss = (nenc_loss){.kind = NENC_LOSS_BERNOULLI, .p = 0.3, .r = 1};
    add_link(net, fork);
    add_link(net, lossy);
    const int flow = add_flow(net, plain_flow(-1, -1));
    unpace(net, flow);
    for (int i = 0; i < SENT; i++) send_at(net, flow, i * 20000ll, MEDIA_BYTES);
    CHECK(nenc_vnet_advance(net, 2 * second_ns) == NENC_OK);
    const nenc_flow_counters counters = counters_of(net, flow);
    CHECK(counters.received_packets + counters.lost_packets == SENT);
    CHECK_NEAR((double)counters.lost_packets, 0.09 * SENT, 5 * sqrt(SENT * 0.09 * 0.91));
    nenc_vnet_destroy(net);
}

/* Packets that come in a burst wait k x 1 ms; who waited longer than the threshold is marked, if it can be. */
static void marks(void)
{
    for (uint32_t ect = 0; ect < 2; ect++) {
        nenc_vnet *net = nenc_vnet_create(1, second_ns, 1);
        nenc_link_config config = plain_link(NENC_FORWARD, WIRE_BYTES * 8e3, 0);
        config.ecn = 1;
        config.ecn_threshold_ns = 20 * ms_ns;
        add_link(net, config);
        nenc_flow_config sender = plain_flow(-1, -1);
        sender.ecn = ect;
        const int flow = add_flow(net, sender);
        unpace(net, flow);
        send_at(net, flow, 0, 100 * MEDIA_BYTES);
        CHECK(nenc_vnet_send_report(net, flow, second_ns) == 1);
        nenc_path_row row;
        CHECK(nenc_vnet_take_path(net, &row, 1) == 1);
        CHECK(row.marked == (ect ? 79u : 0u)); /* waits of 0, 1 .. 99 ms: 21 .. 99 are over 20 */
        nenc_sample sample;
        CHECK(nenc_vnet_take_report(net, flow, second_ns, &sample) == 1);
        CHECK_NEAR(sample.ecn, ect ? 0.79 : 0.0, 1e-6);
        CHECK(counters_of(net, flow).received_packets == 100); /* marking is not dropping */
        nenc_vnet_destroy(net);
    }
}

int main(void)
{
    counted_once();
    for (uint64_t seed = 1; seed <= 3; seed++) {
        originals_and_copies(seed, 0.3, 0.1, 2);
        originals_and_copies(seed, 0.3, 0.1, 3);
        originals_and_copies(seed, 0.9, 0.4, 4);
        originals_and_copies(seed, 0.0, 0.1, 3);
    }
    copies_save_originals();
    marks();
    return CHECK_END();
}
