/* cross.h - unresponsive cross traffic: a source of packets of one size, steady or on and off.
 *
 * Responsive sources (TCP) will be a second kind of source beside this one: they too only say when their next packet comes. */
#ifndef NENC_NET_CROSS_H
#define NENC_NET_CROSS_H

#include "nenc/vnet.h"
#include "net/packet.h"
#include "net/rng.h"

typedef struct nenc_cross {
    nenc_cross_config config;
    int first_link; /* ids */
    int last_link;
    nenc_rng rng;
    int64_t next_ns; /* INT64_MAX: no more */
    double next_frac;
    int64_t on_until_ns;
} nenc_cross;

int nenc_cross_init(nenc_cross *cross, int id, uint64_t seed, const nenc_cross_config *config, int first_link, int last_link);
/* The packet of next_ns; moves next_ns on. */
void nenc_cross_send(nenc_cross *cross, nenc_packet *packet);

#endif
