/* outbox.h - the sender's memory of what it sent, and what RFC 8888 feedback says of it.
 *
 * A sample means what the virtual network's means (nenc_flow_make_report, nenc_flow_take_report in net/flow_reports.c), as far as the
 * wire tells. Where it does not:
 * - A report time at which the receiver had nothing to say is seen by the time that passed between two reports, when report_ns
 *   is known: the span then begins one report_ns before this one.
 * - A report that got lost is seen by the gap in the numbers; its packets are neither received nor lost. The report after it is
 *   measured like a first one: its oldest packet opens the span and is not in it.
 * - A report that tells of losses only, or spans no time, is kept for the next one.
 * - bytes_in_flight is known here: media sent after the highest packet reported.
 */
#ifndef NENC_RTP_OUTBOX_H
#define NENC_RTP_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "nenc/nenc.h"

typedef struct nenc_outbox nenc_outbox;

typedef struct nenc_outbox_config {
    uint32_t ssrc;     /* of the stream */
    uint32_t history;  /* packets remembered, a power of two from 64 to 65536; 0: 65536 */
    int64_t report_ns; /* time between the receiver's reports, 0: not known */
    int same_clock;    /* 1: the receiver's times are of the sender's clock (one machine): owd_ms is known */
} nenc_outbox_config;

typedef enum nenc_feedback {
    NENC_FEEDBACK_NOTHING = 0, /* nothing new: a replay, an older report, an empty one, losses only, another kind of RTCP */
    NENC_FEEDBACK_SAMPLE = 1,
    NENC_FEEDBACK_MALFORMED = -64, /* no whole RTCP packets, or a CCFB packet whose parts do not add up */
    NENC_FEEDBACK_FOREIGN = -65,   /* of other streams only, or about packets that were never sent */
} nenc_feedback;

typedef struct nenc_outbox_counts {
    int64_t sent; /* packets and their media bytes */
    int64_t sent_bytes;
    int64_t reported; /* as received: packets and their media bytes */
    int64_t reported_bytes;
    int64_t lost; /* packets first reported as lost, those that came later after all included */
    int64_t marked;
    int64_t in_flight_bytes; /* media sent after the highest packet reported */
    int64_t samples;
    int64_t nothing;
    int64_t malformed;
    int64_t foreign;
} nenc_outbox_counts;

/* NULL: no memory, or a config that is not legal. */
nenc_outbox *nenc_outbox_create(const nenc_outbox_config *config);
void nenc_outbox_destroy(nenc_outbox *outbox);

/* A packet that went out at sent_ns. The first number is 0..65535, then one more each time; the low 16 bits are on the wire.
 * NENC_EINVAL when it is not the next one. */
int nenc_outbox_sent(nenc_outbox *outbox, int64_t sequence, int64_t sent_ns, uint32_t media_bytes);

/* An RTCP packet that arrived at arrived_ns, alone or compound: its first block about this stream in a CCFB packet counts.
 * Returns nenc_feedback; with a sample, *sample is legal input of nenc_record. A round trip that rounding makes negative is 0. */
int nenc_outbox_feedback(nenc_outbox *outbox, const uint8_t *data, size_t size, int64_t arrived_ns, nenc_sample *sample);

const nenc_outbox_counts *nenc_outbox_counted(const nenc_outbox *outbox);

#endif
