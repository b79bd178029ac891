/* reports.c - what a feedback report says, when it comes, and what happens to reports on the way back. */
#include "net.h"

/* A forward hop that only takes 10 ms and a reverse one of 30 ms: packets arrive where the check wants them. */
static nenc_vnet *simple(int *flow, nenc_link_config reverse)
{
    nenc_vnet *net = nenc_vnet_create(1, second_ns, 0);
    add_link(net, plain_link(NENC_FORWARD, NENC_UNLIMITED, 10 * ms_ns));
    add_link(net, reverse);
    *flow = add_flow(net, plain_flow(-1, -1));
    unpace(net, *flow);
    return net;
}

static nenc_sample take(nenc_vnet *net, int flow, int64_t now_ns)
{
    nenc_sample sample = {0};
    CHECK(nenc_vnet_take_report(net, flow, now_ns - 1, &sample) == 0);
    CHECK(nenc_vnet_next_report(net, flow) <= now_ns);
    CHECK(nenc_vnet_take_report(net, flow, now_ns, &sample) == 1);
    CHECK(sample.time_ns == now_ns);
    return sample;
}

static void by_hand(void)
{
    int flow;
    nenc_vnet *net = simple(&flow, plain_link(NENC_REVERSE, NENC_UNLIMITED, 30 * ms_ns));
    nenc_sample sample;
    CHECK(nenc_vnet_send_report(net, flow, 5 * ms_ns) == 0); /* nothing has arrived */
    CHECK(nenc_vnet_next_report(net, flow) == INT64_MAX);

    /* Packets of 1000 bytes at 10, 12 .. 28 ms: the first opens the span, nine in 18 ms are 4 Mbit/s. */
    for (int i = 0; i < 10; i++) send_at(net, flow, 5 * ms_ns + i * 2 * ms_ns, 1000);
    CHECK(nenc_vnet_send_report(net, flow, 50 * ms_ns) == 1);
    CHECK(nenc_vnet_send_report(net, flow, 51 * ms_ns) == 0); /* nothing new */
    sample = take(net, flow, 80 * ms_ns);
    CHECK(sample.throughput_kbps == 4000);
    CHECK_NEAR(sample.rtt_ms, 40.0, 1e-4); /* the 17 ms the receiver held it are not in it */
    CHECK_NEAR(sample.owd_ms, 10.0, 1e-4);
    CHECK(sample.loss == 0.0f && sample.ecn == 0.0f);
    CHECK(nenc_vnet_take_report(net, flow, 90 * ms_ns, &sample) == 0);
    nenc_vnet_destroy(net);
}

/* The span runs from the newest packet reported before: 20 packets 5 ms apart are 1.6 Mbit/s however reports cut them. */
static void spans_join(void)
{
    int flow;
    nenc_vnet *net = simple(&flow, plain_link(NENC_REVERSE, NENC_UNLIMITED, 30 * ms_ns));
    for (int i = 0; i < 200; i++) send_at(net, flow, i * 5 * ms_ns, 1000);
    for (int i = 1; i <= 20; i++) CHECK(nenc_vnet_send_report(net, flow, i * 47 * ms_ns) == 1);
    nenc_sample sample;
    for (int i = 1; i <= 20; i++) {
        CHECK(nenc_vnet_take_report(net, flow, 2 * second_ns, &sample) == 1);
        CHECK(sample.throughput_kbps == 1600);
    }
    nenc_vnet_destroy(net);
}

/* Slower than the reports: whatever the phase, no report makes a gigabit out of one packet, and in the mean they are right. */
static void lone_packets(void)
{
    int flow;
    nenc_vnet *net = simple(&flow, plain_link(NENC_REVERSE, NENC_UNLIMITED, 30 * ms_ns));
    for (int i = 0; i < 300; i++) send_at(net, flow, i * 73137331ll, MEDIA_BYTES);
    double sum = 0;
    int count = 0;
    const double kbps = MEDIA_BYTES * 8e6 / 73137331.0;
    for (int64_t t = 50 * ms_ns; t < 20 * second_ns; t += 50 * ms_ns) {
        nenc_sample sample;
        CHECK(nenc_vnet_send_report(net, flow, t) >= 0);
        if (nenc_vnet_take_report(net, flow, t, &sample) != 1) continue;
        CHECK(sample.throughput_kbps <= 2 * kbps && sample.throughput_kbps >= 0.9 * kbps);
        sum += sample.throughput_kbps;
        count++;
    }
    CHECK(count > 250);
    CHECK(sum / count < 1.5 * kbps);
    nenc_vnet_destroy(net);

    net = simple(&flow, plain_link(NENC_REVERSE, NENC_UNLIMITED, 30 * ms_ns)); /* the very first one, 1 us old */
    send_at(net, flow, 40 * ms_ns - 1000, MEDIA_BYTES);
    CHECK(nenc_vnet_send_report(net, flow, 50 * ms_ns) == 1);
    CHECK(take(net, flow, 80 * ms_ns).throughput_kbps == (uint32_t)(MEDIA_BYTES * 8e6 / 10.001e6 + 0.5)); /* since it was sent */
    nenc_vnet_destroy(net);
}

