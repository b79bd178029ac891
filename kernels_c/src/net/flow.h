/* flow.h - one media flow's two ends: the sender's pacer, the receiver with its reports, the fate of each frame.
 *
 * To the network it is a source (source.h): it sends, and hears what was delivered and lost. Frames and reports are its own: when
 * a report is made and when it is read is decided by whoever drives the network. */
#ifndef NENC_NET_FLOW_H
#define NENC_NET_FLOW_H

#include "nenc/vnet.h"
#include "net/bucket.h"
#include "net/histogram.h"
#include "net/pipe.h"
#include "net/rows.h"
#include "net/source/source.h"

/* A frame and how many of its packets are accounted for. */
typedef struct nenc_frame {
    nenc_frame_row row;
    uint32_t received;
    uint32_t released; /* packets that left the pacer */
} nenc_frame;

/* What a report tells; it stays here while the packet that carries it crosses the reverse direction. */
typedef struct nenc_report {
    int64_t number;
    int64_t echo_ns; /* when the newest packet reported was sent, and how long the receiver has held it since */
    int64_t hold_ns;
    int64_t owd_ns;
    int64_t span_ns;
    int64_t media_bytes;
    uint32_t received;
    uint32_t lost;
    uint32_t marked;
    uint32_t gone; /* taken, or lost on the way */
} nenc_report;

typedef struct nenc_flow {
    nenc_source source; /* its answers are reports: `source.answers` are the carriers that have reached the sender */
    nenc_flow_config config;

    /* Sender. */
    nenc_bucket bucket;
    nenc_rows frames; /* nenc_frame, oldest first; number of the first: first_frame */
    int64_t first_frame;
    int64_t next_frame;
    int64_t pacing_frame; /* the one the pacer is in, == next_frame when it has none */
    int64_t pacing_left;  /* its bytes still to go */
    int64_t next_sequence;
    nenc_rows fates; /* a byte per packet of `frames`, from first_sequence on: each is counted once, whatever its copies do */
    int64_t first_sequence;

    /* Receiver. */
    int64_t highest_sequence;
    int64_t newest_ns;      /* arrival and sending time of the newest packet */
    int64_t newest_sent_ns;
    nenc_histogram delays;

    /* What is new since the last report. */
    int64_t reported_highest;
    int64_t reported_until_ns; /* start of the time the next report spans, -1: nothing arrived yet */
    int64_t first_bytes;       /* media bytes of the very first packet: it opens the span, it is not in it */
    int silent;                /* the last report time found nothing to report */
    nenc_report fresh;

    /* Reports on their way back. */
    nenc_rows reports; /* nenc_report, by number */
    int64_t first_report;
    int64_t reports_under_way;

    nenc_flow_counters counters;
} nenc_flow;

int nenc_flow_init(nenc_flow *flow, int id, const nenc_flow_config *config, int first_link, int last_link);
void nenc_flow_free(nenc_flow *flow);

/* ---- sender ---- */
int64_t nenc_flow_add_frame(nenc_flow *flow, const nenc_frame_row *row);
/* From now_ns on, up to which everything has been sent. */
void nenc_flow_set_pace(nenc_flow *flow, int64_t now_ns, double pace_bps);
/* ---- feedback ---- */
/* 1 and the carrier packet when there is something to report, 0 when not, or a negative status. */
int nenc_flow_make_report(nenc_flow *flow, int64_t now_ns, nenc_packet *carrier);
void nenc_flow_take_report(nenc_flow *flow, nenc_sample *sample); /* the first of source.answers */
/* The packet that carries a report was lost or dropped. */
void nenc_flow_lose_report(nenc_flow *flow, const nenc_packet *carrier);

int nenc_flow_take_frames(nenc_flow *flow, nenc_frame_row *rows, int max, int all);

#endif
