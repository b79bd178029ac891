/* cross.h - options of `nenc cross`, and its two kinds of source. */
#ifndef NENC_TOOLS_CROSS_H
#define NENC_TOOLS_CROSS_H

#include "live/address.h"

#include <stdint.h>

typedef struct cross_options {
    nenc_endpoint to;
    int kind; /* the first three are rows of the library's table of cross traffic */
    int64_t rate_bps;
    int64_t wire_bytes;
    int64_t overhead;
    int64_t on_ns;
    int64_t off_ns;
    int64_t start_at; /* CLOCK_MONOTONIC ns */
    int64_t stop_at;
    int64_t duration_ns;
    int64_t seed;
    int64_t stream;
    int64_t streams;
    int64_t netns;
    bool die_with_parent;
} cross_options;

enum { CROSS_TCP = 3 }; /* the first TCP kind; all later kinds are TCP too */

/* Header at the start of every packet of a cross source, in network byte order and cut off where the packet ends. `nenc sink`
 * counts packets by it. */
typedef struct cross_head {
    uint32_t magic;
    uint32_t stream;
    uint32_t number_high;
    uint32_t number_low;
} cross_head;

enum { CROSS_MAGIC = 0x6e656e63 };

/* Each sends from start_at to stop_at, prints one line of JSON and returns an exit code. */
int cross_udp(const cross_options *options, const nenc_address *to);
int cross_tcp(const cross_options *options, const nenc_address *to, const char *algorithm);

#endif
