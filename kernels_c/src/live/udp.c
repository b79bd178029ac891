/* udp.c - UDP sockets with sendmmsg and recvmmsg. */
#include "live/udp.h"

#include "core/alloc.h"
#include "core/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int set(int fd, int level, int name, int value) { return setsockopt(fd, level, name, &value, sizeof value); }

static void set_buffer(int fd, int forced, int plain, int bytes)
{
    if (bytes > 0 && set(fd, SOL_SOCKET, forced, bytes) < 0) set(fd, SOL_SOCKET, plain, bytes); /* up to the kernel's limit */
}

/* Returns the name of the call that failed, or NULL. */
static const char *prepare(int fd, int family, const nenc_udp_options *options)
{
    set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, options->receive_bytes);
    set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, options->send_bytes);
    if (set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) < 0) return "SO_TIMESTAMPNS";
    if (set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1) < 0) return "SO_RXQ_OVFL";
    if (set(fd, IPPROTO_IP, IP_RECVTOS, 1) < 0) return "IP_RECVTOS"; /* on an IPv6 socket, this covers IPv4 packets */
    if (set(fd, IPPROTO_IP, IP_TOS, options->tos) < 0) return "IP_TOS";
    if (family != AF_INET6) return NULL;
    if (set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) < 0) return "IPV6_V6ONLY";
    if (set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1) < 0) return "IPV6_RECVTCLASS";
    if (set(fd, IPPROTO_IPV6, IPV6_TCLASS, options->tos) < 0) return "IPV6_TCLASS";
    return NULL;
}

static int fail(int fd, const char *doing, const nenc_address *address, char *why, size_t why_bytes)
{
    char text[NENC_ADDRESS_TEXT_BYTES];
    const int failed = errno;
    snprintf(why, why_bytes, "%s%s%s: %s", doing, address ? " " : "", address ? nenc_address_text(address, text) : "",
             strerror(failed));
    if (fd >= 0) close(fd);
    errno = failed;
    return -1;
}

int nenc_udp_open(const nenc_udp_options *options, char *why, size_t why_bytes)
{
    const nenc_address *local = options->local, *peer = options->peer;
    const int family = local ? local->any.sa_family : peer->any.sa_family;
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return fail(fd, "opening a UDP socket", NULL, why, why_bytes);
    const char *failed = prepare(fd, family, options);
    if (failed) return fail(fd, failed, NULL, why, why_bytes);
    if (local && bind(fd, &local->any, local->bytes) < 0) return fail(fd, "listening on", local, why, why_bytes);
    if (peer && connect(fd, &peer->any, peer->bytes) < 0) return fail(fd, "sending to", peer, why, why_bytes);
    return fd;
}

/* ---- sending */

typedef struct envelopes {
    struct mmsghdr message[NENC_UDP_BATCH];
    struct iovec part[NENC_UDP_BATCH][2];
} envelopes;

static void fill(envelopes *all, const nenc_udp_packet *packets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const nenc_udp_packet *packet = &packets[i];
        all->part[i][0] = (struct iovec){(void *)packet->head, packet->head_bytes};
        all->part[i][1] = (struct iovec){(void *)packet->body, packet->body_bytes};
        all->message[i] = (struct mmsghdr){.msg_hdr = {
                                               .msg_name = packet->to ? (void *)&packet->to->storage : NULL,
                                               .msg_namelen = packet->to ? packet->to->bytes : 0,
                                               .msg_iov = all->part[i],
                                               .msg_iovlen = 2,
                                           }};
    }
}

size_t nenc_udp_send_batch(int fd, const nenc_udp_packet *packets, size_t count, nenc_udp_sent *sent)
{
    envelopes all;
    size_t done = 0;
    while (done < count) {
        const size_t wanted = count - done < NENC_UDP_BATCH ? count - done : NENC_UDP_BATCH;
        fill(&all, packets + done, wanted);
        for (size_t from = 0; from < wanted;) {
            const int took = sendmmsg(fd, all.message + from, (unsigned)(wanted - from), MSG_DONTWAIT | MSG_NOSIGNAL);
            sent->calls++;
            if (took > 0) { /* fewer than asked: the next call returns the reason */
                sent->packets += (uint64_t)took;
                for (int i = 0; i < took; i++) sent->bytes += all.message[from + (size_t)i].msg_len;
                from += (size_t)took;
            } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM) {
                sent->full++;
                return done + from;
            } else if (errno == ECONNREFUSED) {
                sent->refused++; /* the error belongs to an earlier packet; this one has not been tried yet */
            } else if (errno != EINTR) {
                sent->failed++;
                sent->last_errno = errno;
                from++;
            }
        }
        done += wanted;
    }
    return done;
}

/* ---- receiving */

