/* hops.c - several links in a row, with flows and cross traffic that enter and leave in the middle, packet by packet. */
#include "oracle.h"

enum { HOPS = 4, FLOWS = 4, CROSSES = 3, MAX_PACKETS = 20000, CROSS_BYTES = 700 };

typedef struct packet {
    int64_t t_ns; /* where it has got to */
    int64_t wait_ns;
    int64_t sequence;
    int source; /* flows from 0, cross traffic from FLOWS */
    int entry;
    int exit;
    uint32_t wire_bytes;
} packet;

static const int spans[FLOWS + CROSSES][2] = {{0, 3}, {1, 1}, {2, 3}, {0, 1}, {0, 2}, {1, 2}, {3, 3}};
static packet packets[MAX_PACKETS];
static int count;
static int64_t rates[HOPS], delays[HOPS], cross_rate[CROSSES], cross_start[CROSSES];

static int by_time(const void *a, const void *b)
{
    const packet *x = a, *y = b;
    if (x->t_ns != y->t_ns) return x->t_ns < y->t_ns ? -1 : 1;
    if (x->source != y->source) return x->source < y->source ? -1 : 1;
    return x->sequence < y->sequence ? -1 : 1;
}

/* Hop after hop: everybody who crosses it, in order of arrival, through an exact FIFO. */
static void carry(void)
{
    for (int hop = 0; hop < HOPS; hop++) {
        oracle o = {0};
        oracle_add(&o, 0, rates[hop]);
        qsort(packets, (size_t)count, sizeof *packets, by_time);
        for (int i = 0; i < count; i++) {
            if (packets[i].entry > hop || packets[i].exit < hop) continue;
            const oracle_times times = oracle_serve(&o, packets[i].t_ns, packets[i].wire_bytes);
            packets[i].wait_ns += times.start_ns - packets[i].t_ns;
            packets[i].t_ns = times.leave_ns + delays[hop];
        }
        oracle_free(&o);
    }
}

