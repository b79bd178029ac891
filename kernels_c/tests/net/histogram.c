/* histogram.c - delay bins: every wait in a bin whose upper edge is at most 1 % (10 us below 1 ms) above it; cuts. */
#include "net/histogram.h"

#include "net.h"

/* The upper edge of the bin that one wait falls into. */
static int64_t upper_of(nenc_histogram *histogram, int64_t wait_ns)
{
    nenc_histogram_clear(histogram);
    nenc_histogram_add(histogram, wait_ns);
    CHECK(histogram->first == histogram->last && histogram->counts[histogram->first] == 1);
    return nenc_histogram_upper_ns(histogram->first);
}

static void edges(void)
{
    static nenc_histogram histogram;
    nenc_histogram_clear(&histogram);
    uint64_t random = 1;
    CHECK(upper_of(&histogram, 0) == 0);
    for (int i = 0; i < 200000; i++) {
        const int64_t wait = (int64_t)exp(check_uniform(&random) * 25.5); /* up to 119 s */
        const int64_t upper = upper_of(&histogram, wait);
        const double width = wait < ms_ns ? 10000 : 0.01 * (double)wait;
        if (upper < wait || (double)(upper - wait) > width) {
            CHECK(upper >= wait);
            CHECK_NEAR((double)upper, (double)wait, width);
            return;
        }
    }
    int64_t before = -1;
    for (int bin = 0; bin < NENC_HISTOGRAM_BINS; bin++) {
        CHECK(nenc_histogram_upper_ns(bin) > before);
        before = nenc_histogram_upper_ns(bin);
    }
    CHECK(upper_of(&histogram, INT64_MAX) == before && upper_of(&histogram, 140 * second_ns) == before);
    CHECK(upper_of(&histogram, 1) == 10000 && upper_of(&histogram, 10000) == 10000 && upper_of(&histogram, 10001) == 20000);
    CHECK(upper_of(&histogram, ms_ns - 1) == ms_ns);
}

/* Rows of the network: slices join, counts are the packets that arrived in each, and bins hold what the log says. */
static void slices(void)
{
    nenc_vnet *net = nenc_vnet_create(1, second_ns, 1);
    nenc_link_config config = plain_link(NENC_FORWARD, 20e6, 5 * ms_ns);
    config.queue.limit = 60000;
    add_link(net, config);
    const int flow = add_flow(net, plain_flow(-1, -1)), idle = add_flow(net, plain_flow(-1, -1));
    unpace(net, flow);
    uint64_t random = 3;
    const int64_t cuts[] = {100 * ms_ns, 101 * ms_ns, 700 * ms_ns, second_ns};
    for (int64_t t = 0, cut = 0; t < second_ns; t += (int64_t)check_below(&random, 20000000)) {
        while (cut < 3 && t > cuts[cut]) CHECK(nenc_vnet_cut_delays(net, cuts[cut++]) == NENC_OK);
        send_at(net, flow, t, 1 + (int64_t)check_below(&random, 60000));
    }
    CHECK(nenc_vnet_cut_delays(net, cuts[3]) == NENC_OK);
    static nenc_delay_row rows[20000];
    const int count = nenc_vnet_take_delays(net, rows, 20000);
    packet_log log = take_packets(net);
    int64_t from = 0;
    int seen = 0;
    for (int cut = 0; cut < 4; cut++) {
        int64_t before = -1;
        for (; seen < count && rows[seen].until_ns == cuts[cut]; seen++) {
            const nenc_delay_row *row = &rows[seen];
            CHECK(row->from_ns == from && row->flow == flow && row->flow != idle && row->delay_ns > before);
            uint32_t packets = 0;
            /* A packet that arrives at the very instant of a cut is in the slice that ends there. */
            for (int i = 0; i < log.count; i++) {
                const nenc_packet_row *p = &log.rows[i];
                const int in = p->received_ns > from && p->received_ns <= cuts[cut];
                packets += in && p->wait_ns <= row->delay_ns && (p->wait_ns > before || (before > ms_ns && p->wait_ns == before));
                packets -= in && row->delay_ns > ms_ns && p->wait_ns == row->delay_ns; /* above 1 ms bins end before their edge */
            }
            CHECK(packets == row->packets);
            before = row->delay_ns;
        }
        from = cuts[cut];
    }
    CHECK(seen == count && count > 100);
    int64_t total = 0;
    for (int i = 0; i < count; i++) total += rows[i].packets;
    CHECK(total == counters_of(net, flow).received_packets);
    free(log.rows);
    nenc_vnet_destroy(net);
}

int main(void)
{
    edges();
    slices();
    return CHECK_END();
}
