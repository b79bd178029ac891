/* flow.c - a media flow: the sender's pacer, the receiver, the fate of each frame. */
#include "net/flow.h"

/* What is known of a sent packet: it matters until its frame's row is taken. */
enum { FATE_UNKNOWN, FATE_RECEIVED, FATE_DROPPED, FATE_LOST };

static const nenc_source_ops media;

int nenc_flow_init(nenc_flow *flow, int id, const nenc_flow_config *config, int first_link, int last_link)
{
    *flow = (nenc_flow){
        .source = {.ops = &media, .id = id, .first_link = first_link, .last_link = last_link, .next_ns = INT64_MAX},
        .config = *config,
        .bucket = {.burst_ns = config->pacer_burst_ns},
        .frames = {.row_size = sizeof(nenc_frame)},
        .fates = {.row_size = 1},
        .reports = {.row_size = sizeof(nenc_report)},
        .highest_sequence = -1,
        .reported_highest = -1,
        .reported_until_ns = -1,
    };
    nenc_histogram_clear(&flow->delays);
    return NENC_OK;
}

void nenc_flow_free(nenc_flow *flow)
{
    nenc_rows_free(&flow->frames);
    nenc_rows_free(&flow->fates);
    nenc_rows_free(&flow->reports);
    nenc_pipe_free(&flow->source.arrivals);
    nenc_pipe_free(&flow->source.answers);
}

static uint32_t media_per_packet(const nenc_flow *flow) { return flow->config.packet_bytes - flow->config.header_bytes; }

static nenc_frame *frame_at(const nenc_flow *flow, int64_t number)
{
    return nenc_rows_at(&flow->frames, (size_t)(number - flow->first_frame));
}

/* ---- sender ----------------------------------------------------------------------------------------------------- */

/* To be called after everything that may move the next packet. */
static void reschedule(nenc_flow *flow)
{
    flow->source.next_ns = flow->pacing_frame == flow->next_frame
                               ? INT64_MAX
                               : nenc_bucket_next(&flow->bucket, frame_at(flow, flow->pacing_frame)->row.ready_ns);
}

int64_t nenc_flow_add_frame(nenc_flow *flow, const nenc_frame_row *row)
{
    const uint32_t packets = (uint32_t)((row->bytes + media_per_packet(flow) - 1) / media_per_packet(flow));
    for (uint32_t i = 0; i < packets; i++) {
        uint8_t *fate = nenc_rows_push(&flow->fates);
        if (!fate) return NENC_ENOMEM;
        *fate = FATE_UNKNOWN;
    }
    nenc_frame *frame = nenc_rows_push(&flow->frames);
    if (!frame) return NENC_ENOMEM;
    *frame = (nenc_frame){.row = *row};
    frame->row.frame = flow->next_frame;
    frame->row.packets = packets;
    frame->row.sent_ns = frame->row.received_ns = -1;
    if (flow->pacing_frame == flow->next_frame) flow->pacing_left = row->bytes;
    flow->counters.backlog_bytes += row->bytes;
    flow->next_frame++;
    reschedule(flow);
    return flow->next_frame - 1;
}

void nenc_flow_set_pace(nenc_flow *flow, int64_t now_ns, double pace_bps)
{
    nenc_bucket_set_pace(&flow->bucket, now_ns, pace_bps);
    reschedule(flow);
}

static int send(nenc_source *source, nenc_packet *packet)
{
    nenc_flow *flow = (nenc_flow *)source;
    nenc_frame *frame = frame_at(flow, flow->pacing_frame);
    const int64_t now_ns = source->next_ns;
    const int64_t full = media_per_packet(flow);
    const uint32_t bytes = (uint32_t)(flow->pacing_left < full ? flow->pacing_left : full);
    *packet = (nenc_packet){
        .t_ns = now_ns,
        .sent_ns = now_ns,
        .sequence = flow->next_sequence++,
        .frame = flow->pacing_frame,
        .flow = flow->source.id,
        .wire_bytes = bytes + flow->config.header_bytes + flow->config.overhead_bytes,
        .media_bytes = bytes,
        .last_link = (int16_t)flow->source.last_link,
        .kind = NENC_PACKET_MEDIA,
        .flags = flow->config.ecn ? NENC_PACKET_ECT : 0,
    };
    nenc_bucket_take(&flow->bucket, now_ns, bytes);
    flow->counters.sent_packets++;
    flow->counters.sent_bytes += bytes;
    flow->counters.backlog_bytes -= bytes;
    flow->pacing_left -= bytes;
    if (++frame->released == frame->row.packets) {
        frame->row.sent_ns = now_ns;
        if (++flow->pacing_frame < flow->next_frame) flow->pacing_left = frame_at(flow, flow->pacing_frame)->row.bytes;
    }
    reschedule(flow);
    return 1;
}

