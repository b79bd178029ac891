/* outbox.c - what was sent, and samples made of what came back. */
#include "rtp/outbox.h"

#include <math.h>

#include "core/alloc.h"
#include "rtp/bytes.h"
#include "rtp/ccfb.h"

enum { HISTORY_MOST = 65536, CE = 3 };
enum { UNTOLD, LOST, RECEIVED };

/* A packet that was sent, and what feedback said of it. */
typedef struct slot {
    int64_t sent_ns;
    int64_t sent_bytes; /* by the stream until now, this packet included */
    uint32_t bytes;
    uint32_t told;
} slot;

/* What reports told since the last sample. Arrivals are 1/65536 s of the receiver's clock. */
typedef struct news {
    int64_t told; /* packets told of for the first time, and those told to be received */
    int64_t received;
    int64_t marked;
    int64_t bytes;
    int64_t dated; /* received packets whose arrival is known */
    int64_t newest;
    int64_t newest_sent_ns;
    int64_t oldest;
    int64_t oldest_bytes;
    int opens;  /* what came before is not known: the span begins with the oldest packet */
    int silent; /* the receiver had nothing to tell for a while before */
} news;

struct nenc_outbox {
    nenc_outbox_config config;
    nenc_outbox_counts counts;
    int64_t first; /* numbers sent; newest < first: none yet */
    int64_t newest;
    int64_t told;      /* the highest one that a report told of */
    int64_t timestamp; /* of the last report, in 1/65536 s, unwrapped */
    int64_t until;     /* where the next span begins */
    int reported;      /* there was a report */
    int sampled;       /* ... and a sample */
    news fresh;
    slot *slots;
};

nenc_outbox *nenc_outbox_create(const nenc_outbox_config *config)
{
    const uint32_t history = config->history ? config->history : HISTORY_MOST;
    if (history < 64 || history > HISTORY_MOST || (history & (history - 1)) || config->report_ns < 0) return NULL;
    nenc_outbox *outbox = nenc_alloc(sizeof *outbox);
    slot *slots = nenc_alloc(history * sizeof *slots);
    if (!outbox || !slots) {
        nenc_free(outbox);
        nenc_free(slots);
        return NULL;
    }
    outbox->config = *config;
    outbox->config.history = history;
    outbox->newest = -1;
    outbox->fresh.opens = 1;
    outbox->slots = slots;
    return outbox;
}

void nenc_outbox_destroy(nenc_outbox *outbox)
{
    if (!outbox) return;
    nenc_free(outbox->slots);
    nenc_free(outbox);
}

const nenc_outbox_counts *nenc_outbox_counted(const nenc_outbox *outbox) { return &outbox->counts; }

static slot *slot_of(const nenc_outbox *outbox, int64_t sequence)
{
    return &outbox->slots[(uint64_t)sequence & (outbox->config.history - 1)];
}

int nenc_outbox_sent(nenc_outbox *outbox, int64_t sequence, int64_t sent_ns, uint32_t media_bytes)
{
    nenc_outbox_counts *counts = &outbox->counts;
    if (counts->sent == 0) {
        if (sequence < 0 || sequence > UINT16_MAX) return NENC_EINVAL;
        outbox->first = sequence;
        outbox->told = sequence - 1;
    } else if (sequence != outbox->newest + 1) {
        return NENC_EINVAL;
    }
    outbox->newest = sequence;
    counts->sent++;
    counts->sent_bytes += media_bytes;
    counts->in_flight_bytes += media_bytes;
    *slot_of(outbox, sequence) = (slot){.sent_ns = sent_ns, .sent_bytes = counts->sent_bytes, .bytes = media_bytes};
    return NENC_OK;
}

/* ---- what a report tells ---------------------------------------------------------------------------------------- */

