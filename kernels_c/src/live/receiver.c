/* receiver.c - one thread that receives packets in batches, records them and sends the reports that are due. */
#include "live/receiver.h"

#include "core/clock.h"
#include "live/telemetry.h"
#include "live/udp.h"
#include "rtp/inbox.h"
#include "rtp/join.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

enum {
    PRIORITY = 8,
    MOST_BYTES = 2048,
    BELOW_UDP_BYTES = 42,
    FILE_BUFFER_BYTES = 1 << 22,
    FIXED_REPORT_BYTES = 20,
    MOST_BATCHES = 16
};
static const int64_t clock_every_ns = 1000000000, look_ns = 100000000;

static const uint32_t capacities[NENC_RINGS] = {
    [NENC_RING_EVENTS] = 1u << 8,
    [NENC_RING_ARRIVALS] = 1u << 16,
    [NENC_RING_REPORTS] = 1u << 12,
};

typedef struct receiver {
    const nenc_receiver_config *config;
    const nenc_receiver_wait *wait;
    nenc_telemetry *telemetry;
    nenc_live_counters *counters;
    nenc_inbox *inbox;
    nenc_joiner *joiner; /* NULL: the stream is not written */
    nenc_udp_batch *batch;
    FILE *out;
    int write_errno; /* the first error in writing */
    nenc_address sender; /* source address of the newest packet, to which reports go */
    int64_t highest;     /* extended sequence number */
    int64_t restarts;    /* the inbox's counters as last read */
    int64_t offset_ns;   /* offset from CLOCK_REALTIME to CLOCK_MONOTONIC ... */
    int64_t read_ns;     /* ... and when it was measured */
    int64_t newest_ns;
    int64_t report_due_ns;
    int silent; /* the control socket has turned reports off */
} receiver;

static void write_unit(void *context, const nenc_unit *unit)
{
    receiver *r = context;
    r->counters->frames++;
    r->counters->damaged += unit->damaged != 0;
    if (unit->bytes && !r->write_errno && fwrite(unit->data, 1, unit->bytes, r->out) != unit->bytes) r->write_errno = errno;
}

static nenc_verdict judge(receiver *r, const nenc_udp_received *got, int64_t received_ns, nenc_rtp *packet, int64_t *sequence)
{
    *sequence = -1;
    if (got->truncated || nenc_rtp_parse(got->data, got->bytes, packet)) return NENC_MALFORMED;
    switch (nenc_inbox_take(r->inbox, packet, received_ns, got->tos & NENC_ECN_MASK, sequence)) {
    case NENC_TAKEN_NEW: return NENC_ARRIVED;
    case NENC_TAKEN_LATE: return NENC_LATE;
    case NENC_TAKEN_DUPLICATE: return NENC_DUPLICATE;
    default: return NENC_FOREIGN;
    }
}

/* Earlier packets were not of this stream, so numbering begins anew. */
static void begin_anew(receiver *r)
{
    r->restarts = nenc_inbox_counted(r->inbox)->restarts;
    r->highest = -1;
    if (r->joiner) nenc_join_restart(r->joiner);
}

