/* impair.h - what a radio does to a packet once it is out of the queue: loss, jitter, duplication, a stream each. */
#ifndef NENC_NET_IMPAIR_H
#define NENC_NET_IMPAIR_H

#include "nenc/vnet.h"
#include "net/rng.h"

typedef struct nenc_loss_stage {
    nenc_loss model;
    nenc_rng rng;
    int bad; /* Gilbert-Elliott: the state the next packet meets */
} nenc_loss_stage;

typedef struct nenc_jitter_stage {
    uint32_t kind;
    int64_t std_ns;
    int64_t max_ns;
    nenc_rng rng;
} nenc_jitter_stage;

/* 1: this packet is lost. Two draws per packet whatever the model, so that changing it in mid-run shifts nothing. */
int nenc_loss_draw(nenc_loss_stage *stage);
/* Delay of this packet: |N(0, std^2)| truncated at max (RFC 8868 section 4.5.3); one draw per packet whatever the kind. */
int64_t nenc_jitter_draw(nenc_jitter_stage *stage);

int nenc_loss_check(const nenc_loss *loss);
int nenc_jitter_check(uint32_t kind, int64_t std_ns, int64_t max_ns);

#endif