static void one_case(uint64_t seed)
{
    uint64_t random = seed;
    const int64_t until_ns = second_ns;
    nenc_vnet *net = nenc_vnet_create(seed, 10 * ms_ns, 1);
    for (int hop = 0; hop < HOPS; hop++) {
        rates[hop] = check_below(&random, 5) ? 8000000 + (int64_t)check_below(&random, 40000000) : -1;
        delays[hop] = (int64_t)check_below(&random, 30000000);
        add_link(net, plain_link(NENC_FORWARD, (double)rates[hop], delays[hop]));
        if (hop == 1) add_link(net, plain_link(NENC_REVERSE, 1e6, ms_ns)); /* in between: places in a chain are not ids */
    }
    for (int flow = 0; flow < FLOWS; flow++) CHECK(add_flow(net, plain_flow(spans[flow][0], spans[flow][1])) == flow);
    count = 0;
    for (int i = 0; i < CROSSES; i++) {
        cross_rate[i] = 1000003 + (int64_t)check_below(&random, 6000000);
        cross_start[i] = (int64_t)check_below(&random, 300000000);
        const nenc_cross_config cross = {.kind = cross_kind("cbr"),
                                         .direction = NENC_FORWARD,
                                         .first_link = spans[FLOWS + i][0],
                                         .last_link = spans[FLOWS + i][1],
                                         .values[0] = (double)cross_rate[i],
                                         .wire_bytes = CROSS_BYTES,
                                         .start_ns = cross_start[i],
                                         .stop_ns = until_ns};
        CHECK(nenc_vnet_add_cross(net, &cross) == i);
        for (int64_t k = 0;; k++) {
            const int64_t t = cross_start[i] + (int64_t)((__int128)k * CROSS_BYTES * 8 * second_ns / cross_rate[i]);
            if (t >= until_ns) break;
            packets[count++] = (packet){t, 0, k, FLOWS + i, spans[FLOWS + i][0], spans[FLOWS + i][1], CROSS_BYTES};
        }
    }
    int64_t sent_ns[FLOWS][2000];
    for (int flow = 0; flow < FLOWS; flow++) {
        unpace(net, flow);
        int64_t t = 1000 * flow, sequence = 0;
        for (; t < until_ns; t += 1 + (int64_t)check_below(&random, 2500000)) {
            const int64_t media = 1 + (int64_t)check_below(&random, MEDIA_BYTES);
            send_at(net, flow, t, media);
            sent_ns[flow][sequence] = t;
            packets[count++] =
                (packet){t, 0, sequence++, flow, spans[flow][0], spans[flow][1], (uint32_t)media + HEADER_BYTES + OVERHEAD_BYTES};
        }
    }
    CHECK(count < MAX_PACKETS);
    for (int64_t now = 0; now < 20 * until_ns; now += 1 + (int64_t)check_below(&random, 100000000))
        CHECK(nenc_vnet_advance(net, now) == NENC_OK);
    carry();
    packet_log log = take_packets(net);
    int wrong = 0, media = 0;
    for (int i = 0; i < count; i++) {
        if (packets[i].source >= FLOWS) continue;
        media++;
        const nenc_packet_row *row = find_packet(&log, packets[i].source, packets[i].sequence);
        /* A nanosecond a hop for rounding. */
        const int right = row && row->fate == 0 && llabs(row->received_ns - packets[i].t_ns) <= HOPS &&
                          llabs(row->wait_ns - packets[i].wait_ns) <= 2 * HOPS &&
                          row->sent_ns == sent_ns[packets[i].source][packets[i].sequence];
        if (!right && !wrong++)
            fprintf(stderr, "seed %llu flow %d packet %lld: at %lld, not %lld\n", (unsigned long long)seed, packets[i].source,
                    (long long)packets[i].sequence, row ? (long long)row->received_ns : -1, (long long)packets[i].t_ns);
    }
    CHECK(!wrong && log.count == media && media > 1000);
    free(log.rows);

    /* The path rows tell of every packet, cross traffic as well, at every hop. */
    nenc_path_row rows[4096];
    double seen_packets[HOPS + 1] = {0}, expected_packets[HOPS] = {0};
    for (int i = 0; i < count; i++) {
        for (int hop = packets[i].entry; hop <= packets[i].exit; hop++) expected_packets[hop]++;
    }
    for (int taken; (taken = nenc_vnet_take_path(net, rows, 4096)) > 0;) {
        for (int i = 0; i < taken; i++) {
            seen_packets[rows[i].link] += rows[i].packets;
            const int hop = rows[i].link > 2 ? rows[i].link - 1 : rows[i].link;
            if (rows[i].link != 2)
                CHECK(rates[hop] < 0 ? isinf(rows[i].capacity_bps) : fabs(rows[i].capacity_bps - (double)rates[hop]) < 1);
        }
    }
    for (int hop = 0; hop < HOPS; hop++) CHECK(seen_packets[hop < 2 ? hop : hop + 1] == expected_packets[hop]);
    nenc_vnet_destroy(net);
}

/* Who comes at the same nanosecond goes in the order of the flows' numbers, cross traffic last. */
static void ties(void)
{
    nenc_vnet *net = nenc_vnet_create(1, second_ns, 1);
    add_link(net, plain_link(NENC_FORWARD, 8e6, 0)); /* a byte per us */
    for (int flow = 0; flow < 3; flow++) add_flow(net, plain_flow(-1, -1));
    const nenc_cross_config cross = {.kind = cross_kind("cbr"),
                                     .direction = NENC_FORWARD,
                                     .first_link = -1,
                                     .last_link = -1,
                                     .values[0] = 1e3,
                                     .wire_bytes = CROSS_BYTES,
                                     .start_ns = ms_ns,
                                     .stop_ns = second_ns};
    CHECK(nenc_vnet_add_cross(net, &cross) == 0);
    for (int flow = 2; flow >= 0; flow--) {
        unpace(net, flow);
        send_at(net, flow, ms_ns, 446); /* 500 on the wire */
    }
    send_at(net, 0, ms_ns + 1, 446);
    CHECK(nenc_vnet_advance(net, second_ns) == NENC_OK);
    packet_log log = take_packets(net);
    CHECK(log.count == 4);
    for (int flow = 0; flow < 3; flow++) CHECK(find_packet(&log, flow, 0)->received_ns == ms_ns + 500000 * (flow + 1));
    CHECK(find_packet(&log, 0, 1)->received_ns == ms_ns + 500000 * 4 + 700000);
    free(log.rows);
    nenc_vnet_destroy(net);
}

int main(void)
{
    ties();
    for (uint64_t seed = 1; seed <= 12; seed++) one_case(seed);
    return CHECK_END();
}
