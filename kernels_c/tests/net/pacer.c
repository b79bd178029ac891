/* pacer.c - the pacer never sends above factor x target over any window, a burst aside, and follows its target at once.
 *
 * The burst is an amount of time: a change of target may grant another one at the new rate. So over a window of length T the
 * pacer sends at most (T + burst) x the highest pace in it, and at most what each stretch of one target allows by itself. */
#include "net.h"

typedef struct change {
    int64_t t_ns;
    double bps;
} change; /* the pace from t_ns on */

/* Most bits from a to b, but for one packet. */
static double allowance(const change *changes, int count, int64_t a, int64_t b, double burst_ns)
{
    double bits = 0, fastest = 0;
    for (int i = 0; i < count; i++) {
        const int64_t from = changes[i].t_ns > a ? changes[i].t_ns : a;
        const int64_t end = i + 1 < count && changes[i + 1].t_ns < b ? changes[i + 1].t_ns : b;
        if (end < from || changes[i].t_ns > b) continue;
        bits += changes[i].bps * ((double)(end - from) + burst_ns) * 1e-9;
        if (changes[i].bps > fastest) fastest = changes[i].bps;
    }
    const double at_most = fastest * ((double)(b - a) + burst_ns) * 1e-9;
    return bits < at_most ? bits : at_most;
}

/* Over every window that begins and ends with a packet. */
static void never_above(uint64_t seed)
{
    enum { CHANGES = 60 };
    uint64_t random = seed;
    nenc_vnet *net = nenc_vnet_create(seed, second_ns, 1);
    add_link(net, plain_link(NENC_FORWARD, NENC_UNLIMITED, 0));
    nenc_flow_config config = plain_flow(-1, -1);
    config.pacer_factor = 1.0 + 2.0 * check_uniform(&random);
    config.pacer_burst_ns = (int64_t)check_below(&random, 10000000);
    const int flow = add_flow(net, config);
    change changes[CHANGES];
    for (int i = 0; i < CHANGES; i++) {
        const int64_t t = i * 17 * ms_ns;
        const double target = check_below(&random, 12) ? 1e5 * exp(check_uniform(&random) * 7) : 0.0;
        changes[i] = (change){t, target * config.pacer_factor};
        CHECK(nenc_vnet_set_target(net, flow, t, target) == NENC_OK);
        if (counters_of(net, flow).backlog_bytes < 100000)
            send_at(net, flow, t + (int64_t)check_below(&random, 16000000), 1 + (int64_t)check_below(&random, 60000));
    }
    CHECK(nenc_vnet_advance(net, CHANGES * 17 * ms_ns) == NENC_OK);
    packet_log log = take_packets(net);
    CHECK(log.count > 100);
    int worst = 0;
    for (int i = 0; i < log.count; i++) {
        double bits = 0;
        for (int k = i; k < log.count && k < i + 300; k++) {
            const double media = (double)log.rows[k].wire_bytes - HEADER_BYTES - OVERHEAD_BYTES;
            bits += 8 * media;
            const double most =
                allowance(changes, CHANGES, log.rows[i].sent_ns, log.rows[k].sent_ns, (double)config.pacer_burst_ns);
            worst += bits > most + 8 * MEDIA_BYTES + 1;
        }
        if (i) CHECK(log.rows[i].sent_ns >= log.rows[i - 1].sent_ns);
    }
    CHECK(worst == 0);
    free(log.rows);
    nenc_vnet_destroy(net);
}

