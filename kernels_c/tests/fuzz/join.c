/* join.c - packets as they come from the network: parsed, numbered, joined. One harness for all formats.
 *
 * Input: format, then packets: size (16 bits), bytes. */
#include "rtp/join.h"
#include "rtp/inbox.h"

#include "fuzz.h"

#include "../rtp/units.h"

enum { MOST_UNIT = 5000, MOST_PAYLOAD = 600, WINDOW = 8 };

typedef struct counter {
    int64_t units;
    int64_t last;
    unsigned sum;
} counter;

static void take_unit(void *context, const nenc_unit *unit)
{
    counter *seen = context;
    seen->units++;
    FUZZ_CHECK(unit->bytes <= MOST_UNIT && unit->packets > 0 && unit->first_sequence > seen->last);
    FUZZ_CHECK(unit->last_sequence - unit->first_sequence + 1 >= unit->packets && unit->lost >= 0 && unit->lost_before >= 0);
    FUZZ_CHECK(unit->damaged || unit->bytes > 0);
    seen->last = unit->last_sequence;
    for (size_t i = 0; i < unit->bytes; i++) seen->sum += unit->data[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, size};
    counter seen = {.last = INT64_MIN};
    nenc_joiner *joiner = nenc_joiner_create(&(nenc_join_config){
        .format = (nenc_rtp_format)(fuzz_8(&input) % 3),
        .window = WINDOW,
        .most_payload = MOST_PAYLOAD,
        .most_unit = MOST_UNIT,
        .patience_ns = 20,
        .taker = take_unit,
        .context = &seen,
    });
    nenc_inbox *inbox =
        nenc_inbox_create(&(nenc_inbox_config){.ssrc = -1, .payload_type = -1, .first_sequence = -1, .history = 64});
    FUZZ_CHECK(joiner && inbox);
    int64_t now_ns = 0, sequence, given = 0;
    while (input.left) {
        size_t bytes = fuzz_16(&input) % 2048;
        uint8_t *packet = fuzz_take(&input, &bytes);
        nenc_rtp rtp;
        if (nenc_rtp_parse(packet, bytes, &rtp) == 0) {
            FUZZ_CHECK(rtp.payload >= packet + NENC_RTP_HEADER_BYTES && rtp.payload + rtp.bytes <= packet + bytes);
            const nenc_taken taken = nenc_inbox_take(inbox, &rtp, now_ns, rtp.marker, &sequence);
            const int joins = taken == NENC_TAKEN_NEW || taken == NENC_TAKEN_LATE;
            if (joins && nenc_inbox_counted(inbox)->restarts == 0) { /* a stream that begins anew gets a joiner of its own */
                nenc_join_take(joiner, &rtp, sequence, now_ns);
                given++;
            }
        }
        free(packet);
        now_ns++;
    }
    nenc_join_flush(joiner);
    const nenc_join_counts *counts = nenc_join_counted(joiner);
    FUZZ_CHECK(counts->units == seen.units && counts->damaged <= counts->units);
    FUZZ_CHECK(counts->packets + counts->repeated <= given && counts->packets + counts->repeated + counts->illegal >= given);
    nenc_joiner_destroy(joiner);
    nenc_inbox_destroy(inbox);
    return 0;
}

/* Some units of a format, cut small, with a packet lost and one copied now and then; of every other seed the packets
 * have what a header may have; aggregates in some. */
size_t fuzz_seed(unsigned number, uint8_t *into, size_t room)
{
    static uint8_t unit[20000];
    uint64_t chance = number + 1;
    const nenc_rtp_format format = (nenc_rtp_format)(number % 3);
    size_t at = 0;
    uint16_t sequence = (uint16_t)(65530 + number);
    into[at++] = (uint8_t)format;
    for (unsigned u = 0; u < 3; u++) {
        size_t bytes = format == NENC_RTP_PADDING ? 1 + check_below(&chance, 900) : make_unit(unit, format, 300, &chance);
        nenc_cutter cutter;
        FUZZ_CHECK(nenc_cut_begin(&cutter, format, unit, bytes, 20 + check_below(&chance, 200)) == 0);
        uint8_t payload[256];
        int last;
        while (at + 1200 < room && nenc_cut_next(&cutter, payload, &bytes, &last)) {
            const nenc_rtp header = {
                .payload_type = 96, .marker = (uint8_t)last, .sequence = sequence++, .timestamp = u * 3000, .ssrc = 1};
            if (check_below(&chance, 12) == 0) continue;
            const size_t from = at;
            const size_t extra = number % 2 && check_below(&chance, 3) == 0 ? 4 + 8 : 0, padded = extra ? 3 : 0;
            at = fuzz_put_16(into, at, (unsigned)(NENC_RTP_HEADER_BYTES + extra + bytes + padded));
            nenc_rtp_write(into + at, &header);
            if (extra) {
                static const uint8_t parts[12] = {9, 9, 9, 9, 0xbe, 0xde, 0, 1, 7, 7, 7, 7};
                into[at] |= 0x31; /* padding, extension, a CSRC */
                memcpy(into + at + NENC_RTP_HEADER_BYTES, parts, sizeof parts);
            }
            at += NENC_RTP_HEADER_BYTES + extra;
            memcpy(into + at, payload, bytes);
            at += bytes;
            for (size_t i = 0; i < padded; i++) into[at++] = (uint8_t)padded;
            if (check_below(&chance, 12)) continue;
            memcpy(into + at, into + from, at - from); /* a copy */
            at += at - from;
        }
        if (format == NENC_RTP_PADDING || number % 4 || at + 60 > room) continue;
        static const uint8_t stap[] = {0x78, 0, 3, 0x67, 1, 2, 0, 2, 0x65, 3}, ap[] = {96, 1, 0, 2, 66, 1, 0, 3, 38, 1, 5};
        const int is_hevc = format == NENC_RTP_HEVC;
        bytes = is_hevc ? sizeof ap : sizeof stap;
        const nenc_rtp header = {.payload_type = 96, .marker = 1, .sequence = sequence++, .timestamp = u * 3000 + 9, .ssrc = 1};
        at = fuzz_put_16(into, at, (unsigned)(NENC_RTP_HEADER_BYTES + bytes));
        at += nenc_rtp_write(into + at, &header);
        memcpy(into + at, is_hevc ? ap : stap, bytes);
        at += bytes;
    }
    return at;
}
