/* join.c - units cut, sent through a bad path and joined: what was not lost comes out as it went in. */
#include "rtp/join.h"

#include "rtp/annexb.h"

#include "units.h"

enum { ROOM = 1 << 16, MOST = 1200 };

/* What came out of the joiner last. */
typedef struct taken {
    int count;
    int damaged;
    nenc_unit unit;
    uint8_t data[ROOM];
} taken;

static void take_unit(void *context, const nenc_unit *unit)
{
    taken *got = context;
    got->count++;
    got->damaged += unit->damaged;
    got->unit = *unit;
    if (unit->bytes) memcpy(got->data, unit->data, unit->bytes);
}

static nenc_joiner *joiner_of(nenc_rtp_format format, taken *got, uint32_t window)
{
    *got = (taken){0};
    nenc_joiner *joiner =
        nenc_joiner_create(&(nenc_join_config){.format = format, .window = window, .taker = take_unit, .context = got});
    CHECK(joiner != NULL);
    return joiner;
}

static void push(nenc_joiner *joiner, int64_t sequence, uint32_t timestamp, int marker, const void *payload, size_t bytes)
{
    uint8_t *copy = malloc(bytes ? bytes : 1); /* of its own size, gone afterwards */
    memcpy(copy, payload, bytes);
    const nenc_rtp packet = {.timestamp = timestamp, .marker = (uint8_t)marker, .payload = copy, .bytes = bytes};
    nenc_join_take(joiner, &packet, sequence, sequence);
    free(copy);
}

/* ---- payloads by hand ------------------------------------------------------------------------------------------- */

static void aggregates(void)
{
    static const uint8_t stap[] = {0x78, 0, 3, 0x67, 1, 2, 0, 2, 0x68, 3, 0, 2, 0x65, 4};
    static const uint8_t wanted[] = {0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x68, 3, 0, 0, 1, 0x65, 4};
    static taken got;
    nenc_joiner *joiner = joiner_of(NENC_RTP_H264, &got, 0);
    push(joiner, 7, 1, 1, stap, sizeof stap);
    CHECK(got.count == 1 && !got.damaged && got.unit.bytes == sizeof wanted && !memcmp(got.data, wanted, sizeof wanted));
    for (size_t size = 1; size < sizeof stap; size++) { /* every truncation: whole NAL units stay */
        push(joiner, 7 + (int64_t)size, 1 + (uint32_t)size, 1, stap, size);
        CHECK(got.count == 1 + (int)size && got.unit.bytes == (size >= 10 ? 13 : size >= 6 ? 7 : 0));
        CHECK(got.unit.damaged == !(size == 6 || size == 10));
    }
    nenc_joiner_destroy(joiner);

    static const uint8_t ap[] = {48 << 1, 1, 0, 3, 32 << 1, 1, 9, 0, 2, 19 << 1, 1};
    static const uint8_t wanted_hevc[] = {0, 0, 0, 1, 32 << 1, 1, 9, 0, 0, 1, 19 << 1, 1};
    joiner = joiner_of(NENC_RTP_HEVC, &got, 0);
    push(joiner, 7, 1, 1, ap, sizeof ap);
    CHECK(got.count == 1 && !got.damaged && got.unit.bytes == sizeof wanted_hevc);
    CHECK(!memcmp(got.data, wanted_hevc, sizeof wanted_hevc));
    nenc_joiner_destroy(joiner);
}

static void illegal_payloads(void)
{
    static const struct {
        nenc_rtp_format format;
        uint8_t payload[6];
        size_t bytes;
    } bad[] = {
        {NENC_RTP_H264, {0, 1, 2}, 3},              /* type 0 */
        {NENC_RTP_H264, {25, 1, 2}, 3},             /* STAP-B */
        {NENC_RTP_H264, {29, 0x85, 2}, 3},          /* FU-B */
        {NENC_RTP_H264, {0x7c}, 1},                 /* fragments without header, without data, with both ends, of fragments */
        {NENC_RTP_H264, {0x7c, 0x85}, 2},
        {NENC_RTP_H264, {0x7c, 0xc5, 1}, 3},
        {NENC_RTP_H264, {0x7c, 0x9c, 1}, 3},
        {NENC_RTP_H264, {0x78}, 1},                 /* an empty aggregate, one in an aggregate */
        {NENC_RTP_H264, {0x78, 0, 2, 0x78, 0}, 5},
        {NENC_RTP_HEVC, {1 << 1}, 1},               /* half a header */
        {NENC_RTP_HEVC, {50 << 1, 1, 1}, 3},        /* PACI */
        {NENC_RTP_HEVC, {49 << 1, 1, 0x80 | 1}, 3}, /* no data */
    };
    static taken got;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        nenc_joiner *joiner = joiner_of(bad[i].format, &got, 0);
        push(joiner, 0, 1, 1, bad[i].payload, bad[i].bytes);
        CHECK(got.count == 1 && got.unit.damaged && got.unit.bytes == 0);
        CHECK(nenc_join_counted(joiner)->illegal == 1);
        nenc_joiner_destroy(joiner);
    }
}