/* A frame of 10 full packets at 1.5 x 6.336 Mbit/s (1 packet per ms), burst 3 ms: four leave at once, then one each ms. */
static void worked_example(void)
{
    nenc_vnet *net = nenc_vnet_create(1, second_ns, 1);
    add_link(net, plain_link(NENC_FORWARD, NENC_UNLIMITED, 0));
    nenc_flow_config config = plain_flow(-1, -1);
    config.pacer_factor = 1.5;
    config.pacer_burst_ns = 3 * ms_ns;
    const int flow = add_flow(net, config);
    CHECK(nenc_vnet_set_target(net, flow, 0, 9.504e6 / 1.5) == NENC_OK);
    CHECK(nenc_vnet_send_frame(net, flow, ms_ns, 5 * ms_ns, 10 * MEDIA_BYTES - 7, 0, 0, 0, 0, 0) == 0);
    CHECK(nenc_vnet_advance(net, 8 * ms_ns - 1) == NENC_OK);
    CHECK(counters_of(net, flow).backlog_bytes == 4 * MEDIA_BYTES - 7); /* four at once, and at 6 and 7 ms */
    CHECK(nenc_vnet_advance(net, second_ns) == NENC_OK);
    packet_log log = take_packets(net);
    CHECK(log.count == 10);
    for (int i = 0; i < log.count; i++) CHECK_NEAR((double)log.rows[i].sent_ns, 5e6 + (i < 4 ? 0 : (i - 3) * 1e6), 1.0);
    CHECK(log.rows[9].wire_bytes == WIRE_BYTES - 7 && log.rows[0].wire_bytes == WIRE_BYTES);
    free(log.rows);
    nenc_frame_row row;
    CHECK(nenc_vnet_take_frames(net, flow, &row, 1, 0) == 1);
    CHECK(row.capture_ns == ms_ns && row.ready_ns == 5 * ms_ns && row.sent_ns == 11 * ms_ns && row.bytes == 10 * MEDIA_BYTES - 7);
    nenc_vnet_destroy(net);
}

/* When each packet of a frame leaves at 1 packet per 100 ms that becomes 1 per ms (or 1 per s) after 250 ms, without burst. */
static void re_rating(void)
{
    const double factors[] = {100.0, 0.1};
    for (int i = 0; i < 2; i++) {
        nenc_vnet *net = nenc_vnet_create(1, second_ns, 1);
        add_link(net, plain_link(NENC_FORWARD, NENC_UNLIMITED, 0));
        nenc_flow_config config = plain_flow(-1, -1);
        config.pacer_burst_ns = 0;
        const int flow = add_flow(net, config);
        const double slow = MEDIA_BYTES * 8 / 0.1;
        CHECK(nenc_vnet_set_target(net, flow, 0, slow) == NENC_OK);
        send_at(net, flow, 0, 10 * MEDIA_BYTES);
        CHECK(nenc_vnet_set_target(net, flow, 250 * ms_ns, slow * factors[i]) == NENC_OK);
        CHECK(nenc_vnet_advance(net, 100 * second_ns) == NENC_OK);
        packet_log log = take_packets(net);
        CHECK(log.count == 10);
        /* Half of the wait for the fourth packet is over: the other half goes at the new rate. */
        const double gap = 100 / factors[i], fourth = 250 + gap / 2;
        for (int k = 0; k < log.count; k++)
            CHECK_NEAR((double)log.rows[k].sent_ns * 1e-6, k < 3 ? k * 100.0 : fourth + (k - 3) * gap, 1e-3);
        free(log.rows);
        nenc_vnet_destroy(net);
    }
}

/* A target of next to nothing, or of nothing, must not outlive itself; and nothing is sent in the past when it rises. */
static void slow_then_fast(void)
{
    const double slow[] = {1.0, 0.0, 1e-200};
    for (int i = 0; i < 3; i++) {
        nenc_vnet *net = nenc_vnet_create(1, second_ns, 1);
        add_link(net, plain_link(NENC_FORWARD, 1e9, 0));
        const int flow = add_flow(net, plain_flow(-1, -1));
        CHECK(nenc_vnet_set_target(net, flow, 0, slow[i]) == NENC_OK);
        send_at(net, flow, 0, 5 * MEDIA_BYTES);
        CHECK(nenc_vnet_advance(net, second_ns) == NENC_OK);
        CHECK(counters_of(net, flow).sent_packets <= 2);
        CHECK(nenc_vnet_set_target(net, flow, second_ns, 10e6) == NENC_OK);
        CHECK(nenc_vnet_advance(net, second_ns + 6 * ms_ns) == NENC_OK);
        CHECK(counters_of(net, flow).sent_packets == 5);
        packet_log log = take_packets(net);
        for (int k = 0; k < log.count; k++) CHECK(log.rows[k].sent_ns == 0 || log.rows[k].sent_ns >= second_ns);
        free(log.rows);
        nenc_vnet_destroy(net);
    }
}

int main(void)
{
    worked_example();
    re_rating();
    slow_then_fast();
    for (uint64_t seed = 1; seed <= 25; seed++) never_above(seed);
    return CHECK_END();
}
