/* misuse.c - what the virtual network's interface refuses, and with which status; a refused call changes nothing. */
#include "net.h"

static const double bad_numbers[] = {NAN, INFINITY, -INFINITY, -0.5};

static void links(void)
{
    nenc_vnet *net = nenc_vnet_create(1, ms_ns, 0);
    CHECK(nenc_vnet_create(1, 0, 0) == NULL && nenc_vnet_create(1, -5, 0) == NULL);
    nenc_link_config good = plain_link(NENC_FORWARD, 1e6, 0), c;
#define REFUSED(change)                                                                                                          \
    do {                                                                                                                         \
        c = good;                                                                                                                \
        change;                                                                                                                  \
        CHECK(nenc_vnet_add_link(net, &c) == NENC_EINVAL);                                                                       \
    } while (0)
    for (size_t i = 0; i < 4; i++) {
        const double x = bad_numbers[i];
        REFUSED(c.rate_bps = x);
        REFUSED(c.queue_rate_bps = x);
        REFUSED(c.duplicate = x);
        REFUSED(c.loss.p = x);
        REFUSED(c.loss.r = x);
        REFUSED(c.loss.loss_bad = x);
        REFUSED(c.loss.loss_good = x);
    }
    REFUSED(c.duplicate = 1.01);
    REFUSED(c.loss.p = 1.01);
    REFUSED(c.direction = 2);
    REFUSED(c.queue.kind = 1000);
    REFUSED(c.queue.unit = 3);
    REFUSED(c.queue.limit = 0);
    REFUSED(c.queue.limit = -1);
    REFUSED(c.delay_ns = -1);
    REFUSED(c.loss.kind = 3);
    REFUSED(c.loss.at_entry = 2);
    REFUSED(c.jitter_kind = 3);
    REFUSED(c.jitter_std_ns = -1);
    REFUSED(c.jitter_max_ns = -1);
    REFUSED(c.ecn_threshold_ns = -1);
#undef REFUSED
    CHECK(nenc_vnet_add_link(NULL, &good) == NENC_EINVAL && nenc_vnet_add_link(net, NULL) == NENC_EINVAL);
    for (int i = 0; i < 64; i++) CHECK(nenc_vnet_add_link(net, &good) == i); /* nothing of the refused ones is left */
    CHECK(nenc_vnet_add_link(net, &good) == NENC_ERANGE);
    nenc_vnet_destroy(net);
    nenc_vnet_destroy(NULL);
}

static void flows_and_crosses(void)
{
    nenc_vnet *net = nenc_vnet_create(1, ms_ns, 0);
    nenc_flow_config good = plain_flow(-1, -1), c;
    CHECK(nenc_vnet_add_flow(net, &good) == NENC_EINVAL); /* no link to send over */
    add_link(net, plain_link(NENC_FORWARD, 1e6, 0));
    add_link(net, plain_link(NENC_FORWARD, 1e6, 0));
#define REFUSED(change)                                                                                                          \
    do {                                                                                                                         \
        c = good;                                                                                                                \
        change;                                                                                                                  \
        CHECK(nenc_vnet_add_flow(net, &c) == NENC_EINVAL);                                                                       \
    } while (0)
    for (size_t i = 0; i < 4; i++) REFUSED(c.pacer_factor = bad_numbers[i]);
    REFUSED(c.pacer_factor = 0);
    REFUSED(c.pacer_burst_ns = -1);
    REFUSED(c.packet_bytes = c.header_bytes);
    REFUSED(c.packet_bytes = 65508);
    REFUSED(c.overhead_bytes = 1001);
    REFUSED((c.first_link = 1, c.last_link = 0));
    REFUSED((c.first_link = 0, c.last_link = 2));
    REFUSED((c.first_link = -1, c.last_link = 0));
    REFUSED((c.first_link = -2, c.last_link = 1));
#undef REFUSED
    CHECK(nenc_vnet_add_flow(NULL, &good) == NENC_EINVAL && nenc_vnet_add_flow(net, NULL) == NENC_EINVAL);
    const nenc_cross_config cross = {.kind = cross_kind("onoff"),
                                     .first_link = -1,
                                     .last_link = -1,
                                     .values[0] = 1e6,
                                     .wire_bytes = 500,
                                     .stop_ns = second_ns,
                                     .values[1] = ms_ns,
                                     .values[2] = ms_ns};
    nenc_cross_config x;
#define REFUSED(change)                                                                                                          \
    do {                                                                                                                         \
        x = cross;                                                                                                               \
        change;                                                                                                                  \
        CHECK(nenc_vnet_add_cross(net, &x) == NENC_EINVAL);                                                                      \
    } while (0)
    for (size_t i = 0; i < 4; i++) REFUSED(x.values[0] = bad_numbers[i]);
    REFUSED(x.values[0] = 0);
    REFUSED(x.kind = 1000);
    REFUSED(x.direction = 2);
    REFUSED(x.direction = NENC_REVERSE); /* it has no links */
    REFUSED(x.wire_bytes = 0);
    REFUSED(x.start_ns = -1);
    REFUSED(x.start_ns = 2 * second_ns);
    REFUSED(x.values[1] = 0);
    REFUSED(x.values[2] = -1);
#undef REFUSED
    CHECK(nenc_vnet_add_cross(NULL, &cross) == NENC_EINVAL && nenc_vnet_add_cross(net, NULL) == NENC_EINVAL);
    for (int i = 0; i < 256; i++) CHECK(nenc_vnet_add_cross(net, &cross) == i && nenc_vnet_add_flow(net, &good) == i);
    CHECK(nenc_vnet_add_cross(net, &cross) == NENC_ERANGE && nenc_vnet_add_flow(net, &good) == NENC_ERANGE);
    CHECK(nenc_vnet_advance(net, 1) == NENC_OK);
    const nenc_link_config link = plain_link(NENC_FORWARD, 1e6, 0);
    CHECK(nenc_vnet_add_link(net, &link) == NENC_ESTATE);
    CHECK(nenc_vnet_add_flow(net, &good) == NENC_ESTATE && nenc_vnet_add_cross(net, &cross) == NENC_ESTATE);
    nenc_vnet_destroy(net);
}