/* A slice in five fragments behind a whole one: any one missing leaves the whole one. */
static void torn(void)
{
    static const uint8_t single[] = {0x65, 1, 2};
    static taken got;
    for (int missing = 0; missing < 5; missing++) {
        nenc_joiner *joiner = joiner_of(NENC_RTP_H264, &got, 0);
        push(joiner, 0, 5, 0, single, sizeof single);
        for (int i = 0; i < 5; i++) {
            const uint8_t fragment[] = {0x7c, (uint8_t)(5 | (i == 0 ? 0x80 : 0) | (i == 4 ? 0x40 : 0)), (uint8_t)(i + 1)};
            if (i != missing) push(joiner, 1 + i, 5, i == 4, fragment, sizeof fragment);
        }
        push(joiner, 6, 6, 1, single, sizeof single);
        nenc_join_flush(joiner);
        CHECK(got.count == 2 && got.damaged == 1 && nenc_join_counted(joiner)->lost == 1);
        CHECK(nenc_join_counted(joiner)->torn == 1);
        CHECK(got.unit.bytes == 4 + sizeof single && !got.unit.damaged && got.unit.lost_before == 0);
        nenc_joiner_destroy(joiner);
    }
    /* Fragments of another NAL unit without a start between. */
    static const uint8_t start[] = {0x7c, 0x85, 1}, other[] = {0x7c, 0x41, 2};
    nenc_joiner *joiner = joiner_of(NENC_RTP_H264, &got, 0);
    push(joiner, 0, 5, 0, start, sizeof start);
    push(joiner, 1, 5, 1, other, sizeof other);
    CHECK(got.count == 1 && got.unit.damaged && got.unit.bytes == 0 && nenc_join_counted(joiner)->torn == 1);
    nenc_joiner_destroy(joiner);
}

/* ---- where units end -------------------------------------------------------------------------------------------- */

static void boundaries(void)
{
    static const uint8_t slice[] = {0x61, 1, 2};
    static taken got;
    nenc_joiner *joiner = joiner_of(NENC_RTP_H264, &got, 0);
    push(joiner, 10, 1, 0, slice, 3);
    push(joiner, 11, 2, 0, slice, 3); /* no marker, nothing lost: not damaged */
    CHECK(got.count == 1 && !got.unit.damaged && got.unit.first_sequence == 10 && got.unit.last_sequence == 10);
    push(joiner, 12, 2, 1, slice, 3);
    CHECK(got.count == 2 && got.unit.packets == 2 && got.unit.bytes == 7 + 6 && got.unit.recv_ns == 12);
    push(joiner, 13, 3, 0, slice, 3);
    push(joiner, 16, 4, 1, slice, 3); /* 14 and 15 are missing: 14 or both are of the unit before */
    nenc_join_flush(joiner);
    CHECK(got.count == 4 && got.damaged == 2 && got.unit.lost_before == 1 && got.unit.timestamp == 4);
    push(joiner, 18, 6, 1, slice, 3); /* a whole unit is missing, or a part of this one */
    nenc_join_flush(joiner);
    CHECK(got.count == 5 && got.unit.damaged && got.unit.lost == 0 && got.unit.lost_before == 1);
    push(joiner, 19, 7, 0, slice, 3);
    nenc_join_flush(joiner); /* no end */
    CHECK(got.count == 6 && got.unit.damaged);
    push(joiner, 20, 8, 0, slice, 0); /* nothing in it */
    push(joiner, 21, 8, 1, slice, 3);
    CHECK(got.count == 7 && !got.unit.damaged && got.unit.packets == 1);
    push(joiner, 23, 9, 0, slice, 0); /* ... behind a loss, which stays known */
    push(joiner, 24, 9, 1, slice, 3);
    nenc_join_flush(joiner);
    CHECK(got.count == 8 && got.unit.lost_before == 1);
    push(joiner, 20, 8, 1, slice, 3);
    CHECK(got.count == 8 && nenc_join_counted(joiner)->repeated == 1);
    nenc_joiner_destroy(joiner);
}

