/* sender_state.h - the state that the threads of one sender share. */
#ifndef NENC_LIVE_SENDER_STATE_H
#define NENC_LIVE_SENDER_STATE_H

#include "live/backlog.h"
#include "live/sender.h"
#include "live/telemetry.h"
#include "rtp/outbox.h"

#include <stdatomic.h>
#include <stdio.h>

typedef struct nenc_sender {
    const nenc_sender_config *config; /* the caller's configuration, with the open times filled in */
    nenc_sender_config own;
    nenc_rest *rest;
    nenc_telemetry *telemetry;
    nenc_live_counters *counters; /* counters of the telemetry */
    nenc_rtp_format format;
    FILE *save;
    int described; /* the SDP has been written */

    nenc_backlog backlog;

    pthread_mutex_t outbox_lock; /* the pacing thread adds, the feedback thread removes */
    nenc_outbox *outbox;

    AdaptiveEncoder *controller; /* NULL: the rate is fixed, or set by the control socket's peer */
    pthread_mutex_t state_lock;
    nenc_state state; /* the last decision when no controller runs here; state.ticks counts the decisions */

    pthread_mutex_t camera_lock; /* writers: the encode and steering threads */
    nenc_camera *camera;

    pthread_mutex_t event_lock; /* guards the ring of events */
    _Atomic int ended;    /* every thread must end */
    _Atomic int stopping; /* no more captures, but what was captured is still sent */
    _Atomic int captured; /* the last frame is in the backlog */
    int status; /* under event_lock: the first failure ... */
    char failure[400]; /* ... and why */
} nenc_sender;

/* Returns the decision in force. */
void nenc_sender_decision(nenc_sender *sender, nenc_state *state);
int nenc_sender_over(const nenc_sender *sender);
void nenc_sender_event(nenc_sender *sender, int64_t t_ns, const char *kind, const char *text);
/* Records a failure, of which the first counts, and tells every thread to end. */
void nenc_sender_fail(nenc_sender *sender, int status, const char *text);

/* Writes the SDP of a stream that begins with this access unit. Returns false when that fails, and the sender with it. */
bool nenc_sender_describe(nenc_sender *sender, const uint8_t *unit, size_t bytes);

void *nenc_sender_encode(void *sender);
void *nenc_sender_pace(void *sender);
void *nenc_sender_feedback(void *sender);
void *nenc_sender_steer(void *sender);

#endif
