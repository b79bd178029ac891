/* flow_reports.c - the reports of a media flow: made by the receiver, read by the sender. */
#include "net/flow.h"

#include <math.h>

int nenc_flow_make_report(nenc_flow *flow, int64_t now_ns, nenc_packet *carrier)
{
    nenc_report *fresh = &flow->fresh;
    if (!fresh->received) {
        /* Nothing came until now: the next report's span begins here, not at the last packet before the silence. */
        if (flow->reported_until_ns >= 0) flow->reported_until_ns = now_ns;
        flow->silent = 1;
        return 0;
    }
    nenc_report *report = nenc_rows_push(&flow->reports);
    if (!report) return NENC_ENOMEM;
    const int64_t expected = flow->highest_sequence - flow->reported_highest;
    *report = *fresh;
    report->number = flow->counters.reports_sent;
    report->lost = expected > fresh->received ? (uint32_t)(expected - fresh->received) : 0;
    report->echo_ns = flow->newest_sent_ns;
    report->hold_ns = now_ns - flow->newest_ns;
    report->owd_ns = flow->newest_ns - flow->newest_sent_ns;
    report->media_bytes -= flow->first_bytes;
    report->span_ns = flow->newest_ns - flow->reported_until_ns;
    if (report->span_ns <= 0 || report->media_bytes <= 0 || (flow->silent && fresh->received == 1)) {
        /* A lone packet spans no time, and after a silence its distance from the last empty report is chance: all that is
         * known is how much came until now, at the very first report since it was sent. */
        report->media_bytes = fresh->media_bytes;
        report->span_ns = now_ns - (flow->first_bytes ? flow->newest_sent_ns : flow->reported_until_ns);
    }
    flow->first_bytes = 0;
    flow->silent = 0;
    flow->reported_until_ns = flow->newest_ns;
    flow->reported_highest = flow->highest_sequence;
    flow->fresh = (nenc_report){0};

    /* RFC 8888 section 3.1: RTCP header and sender SSRC 8, per source SSRC, begin_seq and num_reports 8, 2 per packet reported
     * padded to 4, report timestamp 4. */
    const uint32_t bytes = 20 + (uint32_t)((2 * (expected > 0 ? expected : 1) + 3) / 4 * 4) + flow->config.overhead_bytes;
    *carrier = (nenc_packet){
        .t_ns = now_ns,
        .sent_ns = now_ns,
        .sequence = report->number,
        .flow = flow->source.id,
        .wire_bytes = bytes,
        .last_link = (int16_t)flow->source.last_answer_link,
        .kind = NENC_PACKET_REPORT,
    };
    flow->counters.reports_sent++;
    flow->counters.report_wire_bytes += bytes;
    flow->reports_under_way++;
    return 1;
}

static void forget_reports(nenc_flow *flow)
{
    while (nenc_rows_count(&flow->reports)) {
        const nenc_report *oldest = nenc_rows_at(&flow->reports, 0);
        if (!oldest->gone) return;
        flow->reports.head++;
        flow->first_report++;
    }
}

static nenc_report *report_at(nenc_flow *flow, int64_t number)
{
    return number < flow->first_report ? NULL : nenc_rows_at(&flow->reports, (size_t)(number - flow->first_report));
}

void nenc_flow_lose_report(nenc_flow *flow, const nenc_packet *carrier)
{
    nenc_report *report = report_at(flow, carrier->sequence);
    if (!report || report->gone || (carrier->flags & NENC_PACKET_COPY)) return;
    report->gone = 1;
    flow->reports_under_way--;
    forget_reports(flow);
}

void nenc_flow_take_report(nenc_flow *flow, nenc_sample *sample)
{
    const nenc_packet carrier = *nenc_pipe_front(&flow->source.answers);
    nenc_pipe_pop(&flow->source.answers);
    nenc_report *report = report_at(flow, carrier.sequence);
    const double kbps = report->span_ns > 0 ? (double)report->media_bytes * 8e6 / (double)report->span_ns : 0.0;
    *sample = (nenc_sample){
        .time_ns = carrier.t_ns,
        .throughput_kbps = kbps < 4294967295.0 ? (uint32_t)(kbps + 0.5) : UINT32_MAX,
        .rtt_ms = (float)((double)(carrier.t_ns - report->echo_ns - report->hold_ns) * 1e-6),
        .loss = (float)report->lost / (float)(report->lost + report->received),
        .owd_ms = (float)((double)report->owd_ns * 1e-6),
        .ecn = (float)report->marked / (float)report->received,
        .bytes_in_flight = NAN,
    };
    report->gone = 1;
    flow->reports_under_way--;
    forget_reports(flow);
}
