/* cross.c - cross traffic: spacing of constant rates, means of on/off sources, what it does to a flow beside it. */
#include "net/source/source.h"

#include "net.h"

static nenc_source *source(const char *kind, double rate_bps, uint32_t wire_bytes, int64_t on_ns, int64_t off_ns, int64_t stop_ns,
                           int id)
{
    const nenc_cross_config config = {.kind = cross_kind(kind),
                                      .values[0] = rate_bps,
                                      .wire_bytes = wire_bytes,
                                      .start_ns = 3 * ms_ns,
                                      .stop_ns = stop_ns,
                                      .values[1] = on_ns,
                                      .values[2] = off_ns};
    int status = NENC_EINVAL;
    nenc_source *cross = nenc_source_create(nenc_source_ops_at(config.kind), id, 9, &config, &status);
    CHECK(cross && status == NENC_OK && nenc_source_check(&config) == NENC_OK);
    return cross;
}

/* Packet k leaves at start + k x 8 x bytes / rate, in exact integers, to the nanosecond below; none after the stop. */
static void constant_rate(void)
{
    const int64_t rates[] = {999999937, 10000000, 70001, 123456789};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        const int64_t stop_ns = 3 * ms_ns + (int64_t)((__int128)20000 * 1242 * 8 * second_ns / rates[i]);
        nenc_source *cross = source("cbr", (double)rates[i], 1242, 0, 0, stop_ns, 0);
        int64_t k = 0;
        for (; cross->next_ns != INT64_MAX; k++) {
            const int64_t due = 3 * ms_ns + (int64_t)((__int128)k * 1242 * 8 * second_ns / rates[i]);
            if (llabs(cross->next_ns - due) > 1) {
                CHECK(!"on time");
                break;
            }
            nenc_packet packet;
            CHECK(cross->ops->send(cross, &packet) == 1);
            CHECK(packet.wire_bytes == 1242 && packet.kind == NENC_PACKET_CROSS);
        }
        nenc_source_destroy(cross);
        CHECK(k == 20000 || k == 20001); /* the last one is due when it stops, give or take a nanosecond */
    }
}

/* On for 4 ms, off for 6: packets of 0.7 ms come only while on, and in the long run at exactly 40 % of the rate, also where
 * on times are shorter than the distance of two packets. */
static void fixed_times(void)
{
    const int64_t on[] = {4 * ms_ns, ms_ns / 10, 7 * ms_ns / 10}, off[] = {6 * ms_ns, ms_ns / 5, 2 * ms_ns};
    for (int i = 0; i < 3; i++) {
        const int64_t length = 100 * second_ns;
        nenc_source *cross = source("onoff", 1000 * 8 / 0.7e-3, 1000, on[i], off[i], 3 * ms_ns + length, 1);
        int64_t packets = 0, outside = 0;
        for (; cross->next_ns != INT64_MAX; packets++) {
            outside += (cross->next_ns - 3 * ms_ns) % (on[i] + off[i]) >= on[i];
            nenc_packet packet;
            CHECK(cross->ops->send(cross, &packet) == 1);
        }
        nenc_source_destroy(cross);
        CHECK(outside == 0);
        CHECK_NEAR((double)packets, (double)length * (double)on[i] / (double)(on[i] + off[i]) / 0.7e6, 2.0);
    }
}

/* Exponential times: the mean rate is on / (on + off) of the rate. N cycles of variance: the on share of a renewal process has
 * standard deviation sqrt(2 / N) x on off / (on + off)^2. */
static void exponential_times(void)
{
    const int64_t on = 2 * ms_ns, off = 3 * ms_ns, length = 400 * second_ns;
    const double rate = 1000 * 8 / 0.7e-3, cycles = (double)length / (double)(on + off);
    double first = 0;
    for (int id = 0; id < 3; id++) {
        nenc_source *cross = source("onoff-exponential", rate, 1000, on, off, 3 * ms_ns + length, id);
        double packets = 0;
        for (; cross->next_ns != INT64_MAX; packets++) {
            nenc_packet packet;
            CHECK(cross->ops->send(cross, &packet) == 1);
        }
        nenc_source_destroy(cross);
        const double share = packets * 0.7e6 / (double)length;
        CHECK_NEAR(share, 0.4, 5 * sqrt(2 / cycles) * 0.24);
        CHECK(packets != first); /* each source has its own stream */
        first = packets;
    }
}

/* From 1 s to 2 s another 10 Mbit/s come to a flow of 15 on a link of 20. */
static void beside_a_flow(void)
{
    nenc_vnet *net = nenc_vnet_create(1, 10 * ms_ns, 1);
    nenc_link_config config = plain_link(NENC_FORWARD, 20e6, 0);
    config.queue.limit = 20000;
    add_link(net, config);
    const int flow = add_flow(net, plain_flow(-1, -1));
    const nenc_cross_config cross = {.kind = cross_kind("cbr"),
                                     .direction = NENC_FORWARD,
                                     .first_link = -1,
                                     .last_link = -1,
                                     .values[0] = 10e6,
                                     .wire_bytes = WIRE_BYTES,
                                     .start_ns = second_ns,
                                     .stop_ns = 2 * second_ns};
    CHECK(nenc_vnet_add_cross(net, &cross) == 0);
    unpace(net, flow);
    const int64_t gap_ns = (int64_t)(WIRE_BYTES * 8e9 / 15e6);
    for (int64_t t = 0; t < 3 * second_ns; t += gap_ns) send_at(net, flow, t, MEDIA_BYTES);
    double mbps[3];
    int64_t before = 0;
    for (int s = 0; s < 3; s++) {
        CHECK(nenc_vnet_advance(net, (s + 1) * second_ns) == NENC_OK);
        const int64_t bytes = counters_of(net, flow).received_wire_bytes;
        mbps[s] = (double)(bytes - before) * 8e-6;
        before = bytes;
    }
    CHECK_NEAR(mbps[0], 15.0, 0.02);
    CHECK(mbps[1] > 9.9 && mbps[1] < 15.1); /* droptail: who loses at a full queue is a matter of phase */
    CHECK_NEAR(mbps[2], 15.0, 0.2);
    nenc_path_row rows[301];
    const int count = nenc_vnet_take_path(net, rows, 301);
    uint32_t packets = 0, drops = 0;
    for (int i = 100; i < 200 && i < count; i++) {
        packets += rows[i].packets;
        drops += rows[i].drops_queue;
    }
    CHECK_NEAR(packets, 20e6 / (WIRE_BYTES * 8), 2);       /* the link is full ... */
    CHECK_NEAR(drops, 5e6 / (WIRE_BYTES * 8), 20000 / WIRE_BYTES + 3); /* ... and what is too much is dropped, but for a queue */
    nenc_vnet_destroy(net);
}

int main(void)
{
    constant_rate();
    fixed_times();
    exponential_times();
    beside_a_flow();
    return CHECK_END();
}
