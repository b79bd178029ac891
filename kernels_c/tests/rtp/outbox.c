/* outbox.c - samples against the virtual network's own arithmetic, feedback by hand, and feedback that lies. */
#include "rtp/outbox.h"

#include "net/flow.h"
#include "rtp/bytes.h"
#include "rtp/inbox.h"

#include "../core/check.h"

static const int64_t ms_ns = 1000000, second_ns = 1000000000;

enum { SSRC = 0x51, OWN = 0x52 };

static nenc_outbox *outbox_of(uint32_t history, int64_t report_ns, int same_clock)
{
    nenc_outbox *outbox = nenc_outbox_create(
        &(nenc_outbox_config){.ssrc = SSRC, .history = history, .report_ns = report_ns, .same_clock = same_clock});
    CHECK(outbox != NULL);
    return outbox;
}

/* Feedback in memory of its own size. */
static int give(nenc_outbox *outbox, const uint8_t *data, size_t size, int64_t arrived_ns, nenc_sample *sample)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (size) memcpy(copy, data, size);
    const int result = nenc_outbox_feedback(outbox, copy, size, arrived_ns, sample);
    free(copy);
    return result;
}

/* ---- against nenc_flow ------------------------------------------------------------------------------------------ */

/* One path, two receivers: the virtual network's flow, and inbox, wire and outbox. The receiver's clock is `ahead`. */
typedef struct both {
    nenc_flow flow;
    nenc_inbox *inbox;
    nenc_outbox *outbox;
    int64_t ahead_ns;
    int64_t back_ns; /* one-way, of reports */
    uint32_t first;
} both;

enum { PACKET = 1200, HEADER = 12, MEDIA = PACKET - HEADER };

static void begin(both *on, int64_t report_ns, int64_t ahead_ns, uint32_t first)
{
    const nenc_flow_config config = {
        .packet_bytes = PACKET, .header_bytes = HEADER, .overhead_bytes = 42, .pacer_factor = 1, .pacer_burst_ns = second_ns};
    CHECK(nenc_flow_init(&on->flow, 0, &config, 0, 0) == NENC_OK);
    nenc_flow_set_pace(&on->flow, 0, 1e15);
    on->inbox = nenc_inbox_create(
        &(nenc_inbox_config){.own_ssrc = OWN, .ssrc = SSRC, .payload_type = -1, .first_sequence = (int64_t)first});
    on->outbox = outbox_of(0, report_ns, ahead_ns == 0);
    on->ahead_ns = ahead_ns;
    on->back_ns = 30 * ms_ns;
    on->first = first;
}

static void end(both *on)
{
    nenc_flow_free(&on->flow);
    nenc_inbox_destroy(on->inbox);
    nenc_outbox_destroy(on->outbox);
}

/* A packet of `bytes` sent at sent_ns. */
static nenc_packet send_one(both *on, int64_t sent_ns, int64_t bytes)
{
    nenc_packet packet;
    CHECK(nenc_flow_add_frame(&on->flow, &(nenc_frame_row){.ready_ns = sent_ns, .bytes = bytes}) >= 0);
    on->flow.source.ops->send(&on->flow.source, &packet);
    CHECK(packet.sent_ns == sent_ns);
    CHECK(nenc_outbox_sent(on->outbox, on->first + packet.sequence, sent_ns, packet.media_bytes) == NENC_OK);
    return packet;
}

static void receive_one(both *on, nenc_packet packet, int64_t recv_ns, int marked)
{
    packet.t_ns = recv_ns;
    if (marked) packet.flags |= NENC_PACKET_CE;
    on->flow.source.ops->deliver(&on->flow.source, &packet, NULL);
    const nenc_rtp rtp = {.ssrc = SSRC,
                          .payload_type = 96,
                          .sequence = (uint16_t)(on->first + packet.sequence),
                          .timestamp = (uint32_t)(packet.sent_ns / 11111),
                          .bytes = packet.media_bytes};
    int64_t extended;
    CHECK(nenc_inbox_take(on->inbox, &rtp, recv_ns + on->ahead_ns, marked ? 3 : 0, &extended) == NENC_TAKEN_NEW);
    CHECK(extended == on->first + packet.sequence);
}