static void patience(void)
{
    static const uint8_t slice[] = {0x61, 1, 2};
    static taken got;
    got = (taken){0};
    nenc_joiner *joiner = nenc_joiner_create(&(nenc_join_config){
        .format = NENC_RTP_H264, .window = 8, .first_known = 1, .patience_ns = 1000, .taker = take_unit, .context = &got});
    const nenc_rtp packet = {.timestamp = 9, .marker = 1, .payload = slice, .bytes = 3};
    nenc_join_take(joiner, &packet, 1, 500);
    nenc_join_advance(joiner, 1499);
    CHECK(got.count == 0);
    nenc_join_advance(joiner, 1500);
    CHECK(got.count == 1 && got.unit.lost_before == 1 && got.unit.recv_ns == 500); /* the first one sent is missing */
    for (int i = 0; i < 7; i++) nenc_join_take(joiner, &packet, 3 + i, 2000); /* 2 is missing: seven wait for it */
    CHECK(got.count == 1);
    nenc_join_take(joiner, &packet, 10, 2000); /* the eighth has no room */
    CHECK(got.count == 9 && nenc_join_counted(joiner)->lost == 2);
    nenc_join_take(joiner, &packet, 1000000000000, 2000);
    CHECK(got.count == 9);
    nenc_join_flush(joiner);
    CHECK(got.count == 10 && got.unit.lost_before == 1000000000000 - 11);
    nenc_joiner_destroy(joiner);
}

static void too_long(void)
{
    static taken got;
    got = (taken){0};
    nenc_joiner *joiner = nenc_joiner_create(&(nenc_join_config){
        .format = NENC_RTP_PADDING, .most_payload = 100, .most_unit = 1000, .taker = take_unit, .context = &got});
    uint8_t payload[101] = {0};
    for (int i = 0; i < 10; i++) push(joiner, i, 1, i == 9, payload, 100);
    CHECK(got.count == 1 && got.unit.bytes == 1000 && !got.damaged);
    for (int i = 10; i < 21; i++) push(joiner, i, 2, i == 20, payload, 100);
    CHECK(got.count == 1 && nenc_join_counted(joiner)->oversized == 1);
    push(joiner, 21, 3, 1, payload, 100);
    CHECK(got.count == 2 && got.unit.bytes == 100 && !got.damaged);
    push(joiner, 22, 4, 1, payload, 101);
    CHECK(got.count == 2 && nenc_join_counted(joiner)->illegal == 1);
    nenc_joiner_destroy(joiner);
    CHECK(!nenc_joiner_create(&(nenc_join_config){.window = 3, .taker = take_unit}));
    CHECK(!nenc_joiner_create(&(nenc_join_config){.window = 0}));
}

/* ---- whole streams ---------------------------------------------------------------------------------------------- */

enum { UNITS = 300, PACKETS = UNITS * 80 };

typedef struct path {
    double loss;
    double copies;
    int reach; /* a packet comes at most this many places late */
} path;

typedef struct sent_packet {
    size_t place; /* it comes at, in thousandths, and by number when equal */
    int number;
    int unit;
    int lost;
    int marker;
    size_t bytes;
    uint8_t payload[MOST];
} sent_packet;

static int by_place(const void *a, const void *b)
{
    const sent_packet *const *one = a, *const *two = b;
    if ((*one)->place != (*two)->place) return (*one)->place < (*two)->place ? -1 : 1;
    return (*one)->number - (*two)->number;
}

typedef struct sent_unit {
    size_t bytes;
    int packets;
    int lost;
    uint8_t *data;
} sent_unit;

typedef struct comparer {
    sent_unit *units;
    int seen;
    int whole;
} comparer;

/* Bytes of an undamaged unit are those that went in; a damaged one's NAL units are some of them, in their order. */
static void compare(void *context, const nenc_unit *got)
{
    comparer *with = context;
    const sent_unit *sent = &with->units[got->timestamp];
    with->seen++;
    CHECK(got->damaged || (sent->lost == 0 && got->packets == sent->packets));
    CHECK(got->lost <= sent->lost && got->packets == sent->packets - sent->lost);
    if (!got->damaged) {
        with->whole++;
        CHECK(got->bytes == sent->bytes && memcmp(got->data, sent->data, got->bytes) == 0);
        return;
    }
    const uint8_t *at = got->data, *in = sent->data;
    nenc_nal nal, candidate;
    while (got->bytes && nenc_nal_next(&at, got->data + got->bytes, &nal)) {
        int found = 0;
        while (!found && nenc_nal_next(&in, sent->data + sent->bytes, &candidate))
            found = nal.bytes == candidate.bytes && memcmp(nal.data, candidate.data, nal.bytes) == 0;
        CHECK(found);
    }
}

