/* source.h - what a sender of packets is to the network: it says when it sends next, and may hear what became of its packets.
 *
 * A kind of source is a nenc_source_ops in a file of its own; kinds of cross traffic are also rows of table.c. Its state begins
 * with a nenc_source. A media flow (net/flow.h) is a source with a configuration and an interface of its own beside this one.
 *
 * An open-loop source leaves `deliver` and `lose` out. A closed-loop one (TCP) hears of each packet that arrives at the far end
 * and may answer it; the answer crosses the other direction, queues and losses included, and is delivered in turn. What it
 * hears may move next_ns, to the present at the earliest: a packet delivered now can be followed by another one now. */
#ifndef NENC_NET_SOURCE_SOURCE_H
#define NENC_NET_SOURCE_SOURCE_H

#include "nenc/vnet.h"
#include "net/packet.h"
#include "net/pipe.h"
#include "net/rng.h"

typedef struct nenc_source nenc_source;

typedef struct nenc_source_ops {
    nenc_cross_kind kind;
    size_t size; /* of the state, which is zeroed before `begin` */
    /* The configuration (each value legal by itself) is there: sets next_ns. 0, or NENC_EINVAL. */
    int (*begin)(nenc_source *source);
    /* next_ns has come: 1 and the packet, its t_ns and sent_ns the present; 0 for a timer that sends nothing. Moves next_ns on. */
    int (*send)(nenc_source *source, nenc_packet *packet);
    /* A packet, or an answer (packet->kind NENC_PACKET_ANSWER), arrived at packet->t_ns. 1 and the answer to it (wire_bytes,
     * sequence, frame and media_bytes are the source's to use), or 0. NULL: the source does not listen. */
    int (*deliver)(nenc_source *source, const nenc_packet *packet, nenc_packet *answer);
    /* A packet or answer was dropped by a queue, or lost. For the source's books: it does not move next_ns, as no sender learns
     * of a loss where it happens; a protocol infers it from answers and timers. NULL: the source does not listen. */
    void (*lose)(nenc_source *source, const nenc_packet *packet, int dropped);
    void (*release)(nenc_source *source); /* gives back what it has allocated; NULL: nothing */
} nenc_source_ops;

struct nenc_source {
    const nenc_source_ops *ops;
    int id;
    int first_link; /* ids */
    int last_link;
    int first_answer_link; /* of the other direction; -1: it has no links, answers arrive at once */
    int last_answer_link;
    int64_t next_ns;       /* when `send` is due; INT64_MAX: never, unless something is delivered */
    nenc_cross_config config;
    nenc_rng rng;
    nenc_pipe arrivals; /* at the far end */
    nenc_pipe answers;  /* back at the sender */
};

/* NENC_EINVAL unless kind, packet size, times and every parameter are legal. */
int nenc_source_check(const nenc_cross_config *config);
/* Cross traffic number `id`, which has a stream of random numbers of its own. NULL with *status when memory is short or the
 * configuration is not legal. */
nenc_source *nenc_source_create(const nenc_source_ops *ops, int id, uint64_t seed, const nenc_cross_config *config, int *status);
/* NULL is allowed. */
void nenc_source_destroy(nenc_source *source);

/* The row of a number, NULL behind the last one. */
const nenc_source_ops *nenc_source_ops_at(uint32_t kind);

/* ---- for the kinds ---------------------------------------------------------------------------------------------- */

/* A packet of config.wire_bytes at next_ns. */
static inline nenc_packet nenc_source_packet(const nenc_source *source)
{
    return (nenc_packet){
        .t_ns = source->next_ns,
        .sent_ns = source->next_ns,
        .flow = source->id,
        .wire_bytes = source->config.wire_bytes,
        .last_link = (int16_t)source->last_link,
        .kind = NENC_PACKET_CROSS,
    };
}

/* Moves next_ns on by what a packet takes at rate_bps; what is left of a nanosecond is carried in *frac. */
static inline void nenc_source_space(nenc_source *source, double rate_bps, double *frac)
{
    const double gap = 8e9 * source->config.wire_bytes / rate_bps + *frac;
    const int64_t whole = (int64_t)gap;
    source->next_ns += whole;
    *frac = gap - (double)whole;
}

#endif
