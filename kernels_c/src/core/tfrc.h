/* tfrc.h - TCP-friendly rate control: the throughput equation and loss-event rate of RFC 5348, fed from feedback samples. */
#ifndef NENC_CORE_TFRC_H
#define NENC_CORE_TFRC_H

#include "nenc/nenc.h"

enum { NENC_TFRC_INTERVALS = 8 }; /* n of section 5.4 */

typedef struct nenc_tfrc {
    double packets;     /* packets sent so far, lost ones included: the sequence number of section 5 */
    double event_start; /* packets sent before the one that began the current loss event */
    double event_ns;    /* time of its loss, relative to epoch_ns */
    double closed[NENC_TFRC_INTERVALS]; /* I_1 ... I_8, packets */
    int intervals;      /* number of known intervals; 0: no loss event yet */
    int started;        /* there has been an update */
    int64_t epoch_ns;
    int64_t last_ns;    /* time of the previous update */
    double rate_ns;     /* receive rate: since this time ... */
    double rate_packets; /* ... this many packets were received */
    double rate_max_pps; /* maximum so far: X_recv of section 6.3.1 */
} nenc_tfrc;

void nenc_tfrc_init(nenc_tfrc *tfrc);
/* Takes one report: packets sent in it (lost ones included) and, of these, lost. Times must not decrease; rtt_s > 0. */
void nenc_tfrc_update(nenc_tfrc *tfrc, int64_t time_ns, double rtt_s, double packets, double lost);
/* Likewise from a sample, which has no counts: they are derived from its throughput, its loss and the time since the last
 * one. */
void nenc_tfrc_sample(nenc_tfrc *tfrc, double packet_bytes, const nenc_sample *sample);
/* p of section 5.4; 0 before the first loss event. */
double nenc_tfrc_loss_event_rate(const nenc_tfrc *tfrc);
/* X_Bps of section 3.1 in bit/s; infinite for p = 0 or rtt = 0: no bound. */
double nenc_tfrc_rate_bps(double packet_bytes, double rtt_s, double p);

#endif