/* Its time without the wrap: 18 hours of them, so the one nearest to what is known is meant. */
static int64_t unwrap(const nenc_outbox *outbox, uint32_t timestamp, int64_t arrived_ns)
{
    const int64_t near = outbox->config.same_clock || !outbox->reported ? nenc_ccfb_units(arrived_ns) : outbox->timestamp;
    return near + (int32_t)(timestamp - (uint32_t)near);
}

static void tell_received(nenc_outbox *outbox, slot *sent, unsigned metric, int64_t timestamp)
{
    news *fresh = &outbox->fresh;
    const unsigned offset = metric & NENC_CCFB_OFFSET;
    const int marked = (metric >> NENC_CCFB_ECN_SHIFT & 3) == CE;
    sent->told = RECEIVED;
    fresh->received++;
    fresh->bytes += sent->bytes;
    fresh->marked += marked;
    outbox->counts.reported++;
    outbox->counts.reported_bytes += sent->bytes;
    outbox->counts.marked += marked;
    if (offset > NENC_CCFB_OFFSET_MOST) return;
    const int64_t arrival = timestamp - (int64_t)offset * NENC_CCFB_UNIT;
    if (!fresh->dated || arrival < fresh->oldest) {
        fresh->oldest = arrival;
        fresh->oldest_bytes = sent->bytes;
    }
    if (!fresh->dated || arrival >= fresh->newest) { /* of those that rounding made equal, the one sent last */
        fresh->newest = arrival;
        fresh->newest_sent_ns = sent->sent_ns;
    }
    fresh->dated++;
}

static void tell(nenc_outbox *outbox, const nenc_ccfb *report, int64_t begin, int64_t timestamp)
{
    const int64_t oldest = outbox->newest - outbox->config.history;
    for (int64_t i = 0; i < report->count; i++) {
        if (begin + i <= oldest) continue; /* forgotten */
        slot *sent = slot_of(outbox, begin + i);
        const unsigned metric = nenc_get16(report->metrics + 2 * i);
        if (sent->told == RECEIVED) continue;
        outbox->fresh.told += sent->told == UNTOLD;
        if (metric & NENC_CCFB_RECEIVED) {
            tell_received(outbox, sent, metric, timestamp);
        } else if (sent->told == UNTOLD) {
            sent->told = LOST;
            outbox->counts.lost++;
        }
    }
}

/* ---- what the sender makes of it -------------------------------------------------------------------------------- */

static double ns_of(int64_t units) { return (double)units * (1e9 / 65536.0); }

/* The round trip of the newest packet, without the time the receiver held it. */
static double round_trip_ns(const nenc_outbox *outbox, int64_t arrived_ns)
{
    const news *fresh = &outbox->fresh;
    const double rtt_ns = (double)(arrived_ns - fresh->newest_sent_ns) - ns_of(outbox->timestamp - fresh->newest);
    return rtt_ns > 0.0 ? rtt_ns : 0.0;
}

/* Media bytes and the time they came in: the rule of nenc_flow_make_report. */
static double spanned(const nenc_outbox *outbox, double rtt_ns, int64_t *bytes)
{
    const news *fresh = &outbox->fresh;
    double span_ns = ns_of(fresh->newest - (fresh->opens ? fresh->oldest : outbox->until));
    *bytes = fresh->bytes - (fresh->opens ? fresh->oldest_bytes : 0);
    if (span_ns > 0.0 && *bytes > 0 && !(fresh->silent && fresh->received == 1)) return span_ns;
    *bytes = fresh->bytes;
    if (!outbox->sampled) { /* since it was sent */
        if (!outbox->config.same_clock) return ns_of(outbox->timestamp - fresh->newest) + rtt_ns / 2;
        return ns_of(outbox->timestamp) - (double)fresh->newest_sent_ns;
    }
    if (fresh->opens && outbox->config.report_ns) return (double)outbox->config.report_ns;
    return ns_of(outbox->timestamp - outbox->until);
}

