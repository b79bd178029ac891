/* inbox.c - sequence numbers against a model with 64 bits, reports byte by byte, arrival times at their edges. */
#include "rtp/inbox.h"

#include "rtp/bytes.h"

#include "../core/check.h"

static const int64_t ms_ns = 1000000, second_ns = 1000000000;

static nenc_inbox *inbox_of(int64_t ssrc, int64_t first)
{
    nenc_inbox *inbox = nenc_inbox_create(
        &(nenc_inbox_config){.own_ssrc = 0x0a0b0c0d, .ssrc = ssrc, .payload_type = -1, .first_sequence = first});
    CHECK(inbox != NULL);
    return inbox;
}

static nenc_taken take(nenc_inbox *inbox, uint32_t ssrc, int sequence, uint32_t timestamp, int64_t recv_ns, unsigned ecn,
                       int64_t *extended)
{
    int64_t ignored;
    const nenc_rtp packet = {
        .payload_type = 96, .sequence = (uint16_t)sequence, .timestamp = timestamp, .ssrc = ssrc, .bytes = 100};
    return nenc_inbox_take(inbox, &packet, recv_ns, ecn, extended ? extended : &ignored);
}

/* ---- streams ---------------------------------------------------------------------------------------------------- */

static void strangers(void)
{
    nenc_inbox *inbox = inbox_of(-1, -1);
    CHECK(nenc_inbox_ssrc(inbox) == -1);
    CHECK(take(inbox, 666, 5, 0, 1, 0, NULL) == NENC_TAKEN_NEW); /* a stray packet opens nothing for good */
    CHECK(take(inbox, 1, 100, 0, 2, 0, NULL) == NENC_TAKEN_NEW);
    CHECK(nenc_inbox_ssrc(inbox) == 1 && nenc_inbox_counted(inbox)->restarts == 1);
    CHECK(take(inbox, 1, 101, 0, 3, 0, NULL) == NENC_TAKEN_NEW);
    CHECK(take(inbox, 666, 102, 0, 4, 0, NULL) == NENC_TAKEN_FOREIGN);
    CHECK(take(inbox, 666, 103, 0, 4, 0, NULL) == NENC_TAKEN_FOREIGN);
    const nenc_rtp other_type = {.payload_type = 97, .sequence = 102, .ssrc = 1};
    int64_t extended;
    CHECK(nenc_inbox_take(inbox, &other_type, 4, 0, &extended) == NENC_TAKEN_FOREIGN);
    const nenc_inbox_counts *counts = nenc_inbox_counted(inbox);
    CHECK(counts->foreign == 3 && counts->received == 2 && counts->bytes == 200 && counts->expected == 2);
    nenc_inbox_destroy(inbox);

    inbox = inbox_of(1, -1); /* expected: nobody else gets in first */
    CHECK(take(inbox, 666, 5, 0, 1, 0, NULL) == NENC_TAKEN_FOREIGN && nenc_inbox_ssrc(inbox) == -1);
    CHECK(take(inbox, 1, 100, 0, 2, 0, NULL) == NENC_TAKEN_NEW);
    CHECK(take(inbox, 666, 101, 0, 3, 0, NULL) == NENC_TAKEN_FOREIGN && nenc_inbox_ssrc(inbox) == 1);
    nenc_inbox_destroy(inbox);
    CHECK(!nenc_inbox_create(&(nenc_inbox_config){.history = 65}));
    CHECK(!nenc_inbox_create(&(nenc_inbox_config){.payload_type = 128}));
}