/* 200 packets, of which those at 0.4 s .. 0.5 s are lost: no report while nothing comes, then one that tells of them all. */
static void silence_and_loss(void)
{
    nenc_vnet *net = nenc_vnet_create(1, second_ns, 0);
    const int link = add_link(net, plain_link(NENC_FORWARD, NENC_UNLIMITED, 10 * ms_ns));
    add_link(net, plain_link(NENC_REVERSE, NENC_UNLIMITED, 30 * ms_ns));
    const int flow = add_flow(net, plain_flow(-1, -1));
    unpace(net, flow);
    int reports = 0, lossy = 0;
    for (int i = 0; i < 200; i++) {
        const int64_t now = i * 5 * ms_ns;
        const nenc_loss loss = {.kind = NENC_LOSS_BERNOULLI, .p = i >= 80 && i < 100 ? 1.0 : 0.0, .r = 1};
        CHECK(nenc_vnet_advance(net, now) == NENC_OK);
        CHECK(nenc_vnet_set_loss(net, link, &loss) == NENC_OK);
        send_at(net, flow, now + 1, 1000);
        if (i % 5 != 4) continue; /* a report every 25 ms */
        const int made = nenc_vnet_send_report(net, flow, now + 2 * ms_ns);
        CHECK(made == !(i == 89 || i == 94 || i == 99));
        reports += made;
        nenc_sample sample;
        while (nenc_vnet_take_report(net, flow, now + 2 * ms_ns, &sample) == 1) {
            if (sample.loss == 0.0f) continue;
            lossy++;
            /* Packets 100, 101 and 102 arrive 5 ms apart before the report of 104: 20 lost of 23. */
            CHECK_NEAR(sample.loss, 20.0 / 23.0, 1e-6);
        }
    }
    CHECK(lossy == 1);
    CHECK(reports == 40 - 3);
    CHECK(counters_of(net, flow).lost_packets == 20 && counters_of(net, flow).reports_sent == reports);
    nenc_vnet_destroy(net);
}

/* A packet that is only late was reported as lost once, and is not lost again. */
static void reordered(void)
{
    nenc_vnet *net = nenc_vnet_create(1, second_ns, 0);
    const int link = add_link(net, plain_link(NENC_FORWARD, NENC_UNLIMITED, 60 * ms_ns));
    const int flow = add_flow(net, plain_flow(-1, -1)); /* no reverse direction: reports are there at once */
    CHECK(nenc_vnet_set_jitter(net, link, NENC_JITTER_REORDER, 0, 0) == NENC_OK);
    unpace(net, flow);
    send_at(net, flow, 0, 1000);
    CHECK(nenc_vnet_advance(net, 0) == NENC_OK);
    CHECK(nenc_vnet_set_delay(net, link, 10 * ms_ns) == NENC_OK);
    for (int i = 1; i <= 3; i++) send_at(net, flow, i * ms_ns, 1000);
    nenc_sample sample;
    CHECK(nenc_vnet_send_report(net, flow, 50 * ms_ns) == 1);
    CHECK(nenc_vnet_take_report(net, flow, 50 * ms_ns, &sample) == 1);
    CHECK_NEAR(sample.loss, 0.25, 1e-6);
    CHECK(nenc_vnet_send_report(net, flow, 100 * ms_ns) == 1);
    CHECK(nenc_vnet_take_report(net, flow, 100 * ms_ns, &sample) == 1);
    CHECK(sample.loss == 0.0f);
    CHECK_NEAR(sample.rtt_ms, 60.0, 1e-4);
    nenc_vnet_destroy(net);
}

