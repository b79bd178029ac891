/* queue.h - what a queue is to a link: packets go in, the serialiser takes them out, and some of them are dropped.
 *
 * A kind of queue is a nenc_queue_ops in a file of its own and a row of table.c. Its state begins with a nenc_queue. Times come
 * as arguments and never go back; chance comes from the queue's own stream.
 *
 *   enqueue   a packet arrives at packet->t_ns; the queue keeps it or drops it, and may drop others (the head, the fattest flow)
 *   dequeue   the serialiser is free: the next packet to serve; the queue may drop others before it, and may mark it
 *   wake      the time that the queue has set as wake_ns has come (PIE's t_update, a shaper's next token)
 */
#ifndef NENC_NET_QUEUE_QUEUE_H
#define NENC_NET_QUEUE_QUEUE_H

#include "nenc/vnet.h"
#include "net/packet.h"
#include "net/rng.h"

typedef struct nenc_queue nenc_queue;

typedef struct nenc_queue_ops {
    nenc_queue_kind kind;
    size_t size; /* of the state, which is zeroed before `configured` sees it for the first time */
    /* Nonzero: the queue passes a packet that finds no other before it, so that a link without a serialiser need not ask. */
    int passes_alone;
    /* The limit, the parameters or the link's rate have new values (which are legal). NULL: nothing follows from them. */
    void (*configured)(nenc_queue *queue, int64_t now_ns);
    /* 0, or NENC_ENOMEM. A packet that is kept is counted with nenc_queue_keep; the others are dropped with nenc_queue_drop,
     * or, if they were kept before, with nenc_queue_discard. */
    int (*enqueue)(nenc_queue *queue, const nenc_packet *packet);
    /* 1 and the packet, which stays counted until the link has served it; 0 when none may go before wake_ns; or a negative
     * status. Called only when a packet is held and none is in service. */
    int (*dequeue)(nenc_queue *queue, int64_t now_ns, nenc_packet *packet);
    /* When the packet that has waited longest arrived. Called as `dequeue` is. */
    int64_t (*oldest)(const nenc_queue *queue);
    /* Sets wake_ns to a later time. NULL: the queue never asks for it. */
    void (*wake)(nenc_queue *queue, int64_t now_ns);
    void (*release)(nenc_queue *queue); /* gives back what it has allocated */
} nenc_queue_ops;

/* Where a dropped packet goes. */
typedef struct nenc_queue_sink {
    void *self;
    int (*drop)(void *self, const nenc_packet *packet); /* 0 or a negative status */
} nenc_queue_sink;

struct nenc_queue {
    const nenc_queue_ops *ops;
    nenc_queue_sink sink;
    int64_t bytes; /* held, the packet in service included */
    int64_t packets;
    int64_t limit_bytes; /* at the rate now; INT64_MAX: none */
    int64_t limit_packets;
    int64_t wake_ns; /* INT64_MAX: never */
    double rate_bps; /* the link's last rate that was not 0, or NENC_UNLIMITED */
    double limit_rate_bps; /* > 0: the rate by which a limit in ns is computed, instead of rate_bps */
    uint32_t marked; /* packets, since the link last read it */
    nenc_queue_config config;
    nenc_rng rng;
};

/* NENC_EINVAL unless kind, unit, limit and every parameter are legal. */
int nenc_queue_check(const nenc_queue_config *config);
/* An empty queue of this (legal) configuration at time 0, NULL when memory is short. `stream` is its stream of random numbers;
 * limit_rate_bps as in the struct. */
nenc_queue *nenc_queue_create(const nenc_queue_ops *ops, const nenc_queue_config *config, uint64_t seed, uint64_t stream,
                              double limit_rate_bps, nenc_queue_sink sink);
/* With the packets in it. NULL is allowed. */
void nenc_queue_destroy(nenc_queue *queue);
/* New values, of the same kind; what is held stays. NENC_EINVAL changes nothing. */
int nenc_queue_configure(nenc_queue *queue, int64_t now_ns, const nenc_queue_config *config);
/* The link's rate from now on; 0 changes nothing. */
void nenc_queue_set_rate(nenc_queue *queue, int64_t now_ns, double rate_bps);

/* The row of a (legal) number. */
const nenc_queue_ops *nenc_queue_ops_at(uint32_t kind);

/* ---- for the kinds ---------------------------------------------------------------------------------------------- */

/* Whether a packet of this size exceeds the limit. Whatever the limit, one packet is held. */
static inline int nenc_queue_is_full(const nenc_queue *queue, uint32_t wire_bytes)
{
    if (!queue->packets) return 0;
    return queue->packets >= queue->limit_packets || queue->bytes + wire_bytes > queue->limit_bytes;
}

static inline void nenc_queue_keep(nenc_queue *queue, const nenc_packet *packet)
{
    queue->bytes += packet->wire_bytes;
    queue->packets++;
}

/* A packet that was never kept. */
static inline int nenc_queue_drop(nenc_queue *queue, const nenc_packet *packet)
{
    return queue->sink.drop(queue->sink.self, packet);
}

/* A packet is held no longer: the link has served it. */
static inline void nenc_queue_leave(nenc_queue *queue, const nenc_packet *packet)
{
    queue->bytes -= packet->wire_bytes;
    queue->packets--;
}

/* A packet that was kept. */
static inline int nenc_queue_discard(nenc_queue *queue, const nenc_packet *packet)
{
    nenc_queue_leave(queue, packet);
    return nenc_queue_drop(queue, packet);
}

/* 1: the packet is ECN-capable and now marked CE. 0: it is not, and has to be dropped instead (RFC 3168 section 5). */
static inline int nenc_queue_mark(nenc_queue *queue, nenc_packet *packet)
{
    if (!(packet->flags & NENC_PACKET_ECT)) return 0;
    packet->flags |= NENC_PACKET_CE;
    queue->marked++;
    return 1;
}

#endif