static void copies_and_reordering(void)
{
    int64_t extended;
    uint8_t report[NENC_REPORT_BYTES];
    nenc_inbox *inbox = inbox_of(-1, -1);
    CHECK(take(inbox, 1, 2, 0, 1, 0, &extended) == NENC_TAKEN_NEW && extended == 2);
    CHECK(take(inbox, 1, 1, 0, 2, 0, &extended) == NENC_TAKEN_NEW && extended == 1); /* the first one sent came second */
    CHECK(take(inbox, 1, 2, 0, 3, 0, &extended) == NENC_TAKEN_DUPLICATE && extended == 2);
    CHECK(take(inbox, 1, 5, 0, 4, 0, NULL) == NENC_TAKEN_NEW);
    CHECK(nenc_inbox_counted(inbox)->expected == 5);
    CHECK(nenc_inbox_report(inbox, 5, report, 0) == 20 + 12 && nenc_get16(report + 12) == 1 && nenc_get16(report + 14) == 5);
    CHECK(take(inbox, 1, 3, 0, 6, 0, &extended) == NENC_TAKEN_LATE && extended == 3); /* told to be missing */
    CHECK(take(inbox, 1, 3, 0, 7, 0, NULL) == NENC_TAKEN_DUPLICATE);
    CHECK(nenc_inbox_report(inbox, 8, report, 0) == 0);
    CHECK(take(inbox, 1, 6, 0, 9, 0, NULL) == NENC_TAKEN_NEW);
    CHECK(nenc_inbox_report(inbox, 10, report, 0) == 20 + 4 && nenc_get16(report + 12) == 6 && nenc_get16(report + 14) == 1);
    const nenc_inbox_counts *counts = nenc_inbox_counted(inbox);
    CHECK(counts->received == 5 && counts->late == 1 && counts->duplicates == 2 && counts->reports == 2);
    CHECK(counts->report_bytes == 32 + 24);
    nenc_inbox_destroy(inbox);

    inbox = inbox_of(-1, 10); /* the first number is known: it may be the one that is lost */
    CHECK(take(inbox, 1, 12, 0, 1, 0, NULL) == NENC_TAKEN_NEW);
    CHECK(nenc_inbox_report(inbox, 2, report, 0) == 20 + 8 && nenc_get16(report + 12) == 10 && nenc_get16(report + 14) == 3);
    nenc_inbox_destroy(inbox);
}

/* Numbers without a wrap, through loss, reordering, copies and three wraps, against what was sent. */
static void unwrapped(void)
{
    uint64_t chance = 7;
    nenc_inbox *inbox = inbox_of(-1, -1);
    static uint8_t seen[300000];
    int64_t newest = 65000, received = 0, duplicates = 0, extended;
    CHECK(take(inbox, 1, (int)newest, 0, 0, 0, NULL) == NENC_TAKEN_NEW);
    seen[newest] = 1;
    received++;
    for (int i = 0; i < 400000; i++) {
        int64_t sequence = newest + 1 + (check_below(&chance, 50) ? 0 : (int64_t)check_below(&chance, 1500));
        if (check_below(&chance, 5) == 0) sequence = newest - (int64_t)check_below(&chance, 200);
        if (sequence < 65000 || sequence >= 300000) continue;
        const nenc_taken taken = take(inbox, 1, (int)(sequence & 0xffff), (uint32_t)sequence * 100, i, 0, &extended);
        CHECK(extended == sequence);
        CHECK(taken == (seen[sequence] ? NENC_TAKEN_DUPLICATE : NENC_TAKEN_NEW));
        received += !seen[sequence];
        duplicates += seen[sequence];
        seen[sequence] = 1;
        if (sequence > newest) newest = sequence;
    }
    CHECK(newest > 3 * 65536);
    const nenc_inbox_counts *counts = nenc_inbox_counted(inbox);
    CHECK(counts->received == received && counts->duplicates == duplicates && counts->expected == newest - 64999);
    nenc_inbox_destroy(inbox);
}

/* Further than numbers alone can tell: by the timestamps. */
static void far(void)
{
    int64_t extended;
    nenc_inbox *inbox = inbox_of(-1, -1);
    for (int i = 0; i < 5000; i++) take(inbox, 1, i, (uint32_t)i, i, 0, NULL);
    CHECK(take(inbox, 1, 5000 + 20000, 90000, 1, 0, &extended) == NENC_TAKEN_NEW && extended == 25000);
    CHECK(take(inbox, 1, 100, 100, 1, 0, &extended) == NENC_TAKEN_DUPLICATE && extended == 100); /* replayed */
    /* 50000 lost in a row look like 15536 back, and are not. */
    CHECK(take(inbox, 1, (25000 + 50000) & 0xffff, 180000, 1, 0, &extended) == NENC_TAKEN_NEW && extended == 75000);
    /* 40000 back look like 25536 ahead: a replay beyond what is remembered. */
    CHECK(take(inbox, 1, (75000 - 40000) & 0xffff, 35000, 1, 0, &extended) == NENC_TAKEN_LATE && extended == 35000);
    const nenc_inbox_counts *counts = nenc_inbox_counted(inbox);
    CHECK(counts->received == 5002 && counts->late == 1 && counts->duplicates == 1 && counts->expected == 75001);
    nenc_inbox_destroy(inbox);
}

/* ---- reports ---------------------------------------------------------------------------------------------------- */