static int make_sample(nenc_outbox *outbox, int64_t arrived_ns, nenc_sample *sample)
{
    const news *fresh = &outbox->fresh;
    if (!fresh->dated) return NENC_FEEDBACK_NOTHING;
    const double rtt_ns = round_trip_ns(outbox, arrived_ns);
    int64_t bytes;
    const double span_ns = spanned(outbox, rtt_ns, &bytes);
    if (!(span_ns > 0.0)) return NENC_FEEDBACK_NOTHING; /* kept for the next report */
    const int64_t lost = fresh->told > fresh->received ? fresh->told - fresh->received : 0;
    const double kbps = (double)bytes * 8e6 / span_ns;
    double owd_ns = ns_of(fresh->newest) - (double)fresh->newest_sent_ns;
    if (owd_ns < 0.0) owd_ns = 0.0;
    *sample = (nenc_sample){
        .time_ns = arrived_ns,
        .throughput_kbps = kbps < 4294967295.0 ? (uint32_t)(kbps + 0.5) : UINT32_MAX,
        .rtt_ms = (float)(rtt_ns * 1e-6),
        .loss = (float)lost / (float)(lost + fresh->received),
        .owd_ms = outbox->config.same_clock ? (float)(owd_ns * 1e-6) : NAN,
        .ecn = (float)fresh->marked / (float)fresh->received,
        .bytes_in_flight = (float)outbox->counts.in_flight_bytes,
    };
    outbox->until = fresh->newest;
    outbox->sampled = 1;
    outbox->fresh = (news){0};
    return NENC_FEEDBACK_SAMPLE;
}

static int take(nenc_outbox *outbox, const nenc_ccfb *report, int64_t arrived_ns, nenc_sample *sample)
{
    news *fresh = &outbox->fresh;
    if (!outbox->counts.sent) return NENC_FEEDBACK_FOREIGN;
    const int64_t timestamp = unwrap(outbox, report->report_timestamp, arrived_ns);
    if (!report->count) {
        if (outbox->reported && timestamp > outbox->timestamp) {
            outbox->timestamp = outbox->until = timestamp;
            fresh->silent = 1;
        }
        return NENC_FEEDBACK_NOTHING;
    }
    const int64_t begin = outbox->newest - (uint16_t)((uint16_t)outbox->newest - report->begin_sequence);
    const int64_t end = begin + report->count - 1;
    if (begin < outbox->first || end > outbox->newest) return NENC_FEEDBACK_FOREIGN;
    if (end < outbox->told || end <= outbox->newest - outbox->config.history) return NENC_FEEDBACK_NOTHING;

    const int64_t interval = nenc_ccfb_units(outbox->config.report_ns);
    if (begin > outbox->told + 1) {
        fresh->opens = 1; /* a report got lost */
    } else if (outbox->reported && interval && 2 * (timestamp - outbox->timestamp) > 3 * interval) {
        outbox->until = timestamp - interval;
        fresh->silent = 1;
    }
    tell(outbox, report, begin, timestamp);
    outbox->told = end;
    outbox->counts.in_flight_bytes = outbox->counts.sent_bytes - slot_of(outbox, end)->sent_bytes;
    outbox->timestamp = timestamp;
    outbox->reported = 1;
    return make_sample(outbox, arrived_ns, sample);
}

int nenc_outbox_feedback(nenc_outbox *outbox, const uint8_t *data, size_t size, int64_t arrived_ns, nenc_sample *sample)
{
    nenc_ccfb report;
    int result = nenc_ccfb_find(data, size, outbox->config.ssrc, &report);
    if (result > 0) result = take(outbox, &report, arrived_ns, sample);
    nenc_outbox_counts *counts = &outbox->counts;
    counts->samples += result == NENC_FEEDBACK_SAMPLE;
    counts->nothing += result == NENC_FEEDBACK_NOTHING;
    counts->malformed += result == NENC_FEEDBACK_MALFORMED;
    counts->foreign += result == NENC_FEEDBACK_FOREIGN;
    return result;
}
