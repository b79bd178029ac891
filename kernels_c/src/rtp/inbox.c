/* inbox.c - sequence numbers unwrapped, copies told from originals, arrivals reported. */
#include "rtp/inbox.h"

#include "core/alloc.h"
#include "rtp/bytes.h"
#include "rtp/ccfb.h"

enum { HISTORY_MOST = 32768, CE = 3 };

/* Two clocks that are read one after the other disagree by less: what seems to come from so near ahead came just now. */
enum { AHEAD_NS = 1000000000 / 1024 };

/* A packet that may have arrived. */
typedef struct slot {
    int64_t recv_ns;
    uint8_t ecn;
    uint8_t received;
} slot;

struct nenc_inbox {
    nenc_inbox_config config;
    nenc_inbox_counts counts;
    int open;      /* a first packet is there */
    int confirmed; /* no other stream takes its place any more */
    uint32_t ssrc;
    uint8_t payload_type;
    uint32_t newest_timestamp; /* of packet `highest` */
    int64_t below;             /* the number before the first */
    int64_t highest;
    int64_t reported; /* everything up to here has been reported */
    slot *slots;      /* of numbers highest - history + 1 .. highest */
};

nenc_inbox *nenc_inbox_create(const nenc_inbox_config *config)
{
    const uint32_t history = config->history ? config->history : HISTORY_MOST;
    if (history < 64 || history > HISTORY_MOST || (history & (history - 1))) return NULL;
    if (config->ssrc > UINT32_MAX || config->payload_type > 127 || config->first_sequence > UINT16_MAX) return NULL;
    nenc_inbox *inbox = nenc_alloc(sizeof *inbox);
    slot *slots = nenc_alloc(history * sizeof *slots);
    if (!inbox || !slots) {
        nenc_free(inbox);
        nenc_free(slots);
        return NULL;
    }
    inbox->config = *config;
    inbox->config.history = history;
    inbox->slots = slots;
    return inbox;
}

void nenc_inbox_destroy(nenc_inbox *inbox)
{
    if (!inbox) return;
    nenc_free(inbox->slots);
    nenc_free(inbox);
}

int64_t nenc_inbox_ssrc(const nenc_inbox *inbox) { return inbox->open ? (int64_t)inbox->ssrc : -1; }

const nenc_inbox_counts *nenc_inbox_counted(const nenc_inbox *inbox) { return &inbox->counts; }

static slot *slot_of(const nenc_inbox *inbox, int64_t sequence)
{
    return &inbox->slots[(uint64_t)sequence & (inbox->config.history - 1)];
}

/* ---- which stream ----------------------------------------------------------------------------------------------- */

static void begin(nenc_inbox *inbox, const nenc_rtp *packet)
{
    const int64_t first = inbox->config.first_sequence < 0 ? packet->sequence : inbox->config.first_sequence;
    const nenc_inbox_counts before = inbox->counts;
    inbox->counts = (nenc_inbox_counts){
        .foreign = before.foreign,
        .restarts = before.restarts + inbox->open,
        .reports = before.reports,
        .report_bytes = before.report_bytes,
    };
    for (uint32_t i = 0; i < inbox->config.history; i++) inbox->slots[i] = (slot){0};
    inbox->open = 1;
    inbox->confirmed = inbox->config.ssrc >= 0;
    inbox->ssrc = packet->ssrc;
    inbox->payload_type = packet->payload_type;
    inbox->below = inbox->highest = inbox->reported = first - 1;
}

static int is_ours(nenc_inbox *inbox, const nenc_rtp *packet)
{
    const nenc_inbox_config *config = &inbox->config;
    if (config->ssrc >= 0 && packet->ssrc != config->ssrc) return 0;
    if (config->payload_type >= 0 && packet->payload_type != config->payload_type) return 0;
    if (inbox->open && packet->ssrc == inbox->ssrc && packet->payload_type == inbox->payload_type) return 1;
    if (inbox->open && inbox->confirmed) return 0;
    begin(inbox, packet);
    return 1;
}

/* ---- which number ----------------------------------------------------------------------------------------------- */

/* How far it is ahead of the highest one. */
static int64_t ahead(const nenc_inbox *inbox, const nenc_rtp *packet)
{
    const uint16_t distance = (uint16_t)(packet->sequence - (uint16_t)inbox->highest);
    if (inbox->counts.received == 0) return distance ? distance : 65536; /* none is before the first */
    const int64_t nearest = distance < 32768 ? distance : (int64_t)distance - 65536;
    if (nearest < NENC_INBOX_REACH && nearest > -NENC_INBOX_REACH) return nearest;
    const int newer = (int32_t)(packet->timestamp - inbox->newest_timestamp) > 0;
    return newer ? distance : (int64_t)distance - 65536;
}

static void advance(nenc_inbox *inbox, const nenc_rtp *packet, int64_t sequence)
{
    const int64_t oldest = sequence - inbox->config.history;
    for (int64_t i = inbox->highest > oldest ? inbox->highest : oldest; i < sequence; i++) *slot_of(inbox, i + 1) = (slot){0};
    inbox->highest = sequence;
    inbox->newest_timestamp = packet->timestamp;
}

