/* inbox.h - the receiver of one RTP stream: which packets are new, and RFC 8888 reports about them.
 *
 * What a report tells is what nenc_flow_make_report (net/flow.h) tells on the virtual network: every packet after the highest
 * one reported before, up to the highest one received. One that comes later than that is counted and not reported again.
 *
 * Clocks: all times are ns, not negative, of one clock of the caller's. Report timestamps are its time in 1/65536 s, modulo 2^32:
 * the middle of an NTP timestamp whose zero is that clock's.
 * Rounding: an arrival is told in 1/1024 s before the report timestamp. Rounded down, it would make every round trip that the
 * sender reckons half a millisecond too long on average: it is rounded to the nearest. And the report timestamp is moved by up
 * to 1/2048 s, so that the newest packet's offset needs no rounding: its arrival, and so the time between the newest packets of
 * two reports, is known to 1/65536 s. An arrival up to 1/1024 s after now moves it too; one further ahead is not dated.
 */
#ifndef NENC_RTP_INBOX_H
#define NENC_RTP_INBOX_H

#include "rtp/packet.h"

enum { NENC_REPORT_BYTES = 1200 }; /* room for one report packet that fits everywhere */

typedef struct nenc_inbox nenc_inbox;

typedef enum nenc_taken {
    NENC_TAKEN_NEW,       /* first copy; it will be reported */
    NENC_TAKEN_LATE,      /* its number was reported as not received (then it counts as received), or is too far back to be told
                           * from a replay; for the media it may be in time */
    NENC_TAKEN_DUPLICATE, /* had before: a copy or a replay */
    NENC_TAKEN_FOREIGN,   /* of another stream */
} nenc_taken;

/* Whose packets are taken. With an SSRC expected, those with it, and with the payload type. Without, the first packet opens the
 * stream and a second of the same SSRC and payload type, less than NENC_INBOX_REACH numbers away, confirms it; until then a
 * packet of another stream takes its place and everything begins anew (nenc_inbox_counts.restarts), so that one stray packet
 * captures nothing. */
typedef struct nenc_inbox_config {
    uint32_t own_ssrc; /* of the reports */
    int64_t ssrc;      /* that is expected, -1: any */
    int payload_type;  /* that is expected, -1: any */
    int64_t first_sequence; /* the first number sent, 0..65535, -1: the first one received is taken for it */
    uint32_t history; /* packets remembered, a power of two from 64 to 32768; 0: 32768 */
} nenc_inbox_config;

enum { NENC_INBOX_REACH = 3000 }; /* MAX_DROPOUT of RFC 3550 A.1 */

typedef struct nenc_inbox_counts {
    int64_t received; /* packets, each once, late ones too */
    int64_t bytes;    /* of their payloads */
    int64_t late;     /* all of them: counted as received or not */
    int64_t duplicates;
    int64_t foreign;
    int64_t restarts;
    int64_t marked;   /* CE */
    int64_t expected; /* numbers from the first to the highest */
    int64_t reports;  /* packets of them */
    int64_t report_bytes;
} nenc_inbox_counts;

/* NULL: no memory, or a config that is not legal. */
nenc_inbox *nenc_inbox_create(const nenc_inbox_config *config);
void nenc_inbox_destroy(nenc_inbox *inbox);

/* A packet that arrived at recv_ns with the ECN bits of its IP header (0..3; 3 is CE). *extended is its sequence number without
 * the wrap, the sender's own count when that began below 32768; it is set for all but FOREIGN.
 *
 * A number NENC_INBOX_REACH or more away from the highest is read with the help of the timestamps: newer than the newest
 * packet's, it is ahead, however many were lost; otherwise it is behind, a replay. */
nenc_taken nenc_inbox_take(nenc_inbox *inbox, const nenc_rtp *packet, int64_t recv_ns, unsigned ecn, int64_t *extended);

/* One RTCP packet of the report that is due at now_ns; its bytes, or 0 when nothing new came since the last report. To be called
 * until it returns 0: what does not fit into `room` bytes (at least 24; 0: NENC_REPORT_BYTES) is split evenly. */
size_t nenc_inbox_report(nenc_inbox *inbox, int64_t now_ns, uint8_t *into, size_t room);

/* The stream's SSRC, -1 when there is none yet. */
int64_t nenc_inbox_ssrc(const nenc_inbox *inbox);
const nenc_inbox_counts *nenc_inbox_counted(const nenc_inbox *inbox);

#endif