/* A report at now_ns on both: 1 and the two samples, or 0 and none. */
static int report_both(both *on, int64_t now_ns, nenc_sample *flow, nenc_sample *wire)
{
    nenc_packet carrier;
    uint8_t report[NENC_REPORT_BYTES];
    const int made = nenc_flow_make_report(&on->flow, now_ns, &carrier);
    const size_t bytes = nenc_inbox_report(on->inbox, now_ns + on->ahead_ns, report, 0);
    CHECK((made == 1) == (bytes > 0));
    if (made != 1) return 0;
    CHECK(bytes + 42 == carrier.wire_bytes);
    carrier.t_ns = now_ns + on->back_ns;
    CHECK(nenc_pipe_push(&on->flow.source.answers, &carrier) == NENC_OK);
    nenc_flow_take_report(&on->flow, flow);
    CHECK(give(on->outbox, report, bytes, now_ns + on->back_ns, wire) == NENC_FEEDBACK_SAMPLE);
    CHECK(nenc_inbox_report(on->inbox, now_ns + on->ahead_ns, report, 0) == 0);
    CHECK(give(on->outbox, report, bytes, now_ns + on->back_ns, wire) == NENC_FEEDBACK_NOTHING); /* replayed */
    return 1;
}

/* The newest arrival is known to 8 us, the receiver's hold time to 0.5 ms; the span is in nanoseconds here. */
static void compare(const both *on, const nenc_sample *flow, const nenc_sample *wire, double span_error)
{
    CHECK(wire->time_ns == flow->time_ns);
    CHECK_NEAR(wire->throughput_kbps, flow->throughput_kbps, 1 + span_error * flow->throughput_kbps);
    CHECK_NEAR(wire->rtt_ms, flow->rtt_ms, 0.51);
    CHECK(wire->loss == flow->loss && wire->ecn == flow->ecn);
    if (on->ahead_ns == 0) CHECK_NEAR(wire->owd_ms, flow->owd_ms, 0.01);
    else CHECK(isnan(wire->owd_ms));
}

/* 1000 to 12000 packets/s with loss and marks, reports every 50 ms: the same samples, and no drift in any mean. */
static void like_the_virtual_network(int64_t ahead_ns, uint32_t first, int64_t gap_ns)
{
    both on;
    begin(&on, 50 * ms_ns, ahead_ns, first);
    uint64_t chance = first;
    nenc_sample flow, wire;
    int samples = 0;
    double rtt = 0, throughput = 0;
    int64_t t = ms_ns, report_ns = 50 * ms_ns;
    while (report_ns < 30 * second_ns) {
        const int64_t sent_ns = t, recv_ns = sent_ns + 10 * ms_ns;
        t += gap_ns / 2 + (int64_t)check_below(&chance, (uint64_t)gap_ns);
        for (; report_ns < recv_ns; report_ns += 50 * ms_ns) {
            if (!report_both(&on, report_ns, &flow, &wire)) continue;
            compare(&on, &flow, &wire, samples ? 0.002 : 0.05);
            samples++;
            rtt += wire.rtt_ms - flow.rtt_ms;
            throughput += (double)wire.throughput_kbps / flow.throughput_kbps - 1;
        }
        const nenc_packet packet = send_one(&on, sent_ns, 1 + (int64_t)check_below(&chance, MEDIA));
        if (packet.sequence && check_below(&chance, 20) == 0) on.flow.source.ops->lose(&on.flow.source, &packet, 0);
        else receive_one(&on, packet, recv_ns, check_below(&chance, 10) == 0);
    }
    CHECK(samples > 590);
    CHECK_NEAR(rtt / samples, 0, 0.1); /* hold times below half a unit are told as none */
    CHECK_NEAR(throughput / samples, 0, 0.001);
    const nenc_outbox_counts *counts = nenc_outbox_counted(on.outbox);
    CHECK(counts->samples == samples && counts->nothing == samples && counts->malformed == 0 && counts->foreign == 0);
    CHECK(counts->reported + counts->lost <= counts->sent);
    const int64_t untold = nenc_inbox_counted(on.inbox)->received - counts->reported; /* since the last report */
    CHECK(untold >= 0 && untold < 1000);
    end(&on);
}

