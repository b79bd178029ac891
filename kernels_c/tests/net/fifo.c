/* fifo.c - departures are exact to the nanosecond while the rate changes in mid-queue and in mid-packet. */
#include "oracle.h"

enum { PACKETS = 240, MAX_CHANGES = 40 };

typedef enum how { BY_STEPS, BY_PROGRAM, BY_LOOP } how;

/* Rates a packet of 1242 bytes takes between 10 us and 100 ms at; sometimes an outage, sometimes (steps only) no limit. */
static int64_t draw_rate(uint64_t *random, how changes)
{
    const uint64_t kind = check_below(random, 12);
    if (kind == 0) return 0;
    if (kind == 1 && changes == BY_STEPS) return -1;
    return (int64_t)(1e5 * exp(check_uniform(random) * 9.2));
}

/* Alternating and odd, so that no change meets an arrival (those are even): their order would be a matter of taste. */
static void draw_schedule(uint64_t *random, how changes, int64_t until_ns, oracle *o, int64_t *period_ns)
{
    const int count = 2 + (int)check_below(random, MAX_CHANGES - 2);
    for (int i = 0; i < count; i++) {
        const int64_t t = i ? o->t_ns[i - 1] + 2 * (int64_t)(1 + check_below(random, (uint64_t)(until_ns / count))) : 0;
        oracle_add(o, i ? t | 1 : 0, draw_rate(random, changes));
    }
    if (o->rate[count - 1] <= 0) o->rate[count - 1] = 20000000; /* in the end everything leaves */
    *period_ns = 0;
    if (changes != BY_LOOP) return;
    *period_ns = o->t_ns[count - 1] + 2 * (int64_t)check_below(random, 1000000) + 1;
    *period_ns += *period_ns & 1;
    for (int64_t shift = *period_ns; shift < 40 * until_ns; shift += *period_ns) {
        for (int i = 0; i < count; i++) oracle_add(o, o->t_ns[i] + shift, o->rate[i]);
    }
}

static void one_case(uint64_t seed, how changes)
{
    uint64_t random = seed;
    oracle o = {0};
    const int64_t until_ns = 400 * ms_ns;
    int64_t period_ns;
    draw_schedule(&random, changes, until_ns, &o, &period_ns);
    int listed = o.count;
    if (changes == BY_LOOP) {
        for (listed = 0; listed < o.count && o.t_ns[listed] < period_ns; listed++) {
        }
    }
    const int64_t delay_ns = (int64_t)check_below(&random, 50000000);

    nenc_vnet *net = nenc_vnet_create(seed, 7 * ms_ns, 1);
    const int link = add_link(net, plain_link(NENC_FORWARD, (double)o.rate[0], delay_ns));
    const int flow = add_flow(net, plain_flow(-1, -1));
    unpace(net, flow);
    if (changes != BY_STEPS) {
        double rates[MAX_CHANGES];
        for (int i = 0; i < listed; i++) rates[i] = (double)o.rate[i];
        CHECK(nenc_vnet_set_program(net, link, o.t_ns, rates, (size_t)listed, period_ns) == NENC_OK);
    }

    int64_t arrivals[PACKETS], sizes[PACKETS], t = 0;
    for (int i = 0; i < PACKETS; i++) {
        t += check_below(&random, 3) ? 2 * (int64_t)check_below(&random, 2000000) : 0; /* every third right behind */
        arrivals[i] = t;
        sizes[i] = 1 + (int64_t)check_below(&random, MEDIA_BYTES);
    }
    int change = 1, sent = 0;
    while (sent < PACKETS || (changes == BY_STEPS && change < o.count)) {
        if (changes == BY_STEPS && change < o.count && (sent == PACKETS || o.t_ns[change] < arrivals[sent])) {
            CHECK(nenc_vnet_advance(net, o.t_ns[change]) == NENC_OK);
            CHECK(nenc_vnet_set_rate(net, link, (double)o.rate[change]) == NENC_OK);
            change++;
        } else {
            send_at(net, flow, arrivals[sent], sizes[sent]);
            sent++;
        }
    }
    /* Everything has left by then: an advance in random strides must not matter. */
    int64_t end = 30 * until_ns, now = o.t_ns[changes == BY_STEPS ? o.count - 1 : 0];
    while (now < end) {
        now += (int64_t)check_below(&random, 300000000);
        CHECK(nenc_vnet_advance(net, now) == NENC_OK);
    }

    packet_log log = take_packets(net);
    CHECK(log.count == PACKETS);
    int64_t before = -1;
    int wrong = 0;
    for (int i = 0; i < PACKETS && i < log.count; i++) {
        const nenc_packet_row *row = find_packet(&log, flow, i);
        const oracle_times times = oracle_serve(&o, arrivals[i], (uint32_t)sizes[i] + HEADER_BYTES + OVERHEAD_BYTES);
        const int right = row && row->sent_ns == arrivals[i] && llabs(row->received_ns - delay_ns - times.leave_ns) <= 1 &&
                          llabs(row->wait_ns - (times.start_ns - arrivals[i])) <= 1 && row->received_ns >= before;
        if (row) before = row->received_ns;
        if (!right && !wrong++)
            fprintf(stderr, "seed %llu, changes %d, packet %d: left %lld waited %lld, not %lld and %lld\n",
                    (unsigned long long)seed, changes, i, row ? (long long)(row->received_ns - delay_ns) : -1,
                    row ? (long long)row->wait_ns : -1, (long long)times.leave_ns, (long long)(times.start_ns - arrivals[i]));
    }
    CHECK(!wrong);
    free(log.rows);
    oracle_free(&o);
    nenc_vnet_destroy(net);
}

static void worked_example(void)
{
    /* 1000 bytes on the wire, 8 kbit, at 1 Mbit/s; after 4 ms the rate is 2 Mbit/s: the 4 kbit left take 2 ms. The one behind
     * is 2 kbit in when an outage of 10 ms begins at 7 ms; its other 6 kbit take 1.5 ms at 4 Mbit/s. */
    nenc_vnet *net = nenc_vnet_create(1, 10 * ms_ns, 1);
    const int link = add_link(net, plain_link(NENC_FORWARD, 1e6, 5 * ms_ns));
    const int flow = add_flow(net, plain_flow(-1, -1));
    unpace(net, flow);
    for (int i = 0; i < 2; i++) send_at(net, flow, 0, 1000 - HEADER_BYTES - OVERHEAD_BYTES);
    nenc_vnet_advance(net, 4 * ms_ns);
    nenc_vnet_set_rate(net, link, 2e6);
    nenc_vnet_advance(net, 7 * ms_ns);
    nenc_vnet_set_rate(net, link, 0);
    nenc_vnet_advance(net, 17 * ms_ns);
    nenc_vnet_set_rate(net, link, 4e6);
    nenc_vnet_advance(net, 100 * ms_ns);
    packet_log log = take_packets(net);
    CHECK(log.count == 2);
    CHECK(log.rows[0].received_ns == 11 * ms_ns && log.rows[0].wait_ns == 0);
    CHECK(log.rows[1].received_ns == 23 * ms_ns + 500000 && log.rows[1].wait_ns == 6 * ms_ns);
    free(log.rows);
    nenc_vnet_destroy(net);
}

int main(void)
{
    worked_example();
    for (uint64_t seed = 1; seed <= 150; seed++) {
        one_case(seed, BY_STEPS);
        one_case(seed, BY_PROGRAM);
        one_case(seed, BY_LOOP);
    }
    return CHECK_END();
}