/* Reports are packets: of 20 + 2 per packet reported (padded) + 42 bytes on the wire, they wait, take time, and are lost. */
static void reverse_path(void)
{
    int flow;
    nenc_link_config reverse = plain_link(NENC_REVERSE, 67200.0, 30 * ms_ns);
    nenc_vnet *net = simple(&flow, reverse);
    for (int i = 0; i < 10; i++) send_at(net, flow, i, 1000);
    CHECK(nenc_vnet_send_report(net, flow, 20 * ms_ns) == 1); /* 20 + 10 x 2 + 42 */
    CHECK(counters_of(net, flow).report_wire_bytes == 82);
    send_at(net, flow, 20 * ms_ns, 1000);
    CHECK(nenc_vnet_send_report(net, flow, 30 * ms_ns) == 1); /* 20 + 2, padded to 4, + 42 */
    CHECK(counters_of(net, flow).report_wire_bytes == 82 + 66);
    nenc_sample sample;
    const double first_ms = 20 + 82 * 8 / 67.2, second_ms = (first_ms > 30 ? first_ms : 30) + 66 * 8 / 67.2;
    CHECK(nenc_vnet_take_report(net, flow, second_ns, &sample) == 1);
    CHECK_NEAR((double)sample.time_ns * 1e-6, first_ms + 30, 1e-3);
    CHECK(nenc_vnet_take_report(net, flow, second_ns, &sample) == 1);
    CHECK_NEAR((double)sample.time_ns * 1e-6, second_ms + 30, 1e-3);
    CHECK_NEAR(sample.rtt_ms, second_ms + 30 - 20, 1e-3);
    nenc_vnet_destroy(net);

    reverse = plain_link(NENC_REVERSE, NENC_UNLIMITED, 30 * ms_ns);
    reverse.loss = (nenc_loss){.kind = NENC_LOSS_BERNOULLI, .p = 0.3, .r = 1};
    net = simple(&flow, reverse);
    int sent = 0, taken = 0;
    for (int i = 0; i < 2000; i++) {
        const int64_t now = i * 10 * ms_ns;
        send_at(net, flow, now, 1000);
        sent += nenc_vnet_send_report(net, flow, now);
        while (nenc_vnet_take_report(net, flow, now, &sample) == 1) {
            taken++;
            CHECK(sample.loss == 0.0f); /* losses of reports are not losses of media */
            CHECK_NEAR(sample.rtt_ms, 40.0, 1e-3);
        }
    }
    CHECK_NEAR(taken, sent * 0.7, 5 * sqrt(sent * 0.21) + 4);
    nenc_vnet_destroy(net);

    reverse = plain_link(NENC_REVERSE, 0.0, 30 * ms_ns); /* an outage with room for two */
    reverse.queue.unit = NENC_QUEUE_PACKETS;
    reverse.queue.limit = 2;
    net = simple(&flow, reverse);
    for (int i = 0; i < 5; i++) {
        send_at(net, flow, i * 50 * ms_ns, 1000);
        CHECK(nenc_vnet_send_report(net, flow, i * 50 * ms_ns + 20 * ms_ns) == 1);
        CHECK(nenc_vnet_take_report(net, flow, i * 50 * ms_ns + 20 * ms_ns, &sample) == 0);
    }
    CHECK(nenc_vnet_advance(net, second_ns) == NENC_OK);
    CHECK(nenc_vnet_set_rate(net, 1, NENC_UNLIMITED) == NENC_OK);
    for (int i = 0; i < 2; i++) {
        CHECK(nenc_vnet_take_report(net, flow, 2 * second_ns, &sample) == 1);
        CHECK(sample.time_ns == second_ns + 30 * ms_ns); /* the oldest two, as old as they are */
        CHECK_NEAR(sample.rtt_ms, 1030.0 - i * 50 - 10, 1e-3);
    }
    CHECK(nenc_vnet_take_report(net, flow, 2 * second_ns, &sample) == 0);
    CHECK(nenc_vnet_next_report(net, flow) == INT64_MAX);
    nenc_vnet_destroy(net);
}

/* next_report is never later than the report, so that who sleeps until then misses none: also when reports overtake. */
static void never_slept_past(uint64_t seed)
{
    uint64_t random = seed;
    nenc_link_config reverse = plain_link(NENC_REVERSE, 200e3, 10 * ms_ns);
    reverse.jitter_kind = NENC_JITTER_REORDER;
    reverse.jitter_std_ns = 20 * ms_ns;
    reverse.jitter_max_ns = 60 * ms_ns;
    const nenc_cross_config cross = {.kind = cross_kind("onoff-exponential"),
                                     .direction = NENC_REVERSE,
                                     .first_link = 1,
                                     .last_link = 1,
                                     .values[0] = 300e3,
                                     .wire_bytes = 300,
                                     .stop_ns = INT64_MAX,
                                     .values[1] = 20 * ms_ns,
                                     .values[2] = 20 * ms_ns};
    nenc_vnet *net = nenc_vnet_create(seed, second_ns, 0);
    add_link(net, plain_link(NENC_FORWARD, NENC_UNLIMITED, 10 * ms_ns));
    add_link(net, plain_link(NENC_REVERSE, 1e6, ms_ns));
    add_link(net, reverse);
    const int flow = add_flow(net, plain_flow(-1, -1));
    CHECK(nenc_vnet_add_cross(net, &cross) == 0);
    unpace(net, flow);
    int64_t report_at = 0;
    int taken = 0;
    for (int64_t now = 0; now < 5 * second_ns;) {
        const int64_t next = nenc_vnet_next_report(net, flow);
        CHECK(next > now);
        now = next < report_at ? next : report_at;
        nenc_sample sample;
        while (nenc_vnet_take_report(net, flow, now, &sample) == 1) {
            if (sample.time_ns != now) CHECK(sample.time_ns == now);
            taken++;
        }
        if (now == report_at) {
            send_at(net, flow, now, 1000);
            CHECK(nenc_vnet_send_report(net, flow, now) >= 0);
            report_at += 1 + (int64_t)check_below(&random, 20000000);
        }
    }
    CHECK(taken > 200);
    nenc_vnet_destroy(net);
}

int main(void)
{
    by_hand();
    spans_join();
    lone_packets();
    silence_and_loss();
    reordered();
    reverse_path();
    for (uint64_t seed = 1; seed <= 5; seed++) never_slept_past(seed);
    return CHECK_END();
}