/* ---- receiver --------------------------------------------------------------------------------------------------- */

/* Its fate, NULL when the row of its frame has been taken: then all of the frame's packets were accounted for. */
static uint8_t *fate_of(const nenc_flow *flow, int64_t sequence)
{
    return sequence < flow->first_sequence ? NULL : nenc_rows_at(&flow->fates, (size_t)(sequence - flow->first_sequence));
}

static void receive(nenc_flow *flow, const nenc_packet *packet)
{
    uint8_t *fate = fate_of(flow, packet->sequence);
    if (!fate || *fate == FATE_RECEIVED) return;
    nenc_frame *frame = frame_at(flow, packet->frame);
    if (*fate != FATE_UNKNOWN) { /* a copy whose original was lost behind the fork */
        frame->row.lost--;
        if (*fate == FATE_DROPPED) flow->counters.dropped_packets--;
        else flow->counters.lost_packets--;
    }
    *fate = FATE_RECEIVED;
    flow->counters.received_packets++;
    flow->counters.received_bytes += packet->media_bytes;
    flow->counters.received_wire_bytes += packet->wire_bytes;
    flow->counters.last_wait_ns = packet->wait_ns;
    nenc_histogram_add(&flow->delays, packet->wait_ns);

    flow->fresh.received++;
    flow->fresh.media_bytes += packet->media_bytes;
    flow->fresh.marked += (packet->flags & NENC_PACKET_CE) != 0;
    if (flow->reported_until_ns < 0) {
        flow->reported_until_ns = packet->t_ns;
        flow->first_bytes = packet->media_bytes;
    }
    if (packet->sequence > flow->highest_sequence) flow->highest_sequence = packet->sequence;
    flow->newest_ns = packet->t_ns;
    flow->newest_sent_ns = packet->sent_ns;

    frame->received++;
    if (packet->t_ns > frame->row.received_ns) frame->row.received_ns = packet->t_ns;
}

/* A report is made when the receiver's time for it comes, and not in answer to a packet. */
static int deliver(nenc_source *source, const nenc_packet *packet, nenc_packet *answer)
{
    receive((nenc_flow *)source, packet);
    return 0;
}

static void lose(nenc_source *source, const nenc_packet *packet, int dropped)
{
    nenc_flow *flow = (nenc_flow *)source;
    if (packet->kind == NENC_PACKET_REPORT) {
        nenc_flow_lose_report(flow, packet);
        return;
    }
    uint8_t *fate = fate_of(flow, packet->sequence);
    /* A copy's loss tells nothing: its original went on before it. An original may be lost after its copy arrived. */
    if (!fate || *fate != FATE_UNKNOWN || (packet->flags & NENC_PACKET_COPY)) return;
    *fate = dropped ? FATE_DROPPED : FATE_LOST;
    if (dropped) flow->counters.dropped_packets++;
    else flow->counters.lost_packets++;
    frame_at(flow, packet->frame)->row.lost++;
}

/* ---- frames ----------------------------------------------------------------------------------------------------- */

/* The oldest frame goes, what the pacer still holds of it with it (only with `all`, at the end of a run). */
static void forget_frame(nenc_flow *flow)
{
    const nenc_frame *frame = nenc_rows_at(&flow->frames, 0);
    if (flow->pacing_frame == flow->first_frame) {
        flow->counters.backlog_bytes -= flow->pacing_left;
        flow->next_sequence += frame->row.packets - frame->released;
        if (++flow->pacing_frame < flow->next_frame) flow->pacing_left = frame_at(flow, flow->pacing_frame)->row.bytes;
    }
    flow->fates.head += frame->row.packets;
    flow->first_sequence += frame->row.packets;
    flow->frames.head++;
    flow->first_frame++;
}

int nenc_flow_take_frames(nenc_flow *flow, nenc_frame_row *rows, int max, int all)
{
    int taken = 0;
    while (taken < max && nenc_rows_count(&flow->frames)) {
        const nenc_frame *frame = nenc_rows_at(&flow->frames, 0);
        const uint32_t known = frame->received + frame->row.lost;
        if (known < frame->row.packets && !all) break;
        rows[taken] = frame->row;
        rows[taken++].pending = frame->row.packets - known;
        forget_frame(flow);
    }
    if (all) reschedule(flow);
    return taken;
}

static const nenc_source_ops media = {
    .kind = {.name = "media", .about = "Frames of a video encoder, through a pacer."},
    .size = sizeof(nenc_flow),
    .send = send,
    .deliver = deliver,
    .lose = lose,
};