static void take(receiver *r, const nenc_udp_received *got, int64_t now_ns)
{
    nenc_live_counters *counters = r->counters;
    nenc_rtp packet = {0};
    int64_t sequence;
    const int64_t received_ns = got->realtime_ns ? got->realtime_ns + r->offset_ns : now_ns;
    const int64_t before = nenc_inbox_counted(r->inbox)->received;
    const nenc_verdict verdict = judge(r, got, received_ns, &packet, &sequence);
    nenc_arrival_record *record = nenc_telemetry_next(r->telemetry, NENC_RING_ARRIVALS);
    if (record)
        *record = (nenc_arrival_record){
            .sequence = sequence,
            .received_ns = received_ns,
            .media_bytes = (uint32_t)packet.bytes,
            .wire_bytes = (uint16_t)(got->bytes + BELOW_UDP_BYTES),
            .ecn = got->tos & NENC_ECN_MASK,
            .verdict = (uint8_t)verdict,
        };
    nenc_telemetry_put(r->telemetry, NENC_RING_ARRIVALS);
    counters->malformed += verdict == NENC_MALFORMED;
    counters->foreign += verdict == NENC_FOREIGN;
    counters->duplicates += verdict == NENC_DUPLICATE;
    counters->late += verdict == NENC_LATE;
    if (verdict != NENC_ARRIVED && verdict != NENC_LATE) return;
    if (verdict == NENC_LATE && nenc_inbox_counted(r->inbox)->received == before) return; /* too old to be told from a replay */
    counters->packets++;
    counters->bytes += got->bytes;
    if (verdict == NENC_ARRIVED) r->sender = got->from; /* a late packet may be a replay, and must not change where reports go */
    r->newest_ns = now_ns;
    if (nenc_inbox_counted(r->inbox)->restarts != r->restarts) begin_anew(r);
    if (sequence > r->highest) r->highest = sequence;
    if (r->joiner) nenc_join_take(r->joiner, &packet, sequence, received_ns);
}

static void report(receiver *r, int64_t now_ns)
{
    uint8_t data[NENC_REPORT_BYTES];
    size_t bytes;
    while ((bytes = nenc_inbox_report(r->inbox, now_ns, data, sizeof data)) > 0) {
        if (r->silent) continue;
        const nenc_udp_packet packet = {.head = data, .head_bytes = (uint32_t)bytes, .to = &r->sender};
        nenc_udp_sent sent = {0};
        nenc_udp_send_batch(r->config->socket, &packet, 1, &sent);
        nenc_report_record *record = nenc_telemetry_next(r->telemetry, NENC_RING_REPORTS);
        if (record)
            *record = (nenc_report_record){
                .sent_ns = now_ns,
                .highest = r->highest,
                .wire_bytes = (uint32_t)bytes + BELOW_UDP_BYTES,
                .packets = (uint32_t)(bytes - FIXED_REPORT_BYTES) / 2,
            };
        nenc_telemetry_put(r->telemetry, NENC_RING_REPORTS);
        r->counters->feedback++;
    }
}

/* Returns false when the control socket has closed. */
static int hear(receiver *r)
{
    nenc_message message;
    for (;;) {
        const ssize_t bytes = recv(r->config->control, &message, sizeof message, MSG_DONTWAIT);
        if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return 1;
        if (bytes <= 0) return 0;
        if (bytes != (ssize_t)sizeof message) continue;
        if (message.kind == NENC_SAY_STOP) return 0;
        if (message.kind == NENC_SAY_REPORT) r->silent = !message.on;
    }
}

static int wait_for(receiver *r, int64_t until_ns)
{
    struct pollfd ready[2] = {{.fd = r->config->socket, .events = POLLIN}, {.fd = r->config->control, .events = POLLIN}};
    if (r->wait->poll(ready, r->config->control >= 0 ? 2 : 1, until_ns) <= 0) return 1;
    return !ready[1].revents || hear(r);
}

static void receive(receiver *r)
{
    const nenc_receiver_config *config = r->config;
    for (;;) {
        int64_t now_ns = nenc_now_ns();
        int64_t until_ns = now_ns + look_ns;
        if (config->report_ns && r->report_due_ns < until_ns) until_ns = r->report_due_ns;
        if (!wait_for(r, until_ns) || r->wait->asked()) return;
        now_ns = nenc_now_ns();
        if (now_ns - r->read_ns > clock_every_ns) {
            r->offset_ns = nenc_udp_clock_offset_ns();
            r->read_ns = now_ns;
        }
        int count = NENC_UDP_BATCH; /* bounded, so that a flood delays neither reports nor the signal to end */
        for (int batches = 0; count == NENC_UDP_BATCH && batches < MOST_BATCHES; batches++) {
            count = nenc_udp_recv_batch(config->socket, r->batch);
            for (int i = 0; i < count; i++) take(r, &r->batch->packet[i], now_ns);
        }
        r->counters->overflow = r->batch->overflowed;
        if (r->joiner) nenc_join_advance(r->joiner, now_ns);
        if (config->report_ns && now_ns >= r->report_due_ns) {
            nenc_telemetry_late(r->counters->wakeups, &r->counters->wakeup_max_ns, now_ns - r->report_due_ns);
            report(r, nenc_now_ns()); /* only after the packets on which it reports */
            r->report_due_ns += (1 + (now_ns - r->report_due_ns) / config->report_ns) * config->report_ns;
        }
        if (config->idle_ns && r->newest_ns && now_ns - r->newest_ns > config->idle_ns) return;
        if (count > 0) r->wait->poll(NULL, 0, now_ns + config->quantum_ns);
    }
}