struct nenc_udp_memory {
    struct mmsghdr message[NENC_UDP_BATCH];
    struct iovec part[NENC_UDP_BATCH];
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(struct timespec)) + 3 * CMSG_SPACE(sizeof(int))]; /* time, TOS, class, overflow */
    } control[NENC_UDP_BATCH];
    size_t packet_bytes;
    uint8_t data[];
};

nenc_udp_batch *nenc_udp_batch_create(size_t packet_bytes)
{
    nenc_udp_batch *batch = nenc_alloc(sizeof *batch);
    struct nenc_udp_memory *memory = nenc_alloc(sizeof *memory + NENC_UDP_BATCH * packet_bytes);
    if (!batch || !memory) {
        nenc_free(batch);
        nenc_free(memory);
        return NULL;
    }
    *batch = (nenc_udp_batch){.memory = memory};
    memory->packet_bytes = packet_bytes;
    return batch;
}

void nenc_udp_batch_destroy(nenc_udp_batch *batch)
{
    if (batch) nenc_free(batch->memory);
    nenc_free(batch);
}

static void read_control(struct msghdr *message, nenc_udp_received *packet, uint32_t *overflowed)
{
    for (struct cmsghdr *each = CMSG_FIRSTHDR(message); each; each = CMSG_NXTHDR(message, each)) {
        const int level = each->cmsg_level, type = each->cmsg_type;
        if (level == SOL_SOCKET && type == SCM_TIMESTAMPNS) {
            struct timespec at;
            memcpy(&at, CMSG_DATA(each), sizeof at);
            packet->realtime_ns = (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
        } else if (level == SOL_SOCKET && type == SO_RXQ_OVFL) {
            memcpy(overflowed, CMSG_DATA(each), sizeof *overflowed);
        } else if (level == IPPROTO_IP && type == IP_TOS) {
            packet->tos = *CMSG_DATA(each);
        } else if (level == IPPROTO_IPV6 && type == IPV6_TCLASS) {
            int class;
            memcpy(&class, CMSG_DATA(each), sizeof class);
            packet->tos = (uint8_t)class;
        }
    }
}

/* ICMP errors about an earlier packet of a connected socket, which RFC 1122 section 4.1.3.3 passes on: the socket itself is
 * fine. */
static bool is_told_by_icmp(int error)
{
    static const int told[] = {ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENONET,
                               ENOPROTOOPT,  EOPNOTSUPP,   EACCES,      EPROTO,    EMSGSIZE};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (error == told[i]) return true;
    return false;
}

int nenc_udp_recv_batch(int fd, nenc_udp_batch *batch)
{
    struct nenc_udp_memory *memory = batch->memory;
    int got;
    batch->count = 0;
    for (size_t i = 0; i < NENC_UDP_BATCH; i++) {
        memory->part[i] = (struct iovec){memory->data + i * memory->packet_bytes, memory->packet_bytes};
        memory->message[i].msg_hdr = (struct msghdr){
            .msg_name = &batch->packet[i].from.storage,
            .msg_namelen = sizeof batch->packet[i].from.storage,
            .msg_iov = &memory->part[i],
            .msg_iovlen = 1,
            .msg_control = memory->control[i].space,
            .msg_controllen = sizeof memory->control[i].space,
        };
    }
    for (;;) {
        got = recvmmsg(fd, memory->message, NENC_UDP_BATCH, MSG_DONTWAIT, NULL);
        batch->calls++;
        if (got >= 0) break;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
        if (is_told_by_icmp(errno)) batch->refused++;
        else if (errno != EINTR) return -1;
    }
    for (int i = 0; i < got; i++) {
        nenc_udp_received *packet = &batch->packet[i];
        struct msghdr *message = &memory->message[i].msg_hdr;
        packet->data = memory->part[i].iov_base;
        packet->bytes = memory->message[i].msg_len;
        packet->truncated = (message->msg_flags & MSG_TRUNC) != 0;
        packet->from.bytes = message->msg_namelen;
        packet->tos = 0;
        packet->realtime_ns = 0;
        read_control(message, packet, &batch->overflowed);
    }
    batch->count = (size_t)got;
    return got;
}

int64_t nenc_udp_clock_offset_ns(void)
{
    int64_t best = INT64_MAX, offset = 0;
    for (int i = 0; i < 5; i++) { /* the pair of readings that are closest in time is the most accurate */
        struct timespec real;
        const int64_t before = nenc_now_ns();
        clock_gettime(CLOCK_REALTIME, &real);
        const int64_t after = nenc_now_ns();
        if (after - before >= best) continue;
        best = after - before;
        offset = before + (after - before) / 2 - ((int64_t)real.tv_sec * 1000000000 + real.tv_nsec);
    }
    return offset;
}
