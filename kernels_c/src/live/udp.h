/* udp.h - datagrams in batches: one system call for up to 64 of them, each with the kernel's time of arrival.
 *
 * A system call can be slow (36 us in a User-Mode Linux guest) while another packet in it costs little. Nothing here waits;
 * callers use poll(2).
 */
#ifndef NENC_LIVE_UDP_H
#define NENC_LIVE_UDP_H

#include "live/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NENC_UDP_BATCH = 64 };

/* Explicit congestion notification: the two low bits of TOS. */
enum { NENC_ECN_NOT_ECT = 0, NENC_ECN_ECT1 = 1, NENC_ECN_ECT0 = 2, NENC_ECN_CE = 3, NENC_ECN_MASK = 3 };

typedef struct nenc_udp_options {
    const nenc_address *local; /* NULL: any port */
    const nenc_address *peer;  /* NULL: not connected */
    int receive_bytes;         /* socket buffer sizes, 0: the kernel's default */
    int send_bytes;
    uint8_t tos; /* TOS of every packet sent; NENC_ECN_ECT0 or _ECT1 makes them ECN-capable */
} nenc_udp_options;

/* Opens a close-on-exec socket with SO_TIMESTAMPNS, SO_RXQ_OVFL and the TOS of received packets. Buffers exceed the limit of
 * ordinary users only where the process may (SO_RCVBUFFORCE). At least one of local and peer must be given. Returns the
 * descriptor, or -1 with errno and the reason in `why`. */
int nenc_udp_open(const nenc_udp_options *options, char *why, size_t why_bytes);

typedef struct nenc_udp_packet {
    const void *head; /* for example the RTP header; sent before the body */
    const void *body; /* may be NULL when body_bytes is 0 */
    uint32_t head_bytes;
    uint32_t body_bytes;
    const nenc_address *to; /* NULL on a connected socket */
} nenc_udp_packet;

typedef struct nenc_udp_sent {
    uint64_t packets; /* packets accepted by the kernel */
    uint64_t bytes;   /* their UDP payload */
    uint64_t calls;
    uint64_t full;    /* calls cut short because the socket's buffer or the device's queue was full */
    uint64_t refused; /* ICMP errors about earlier packets (nobody listens there) */
    uint64_t failed;  /* packets that the kernel rejected, given up */
    int last_errno;   /* errno of the last one given up */
} nenc_udp_sent;

/* Sends from the front. Returns how many are done with (sent or given up); fewer than `count` means that the socket is full and
 * the rest must be tried again later. Adds to `sent`. */
size_t nenc_udp_send_batch(int fd, const nenc_udp_packet *packets, size_t count, nenc_udp_sent *sent);

typedef struct nenc_udp_received {
    const uint8_t *data; /* valid until the next call with this batch */
    uint32_t bytes;
    uint8_t tos;
    bool truncated;      /* the datagram was longer than the batch's packet_bytes */
    int64_t realtime_ns; /* CLOCK_REALTIME at which the kernel took it from the device; 0 when unknown */
    nenc_address from;
} nenc_udp_received;

typedef struct nenc_udp_batch {
    nenc_udp_received packet[NENC_UDP_BATCH];
    size_t count;
    uint32_t overflowed; /* packets the kernel has dropped so far because the socket's buffer was full */
    uint64_t calls;
    uint64_t refused; /* ICMP errors about packets sent from this socket */
    struct nenc_udp_memory *memory;
} nenc_udp_batch;

/* Allocates room for NENC_UDP_BATCH packets of packet_bytes; NULL when out of memory. */
nenc_udp_batch *nenc_udp_batch_create(size_t packet_bytes);
void nenc_udp_batch_destroy(nenc_udp_batch *batch); /* Accepts NULL. */

/* Receives what has arrived, up to NENC_UDP_BATCH packets. Returns batch->count, 0 when there is nothing, -1 with errno. */
int nenc_udp_recv_batch(int fd, nenc_udp_batch *batch);

/* The offset from CLOCK_REALTIME to CLOCK_MONOTONIC, to add to a realtime_ns. Measure it about once a second, because
 * CLOCK_REALTIME may be stepped. */
int64_t nenc_udp_clock_offset_ns(void);

#endif
