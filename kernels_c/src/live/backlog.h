/* backlog.h - frames between the encoder and the pacer: one thread puts them in, another cuts them into packets. */
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
    int64_t ready_ns; /* not before this */
    int64_t left_bytes; /* of the unit, not yet sent */
    nenc_cutter cutter;
    uint8_t unit[]; /* the access unit; nothing for padding */
} nenc_waiting;

typedef struct nenc_backlog {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* on CLOCK_MONOTONIC */
    nenc_waiting *first;
    nenc_waiting *last;
    int64_t bytes; /* left of all of them */
    bool ended;    /* nothing more comes */
} nenc_backlog;

int nenc_backlog_init(nenc_backlog *backlog);
void nenc_backlog_free(nenc_backlog *backlog);

/* Takes it over and wakes the pacer. */
void nenc_backlog_put(nenc_backlog *backlog, nenc_waiting *frame);
/* Nothing more comes; wakes the pacer. */
void nenc_backlog_end(nenc_backlog *backlog);
/* The oldest, which stays where it is; NULL: there is none. */
nenc_waiting *nenc_backlog_first(nenc_backlog *backlog);
/* `bytes` of the oldest were sent; `whole`: its last, and it goes. Fragmentation headers may make them more than it has. */
void nenc_backlog_sent(nenc_backlog *backlog, int64_t bytes, bool whole);
int64_t nenc_backlog_bytes(nenc_backlog *backlog);
/* Until another frame comes while there is none, the end, or that time. */
void nenc_backlog_wait(nenc_backlog *backlog, int64_t until_ns);

#endif