static void running(void)
{
    nenc_vnet *net = nenc_vnet_create(1, 10 * ms_ns, 0);
    const int link = add_link(net, plain_link(NENC_FORWARD, 1e6, 0));
    const int flow = add_flow(net, plain_flow(-1, -1));
    const int wrong[] = {-1, 1, 1000};
    const nenc_loss loss = {.kind = NENC_LOSS_BERNOULLI, .p = 0.5, .r = 1}, bad_loss = {.kind = NENC_LOSS_BERNOULLI, .p = 1.5};
    const int64_t times[] = {10, 20, 30}, unsorted[] = {10, 20, 20};
    const double rates[] = {1e6, 2e6, 0}, bad_rates[] = {1e6, -1, 0}, nan_rates[] = {1e6, NAN, 0};
    nenc_sample sample;
    nenc_frame_row frame;
    nenc_flow_counters counters;
    for (size_t i = 0; i < 3; i++) {
        const int w = wrong[i];
        CHECK(nenc_vnet_set_rate(net, w, 1e6) == NENC_EINVAL && nenc_vnet_set_delay(net, w, 0) == NENC_EINVAL);
        CHECK(set_queue(net, w, 0, 1) == NENC_EINVAL && nenc_vnet_set_loss(net, w, &loss) == NENC_EINVAL);
        CHECK(nenc_vnet_set_jitter(net, w, 0, 0, 0) == NENC_EINVAL && nenc_vnet_set_duplicate(net, w, 0) == NENC_EINVAL);
        CHECK(nenc_vnet_set_program(net, w, times, rates, 3, 0) == NENC_EINVAL);
        CHECK(nenc_vnet_set_opportunities(net, w, times, 3, 0, 0, 1504) == NENC_EINVAL);
        CHECK(nenc_vnet_set_target(net, w, 0, 1e6) == NENC_EINVAL && nenc_vnet_send_report(net, w, 0) == NENC_EINVAL);
        CHECK(nenc_vnet_send_frame(net, w, 0, 0, 1, 0, 0, 0, 0, 0) == NENC_EINVAL);
        CHECK(nenc_vnet_next_report(net, w) == INT64_MAX && nenc_vnet_take_report(net, w, 0, &sample) == NENC_EINVAL);
        CHECK(nenc_vnet_take_frames(net, w, &frame, 1, 0) == NENC_EINVAL &&
              nenc_vnet_flow_counters_get(net, w, &counters) == NENC_EINVAL);
    }
    for (size_t i = 0; i < 4; i++) {
        CHECK(nenc_vnet_set_rate(net, link, bad_numbers[i]) == NENC_EINVAL);
        CHECK(nenc_vnet_set_duplicate(net, link, bad_numbers[i]) == NENC_EINVAL);
        CHECK(nenc_vnet_set_target(net, flow, 0, bad_numbers[i]) == NENC_EINVAL);
        CHECK(nenc_vnet_set_opportunities(net, link, times, 3, 0, 0, bad_numbers[i]) == NENC_EINVAL);
    }
    CHECK(nenc_vnet_set_delay(net, link, -1) == NENC_EINVAL && nenc_vnet_set_duplicate(net, link, 1.5) == NENC_EINVAL);
    CHECK(set_queue(net, link, 3, 1) == NENC_EINVAL && set_queue(net, link, 0, 0) == NENC_EINVAL);
    CHECK(nenc_vnet_set_queue(net, link, NULL) == NENC_EINVAL);
    CHECK(nenc_vnet_set_queue(net, link, &(nenc_queue_config){.kind = 1000, .limit = 1}) == NENC_EINVAL);
    CHECK(nenc_vnet_set_loss(net, link, &bad_loss) == NENC_EINVAL && nenc_vnet_set_loss(net, link, NULL) == NENC_EINVAL);
    CHECK(nenc_vnet_set_jitter(net, link, 3, 0, 0) == NENC_EINVAL && nenc_vnet_set_jitter(net, link, 1, -1, 0) == NENC_EINVAL);
    CHECK(nenc_vnet_set_program(net, link, times, rates, 0, 0) == NENC_EINVAL);
    CHECK(nenc_vnet_set_program(net, link, NULL, rates, 3, 0) == NENC_EINVAL &&
          nenc_vnet_set_program(net, link, times, NULL, 3, 0) == NENC_EINVAL);
    CHECK(nenc_vnet_set_program(net, link, unsorted, rates, 3, 0) == NENC_EINVAL);
    CHECK(nenc_vnet_set_program(net, link, times, bad_rates, 3, 0) == NENC_EINVAL &&
          nenc_vnet_set_program(net, link, times, nan_rates, 3, 0) == NENC_EINVAL);
    CHECK(nenc_vnet_set_program(net, link, times, rates, 3, 19) == NENC_EINVAL &&
          nenc_vnet_set_program(net, link, times, rates, 3, -1) == NENC_EINVAL);
    CHECK(nenc_vnet_set_opportunities(net, link, NULL, 3, 0, 0, 1504) == NENC_EINVAL &&
          nenc_vnet_set_opportunities(net, link, times, 0, 0, 0, 1504) == NENC_EINVAL);
    CHECK(nenc_vnet_send_frame(net, flow, 0, 0, 0, 0, 0, 0, 0, 0) == NENC_EINVAL &&
          nenc_vnet_send_frame(net, flow, 0, 0, -4, 0, 0, 0, 0, 0) == NENC_EINVAL);
    CHECK(nenc_vnet_take_report(net, flow, 0, NULL) == NENC_EINVAL &&
          nenc_vnet_flow_counters_get(net, flow, NULL) == NENC_EINVAL);
    CHECK(nenc_vnet_take_frames(net, flow, NULL, 1, 0) == NENC_EINVAL && nenc_vnet_take_path(net, NULL, 1) == NENC_EINVAL);
    CHECK(nenc_vnet_take_delays(NULL, NULL, 0) == NENC_EINVAL && nenc_vnet_take_packets(net, NULL, 3) == NENC_EINVAL);
    CHECK(nenc_vnet_advance(NULL, 0) == NENC_EINVAL && nenc_vnet_cut_delays(NULL, 0) == NENC_EINVAL);
    CHECK(nenc_random(1, 1, 0, 4, &(double){0}, 1) == NENC_EINVAL && nenc_random(1, 1, 0, 0, NULL, 1) == NENC_EINVAL);

    /* Time does not run backwards, and what was refused has done nothing: the packet takes its 9.936 ms at 1 Mbit/s. */
    CHECK(nenc_vnet_advance(net, 5 * ms_ns) == NENC_OK);
    CHECK(nenc_vnet_advance(net, 5 * ms_ns - 1) == NENC_ERANGE && nenc_vnet_set_target(net, flow, 0, 1e6) == NENC_ERANGE);
    CHECK(nenc_vnet_send_frame(net, flow, 0, 5 * ms_ns - 1, 10, 0, 0, 0, 0, 0) == NENC_ERANGE);
    CHECK(nenc_vnet_set_opportunities(net, link, times, 3, 0, 5 * ms_ns - 1, 1504) == NENC_EINVAL);
    CHECK(nenc_vnet_set_target(net, flow, 5 * ms_ns, 1e9) == NENC_OK);
    CHECK(nenc_vnet_send_frame(net, flow, 0, 5 * ms_ns, MEDIA_BYTES, 0, 0, 0, 0, 0) == 0);
    CHECK(nenc_vnet_take_frames(net, flow, &frame, 0, 0) == 0 && nenc_vnet_take_frames(net, flow, NULL, -3, 0) == 0);
    CHECK(nenc_vnet_advance(net, second_ns) == NENC_OK);
    CHECK(nenc_vnet_take_frames(net, flow, &frame, 1, 0) == 1 && frame.received_ns == 5 * ms_ns + 9936000 && frame.lost == 0);
    nenc_vnet_destroy(net);
}

int main(void)
{
    links();
    flows_and_crosses();
    running();
    return CHECK_END();
}