/* Slower than the reports, with pauses: lone packets and silences are measured the same way. */
static void lone_packets(int64_t ahead_ns)
{
    both on;
    begin(&on, 50 * ms_ns, ahead_ns, 3);
    uint64_t chance = 5;
    nenc_sample flow, wire;
    int samples = 0;
    int64_t t = 40 * ms_ns, report_ns = 50 * ms_ns;
    while (report_ns < 60 * second_ns) {
        const int64_t sent_ns = t, recv_ns = sent_ns + 10 * ms_ns - 1000;
        t += 30 * ms_ns + (int64_t)check_below(&chance, check_below(&chance, 8) ? 90000000 : 900000000);
        for (; report_ns < recv_ns; report_ns += 50 * ms_ns) {
            if (!report_both(&on, report_ns, &flow, &wire)) continue;
            /* With two clocks the first packet's way is half its round trip: 20 ms for 10. */
            if (samples || !ahead_ns) compare(&on, &flow, &wire, 0.12);
            else CHECK_NEAR(wire.throughput_kbps, flow.throughput_kbps * 10.001 / 20.001, 0.05 * flow.throughput_kbps);
            samples++;
        }
        receive_one(&on, send_one(&on, sent_ns, MEDIA), recv_ns, 0);
    }
    CHECK(samples > 300);
    end(&on);
}

/* ---- by hand ---------------------------------------------------------------------------------------------------- */

/* A report with one block: metrics as they are. */
static size_t write_report(uint8_t *into, uint32_t ssrc, int begin, const uint16_t *metrics, int count, uint32_t timestamp)
{
    const size_t bytes = 20 + (size_t)(count + 1) / 2 * 4;
    memset(into, 0, bytes);
    into[0] = 0x8b;
    into[1] = 205;
    nenc_put16(into + 2, (uint16_t)(bytes / 4 - 1));
    nenc_put32(into + 4, OWN);
    nenc_put32(into + 8, ssrc);
    nenc_put16(into + 12, (uint16_t)begin);
    nenc_put16(into + 14, (uint16_t)count);
    for (int i = 0; i < count; i++) nenc_put16(into + 16 + 2 * i, metrics[i]);
    nenc_put32(into + bytes - 4, timestamp);
    return bytes;
}

static const uint32_t rts_2s = 2 << 16;

static nenc_outbox *ten_sent(void)
{
    nenc_outbox *outbox = outbox_of(0, 0, 1);
    for (int i = 0; i < 10; i++) CHECK(nenc_outbox_sent(outbox, 65530 + i, second_ns + i * second_ns / 64, 1000) == NENC_OK);
    CHECK(nenc_outbox_sent(outbox, 65539, second_ns, 1000) == NENC_EINVAL);
    CHECK(nenc_outbox_sent(outbox, 65541, second_ns, 1000) == NENC_EINVAL);
    return outbox;
}

