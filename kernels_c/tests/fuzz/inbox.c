/* inbox.c - packets with any numbers at any times, and reports in between, which must be whole and join.
 *
 * Input: flags, then operations: 0..239 a packet (stream, sequence, timestamp, time), 240.. a report (time, room). */
#include "rtp/inbox.h"
#include "rtp/bytes.h"
#include "rtp/ccfb.h"

#include "fuzz.h"

enum { ROOM = 1500 };

static void report(nenc_inbox *inbox, fuzz_input *input, int64_t *now_ns, int64_t *reported)
{
    *now_ns += (int64_t)fuzz_16(input) << 12;
    const size_t room = fuzz_16(input) % ROOM;
    const size_t fits = room ? room : NENC_REPORT_BYTES;
    uint8_t *packet = malloc(fits);
    for (int i = 0;; i++) {
        const size_t bytes = nenc_inbox_report(inbox, *now_ns, packet, room);
        if (!bytes) break;
        nenc_ccfb found;
        FUZZ_CHECK(i < 32 && bytes <= fits);
        FUZZ_CHECK(nenc_ccfb_find(packet, bytes, (uint32_t)nenc_inbox_ssrc(inbox), &found) == 1);
        FUZZ_CHECK(found.count > 0 && nenc_ccfb_bytes(found.count) == bytes);
        if (*reported >= 0 && found.begin_sequence != (uint16_t)*reported)
            FUZZ_CHECK(found.count == 64 || i > 0 || room < 24 + 128); /* the rest is forgotten */
        *reported = (uint16_t)(found.begin_sequence + found.count);
        for (unsigned k = 0; k < found.count; k++) {
            const unsigned metric = nenc_get16(found.metrics + 2 * k);
            FUZZ_CHECK((metric & NENC_CCFB_RECEIVED) || metric == 0);
        }
    }
    free(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, size};
    const unsigned flags = fuzz_8(&input);
    nenc_inbox *inbox = nenc_inbox_create(&(nenc_inbox_config){
        .own_ssrc = 7,
        .ssrc = flags & 1 ? 1 : -1,
        .payload_type = flags & 2 ? 96 : -1,
        .first_sequence = flags & 4 ? (int64_t)fuzz_16(&input) : -1,
        .history = 64,
    });
    FUZZ_CHECK(inbox);
    int64_t now_ns = 0, reported = -1, packets = 0, restarts = 0;
    while (input.left) {
        const unsigned what = fuzz_8(&input);
        if (what >= 240) {
            report(inbox, &input, &now_ns, &reported);
            continue;
        }
        const nenc_rtp packet = {
            .payload_type = (uint8_t)(what & 4 ? 97 : 96),
            .ssrc = what & 8 ? 2 : 1,
            .sequence = (uint16_t)fuzz_16(&input),
            .timestamp = (uint32_t)fuzz_16(&input) << 10,
            .bytes = what,
        };
        now_ns += (int64_t)fuzz_8(&input) << 14;
        int64_t extended = INT64_MIN;
        const int64_t recv_ns = now_ns + (what & 16 ? 600000 << (what >> 5 & 1) : 0); /* some are ahead of the report's clock */
        const nenc_taken taken = nenc_inbox_take(inbox, &packet, recv_ns, what & 3, &extended);
        packets++;
        if (nenc_inbox_counted(inbox)->restarts > restarts) {
            restarts = nenc_inbox_counted(inbox)->restarts;
            reported = -1;
        }
        FUZZ_CHECK(taken == NENC_TAKEN_FOREIGN || (extended & 0xffff) == packet.sequence);
    }
    const nenc_inbox_counts *counts = nenc_inbox_counted(inbox);
    FUZZ_CHECK(counts->received + counts->duplicates + counts->foreign <= packets);
    FUZZ_CHECK(counts->received <= counts->expected && counts->marked <= counts->received);
    nenc_inbox_destroy(inbox);
    return 0;
}

/* A stream with losses, copies, strangers and reports, which wraps. */
size_t fuzz_seed(unsigned number, uint8_t *into, size_t room)
{
    uint64_t chance = number + 1;
    size_t at = 0;
    unsigned sequence = 65500 + number, time = 0;
    into[at++] = (uint8_t)(number & 7);
    if (number & 4) at = fuzz_put_16(into, at, sequence & 0xffff);
    for (int i = 0; i < 150 && at + 8 < room; i++) {
        if (check_below(&chance, 15) == 0) {
            into[at++] = 250;
            at = fuzz_put_16(into, at, (unsigned)check_below(&chance, 3000));
            at = fuzz_put_16(into, at, i % 2 ? 0 : 24 + (unsigned)check_below(&chance, 100));
            continue;
        }
        into[at++] = (uint8_t)(check_below(&chance, 4) | (check_below(&chance, 20) ? 0 : 8));
        at = fuzz_put_16(into, at, sequence & 0xffff);
        at = fuzz_put_16(into, at, time);
        into[at++] = (uint8_t)check_below(&chance, 100);
        sequence += check_below(&chance, 8) ? 1 : (unsigned)check_below(&chance, number % 5 ? 3 : 9000);
        time += 1 + (unsigned)check_below(&chance, 3);
    }
    return at;
}