/* Packets 65534, 65535, 1 of which the second is marked: worked through by hand. */
static void by_hand(void)
{
    uint8_t report[NENC_REPORT_BYTES];
    nenc_inbox *inbox = inbox_of(0x11223344, -1);
    CHECK(nenc_inbox_report(inbox, 0, report, 0) == 0);
    take(inbox, 0x11223344, 65534, 0, 2 * second_ns, 0, NULL);
    take(inbox, 0x11223344, 65535, 0, 2 * second_ns + second_ns / 4, 3, NULL);
    take(inbox, 0x11223344, 1, 0, 2 * second_ns + second_ns / 2, 1, NULL);
    static const uint8_t wanted[] = {
        0x8b, 205,  0,    6,    0x0a, 0x0b, 0x0c, 0x0d, 0x11, 0x22, 0x33, 0x44, 0xff, 0xfe, 0, 4, /* begin_seq, num_reports */
        0x84, 0x00, 0xe3, 0x00, /* R, ATO 1024; R, CE, ATO 768 */
        0x00, 0x00, 0xa2, 0x00, /* not received; R, ECT(1), ATO 512 */
        0x00, 0x03, 0x00, 0x00, /* 3 s */
    };
    CHECK(nenc_inbox_report(inbox, 3 * second_ns, report, 0) == sizeof wanted);
    CHECK(memcmp(report, wanted, sizeof wanted) == 0);
    CHECK(nenc_inbox_report(inbox, 4 * second_ns, report, 0) == 0);
    take(inbox, 0x11223344, 2, 0, 4 * second_ns, 0, NULL);
    memset(report, 0xff, sizeof report);
    CHECK(nenc_inbox_report(inbox, 4 * second_ns, report, 0) == 24); /* one metric, and zeros behind it */
    CHECK(nenc_get16(report + 16) == 0x8000 && nenc_get16(report + 18) == 0 && nenc_get32(report + 20) == 4 << 16);
    nenc_inbox_destroy(inbox);
}

static void mark_of_any_copy(void)
{
    uint8_t report[NENC_REPORT_BYTES];
    nenc_inbox *inbox = inbox_of(-1, -1);
    take(inbox, 1, 1, 0, 0, 1, NULL);
    take(inbox, 1, 1, 0, ms_ns, 3, NULL);
    CHECK(nenc_inbox_report(inbox, 1024 * ms_ns, report, 0) == 24 && nenc_get16(report + 16) >> 13 == 7);
    CHECK(nenc_get32(report + 20) - 64 * (uint32_t)(nenc_get16(report + 16) & 0x1fff) == 0); /* the first one's arrival */
    CHECK(nenc_inbox_counted(inbox)->marked == 1);
    nenc_inbox_destroy(inbox);
}

static unsigned offset_of(int64_t before_ns, int64_t now_ns)
{
    uint8_t report[NENC_REPORT_BYTES];
    nenc_inbox *inbox = inbox_of(-1, -1);
    take(inbox, 1, 1, 0, now_ns - before_ns, 0, NULL);
    take(inbox, 1, 2, 0, now_ns, 0, NULL); /* so that the report timestamp is now */
    CHECK(nenc_inbox_report(inbox, now_ns, report, 0) == 24);
    CHECK(nenc_get16(report + 18) == (before_ns == -900000 ? 0x8001 : 0x8000));
    const unsigned metric = nenc_get16(report + 16);
    CHECK(metric & 0x8000);
    nenc_inbox_destroy(inbox);
    return metric & 0x1fff;
}

static void edges(void)
{
    const int64_t now_ns = 1000 * second_ns;
    CHECK(offset_of(0, now_ns) == 0);
    CHECK(offset_of(second_ns / 2048 - 10000, now_ns) == 0); /* to the nearest */
    CHECK(offset_of(second_ns / 2048 + 10000, now_ns) == 1);
    CHECK(offset_of(second_ns / 2, now_ns) == 512);
    CHECK(offset_of(8189 * second_ns / 1024, now_ns) == 0x1ffd);
    CHECK(offset_of(8189 * second_ns / 1024 + 16000, now_ns) == 0x1ffe);
    CHECK(offset_of(100 * second_ns, now_ns) == 0x1ffe);
    CHECK(offset_of(-900000, now_ns) == 0); /* stamped a little after the report's time: that is moved */
    CHECK(offset_of(-1000000, now_ns) == 0x1fff);
    CHECK(offset_of(second_ns, INT64_C(1) << 62) == 1024);
}

