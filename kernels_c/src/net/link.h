/* link.h - one hop: queue -> serialiser -> propagation -> loss -> jitter. */
#ifndef NENC_NET_LINK_H
#define NENC_NET_LINK_H

#include "nenc/vnet.h"
#include "net/impair.h"
#include "net/pipe.h"
#include "net/program.h"
#include "net/queue/queue.h"

/* A link hands packets on through this; the network behind it decides where to. */
typedef struct nenc_link nenc_link;
typedef enum nenc_fate { NENC_FATE_RECEIVED, NENC_FATE_DROPPED, NENC_FATE_LOST, NENC_FATE_COPY } nenc_fate;
typedef struct nenc_link_sink {
    void *self;
    int (*leave)(void *self, const nenc_link *link, const nenc_packet *packet);              /* passed on, at packet->t_ns */
    int (*perish)(void *self, const nenc_link *link, const nenc_packet *packet, nenc_fate fate); /* dropped or lost */
} nenc_link_sink;

typedef struct nenc_link_counts { /* since the last path row */
    uint32_t packets;
    uint32_t drops_queue;
    uint32_t drops_loss;
    uint32_t marked;
    uint32_t duplicated;
    int64_t last_wait_ns; /* of the newest packet to leave the queue, -1: none did */
} nenc_link_counts;

struct nenc_link {
    int id;
    nenc_link_config config; /* values that act as they stand; changes write them here */
    nenc_link_sink sink;
    nenc_pipe arrivals; /* from the link before, at the time they arrive here */
    nenc_queue *queue;

    /* The serialiser. Its packet's remaining bits are counted from service_ns + service_frac at the rate now. */
    double rate_bps; /* NENC_UNLIMITED: no serialiser */
    int serving;
    nenc_packet served; /* the one in service, when `serving`; the queue still counts it */
    double bits_left;
    int64_t service_ns;
    double service_frac;
    int64_t start_ns; /* when its service began */

    nenc_program program; /* when there is one, it sets the rate, or gives opportunities for `opportunity_bytes` each */
    double opportunity_bytes;

    nenc_loss_stage loss;
    nenc_jitter_stage jitter;
    nenc_rng duplicate_rng;
    int64_t ecn_threshold_ns; /* INT64_MAX: no marking */
    int64_t last_out_ns;      /* arrivals at the next stage never go back behind this, unless jitter reorders */

    double capacity_bits; /* offered since the last path row */
    int64_t capacity_ns;  /* reckoned up to here */
    nenc_link_counts counts;
};

int nenc_link_init(nenc_link *link, int id, uint64_t seed, const nenc_link_config *config, nenc_link_sink sink);
void nenc_link_free(nenc_link *link);

/* Departures up to and including now_ns; no arrival before now_ns may come after this call. */
int nenc_link_serve(nenc_link *link, int64_t now_ns);
/* A packet arrives at packet->t_ns (up to which the link has been served). Its copy here may be changed. */
int nenc_link_accept(nenc_link *link, nenc_packet *packet);
/* No packet leaves before this if nothing changes; INT64_MAX for an empty queue. */
int64_t nenc_link_next_departure(const nenc_link *link);

/* New values of its queue. */
int nenc_link_set_queue(nenc_link *link, int64_t now_ns, const nenc_queue_config *config);
int nenc_link_set_rate(nenc_link *link, int64_t now_ns, double rate_bps);
int nenc_link_set_program(nenc_link *link, int64_t now_ns, const int64_t *t_ns, const double *rate_bps, size_t count,
                          int64_t period_ns);
int nenc_link_set_opportunities(nenc_link *link, int64_t now_ns, const int64_t *t_ns, size_t count, int64_t period_ns,
                                int64_t start_ns, double bytes);
/* Fills the row for the period that ends at now_ns (served up to it) and begins the next. */
void nenc_link_path_row(nenc_link *link, int64_t now_ns, int64_t period_ns, nenc_path_row *row);

#endif
