/* encode.c - the encode thread: a frame at each capture time, on absolute deadlines. */
#include "core/clock.h"
#include "live/sender_state.h"
#include "rtp/packet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How often a waiting thread checks whether it should stop. */
static const int64_t look_ns = 100000000;
/* Bound on the coded frames that wait for the pacer: at rate 0 they are never sent, and memory is finite. */
static const int64_t backlog_most = INT64_C(1) << 30;

static void tell(nenc_sender *sender)
{
    nenc_camera_event event;
    while (nenc_camera_event_take(sender->camera, &event) > 0)
        nenc_sender_event(sender, event.at_ns + sender->config->origin_ns, event.kind, event.text);
}

/* Copies the frame for the pacer, as the camera's frame is only valid until the next call. NULL: *status says why. */
static nenc_waiting *waiting(const nenc_sender *sender, const nenc_shot *shot, int *status)
{
    nenc_waiting *frame = malloc(sizeof *frame + (shot->data ? shot->bytes : 0));
    *status = NENC_ENOMEM;
    if (!frame) return NULL;
    if (shot->data) memcpy(frame->unit, shot->data, shot->bytes);
    const size_t most = sender->config->packet_bytes - NENC_RTP_HEADER_BYTES;
    *status = nenc_cut_begin(&frame->cutter, sender->format, shot->data ? frame->unit : NULL, shot->bytes, most);
    if (*status == 0) return frame;
    free(frame);
    return NULL;
}

/* Records a coded frame. Returns false when that is impossible; the sender then ends. */
static bool keep(nenc_sender *sender, const nenc_shot *shot)
{
    if (!shot->data) return true;
    if (sender->config->sdp && shot->key && !sender->described) {
        sender->described = 1;
        if (!nenc_sender_describe(sender, shot->data, shot->bytes)) return false;
    }
    if (!sender->save || fwrite(shot->data, 1, shot->bytes, sender->save) == shot->bytes) return true;
    char text[sizeof sender->failure];
    snprintf(text, sizeof text, "%s cannot be written: %s", sender->config->save, strerror(errno));
    nenc_sender_fail(sender, NENC_ERANGE, text);
    return false;
}

/* Returns false when the sender must end. */
static bool hand_over(nenc_sender *sender, const nenc_shot *shot, int64_t number, int64_t capture_ns, int64_t *sequence)
{
    if (shot->data && nenc_backlog_bytes(&sender->backlog) > backlog_most) {
        nenc_sender_fail(sender, NENC_ERANGE,
                         "more than 1 GiB is waiting for the pacer: the encoder exceeds the target rate by too much");
        return false;
    }
    if (!keep(sender, shot)) return false;
    int status;
    nenc_waiting *frame = waiting(sender, shot, &status);
    if (!frame) {
        nenc_sender_fail(sender, status,
                         status == NENC_ENOMEM ? "out of memory for a frame" : "the encoder returned a malformed access unit");
        return false;
    }
    const int64_t now_ns = nenc_now_ns();
    const size_t packets = nenc_cut_count(&frame->cutter);
    frame->frame = number;
    frame->capture_ns = capture_ns;
    frame->ready_ns = shot->data ? now_ns : capture_ns + shot->encode_ns; /* the model only computes its latency */
    frame->left_bytes = shot->bytes;
    nenc_captured_record *record = nenc_telemetry_next(sender->telemetry, NENC_RING_CAPTURED);
    if (record)
        *record = (nenc_captured_record){
            .frame = number,
            .capture_ns = capture_ns,
            .ready_ns = frame->ready_ns,
            .first_sequence = *sequence,
            .bytes = shot->bytes,
            .packets = (uint32_t)packets,
            .key = shot->key,
            .software = shot->software,
            .rung = shot->rung,
            .qp = (float)shot->qp,
            .psnr = (float)shot->psnr,
            .ssim = (float)shot->ssim,
        };
    nenc_telemetry_put(sender->telemetry, NENC_RING_CAPTURED);
    *sequence += (int64_t)packets;
    nenc_backlog_put(&sender->backlog, frame);
    return true;
}

/* True when no more frames are wanted. */
static bool enough(nenc_sender *sender) { return nenc_sender_over(sender) || atomic_load(&sender->stopping); }

/* Waits until that time. Returns false as soon as the sender is to end, however far away that time is. */
static bool await(nenc_sender *sender, int64_t due_ns)
{
    while (!enough(sender)) {
        const int64_t now_ns = nenc_now_ns();
        if (now_ns >= due_ns) return true;
        nenc_sleep_until(due_ns - now_ns > look_ns ? now_ns + look_ns : due_ns);
    }
    return false;
}

/* A sender whose controller is the peer of the control socket has no decision until the peer has answered once. */
static int first_decision(nenc_sender *sender, nenc_state *state)
{
    const int64_t patience_ns = 5000000000;
    const int64_t begun_ns = nenc_now_ns();
    for (;;) {
        nenc_sender_decision(sender, state);
        if (state->ticks || sender->controller) return 1;
        if (enough(sender)) return 0;
        if (nenc_now_ns() - begun_ns > patience_ns) {
            nenc_sender_fail(sender, NENC_ESTATE, "the controller on the other side of the socket does not answer");
            return 0;
        }
        nenc_sleep_until(nenc_now_ns() + 500000);
    }
}

static void film(nenc_sender *sender)
{
    const nenc_sender_config *config = sender->config;
    int64_t due_ns = config->start_ns, sequence = config->first_sequence;
    nenc_state state;
    if (!await(sender, due_ns) || !first_decision(sender, &state)) return;
    for (int64_t number = 0; due_ns < config->stop_ns && await(sender, due_ns); number++) {
        nenc_shot shot;
        nenc_sender_decision(sender, &state);
        pthread_mutex_lock(&sender->camera_lock);
        const int status = nenc_camera_shoot(sender->camera, due_ns - config->origin_ns, state.encode_bps, state.fps, state.rung,
                                             state.qp, &shot);
        tell(sender);
        if (status < 0) nenc_sender_fail(sender, status, nenc_camera_failure(sender->camera));
        pthread_mutex_unlock(&sender->camera_lock);
        if (status < 0) return;
        if (!hand_over(sender, &shot, number, due_ns, &sequence)) return;
        due_ns += shot.interval_ns;
        /* Skips captures when the encoder takes longer than a frame interval, so that it does not fall behind without limit. */
        for (const int64_t now_ns = nenc_now_ns(); due_ns + shot.interval_ns < now_ns; due_ns += shot.interval_ns)
            sender->counters->skipped++;
    }
}

void *nenc_sender_encode(void *argument)
{
    nenc_sender *sender = argument;
    film(sender);
    atomic_store(&sender->captured, 1);
    nenc_backlog_end(&sender->backlog);
    return NULL;
}