/* The newest arrival is told to 1/65536 s, all to 1/2048 s, and the timestamp is within 1/2048 s of now. */
static void rounding(void)
{
    uint64_t chance = 9;
    uint8_t report[NENC_REPORT_BYTES];
    nenc_inbox *inbox = inbox_of(-1, -1);
    double bias = 0;
    for (int i = 0; i < 20000; i++) {
        const int64_t now_ns = i * 50 * ms_ns + 50 * ms_ns, older_ns = now_ns - (int64_t)check_below(&chance, 40000000),
                      newer_ns = older_ns + (int64_t)check_below(&chance, (uint64_t)(now_ns - older_ns) + 1);
        take(inbox, 1, (2 * i + 1) & 0xffff, 0, older_ns, 0, NULL);
        take(inbox, 1, (2 * i + 2) & 0xffff, 0, newer_ns, 0, NULL);
        CHECK(nenc_inbox_report(inbox, now_ns, report, 0) == 24);
        const int64_t timestamp = (int64_t)nenc_get32(report + 20);
        const int64_t older = timestamp - 64 * (nenc_get16(report + 16) & 0x1fff);
        const int64_t newer = timestamp - 64 * (nenc_get16(report + 18) & 0x1fff);
        CHECK_NEAR((double)timestamp / 65536, (double)now_ns * 1e-9, 1.02 / 2048);
        CHECK_NEAR((double)older / 65536, (double)older_ns * 1e-9, 1.02 / 2048);
        CHECK_NEAR((double)newer / 65536, (double)newer_ns * 1e-9, 1.02 / 131072);
        bias += (double)timestamp / 65536 - (double)now_ns * 1e-9;
    }
    CHECK_NEAR(bias / 20000, 0, 1e-5); /* no round trip is longer or shorter for it in the mean */
    nenc_inbox_destroy(inbox);
}

/* 1..3000 packets, a tenth missing, in any room: ranges join, sizes differ by one at most, everything is told once. */
static void split(void)
{
    uint64_t chance = 11;
    static uint8_t had[1 << 20];
    uint8_t report[8000];
    nenc_inbox *inbox = inbox_of(-1, 1);
    int64_t newest = 0, told = 0;
    for (int i = 0; i < 200; i++) {
        for (int64_t until = newest + 1 + (int64_t)check_below(&chance, 3000); newest < until;)
            if (++newest == until || check_below(&chance, 10)) {
                had[newest] = 1;
                take(inbox, 1, (int)(newest & 0xffff), (uint32_t)newest, i, 0, NULL);
            }
        const size_t room = 24 + check_below(&chance, 2000);
        int64_t least = INT64_MAX, most = 0, packets = 0;
        const int64_t all = newest - told;
        for (size_t bytes; (bytes = nenc_inbox_report(inbox, i, report, room)) > 0; packets++) {
            const int64_t count = nenc_get16(report + 14);
            CHECK(bytes <= room && bytes == 20 + (size_t)(count + 1) / 2 * 4 && nenc_get16(report + 2) == bytes / 4 - 1);
            CHECK(nenc_get16(report + 12) == ((told + 1) & 0xffff));
            for (int64_t k = 0; k < count; k++) CHECK(nenc_get16(report + 16 + 2 * k) >> 15 == had[told + 1 + k]);
            told += count;
            if (count < least) least = count;
            if (count > most) most = count;
        }
        CHECK(told == newest && most - least <= 1);
        const int64_t fit = (int64_t)(room - 20) / 4 * 2;
        CHECK(packets == (all + fit - 1) / fit);
    }
    take(inbox, 1, (int)((newest + 1) & 0xffff), (uint32_t)newest + 1, 500, 0, NULL);
    CHECK(nenc_inbox_report(inbox, 500, report, 23) == 0); /* no room for any */
    CHECK(nenc_inbox_report(inbox, 500, report, 24) == 24);
    nenc_inbox_destroy(inbox);
}

/* An outage longer than what is remembered: the report tells of what is, and ends. */
static void outage(void)
{
    uint8_t report[NENC_REPORT_BYTES];
    nenc_inbox *inbox =
        nenc_inbox_create(&(nenc_inbox_config){.ssrc = -1, .payload_type = -1, .first_sequence = -1, .history = 128});
    take(inbox, 1, 0, 0, 0, 0, NULL);
    CHECK(nenc_inbox_report(inbox, 1, report, 0) == 24);
    take(inbox, 1, 50000, 9000, 2, 0, NULL);
    CHECK(nenc_inbox_report(inbox, 3, report, 0) == 20 + 256);
    CHECK(nenc_get16(report + 12) == 50000 - 127 && nenc_get16(report + 14) == 128);
    CHECK(nenc_get16(report + 16 + 254) == 0x8000 && nenc_get16(report + 16) == 0);
    CHECK(nenc_inbox_report(inbox, 3, report, 0) == 0);
    nenc_inbox_destroy(inbox);
}

int main(void)
{
    strangers();
    copies_and_reordering();
    unwrapped();
    far();
    by_hand();
    mark_of_any_copy();
    edges();
    rounding();
    split();
    outage();
    return CHECK_END();
}