static void by_hand(void)
{
    nenc_outbox *outbox = ten_sent();
    uint8_t report[64];
    nenc_sample sample;
    /* 65530 and 65532 came 512 and 480 units of 1/1024 s before 2 s, 65531 did not, 65533 is marked and came 448 before. */
    const uint16_t metrics[] = {0x8000 | 512, 0, 0x8000 | 480, 0xe000 | 448};
    size_t bytes = write_report(report, SSRC, 65530, metrics, 4, rts_2s);
    CHECK(give(outbox, report, bytes, 2 * second_ns + 10 * ms_ns, &sample) == NENC_FEEDBACK_SAMPLE);
    CHECK(sample.time_ns == 2 * second_ns + 10 * ms_ns);
    CHECK(sample.throughput_kbps == 256); /* the first packet opens the span: 2000 bytes in 64/1024 s */
    CHECK_NEAR(sample.loss, 0.25, 1e-6);
    CHECK_NEAR(sample.ecn, 1.0 / 3, 1e-6);
    CHECK_NEAR(sample.rtt_ms, 1010 - 3 * 1000.0 / 64 - 437.5, 1e-3);
    CHECK_NEAR(sample.owd_ms, 1000 - 437.5 - 3 * 1000.0 / 64, 1e-3);
    CHECK(sample.bytes_in_flight == 6000.0f);
    CHECK(give(outbox, report, bytes, 3 * second_ns, &sample) == NENC_FEEDBACK_NOTHING); /* replayed */

    /* Overlapping (RFC 8888 section 3.1): 65531 came after all, 65534 is new. */
    const uint16_t again[] = {0x8000 | 416, 0x8000 | 512, 0x8000 | 480, 0x8000 | 384};
    bytes = write_report(report, SSRC, 65531, again, 4, rts_2s + 65536 / 16);
    CHECK(give(outbox, report, bytes, 2 * second_ns + 75 * ms_ns, &sample) == NENC_FEEDBACK_SAMPLE);
    CHECK(sample.loss == 0 && sample.ecn == 0);
    CHECK(sample.throughput_kbps == 2000 * 8 * 1024 / 1000 / (448 + 64 - 384)); /* from 448 before 2 s to 384 before 2.0625 s */
    const nenc_outbox_counts *counts = nenc_outbox_counted(outbox);
    CHECK(counts->reported == 5 && counts->lost == 1 && counts->marked == 1 && counts->in_flight_bytes == 5000);
    CHECK(counts->samples == 2 && counts->nothing == 1);

    /* Times that say nothing: kept for the next. */
    const uint16_t undated[] = {0x8000 | 0x1ffe, 0x8000 | 0x1fff};
    bytes = write_report(report, SSRC, 65535, undated, 2, rts_2s + 65536 / 8);
    CHECK(give(outbox, report, bytes, 2 * second_ns + 135 * ms_ns, &sample) == NENC_FEEDBACK_NOTHING);
    const uint16_t dated[] = {0x8000};
    bytes = write_report(report, SSRC, 65537 & 0xffff, dated, 1, rts_2s + 65536 / 4);
    CHECK(give(outbox, report, bytes, 2 * second_ns + 260 * ms_ns, &sample) == NENC_FEEDBACK_SAMPLE);
    CHECK(counts->reported == 8 && counts->in_flight_bytes == 2000 && sample.loss == 0);
    CHECK(sample.throughput_kbps == (uint32_t)(3000 * 8 / 1000.0 / (0.25 + 320.0 / 1024) + 0.5));
    nenc_outbox_destroy(outbox);
}

/* What was lost on the way back is neither received nor lost, and losses told alone count with the next packet told. */
static void gaps(void)
{
    nenc_outbox *outbox = ten_sent();
    uint8_t report[64];
    nenc_sample sample;
    const uint16_t one[] = {0x8000}, none[] = {0, 0, 0}, two[] = {0x8000 | 32, 0x8000};
    CHECK(give(outbox, report, write_report(report, SSRC, 65530, one, 1, rts_2s), 2 * second_ns, &sample) == 1);
    CHECK(give(outbox, report, write_report(report, SSRC, 65531, none, 3, rts_2s + 100), 2 * second_ns, &sample) == 0);
    CHECK(give(outbox, report, write_report(report, SSRC, 65534, one, 1, rts_2s + 6554), 21 * second_ns / 10, &sample) == 1);
    CHECK_NEAR(sample.loss, 0.75, 1e-6);
    /* The report of 65535 and 65536 is lost: 65537 opens a span of its own. */
    CHECK(give(outbox, report, write_report(report, SSRC, 65537 & 0xffff, two, 2, rts_2s + 65536), 3 * second_ns, &sample) == 1);
    CHECK(sample.loss == 0 && sample.throughput_kbps == 256);
    /* ... and when it comes after all, it is older. */
    CHECK(give(outbox, report, write_report(report, SSRC, 65535, two, 2, rts_2s + 9000), 3 * second_ns, &sample) == 0);
    CHECK(nenc_outbox_counted(outbox)->reported == 4 && nenc_outbox_counted(outbox)->lost == 3);
    nenc_outbox_destroy(outbox);
}

