/* sender_state.h - what the threads of one sender share. */
#ifndef NENC_LIVE_SENDER_STATE_H
#define NENC_LIVE_SENDER_STATE_H

#include "live/backlog.h"
#include "live/sender.h"
#include "live/telemetry.h"
#include "rtp/outbox.h"

#include <stdatomic.h>
#include <stdio.h>

typedef struct nenc_sender {
    const nenc_sender_config *config; /* the caller's, with the times that were left open */
    nenc_sender_config own;
    nenc_rest *rest;
    nenc_telemetry *telemetry;
    nenc_live_counters *counters; /* of the telemetry */
    nenc_rtp_format format;
    FILE *save;
    int described; /* the SDP is written */

    nenc_backlog backlog;

    pthread_mutex_t outbox_lock; /* pace puts in, feedback takes out */
    nenc_outbox *outbox;

    AdaptiveEncoder *controller; /* NULL: steered, or fixed */
    pthread_mutex_t state_lock;
    nenc_state state; /* without a controller here: the last decision; state.ticks counts them */

    pthread_mutex_t camera_lock; /* encode and steer */
    nenc_camera *camera;

    pthread_mutex_t event_lock; /* of the ring of events */
    _Atomic int ended;    /* every thread is to end */
    _Atomic int stopping; /* no more captures; what there is goes out */
    _Atomic int captured; /* the last frame is in the backlog */
    int status; /* under event_lock: the first failure ... */
    char failure[400]; /* ... and why */
} nenc_sender;

/* The decision that holds now. */
void nenc_sender_decision(nenc_sender *sender, nenc_state *state);
int nenc_sender_over(const nenc_sender *sender);
void nenc_sender_event(nenc_sender *sender, int64_t t_ns, const char *kind, const char *text);
/* The first failure counts; every thread is told to end. */
void nenc_sender_fail(nenc_sender *sender, int status, const char *text);

/* Writes the SDP of a stream that begins with this access unit. False: it cannot, and the sender fails. */
bool nenc_sender_describe(nenc_sender *sender, const uint8_t *unit, size_t bytes);

void *nenc_sender_encode(void *sender);
void *nenc_sender_pace(void *sender);
void *nenc_sender_feedback(void *sender);
void *nenc_sender_steer(void *sender);

#endif
