/* pace.c - the pacing thread: cuts frames into RTP packets and sends them at the pace of a token bucket. */
#include "core/clock.h"
#include "live/sender_state.h"
#include "live/udp.h"
#include "net/bucket.h"
#include "rtp/packet.h"
#include "rtp/sdp.h"

#include <stdlib.h>
#include <sys/prctl.h>

enum { MOST_BYTES = 1500 };

/* How often new decisions are picked up while no frame waits. */
static const int64_t idle_ns = 4000000;
/* A pacer that was delayed catches up on no more than this, beyond the burst that is allowed anyway. */
static const int64_t catch_up_ns = 5000000;

typedef struct pacer {
    nenc_sender *sender;
    nenc_bucket bucket;
    nenc_udp_packet batch[NENC_UDP_BATCH];
    nenc_sent_record records[NENC_UDP_BATCH];
    size_t count; /* packets in the batch */
    nenc_udp_sent sent;
    uint8_t data[NENC_UDP_BATCH][MOST_BYTES];
    int64_t sequence;
    int64_t sent_bytes;
    int64_t sent_packets;
    uint64_t ticks; /* number of the last decision picked up */
} pacer;

static void record_tick(pacer *p, const nenc_state *state)
{
    nenc_telemetry *telemetry = p->sender->telemetry;
    nenc_tick_record *record = nenc_telemetry_next(telemetry, NENC_RING_TICKS);
    if (record)
        *record = (nenc_tick_record){
            .state = *state,
            .backlog_bytes = nenc_backlog_bytes(&p->sender->backlog),
            .sent_bytes = p->sent_bytes,
            .sent_packets = p->sent_packets,
        };
    nenc_telemetry_put(telemetry, NENC_RING_TICKS);
}

static int64_t next_send(const pacer *p, const nenc_waiting *frame)
{
    return frame ? nenc_bucket_next(&p->bucket, frame->ready_ns) : INT64_MAX;
}

/* A new pace holds from the time at which the next packet was due: packets that are late by then are still due at the old
 * pace. */
static void take_decision(pacer *p, int64_t now_ns)
{
    nenc_state state;
    nenc_sender_decision(p->sender, &state);
    if (state.ticks == p->ticks) return;
    p->ticks = state.ticks;
    int64_t from_ns = next_send(p, nenc_backlog_first(&p->sender->backlog));
    if (from_ns > now_ns) from_ns = now_ns;
    if (from_ns < now_ns - catch_up_ns) from_ns = now_ns - catch_up_ns;
    nenc_bucket_set_pace(&p->bucket, from_ns, state.encode_bps * p->sender->config->pacer_factor);
    record_tick(p, &state);
}

static uint32_t rtp_time(const nenc_waiting *frame)
{
    return (uint32_t)(frame->capture_ns / 100000 * (NENC_RTP_CLOCK_HZ / 10000));
}

/* Puts the frame's next packet into the batch. Returns its media bytes; *last tells whether it is the frame's last. */
static size_t write_packet(pacer *p, nenc_waiting *frame, int64_t sequence, bool *last)
{
    const nenc_sender_config *config = p->sender->config;
    uint8_t *data = p->data[p->count];
    size_t bytes = 0;
    int end = 1;
    nenc_cut_next(&frame->cutter, data + NENC_RTP_HEADER_BYTES, &bytes, &end);
    const nenc_rtp header = {
        .payload_type = (uint8_t)config->payload_type,
        .marker = (uint8_t)end,
        .sequence = (uint16_t)sequence,
        .timestamp = rtp_time(frame),
        .ssrc = config->ssrc,
    };
    nenc_rtp_write(data, &header);
    p->batch[p->count] = (nenc_udp_packet){.head = data, .head_bytes = (uint32_t)(NENC_RTP_HEADER_BYTES + bytes)};
    *last = end;
    return bytes;
}

/* Batches everything that is due by now, up to what one system call takes. */
static void fill(pacer *p, int64_t now_ns)
{
    for (p->count = 0; p->count < NENC_UDP_BATCH; p->count++) {
        nenc_waiting *frame = nenc_backlog_first(&p->sender->backlog);
        const int64_t due_ns = next_send(p, frame);
        if (due_ns > now_ns) return;
        const int64_t sequence = p->sequence++, number = frame->frame;
        bool last;
        const size_t bytes = write_packet(p, frame, sequence, &last);
        nenc_bucket_take(&p->bucket, due_ns < now_ns - catch_up_ns ? now_ns - catch_up_ns : due_ns, (uint32_t)bytes);
        p->records[p->count] = (nenc_sent_record){
            .sequence = sequence,
            .due_ns = due_ns,
            .frame = number,
            .media_bytes = (uint32_t)bytes,
        };
        nenc_backlog_sent(&p->sender->backlog, (int64_t)bytes, last);
        p->sender->counters->frames += last;
    }
}

