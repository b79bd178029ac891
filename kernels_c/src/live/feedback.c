/* feedback.c - the feedback thread: RFC 8888 packets to samples, samples to the controller. */
#include "core/clock.h"
#include "live/sender_state.h"
#include "live/udp.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { LOOK_MS = 50, MOST_BYTES = 65535 };

/* Passes the sample to the controller, in this process or at the control socket. */
static void deliver(nenc_sender *sender, const nenc_sample *sample)
{
    nenc_sample *record = nenc_telemetry_next(sender->telemetry, NENC_RING_SAMPLES);
    if (record) *record = *sample;
    nenc_telemetry_put(sender->telemetry, NENC_RING_SAMPLES);
    if (sender->controller) {
        nenc_record(sender->controller, sample);
        return;
    }
    if (!sender->config->steered) return;
    nenc_message message = {.kind = NENC_SAY_SAMPLE, .sample = *sample};
    if (send(sender->config->control, &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        sender->counters->feedback_ignored++; /* ignored here: nobody empties the socket, which the next tick reports */
}

static void take(nenc_sender *sender, const nenc_udp_received *packet, int64_t offset_ns)
{
    nenc_sample sample;
    const int64_t now_ns = nenc_now_ns();
    int64_t arrived_ns = packet->realtime_ns ? packet->realtime_ns + offset_ns : now_ns;
    if (arrived_ns > now_ns) arrived_ns = now_ns;
    pthread_mutex_lock(&sender->outbox_lock);
    const int said = nenc_outbox_feedback(sender->outbox, packet->data, packet->bytes, arrived_ns, &sample);
    pthread_mutex_unlock(&sender->outbox_lock);
    if (said == NENC_FEEDBACK_SAMPLE && !packet->truncated) {
        sender->counters->feedback++;
        deliver(sender, &sample);
    } else {
        sender->counters->feedback_ignored++;
    }
}

static void listen_for_reports(nenc_sender *sender, nenc_udp_batch *batch)
{
    struct pollfd ready = {.fd = sender->config->socket, .events = POLLIN};
    while (!atomic_load(&sender->ended)) {
        if (poll(&ready, 1, LOOK_MS) <= 0) continue;
        const int64_t offset_ns = nenc_udp_clock_offset_ns();
        const int count = nenc_udp_recv_batch(ready.fd, batch);
        if (count < 0 && errno != EINTR && errno != EAGAIN) {
            char text[100];
            snprintf(text, sizeof text, "receiving reports: %s", strerror(errno));
            nenc_sender_fail(sender, NENC_ESTATE, text);
            return;
        }
        for (int i = 0; i < count; i++) take(sender, &batch->packet[i], offset_ns);
    }
}

void *nenc_sender_feedback(void *argument)
{
    nenc_sender *sender = argument;
    nenc_udp_batch *batch = nenc_udp_batch_create(MOST_BYTES);
    if (!batch) {
        nenc_sender_fail(sender, NENC_ENOMEM, "out of memory for feedback");
        return NULL;
    }
    listen_for_reports(sender, batch);
    nenc_udp_batch_destroy(batch);
    return NULL;
}