static void compound(void)
{
    nenc_outbox *outbox = ten_sent();
    nenc_sample sample;
    uint8_t data[256];
    size_t bytes = 0;
    static const uint8_t rr[] = {0x80, 201, 0, 1, 0, 0, 0, OWN}, sdes[] = {0x81, 202, 0, 2, 0, 0, 0, OWN, 1, 1, 'x', 0};
    memcpy(data, rr, sizeof rr);
    bytes += sizeof rr;
    memcpy(data + bytes, sdes, sizeof sdes);
    bytes += sizeof sdes;
    CHECK(give(outbox, data, bytes, 3 * second_ns, &sample) == NENC_FEEDBACK_NOTHING);
    /* Two blocks: of another stream with an odd count, and of this one. */
    uint8_t *ccfb = data + bytes;
    const uint16_t metrics[] = {0x8000 | 64, 0x8000 | 32};
    write_report(ccfb, SSRC + 1, 65530, metrics, 1, 0);
    nenc_put32(ccfb + 20, SSRC);
    nenc_put16(ccfb + 24, 65530);
    nenc_put16(ccfb + 26, 2);
    nenc_put16(ccfb + 28, metrics[0]);
    nenc_put16(ccfb + 30, metrics[1]);
    nenc_put32(ccfb + 32, rts_2s);
    nenc_put16(ccfb + 2, 36 / 4 - 1);
    bytes += 36;
    for (size_t size = 1; size < bytes; size++) /* every truncation */
        CHECK(give(outbox, data, size, 3 * second_ns, &sample) ==
              (size == sizeof rr || size == sizeof rr + sizeof sdes ? NENC_FEEDBACK_NOTHING : NENC_FEEDBACK_MALFORMED));
    CHECK(nenc_outbox_counted(outbox)->reported == 0);
    CHECK(give(outbox, data, bytes, 3 * second_ns, &sample) == NENC_FEEDBACK_SAMPLE && sample.throughput_kbps == 256);
    nenc_outbox_destroy(outbox);
}

