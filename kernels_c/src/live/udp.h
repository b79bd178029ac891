/* udp.h - datagrams in batches: one system call for up to 64 of them, each with the kernel's time of arrival.
 *
 * A system call may be expensive (36 us in a User-Mode Linux guest), a packet in it is not. Nothing here waits: poll(2) does. */
#ifndef NENC_LIVE_UDP_H
#define NENC_LIVE_UDP_H

#include "live/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NENC_UDP_BATCH = 64 };

/* Explicit congestion notification, the two low bits of TOS. */
enum { NENC_ECN_NOT_ECT = 0, NENC_ECN_ECT1 = 1, NENC_ECN_ECT0 = 2, NENC_ECN_CE = 3, NENC_ECN_MASK = 3 };

typedef struct nenc_udp_options {
    const nenc_address *local; /* NULL: any port */
    const nenc_address *peer;  /* NULL: not connected */
    int receive_bytes;         /* socket buffers asked for, 0: the kernel's default */
    int send_bytes;
    uint8_t tos; /* of every packet sent; NENC_ECN_ECT0 or _ECT1 makes them ECN-capable */
} nenc_udp_options;

/* A close-on-exec socket with SO_TIMESTAMPNS, SO_RXQ_OVFL and TOS of what arrives; buffers beyond the limit of ordinary users
 * where the process may (SO_RCVBUFFORCE), else up to it. At least one of local and peer is given. The descriptor, or -1 with errno
 * and the words in `why`. */
int nenc_udp_open(const nenc_udp_options *options, char *why, size_t why_bytes);

/* The room the kernel gives for received packets, as it counts it (bookkeeping included); -1 with errno. */
int nenc_udp_receive_room(int fd);

typedef struct nenc_udp_packet {
    const void *head; /* such as the RTP header; sent before the body */
    const void *body; /* may be NULL when body_bytes is 0 */
    uint32_t head_bytes;
    uint32_t body_bytes;
    const nenc_address *to; /* NULL on a connected socket */
} nenc_udp_packet;

typedef struct nenc_udp_sent {
    uint64_t packets; /* taken by the kernel */
    uint64_t bytes;   /* of UDP payload */
    uint64_t calls;
    uint64_t full;    /* calls that ended because the socket's buffer or the device's queue was full */
    uint64_t refused; /* ICMP errors of earlier packets that came back (nobody listens there) */
    uint64_t failed;  /* packets the kernel would not send at all, given up */
    int last_errno;   /* of the last failed one */
} nenc_udp_sent;

/* Sends from the front; returns how many are done with (taken or given up). Fewer than `count` means: full, try again later.
 * `sent` is added to. */
size_t nenc_udp_send_batch(int fd, const nenc_udp_packet *packets, size_t count, nenc_udp_sent *sent);

typedef struct nenc_udp_received {
    const uint8_t *data; /* valid until the next call with this batch */
    uint32_t bytes;
    uint8_t tos;
    bool truncated;      /* it was longer than the batch's packet_bytes */
    int64_t realtime_ns; /* CLOCK_REALTIME when the kernel took it from the device; 0 when it does not say */
    nenc_address from;
} nenc_udp_received;

typedef struct nenc_udp_batch {
    nenc_udp_received packet[NENC_UDP_BATCH];
    size_t count;
    uint32_t overflowed; /* packets the kernel dropped so far because the socket's buffer was full */
    uint64_t calls;
    uint64_t refused; /* ICMP errors of packets sent from this socket */
    struct nenc_udp_memory *memory;
} nenc_udp_batch;

/* Room for NENC_UDP_BATCH packets of packet_bytes; NULL when memory is short. */
nenc_udp_batch *nenc_udp_batch_create(size_t packet_bytes);
void nenc_udp_batch_destroy(nenc_udp_batch *batch); /* NULL is allowed */

/* What is there now, up to NENC_UDP_BATCH packets: returns batch->count, 0 when there is nothing, -1 with errno. */
int nenc_udp_recv_batch(int fd, nenc_udp_batch *batch);

/* From CLOCK_REALTIME to CLOCK_MONOTONIC: add it to a realtime_ns. Read it anew about once a second, the first is stepped. */
int64_t nenc_udp_clock_offset_ns(void);

#endif