nenc_taken nenc_inbox_take(nenc_inbox *inbox, const nenc_rtp *packet, int64_t recv_ns, unsigned ecn, int64_t *extended)
{
    nenc_inbox_counts *counts = &inbox->counts;
    if (!is_ours(inbox, packet)) {
        counts->foreign++;
        return NENC_TAKEN_FOREIGN;
    }
    const int64_t distance = ahead(inbox, packet), sequence = *extended = inbox->highest + distance;
    const int known_first = inbox->config.first_sequence >= 0;
    if (counts->received && distance && distance < NENC_INBOX_REACH && distance > -NENC_INBOX_REACH) inbox->confirmed = 1;
    if (distance > 0) advance(inbox, packet, sequence);
    if (sequence <= inbox->highest - inbox->config.history ||
        (sequence <= inbox->below && (known_first || distance <= -NENC_INBOX_REACH))) {
        counts->late++;
        return NENC_TAKEN_LATE;
    }
    slot *place = slot_of(inbox, sequence);
    const int marked = ecn == CE && place->ecn != CE;
    if (place->received) {
        if (marked && sequence > inbox->reported) { /* RFC 8888 section 3.1: a mark of any copy counts */
            place->ecn = CE;
            counts->marked++;
        }
        counts->duplicates++;
        return NENC_TAKEN_DUPLICATE;
    }
    *place = (slot){.recv_ns = recv_ns, .ecn = ecn & 3, .received = 1};
    counts->received++;
    counts->bytes += (int64_t)packet->bytes;
    counts->marked += marked;
    if (sequence <= inbox->below) {
        /* What was taken for the first packet was not the first one sent. */
        if (inbox->reported == inbox->below) inbox->reported = sequence - 1;
        inbox->below = sequence - 1;
    }
    counts->expected = inbox->highest - inbox->below;
    if (sequence > inbox->reported) return NENC_TAKEN_NEW;
    counts->late++;
    return NENC_TAKEN_LATE;
}

/* ---- reports ---------------------------------------------------------------------------------------------------- */

static uint16_t metric(const slot *place, int64_t now_ns, int64_t timestamp)
{
    if (!place->received) return 0;
    int64_t offset = NENC_CCFB_OFFSET_NONE;
    if (place->recv_ns <= now_ns + AHEAD_NS) {
        const int64_t before = timestamp - nenc_ccfb_units(place->recv_ns);
        offset = before > NENC_CCFB_OFFSET_MOST * NENC_CCFB_UNIT ? NENC_CCFB_OFFSET_OVER
                                                                 : (before + NENC_CCFB_UNIT / 2) / NENC_CCFB_UNIT;
    }
    return (uint16_t)(NENC_CCFB_RECEIVED | place->ecn << NENC_CCFB_ECN_SHIFT | offset);
}

size_t nenc_inbox_report(nenc_inbox *inbox, int64_t now_ns, uint8_t *into, size_t room)
{
    if (room == 0) room = NENC_REPORT_BYTES;
    if (inbox->highest == inbox->reported || room < NENC_CCFB_BYTES + 4) return 0;
    const int64_t oldest = inbox->highest - inbox->config.history;
    if (inbox->reported < oldest) inbox->reported = oldest;

    int64_t most = (int64_t)(room - NENC_CCFB_BYTES) / 4 * 2;
    if (most > NENC_CCFB_METRICS) most = NENC_CCFB_METRICS;
    const int64_t all = inbox->highest - inbox->reported, packets = (all + most - 1) / most;
    const int64_t count = (all + packets - 1) / packets, first = inbox->reported + 1;

    int64_t newest_ns = -1;
    for (int64_t i = 0; i < count; i++) {
        const slot *place = slot_of(inbox, first + i);
        if (place->received && place->recv_ns <= now_ns + AHEAD_NS && place->recv_ns > newest_ns) newest_ns = place->recv_ns;
    }
    int64_t timestamp = nenc_ccfb_units(now_ns);
    if (newest_ns >= 0) {
        const int64_t newest = nenc_ccfb_units(newest_ns), held = timestamp - newest;
        timestamp = newest + (held + NENC_CCFB_UNIT / 2) / NENC_CCFB_UNIT * NENC_CCFB_UNIT;
    }
    nenc_ccfb_write(into, inbox->config.own_ssrc, inbox->ssrc, (uint16_t)first, (size_t)count, (uint32_t)timestamp);
    for (int64_t i = 0; i < count; i++) nenc_put16(into + 16 + 2 * i, metric(slot_of(inbox, first + i), now_ns, timestamp));
    inbox->reported += count;
    inbox->counts.reports++;
    inbox->counts.report_bytes += (int64_t)nenc_ccfb_bytes((size_t)count);
    return nenc_ccfb_bytes((size_t)count);
}