static void stream(nenc_rtp_format format, path bad, uint64_t seed)
{
    static sent_packet packets[PACKETS], *order[2 * PACKETS];
    static uint8_t data[ROOM];
    sent_unit units[UNITS] = {0};
    uint64_t chance = seed;
    int count = 0, lost = 0, arrivals = 0, hurt = 0;
    for (int u = 0; u < UNITS; u++) {
        const size_t bytes = make_unit(data, format, u % 3 ? 3000 : 15000, &chance);
        units[u].data = malloc(bytes);
        units[u].bytes = bytes;
        memcpy(units[u].data, data, bytes);
        nenc_cutter cutter;
        CHECK(nenc_cut_begin(&cutter, format, units[u].data, bytes, MOST) == NENC_OK);
        units[u].packets = (int)nenc_cut_count(&cutter);
        for (sent_packet *packet = &packets[count]; nenc_cut_next(&cutter, packet->payload, &packet->bytes, &packet->marker);
             packet = &packets[++count]) {
            packet->number = count;
            packet->unit = u;
            packet->place = (size_t)count * 1000 + check_below(&chance, (uint64_t)bad.reach * 1000 + 1);
            packet->lost = count > 0 && check_uniform(&chance) < bad.loss;
            lost += packet->lost;
            units[u].lost += packet->lost;
            if (packet->lost) continue;
            order[arrivals++] = packet;
            if (check_uniform(&chance) < bad.copies) order[arrivals++] = packet;
        }
        hurt += units[u].lost > 0;
    }
    qsort(order, (size_t)arrivals, sizeof order[0], by_place);
    comparer with = {.units = units};
    uint32_t window = 2; /* as small as it may be */
    while (window <= (uint32_t)bad.reach) window *= 2;
    const int64_t first = 65000; /* numbers that have wrapped are the inbox's matter */
    nenc_joiner *joiner = nenc_joiner_create(&(nenc_join_config){
        .format = format, .window = window, .first_known = 1, .first_sequence = first, .taker = compare, .context = &with});
    for (int i = 0; i < arrivals; i++)
        push(joiner, first + order[i]->number, (uint32_t)order[i]->unit, order[i]->marker, order[i]->payload, order[i]->bytes);
    nenc_join_flush(joiner);
    const nenc_join_counts *counts = nenc_join_counted(joiner);
    int gone = 0;
    for (int u = 0; u < UNITS; u++) gone += units[u].packets == units[u].lost;
    CHECK(with.seen == UNITS - gone && counts->units == with.seen && counts->illegal == 0 && counts->oversized == 0);
    CHECK(counts->packets == count - lost && counts->lost <= lost && counts->lost >= lost - 80);
    CHECK(with.seen - with.whole >= hurt - gone && with.whole >= (bad.loss > 0.5 ? 0 : UNITS - 2 * hurt));
    if (bad.loss == 0.0) CHECK(with.whole == UNITS);
    for (int u = 0; u < UNITS; u++) free(units[u].data);
    nenc_joiner_destroy(joiner);
}

static void streams(nenc_rtp_format format)
{
    stream(format, (path){0.0, 0.0, 0}, 1);
    stream(format, (path){0.0, 0.2, 0}, 2);
    stream(format, (path){0.0, 0.1, 200}, 3);
    stream(format, (path){0.01, 0.0, 0}, 4);
    stream(format, (path){0.1, 0.1, 100}, 5);
    stream(format, (path){0.6, 0.1, 30}, 6);
}

/* Numbers of another stream lie behind those of the one before, and still none of its packets is an old one. */
static void restarts(void)
{
    static const uint8_t nal[] = {0x65, 1};
    static taken got;
    nenc_joiner *joiner = joiner_of(NENC_RTP_H264, &got, 0);
    push(joiner, 50000, 1, 0, nal, sizeof nal);
    push(joiner, 50002, 1, 0, nal, sizeof nal); /* held: one is missing */
    nenc_join_restart(joiner);
    CHECK(got.count == 1 && got.unit.damaged && got.unit.packets == 2);
    push(joiner, 7, 2, 1, nal, sizeof nal);
    CHECK(got.count == 2 && !got.unit.damaged && got.unit.first_sequence == 7 && got.unit.lost_before == 0);
    push(joiner, 7, 2, 1, nal, sizeof nal);
    CHECK(got.count == 2 && nenc_join_counted(joiner)->repeated == 1);
    nenc_joiner_destroy(joiner);
}

int main(void)
{
    aggregates();
    illegal_payloads();
    torn();
    boundaries();
    patience();
    too_long();
    restarts();
    streams(NENC_RTP_H264);
    streams(NENC_RTP_HEVC);
    return CHECK_END();
}