static void record_sent(pacer *p, const nenc_sent_record *sent)
{
    nenc_live_counters *counters = p->sender->counters;
    nenc_sent_record *record = nenc_telemetry_next(p->sender->telemetry, NENC_RING_SENT);
    if (record) *record = *sent;
    nenc_telemetry_put(p->sender->telemetry, NENC_RING_SENT);
    nenc_telemetry_late(counters->pacing, &counters->pacing_max_ns, sent->sent_ns - sent->due_ns);
    p->sent_bytes += sent->media_bytes;
    p->sent_packets++;
    counters->packets++;
    counters->bytes += sent->media_bytes + NENC_RTP_HEADER_BYTES;
}

/* Packets that do not fit into a full socket buffer are dropped and counted, as a full queue on the path would drop them. */
static void send_batch(pacer *p)
{
    nenc_sender *sender = p->sender;
    const int64_t sent_ns = nenc_now_ns();
    pthread_mutex_lock(&sender->outbox_lock); /* recorded before the packets are sent, because a report may arrive at once */
    for (size_t i = 0; i < p->count; i++)
        nenc_outbox_sent(sender->outbox, p->records[i].sequence, sent_ns, p->records[i].media_bytes);
    pthread_mutex_unlock(&sender->outbox_lock);
    const uint64_t before = p->sent.packets;
    const size_t done = nenc_udp_send_batch(sender->config->socket, p->batch, p->count, &p->sent);
    for (size_t i = 0; i < p->count; i++) {
        p->records[i].sent_ns = sent_ns;
        p->records[i].refused = i >= done;
        record_sent(p, &p->records[i]);
    }
    sender->counters->refused += p->count - (p->sent.packets - before);
}

static void pace(pacer *p)
{
    nenc_sender *sender = p->sender;
    int64_t wake_ns = nenc_now_ns();
    while (!atomic_load(&sender->ended)) {
        const int64_t now_ns = nenc_now_ns();
        if (now_ns > wake_ns) nenc_telemetry_late(sender->counters->wakeups, &sender->counters->wakeup_max_ns, now_ns - wake_ns);
        take_decision(p, now_ns);
        fill(p, now_ns);
        if (p->count) send_batch(p);
        const int captured = atomic_load(&sender->captured); /* read first: the last frame may arrive between the two checks */
        const nenc_waiting *frame = nenc_backlog_first(&sender->backlog);
        if (!frame && captured) return;
        const int64_t next_ns = next_send(p, frame);
        if (!frame) {
            nenc_backlog_wait(&sender->backlog, now_ns + idle_ns);
            wake_ns = nenc_now_ns(); /* a wake-up by a frame or by the idle time-out is not late */
            continue;
        }
        if (next_ns <= now_ns && p->count == NENC_UDP_BATCH) {
            wake_ns = INT64_MAX; /* it has not slept, so no lateness is recorded */
            continue;
        }
        wake_ns = next_ns > now_ns + sender->config->quantum_ns ? next_ns : now_ns + sender->config->quantum_ns;
        if (wake_ns > now_ns + idle_ns) wake_ns = now_ns + idle_ns;
        nenc_sleep_until(wake_ns);
    }
}

void *nenc_sender_pace(void *argument)
{
    nenc_sender *sender = argument;
    const nenc_sender_config *config = sender->config;
    pacer *p = calloc(1, sizeof *p);
    if (!p) {
        nenc_sender_fail(sender, NENC_ENOMEM, "out of memory for the pacer");
        return NULL;
    }
    p->sender = sender;
    p->bucket.burst_ns = config->pacer_burst_ns;
    p->sequence = config->first_sequence;
    prctl(PR_SET_TIMERSLACK, 1);
    nenc_bucket_set_pace(&p->bucket, nenc_now_ns(), config->controller->rate_start_bps * config->pacer_factor);
    pace(p);
    free(p);
    return NULL;
}