static void lies(void)
{
    nenc_outbox *outbox = ten_sent();
    nenc_sample sample;
    uint8_t report[64];
    const uint16_t metrics[16] = {0x8000};
    CHECK(give(outbox, report, write_report(report, SSRC + 1, 65530, metrics, 2, 0), 3 * second_ns, &sample) ==
          NENC_FEEDBACK_FOREIGN);
    CHECK(give(outbox, report, write_report(report, SSRC, 65529, metrics, 2, 0), 3 * second_ns, &sample) ==
          NENC_FEEDBACK_FOREIGN); /* before the first */
    CHECK(give(outbox, report, write_report(report, SSRC, 65530, metrics, 11, 0), 3 * second_ns, &sample) ==
          NENC_FEEDBACK_FOREIGN); /* behind the newest */
    CHECK(give(outbox, report, write_report(report, SSRC, 65540 & 0xffff, metrics, 1, 0), 3 * second_ns, &sample) ==
          NENC_FEEDBACK_FOREIGN);
    CHECK(give(outbox, report, write_report(report, SSRC, 65530, metrics, 0, 0), 3 * second_ns, &sample) ==
          NENC_FEEDBACK_NOTHING);
    size_t bytes = write_report(report, SSRC, 65530, metrics, 4, 0);
    nenc_put16(report + 14, 5); /* more metrics than there are */
    CHECK(give(outbox, report, bytes, 3 * second_ns, &sample) == NENC_FEEDBACK_MALFORMED);
    nenc_put16(report + 14, 20000);
    CHECK(give(outbox, report, bytes, 3 * second_ns, &sample) == NENC_FEEDBACK_MALFORMED);
    bytes = write_report(report, SSRC, 65530, metrics, 4, 0);
    report[0] = 0x4b;
    CHECK(give(outbox, report, bytes, 3 * second_ns, &sample) == NENC_FEEDBACK_MALFORMED);
    report[0] = 0x8b;
    report[1] = 96;
    CHECK(give(outbox, report, bytes, 3 * second_ns, &sample) == NENC_FEEDBACK_MALFORMED);
    CHECK(give(outbox, report, 0, 3 * second_ns, &sample) == NENC_FEEDBACK_MALFORMED);
    static const uint8_t padded[] = {0xab, 205, 0, 5, 0, 0, 0, OWN, 0, 0, 0, SSRC + 1, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 4};
    CHECK(give(outbox, padded, sizeof padded, 3 * second_ns, &sample) == NENC_FEEDBACK_FOREIGN);
    uint8_t twice[2 * sizeof padded]; /* only the last packet may be padded */
    memcpy(twice, padded, sizeof padded);
    memcpy(twice + sizeof padded, padded, sizeof padded);
    CHECK(give(outbox, twice, sizeof twice, 3 * second_ns, &sample) == NENC_FEEDBACK_MALFORMED);
    const nenc_outbox_counts *counts = nenc_outbox_counted(outbox);
    CHECK(counts->reported == 0 && counts->lost == 0 && counts->foreign == 5 && counts->malformed == 6);
    /* Arrived before it was sent: the round trip is none. */
    const uint16_t now[] = {0x8000};
    CHECK(give(outbox, report, write_report(report, SSRC, 65530, now, 1, rts_2s), second_ns, &sample) == NENC_FEEDBACK_SAMPLE);
    CHECK(sample.rtt_ms == 0);
    nenc_outbox_destroy(outbox);

    outbox = outbox_of(0, 0, 0);
    CHECK(give(outbox, report, write_report(report, SSRC, 0, now, 1, rts_2s), second_ns, &sample) == NENC_FEEDBACK_FOREIGN);
    nenc_outbox_destroy(outbox);
    CHECK(!nenc_outbox_create(&(nenc_outbox_config){.history = 100}));
}

/* More is sent than is remembered: what is told about the forgotten counts for nothing, and nothing of another packet is taken
 * for it. */
static void forgotten(void)
{
    nenc_outbox *outbox = outbox_of(64, 0, 1);
    for (int i = 0; i < 200; i++) CHECK(nenc_outbox_sent(outbox, i, i * ms_ns, (uint32_t)i) == NENC_OK);
    nenc_sample sample;
    uint8_t report[512];
    uint16_t metrics[200];
    for (int i = 0; i < 200; i++) metrics[i] = i < 136 || i == 199 ? 0x8000 : 0;
    CHECK(give(outbox, report, write_report(report, SSRC, 0, metrics, 100, 13107), 300 * ms_ns, &sample) == 0);
    CHECK(nenc_outbox_counted(outbox)->reported == 0);
    CHECK(give(outbox, report, write_report(report, SSRC, 0, metrics, 200, 13107), 300 * ms_ns, &sample) == 1);
    CHECK(nenc_outbox_counted(outbox)->reported == 1 && nenc_outbox_counted(outbox)->lost == 63);
    CHECK(nenc_outbox_counted(outbox)->reported_bytes == 199 && nenc_outbox_counted(outbox)->in_flight_bytes == 0);
    nenc_outbox_destroy(outbox);
}

int main(void)
{
    like_the_virtual_network(0, 0, ms_ns);
    like_the_virtual_network(12345678901234, 65500, ms_ns);
    like_the_virtual_network(0, 1, 150000);
    lone_packets(0);
    lone_packets(77777777777);
    by_hand();
    gaps();
    compound();
    lies();
    forgotten();
    return CHECK_END();
}
