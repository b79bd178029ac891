/* assemble.c - access units put together from NAL units, aggregates and fragments. */
#include "rtp/assemble.h"

#include <string.h>

#include "core/alloc.h"
#include "rtp/bytes.h"

void nenc_assemble_begin(nenc_assembler *assembler, const nenc_join_config *config, nenc_join_counts *counts)
{
    *assembler = (nenc_assembler){.config = config, .counts = counts, .packing = nenc_packing_of(config->format)};
}

void nenc_assemble_free(nenc_assembler *assembler) { nenc_free(assembler->data); }

/* ---- bytes ------------------------------------------------------------------------------------------------------ */

static void append(nenc_assembler *assembler, const uint8_t *data, size_t bytes)
{
    nenc_unit *unit = &assembler->unit;
    if (assembler->oversized) return;
    if (bytes > assembler->config->most_unit - unit->bytes) {
        assembler->oversized = 1;
        return;
    }
    if (bytes > assembler->room - unit->bytes) {
        size_t room = 2 * (unit->bytes + bytes);
        if (room < 65536) room = 65536;
        if (room > assembler->config->most_unit) room = assembler->config->most_unit;
        uint8_t *larger = nenc_alloc(room);
        if (!larger) {
            assembler->oversized = 1;
            return;
        }
        if (unit->bytes) memcpy(larger, assembler->data, unit->bytes);
        nenc_free(assembler->data);
        assembler->data = larger;
        assembler->room = room;
    }
    memcpy(assembler->data + unit->bytes, data, bytes);
    unit->bytes += bytes;
}

/* A NAL unit, or its header when the rest follows. */
static void append_nal(nenc_assembler *assembler, const uint8_t *nal, size_t bytes)
{
    static const uint8_t start_code[] = {0, 0, 0, 1};
    const int is_short = assembler->unit.bytes && !assembler->packing->is_parameter_set(nal);
    append(assembler, start_code + is_short, sizeof start_code - (size_t)is_short);
    append(assembler, nal, bytes);
}

/* ---- NAL units -------------------------------------------------------------------------------------------------- */

static void illegal(nenc_assembler *assembler)
{
    assembler->counts->illegal++;
    assembler->unit.damaged = 1;
}

/* The fragments so far are of no use. */
static void tear(nenc_assembler *assembler)
{
    if (!assembler->fragment) return;
    assembler->fragment = 0;
    assembler->unit.damaged = 1;
    if (!assembler->oversized) assembler->unit.bytes = assembler->fragment_from;
    assembler->counts->torn++;
}

static void take_aggregate(nenc_assembler *assembler, const uint8_t *payload, size_t bytes)
{
    const nenc_packing *packing = assembler->packing;
    const uint8_t *at = payload + packing->header_bytes, *end = payload + bytes;
    if (at == end) illegal(assembler);
    while (at < end) {
        const size_t size = end - at >= 2 ? nenc_get16(at) : 0;
        if (size < packing->header_bytes || size > (size_t)(end - at) - 2 || packing->kind(at + 2) != NENC_PAYLOAD_SINGLE) {
            illegal(assembler); /* where the next would begin is not known */
            return;
        }
        append_nal(assembler, at + 2, size);
        at += 2 + size;
    }
}

static void take_fragment(nenc_assembler *assembler, const uint8_t *payload, size_t bytes)
{
    const nenc_packing *packing = assembler->packing;
    const size_t header_bytes = packing->header_bytes;
    uint8_t header[NENC_NAL_HEADER_MOST] = {0};
    if (bytes <= header_bytes + 1) {
        tear(assembler);
        illegal(assembler);
        return;
    }
    const unsigned bits = payload[header_bytes];
    packing->from_fragment(header, payload);
    if (packing->kind(header) != NENC_PAYLOAD_SINGLE || (~bits & (NENC_FRAGMENT_START | NENC_FRAGMENT_END)) == 0) {
        tear(assembler);
        illegal(assembler);
        return;
    }
    if (bits & NENC_FRAGMENT_START) {
        tear(assembler);
        assembler->fragment = 1;
        assembler->fragment_from = assembler->unit.bytes;
        memcpy(assembler->fragment_header, header, sizeof header);
        append_nal(assembler, header, header_bytes);
    } else if (!assembler->fragment || memcmp(assembler->fragment_header, header, sizeof header) != 0) {
        if (!assembler->fragment && !assembler->orphan) assembler->counts->torn++; /* its start is missing */
        tear(assembler);
        assembler->unit.damaged = 1;
        assembler->orphan = !(bits & NENC_FRAGMENT_END);
        return;
    }
    assembler->orphan = 0;
    append(assembler, payload + header_bytes + 1, bytes - header_bytes - 1);
    if (bits & NENC_FRAGMENT_END) assembler->fragment = 0;
}

static void take_payload(nenc_assembler *assembler, const uint8_t *payload, size_t bytes)
{
    const nenc_packing *packing = assembler->packing;
    if (!packing) {
        append(assembler, payload, bytes);
        return;
    }
    const nenc_payload kind = bytes < packing->header_bytes ? NENC_PAYLOAD_ILLEGAL : packing->kind(payload);
    if (kind == NENC_PAYLOAD_FRAGMENT) {
        take_fragment(assembler, payload, bytes);
        return;
    }
    tear(assembler);
    assembler->orphan = 0;
    if (kind == NENC_PAYLOAD_SINGLE) append_nal(assembler, payload, bytes);
    else if (kind == NENC_PAYLOAD_AGGREGATE) take_aggregate(assembler, payload, bytes);
    else illegal(assembler);
}

/* ---- units ------------------------------------------------------------------------------------------------------ */

static void hand_out(nenc_assembler *assembler)
{
    nenc_unit *unit = &assembler->unit;
    nenc_join_counts *counts = assembler->counts;
    tear(assembler);
    assembler->orphan = assembler->building = 0;
    if (assembler->oversized) {
        counts->oversized++;
        return;
    }
    unit->data = assembler->data;
    unit->damaged |= unit->lost > 0 || unit->lost_before > 0;
    counts->units++;
    counts->damaged += unit->damaged;
    assembler->config->taker(assembler->config->context, unit);
}

void nenc_assemble(nenc_assembler *assembler, const nenc_piece *piece)
{
    nenc_unit *unit = &assembler->unit;
    int64_t lost = piece->sequence - assembler->expected;
    if (assembler->building && piece->timestamp != unit->timestamp) {
        if (lost) { /* its last packet, the one with the marker, is among them */
            unit->lost++;
            lost--;
        }
        hand_out(assembler);
    }
    if (!piece->bytes && !assembler->building) {
        assembler->expected = piece->sequence + 1 - lost; /* the loss matters to the next packet with a payload */
        return;
    }
    if (!assembler->building) {
        *unit = (nenc_unit){.timestamp = piece->timestamp, .first_sequence = piece->sequence, .lost_before = lost};
        assembler->building = 1;
        assembler->oversized = 0;
    } else if (lost) {
        unit->lost += lost;
        if (assembler->fragment) assembler->orphan = 1;
        tear(assembler);
    }
    assembler->expected = piece->sequence + 1;
    unit->last_sequence = piece->sequence;
    unit->recv_ns = piece->recv_ns;
    unit->packets++;
    if (piece->bytes) take_payload(assembler, piece->payload, piece->bytes);
    if (piece->marker) hand_out(assembler);
}

void nenc_assemble_end(nenc_assembler *assembler)
{
    if (!assembler->building) return;
    assembler->unit.damaged = 1; /* its last packet has not come */
    hand_out(assembler);
}
