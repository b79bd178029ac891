/* backlog.h - the queue of frames between the encoder thread, which adds them, and the pacer, which cuts them into packets. */
#ifndef NENC_LIVE_BACKLOG_H
#define NENC_LIVE_BACKLOG_H

#include "rtp/cut.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct nenc_waiting {
    struct nenc_waiting *next;
    int64_t frame;
    int64_t capture_ns;
    int64_t ready_ns; /* earliest time to send it */
    int64_t left_bytes; /* bytes of the unit not yet sent */
    nenc_cutter cutter;
    uint8_t unit[]; /* the access unit; empty for padding */
} nenc_waiting;

typedef struct nenc_backlog {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* on CLOCK_MONOTONIC */
    nenc_waiting *first;
    nenc_waiting *last;
    int64_t bytes; /* bytes left of all frames */
    bool ended;    /* no more frames will come */
} nenc_backlog;

int nenc_backlog_init(nenc_backlog *backlog);
void nenc_backlog_free(nenc_backlog *backlog);

/* Takes ownership of the frame and wakes the pacer. */
void nenc_backlog_put(nenc_backlog *backlog, nenc_waiting *frame);
/* Marks the end of the frames and wakes the pacer. */
void nenc_backlog_end(nenc_backlog *backlog);
/* Returns the oldest frame without removing it; NULL when there is none. */
nenc_waiting *nenc_backlog_first(nenc_backlog *backlog);
/* Records that `bytes` of the oldest frame were sent, and removes it when `whole`. With fragmentation headers, `bytes` may
 * exceed what is left. */
void nenc_backlog_sent(nenc_backlog *backlog, int64_t bytes, bool whole);
int64_t nenc_backlog_bytes(nenc_backlog *backlog);
/* While the backlog is empty, waits for a frame, for the end, or until that time. */
void nenc_backlog_wait(nenc_backlog *backlog, int64_t until_ns);

#endif