static int say(char *text, size_t size, int status, const char *what, const char *why)
{
    if (size) snprintf(text, size, "%s%s%s", what, *why ? ": " : "", why);
    return status;
}

static int open_all(receiver *r, char *text, size_t size)
{
    const nenc_receiver_config *config = r->config;
    const int error = nenc_telemetry_open(config->telemetry, capacities, config->origin_ns, &r->telemetry);
    if (error) return say(text, size, NENC_ESTATE, config->telemetry ? config->telemetry : "telemetry", strerror(-error));
    r->counters = &r->telemetry->counters;
    const nenc_inbox_config inbox = {
        .own_ssrc = config->own_ssrc,
        .ssrc = config->ssrc,
        .payload_type = config->payload_type,
        .first_sequence = config->first_sequence,
    };
    r->inbox = nenc_inbox_create(&inbox);
    r->batch = nenc_udp_batch_create(MOST_BYTES);
    if (!r->inbox || !r->batch) return say(text, size, NENC_ENOMEM, "no memory", "");
    if (!config->out) return 0;
    r->out = fopen(config->out, "wb");
    if (!r->out) return say(text, size, NENC_EINVAL, config->out, strerror(errno));
    setvbuf(r->out, NULL, _IOFBF, FILE_BUFFER_BYTES);
    const nenc_join_config join = {.format = config->format,
                                   .first_known = config->first_sequence >= 0,
                                   .first_sequence = config->first_sequence,
                                   .taker = write_unit,
                                   .context = r};
    r->joiner = nenc_joiner_create(&join);
    return r->joiner ? 0 : say(text, size, NENC_ENOMEM, "no memory", "");
}

static int close_all(receiver *r, char *text, size_t size)
{
    int status = 0;
    if (r->joiner) nenc_join_flush(r->joiner);
    nenc_joiner_destroy(r->joiner);
    nenc_inbox_destroy(r->inbox);
    nenc_udp_batch_destroy(r->batch);
    if (r->out && fclose(r->out) && !r->write_errno) r->write_errno = errno;
    if (r->write_errno) status = say(text, size, NENC_ERANGE, r->config->out, strerror(r->write_errno));
    return status;
}

int nenc_receiver_run(const nenc_receiver_config *config, const nenc_receiver_wait *wait, nenc_live_counters *counted, char *text,
                      size_t size)
{
    receiver r = {.config = config, .wait = wait, .highest = -1, .report_due_ns = config->report_from_ns + config->report_ns};
    int status = open_all(&r, text, size);
    if (status == 0) {
        prctl(PR_SET_TIMERSLACK, 1);
        if (!config->ordinary) sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){PRIORITY}); /* where allowed */
        r.offset_ns = nenc_udp_clock_offset_ns();
        r.read_ns = nenc_now_ns();
        __atomic_store_n(&r.telemetry->ready, 1, __ATOMIC_RELEASE);
        receive(&r);
    }
    const int closed = close_all(&r, text, size);
    if (r.telemetry) *counted = *r.counters;
    nenc_telemetry_close(r.telemetry);
    return status < 0 ? status : closed;
}
