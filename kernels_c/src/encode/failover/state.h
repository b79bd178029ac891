/* state.h - what a fail-over keeps between pictures, and the steps that its files share. */
#ifndef NENC_ENCODE_FAILOVER_STATE_H
#define NENC_ENCODE_FAILOVER_STATE_H

#include "encode/failover/events.h"
#include "encode/failover/protocol.h"
#include "encode/failover/remote.h"
#include "encode/table.h"

typedef enum failover_mode { PRIMARY, SOFTWARE } failover_mode;

struct nenc_failover {
    nenc_failover_config config;
    char *host;
    nenc_pool *pool;
    uint32_t next; /* picture of the pool */
    failover_mode mode;
    nenc_remote *remote;  /* isolated primary, or its probe */
    nenc_remote *leaving; /* processes that were told to end */
    nenc_encoder *local;  /* primary in this process */
    nenc_encoder *software;
    int probing;          /* a probe's answer is awaited */
    int64_t probe_at_ns;  /* capture time */
    int64_t pts_ns;       /* of the last picture */
    int64_t backoff_ns;
    uint32_t fault;
    int key;     /* the next picture becomes one */
    int input;   /* nenc_input_path seen last, -1: none yet */
    uint64_t count;
    nenc_failover_counts counts;
    nenc_failover_events events;
    nenc_failure failure;
    char about[NENC_REMOTE_TEXT];
};

/* ---- primary.c ---- */
void nenc_failover_drop_primary(nenc_failover *self);
/* Begins to open it: the answer of one that is isolated is still to come. */
int nenc_failover_begin_primary(nenc_failover *self, nenc_failure *failure);
/* NENC_ESTATE: it has not answered yet. */
int nenc_failover_end_primary(nenc_failover *self, int64_t timeout_ns, nenc_failure *failure);
int nenc_failover_open_primary(nenc_failover *self, nenc_failure *failure);
int nenc_failover_encode_primary(nenc_failover *self, const nenc_frame *frame, int key, nenc_coded *coded, nenc_failure *failure);
int nenc_failover_encode_local(nenc_encoder *encoder, const nenc_encoder_config *config, const nenc_frame *frame, int key,
                               int keeps_rate, nenc_coded *coded, nenc_failure *failure);

/* ---- failover.c ---- */
/* Software takes over, and says why. */
void nenc_failover_primary_failed(nenc_failover *self, int64_t pts_ns, int status, const nenc_failure *why);
int nenc_failover_open_software(nenc_failover *self, const nenc_encoder_config *config, nenc_encoder **software);

#endif
