/* join.h - RTP payloads back into access units, whatever was lost, copied or out of order on the way.
 *
 * Units come out as Annex B. A start code has four bytes where Annex B asks for that (parameter sets, the first NAL unit of an
 * access unit) and three elsewhere, which is what x264 and x265 write: their streams come out byte for byte when nothing was
 * lost. Other encoders' streams come out with the same NAL units.
 * Of a damaged unit the NAL units that are whole come out; one that was torn is dropped. Padding comes out as it came.
 * A unit ends with the packet that has the marker, or before one with another timestamp. Packets without payload are stepped
 * over.
 */
#ifndef NENC_RTP_JOIN_H
#define NENC_RTP_JOIN_H

#include "rtp/cut.h"
#include "rtp/packet.h"

typedef struct nenc_joiner nenc_joiner;

typedef struct nenc_unit {
    const uint8_t *data; /* valid during the call; bytes may be 0 when it is damaged */
    size_t bytes;
    uint32_t timestamp;
    int damaged;            /* something in it was lost, or may have been (lost_before), or was not legal */
    int64_t first_sequence; /* its packets that came, extended numbers */
    int64_t last_sequence;
    int64_t packets;
    int64_t lost;        /* missing for sure: between its packets, or its last one */
    int64_t lost_before; /* missing right before it: its own first ones, or units of which nothing came */
    int64_t recv_ns;     /* when its last packet came, as given */
} nenc_unit;

typedef void nenc_unit_taker(void *context, const nenc_unit *unit);

typedef struct nenc_join_config {
    nenc_rtp_format format;
    uint32_t window;       /* packets a packet may be ahead of a missing one; a power of two from 2 to 32768, 0: 1024 */
    uint32_t most_payload; /* bytes; a longer one counts as illegal; 0: 2048 */
    size_t most_unit;      /* bytes; a longer unit is counted and dropped; 0: 16 MiB */
    int first_known;       /* 1: first_sequence is the first number sent; 0: the first one that comes is taken for it */
    int64_t first_sequence;
    int64_t patience_ns;   /* how long a missing packet is waited for once a later one is there; 0: 100 ms */
    nenc_unit_taker *taker;
    void *context;
} nenc_join_config;

typedef struct nenc_join_counts {
    int64_t packets;   /* used, and their payloads' bytes */
    int64_t bytes;
    int64_t repeated;  /* had already, or behind what was handed out */
    int64_t lost;      /* given up */
    int64_t illegal;   /* payloads that the format does not allow */
    int64_t torn;      /* NAL units of which fragments were missing */
    int64_t units;     /* handed out */
    int64_t damaged;   /* of them */
    int64_t oversized; /* units dropped: longer than most_unit, or no memory */
} nenc_join_counts;

/* NULL: no memory, or a config that is not legal. Memory: window * most_payload, and up to most_unit. */
nenc_joiner *nenc_joiner_create(const nenc_join_config *config);
void nenc_joiner_destroy(nenc_joiner *joiner);

/* A packet with its extended sequence number (nenc_inbox_take; NEW and LATE), in any order. Calls the taker for each unit that it
 * completes. The payload is not needed afterwards. */
void nenc_join_take(nenc_joiner *joiner, const nenc_rtp *packet, int64_t sequence, int64_t recv_ns);

/* Another stream from here on, with numbers of its own: hands out what is there of the one before, as nenc_join_flush does. */
void nenc_join_restart(nenc_joiner *joiner);

/* Gives up what has been waited for long enough. */
void nenc_join_advance(nenc_joiner *joiner, int64_t now_ns);

/* The end of the stream: everything comes out. */
void nenc_join_flush(nenc_joiner *joiner);

const nenc_join_counts *nenc_join_counted(const nenc_joiner *joiner);

#endif
