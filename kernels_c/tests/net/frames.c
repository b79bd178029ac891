/* frames.c - the fate of frames: which packets, when the last surviving one came, rows in order and each once. */
#include "net.h"

/* Frame rows against a count over the packet log, on a path that drops, loses and reorders. */
static void rows_against_packets(uint64_t seed)
{
    enum { FRAMES = 1500 };
    uint64_t random = seed;
    nenc_vnet *net = nenc_vnet_create(seed, second_ns, 1);
    nenc_link_config first = plain_link(NENC_FORWARD, 20e6, 5 * ms_ns),
                     second = plain_link(NENC_FORWARD, NENC_UNLIMITED, 5 * ms_ns);
    first.queue.limit = 40000;
    second.loss = (nenc_loss){.kind = NENC_LOSS_GILBERT_ELLIOTT, .p = 0.01, .r = 0.2, .loss_bad = 1};
    second.jitter_kind = NENC_JITTER_REORDER;
    second.jitter_std_ns = 3 * ms_ns;
    second.jitter_max_ns = 9 * ms_ns;
    add_link(net, first);
    add_link(net, second);
    const int flow = add_flow(net, plain_flow(-1, -1));
    unpace(net, flow);
    int64_t sizes[FRAMES], captured[FRAMES];
    nenc_frame_row rows[FRAMES];
    int taken = 0;
    for (int i = 0; i < FRAMES; i++) {
        const int64_t now = i * 4 * ms_ns;
        captured[i] = now;
        sizes[i] = 1 + (int64_t)check_below(&random, 20000);
        CHECK(nenc_vnet_send_frame(net, flow, now, now + ms_ns, sizes[i], (uint32_t)i * 3, (uint32_t)i * 5, 30.5f, 40.5f, 0.5f) ==
              i);
        CHECK(nenc_vnet_advance(net, now) == NENC_OK);
        if (check_below(&random, 20) == 0)
            taken += nenc_vnet_take_frames(net, flow, rows + taken, 1 + (int)check_below(&random, 30), 0);
    }
    CHECK(nenc_vnet_advance(net, FRAMES * 4 * ms_ns) == NENC_OK); /* the newest are still under way */
    taken += nenc_vnet_take_frames(net, flow, rows + taken, FRAMES - taken, 0);
    const int complete = taken;
    CHECK(complete < FRAMES && complete > FRAMES - 20);
    taken += nenc_vnet_take_frames(net, flow, rows + taken, FRAMES - taken, 1);
    CHECK(taken == FRAMES);

    packet_log log = take_packets(net);
    uint32_t received[FRAMES] = {0}, lost[FRAMES] = {0};
    int64_t last[FRAMES];
    for (int i = 0; i < FRAMES; i++) last[i] = -1;
    for (int i = 0; i < log.count; i++) {
        const nenc_packet_row *row = &log.rows[i];
        received[row->frame] += row->fate == 0;
        lost[row->frame] += row->fate == 1 || row->fate == 2;
        if (row->fate == 0 && row->received_ns > last[row->frame]) last[row->frame] = row->received_ns;
    }
    int pending = 0;
    for (int i = 0; i < FRAMES; i++) {
        const nenc_frame_row *row = &rows[i];
        CHECK(row->frame == i && row->capture_ns == captured[i] && row->ready_ns == captured[i] + ms_ns &&
              row->bytes == sizes[i]);
        CHECK(row->tag == (uint32_t)i * 3 && row->flags == (uint32_t)i * 5 && row->qp == 30.5f && row->psnr == 40.5f &&
              row->ssim == 0.5f);
        CHECK(row->packets == (uint32_t)((sizes[i] + MEDIA_BYTES - 1) / MEDIA_BYTES));
        CHECK(row->lost == lost[i] && row->received_ns == last[i]);
        CHECK(row->pending == row->packets - received[i] - lost[i]);
        CHECK(i >= complete || row->pending == 0);
        pending += row->pending > 0;
    }
    CHECK(pending > 0);
    CHECK(counters_of(net, flow).dropped_packets > 0 && counters_of(net, flow).lost_packets > 0);
    free(log.rows);
    nenc_vnet_destroy(net);
}

/* A frame that waits holds back the rows behind it, so that rows come in order. */
static void in_order(void)
{
    nenc_vnet *net = nenc_vnet_create(1, second_ns, 0);
    const int link = add_link(net, plain_link(NENC_FORWARD, NENC_UNLIMITED, 100 * ms_ns));
    const int flow = add_flow(net, plain_flow(-1, -1));
    const nenc_jitter_kind reorder = NENC_JITTER_REORDER;
    CHECK(nenc_vnet_set_jitter(net, link, reorder, 0, 0) == NENC_OK); /* overtaking is allowed */
    unpace(net, flow);
    send_at(net, flow, 0, 100);
    CHECK(nenc_vnet_advance(net, 0) == NENC_OK);
    CHECK(nenc_vnet_set_delay(net, link, ms_ns) == NENC_OK);
    send_at(net, flow, 1, 100);
    CHECK(nenc_vnet_advance(net, 50 * ms_ns) == NENC_OK);
    nenc_frame_row rows[4];
    CHECK(counters_of(net, flow).received_packets == 1);
    CHECK(nenc_vnet_take_frames(net, flow, rows, 4, 0) == 0);
    CHECK(nenc_vnet_advance(net, 100 * ms_ns) == NENC_OK);
    CHECK(nenc_vnet_take_frames(net, flow, rows, 4, 0) == 2);
    CHECK(rows[0].received_ns == 100 * ms_ns && rows[1].received_ns == ms_ns + 1);
    nenc_vnet_destroy(net);
}

/* The rows taken at the end tell of frames that never left the pacer, and it does not stumble over them. */
static void unsent_at_the_end(void)
{
    nenc_vnet *net = nenc_vnet_create(1, second_ns, 0);
    add_link(net, plain_link(NENC_FORWARD, 1e9, ms_ns));
    nenc_flow_config config = plain_flow(-1, -1);
    config.pacer_burst_ns = 0;
    const int flow = add_flow(net, config);
    CHECK(nenc_vnet_set_target(net, flow, 0, MEDIA_BYTES * 8 * 1000.0) == NENC_OK); /* a packet per ms */
    for (int i = 0; i < 4; i++) send_at(net, flow, 0, 10 * MEDIA_BYTES);
    CHECK(nenc_vnet_advance(net, 14 * ms_ns + 500000) == NENC_OK); /* 15 are out: the second frame is half way */
    nenc_frame_row rows[4];
    CHECK(nenc_vnet_take_frames(net, flow, rows, 2, 1) == 2);
    CHECK(rows[0].pending == 0 && rows[0].sent_ns == 9 * ms_ns && rows[1].pending == 6 && rows[1].sent_ns == -1);
    CHECK(counters_of(net, flow).backlog_bytes == 20 * MEDIA_BYTES);
    CHECK(nenc_vnet_advance(net, second_ns) == NENC_OK);
    CHECK(nenc_vnet_take_frames(net, flow, rows, 4, 0) == 2);
    CHECK(rows[0].frame == 2 && rows[1].frame == 3 && rows[0].pending == 0 && rows[1].lost == 0);
    CHECK(counters_of(net, flow).backlog_bytes == 0);
    CHECK(counters_of(net, flow).sent_packets == 35);
    nenc_vnet_destroy(net);
}

int main(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) rows_against_packets(seed);
    in_order();
    unsent_at_the_end();
    return CHECK_END();
}
