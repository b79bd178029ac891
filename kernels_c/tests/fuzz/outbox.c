/* outbox.c - feedback from anybody, to a sender that has sent a little, a lot, or nothing: every sample is legal.
 *
 * Input: flags, first number, then operations: 0..127 that many packets are sent, 128.. feedback: size (16 bits), bytes. */
#include "rtp/outbox.h"
#include "rtp/bytes.h"
#include "rtp/inbox.h"

#include "fuzz.h"

static void check_sample(const nenc_sample *sample, int same_clock)
{
    FUZZ_CHECK(isfinite(sample->rtt_ms) && sample->rtt_ms >= 0);
    FUZZ_CHECK(sample->loss >= 0 && sample->loss < 1); /* something came */
    FUZZ_CHECK(sample->ecn >= 0 && sample->ecn <= 1);
    FUZZ_CHECK(sample->bytes_in_flight >= 0);
    FUZZ_CHECK(same_clock ? isfinite(sample->owd_ms) && sample->owd_ms >= 0 : isnan(sample->owd_ms));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, size};
    const unsigned flags = fuzz_8(&input);
    nenc_outbox *outbox = nenc_outbox_create(&(nenc_outbox_config){
        .ssrc = 1, .history = flags & 1 ? 64 : 256, .report_ns = flags & 2 ? 50000000 : 0, .same_clock = (flags & 4) != 0});
    FUZZ_CHECK(outbox);
    int64_t sequence = fuzz_16(&input), now_ns = 1000000000;
    while (input.left) {
        const unsigned what = fuzz_8(&input);
        if (what < 128) {
            for (unsigned i = 0; i < what; i++) {
                now_ns += 1000000;
                FUZZ_CHECK(nenc_outbox_sent(outbox, sequence++, now_ns, what * 10) == 0);
            }
            continue;
        }
        size_t bytes = fuzz_16(&input) % 2048;
        uint8_t *packet = fuzz_take(&input, &bytes);
        nenc_sample sample;
        if (nenc_outbox_feedback(outbox, packet, bytes, now_ns, &sample) == NENC_FEEDBACK_SAMPLE)
            check_sample(&sample, (flags & 4) != 0);
        /* The same again tells nothing new. */
        FUZZ_CHECK(nenc_outbox_feedback(outbox, packet, bytes, now_ns, &sample) != NENC_FEEDBACK_SAMPLE);
        free(packet);
    }
    const nenc_outbox_counts *counts = nenc_outbox_counted(outbox);
    FUZZ_CHECK(counts->reported <= counts->sent && counts->lost <= counts->sent && counts->marked <= counts->reported);
    FUZZ_CHECK(counts->in_flight_bytes >= 0 && counts->in_flight_bytes <= counts->sent_bytes);
    FUZZ_CHECK(counts->reported_bytes <= counts->sent_bytes);
    nenc_outbox_destroy(outbox);
    return 0;
}

/* A sender and a receiver in step, with losses of packets and of reports; some reports in a compound packet. */
size_t fuzz_seed(unsigned number, uint8_t *into, size_t room)
{
    static const uint8_t receiver_report[] = {0x80, 201, 0, 1, 0, 0, 0, 7};
    uint64_t chance = number + 1;
    size_t at = 0;
    unsigned sequence = (65000 + number * 20) & 0xffff;
    int64_t now_ns = 1000000000;
    nenc_inbox *inbox = nenc_inbox_create(
        &(nenc_inbox_config){.own_ssrc = 7, .ssrc = 1, .payload_type = -1, .first_sequence = (int64_t)sequence, .history = 256});
    into[at++] = (uint8_t)number;
    at = fuzz_put_16(into, at, sequence);
    for (int i = 0; i < 12 && at + 400 < room; i++) {
        const unsigned count = 1 + (unsigned)check_below(&chance, 60);
        into[at++] = (uint8_t)count;
        for (unsigned k = 0; k < count; k++) {
            now_ns += 1000000;
            int64_t extended;
            const nenc_rtp packet = {.ssrc = 1, .payload_type = 96, .sequence = (uint16_t)sequence++, .timestamp = (uint32_t)i};
            if (check_below(&chance, 10)) nenc_inbox_take(inbox, &packet, now_ns + 100, check_below(&chance, 4), &extended);
        }
        uint8_t report[NENC_REPORT_BYTES];
        const size_t bytes = nenc_inbox_report(inbox, now_ns + 200, report, 0);
        if (!bytes || check_below(&chance, 5) == 0) continue;
        const size_t before = number % 3 ? 0 : sizeof receiver_report;
        into[at++] = 128;
        at = fuzz_put_16(into, at, (unsigned)(before + bytes));
        memcpy(into + at, receiver_report, before);
        memcpy(into + at + before, report, bytes);
        at += before + bytes;
    }
    nenc_inbox_destroy(inbox);
    return at;
}
