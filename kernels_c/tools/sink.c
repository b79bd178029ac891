/* sink.c - `nenc sink`: receives cross traffic and counts what arrives. */
#include "cross.h"
#include "options.h"
#include "stop.h"
#include "tool.h"

#include "core/clock.h"
#include "live/netns.h"
#include "live/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { KIND_UDP, KIND_TCP, MOST_CONNECTIONS = 64, READ_BYTES = 1 << 20, RECEIVE_BYTES = 8 << 20 };

static const int64_t pause_ns =
    2000000; /* System calls can be slow (36 us in a User-Mode Linux guest), so packets that arrive within this time are received in one call. */

typedef struct sink_options {
    nenc_endpoint listen;
    int kind;
    int64_t until;
    int64_t overhead;
    int64_t netns;
    bool announce;
    bool die_with_parent;
} sink_options;

#define AT(field) offsetof(sink_options, field)

static const nenc_option table[] = {
    {"listen", NENC_OPTION_LISTEN, AT(listen), "[ADDR]:PORT", "address to listen on; port 0: any free port", .required = true},
    {"kind", NENC_OPTION_CHOICE, AT(kind), "udp|tcp", "transport protocol", .required = true},
    {"until", NENC_OPTION_INTEGER, AT(until), "NS", "stop time on CLOCK_MONOTONIC; default: until a signal", .min = 0,
     .max = 4e18},
    {"overhead", NENC_OPTION_INTEGER, AT(overhead), "BYTES", "bytes of headers below the UDP payload, to compute wire_bytes",
     "42", .min = 28, .max = 200},
    {"netns", NENC_OPTION_INTEGER, AT(netns), "FD", "file descriptor of the network namespace to listen in", .min = 0,
     .max = 1e6},
    {"announce", NENC_OPTION_FLAG, AT(announce), .help = "print {\"listening\": \"ADDR:PORT\"} once it listens"},
    {"die-with-parent", NENC_OPTION_FLAG, AT(die_with_parent), .help = "exit when the parent process ends"},
    {.name = NULL},
};

static const nenc_command command = {
    .name = "sink",
    .about = "Receives and counts what `nenc cross` sends.",
    .options = table,
    .more = "Stops at its stop time, or cleanly on SIGINT or SIGTERM, and prints its counters as one line of JSON.",
};

typedef struct counts {
    uint64_t packets, bytes, foreign, overflowed, connections;
    uint64_t expected; /* highest sequence number seen, plus 1 */
    int64_t first_ns, last_ns;
} counts;

static void seen(counts *all, int64_t now_ns)
{
    if (!all->first_ns) all->first_ns = now_ns;
    all->last_ns = now_ns;
}

static void announce(const sink_options *options, int fd)
{
    nenc_address here = {.bytes = sizeof here.storage};
    char text[NENC_ADDRESS_TEXT_BYTES];
    if (!options->announce || getsockname(fd, &here.any, &here.bytes) < 0) return;
    printf("{\"listening\": \"%s\"}\n", nenc_address_text(&here, text));
    fflush(stdout);
}

static bool is_over(const sink_options *options) { return nenc_stop_asked() || nenc_now_ns() >= options->until; }

/* ---- UDP */

static void count_packet(counts *all, const nenc_udp_received *packet)
{
    cross_head head = {.magic = 0};
    if (packet->bytes >= sizeof head) memcpy(&head, packet->data, sizeof head);
    if (ntohl(head.magic) != CROSS_MAGIC) {
        all->foreign++;
        return;
    }
    const uint64_t number = (uint64_t)ntohl(head.number_high) << 32 | ntohl(head.number_low);
    all->packets++;
    all->bytes += packet->bytes;
    if (number >= all->expected) all->expected = number + 1;
}

static int receive_udp(const sink_options *options, const nenc_address *local, counts *all)
{
    char why[200];
    const int fd = nenc_udp_open(&(nenc_udp_options){.local = local, .receive_bytes = RECEIVE_BYTES}, why, sizeof why);
    if (fd < 0) return nenc_complain(command.name, NENC_EXIT_ENVIRONMENT, "%s", why);
    nenc_udp_batch *batch = nenc_udp_batch_create(65536);
    struct pollfd file = {.fd = fd, .events = POLLIN};
    if (!batch) return nenc_complain(command.name, NENC_EXIT_ENVIRONMENT, "no memory for packets");
    announce(options, fd);
    for (bool last = false; !last;) { /* packets that arrived before the stop time are still counted */
        nenc_stop_poll(&file, 1, options->until);
        last = is_over(options);
        do {
            if (nenc_udp_recv_batch(fd, batch) < 0)
                return nenc_complain(command.name, NENC_EXIT_ENVIRONMENT, "receiving: %s", strerror(errno));
            for (size_t i = 0; i < batch->count; i++) count_packet(all, &batch->packet[i]);
            if (batch->count) seen(all, nenc_now_ns());
        } while (batch->count == NENC_UDP_BATCH);
        if (!last) nenc_stop_sleep(nenc_now_ns() + pause_ns);
    }
    all->overflowed = batch->overflowed;
    nenc_udp_batch_destroy(batch);
    close(fd);
    return NENC_EXIT_OK;
}

/* ---- TCP */

static int listen_tcp(const nenc_address *local)
{
    const int on = 1, off = 0;
    const int fd = socket(local->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (local->any.sa_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, &local->any, local->bytes) == 0 && listen(fd, MOST_CONNECTIONS) == 0) return fd;
    close(fd);
    return -1;
}

/* False when the connection has ended. MSG_TRUNC makes the kernel discard the bytes, so that nothing is copied. */
static bool drain(counts *all, int fd)
{
    for (;;) {
        const ssize_t got = recv(fd, NULL, READ_BYTES, MSG_TRUNC | MSG_DONTWAIT);
        if (got > 0) {
            all->bytes += (uint64_t)got;
            seen(all, nenc_now_ns());
        }
        if (got < READ_BYTES) return got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
    }
}

static int receive_tcp(const sink_options *options, const nenc_address *local, counts *all)
{
    struct pollfd file[1 + MOST_CONNECTIONS] = {{.fd = listen_tcp(local), .events = POLLIN}};
    unsigned count = 1;
    char text[NENC_ADDRESS_TEXT_BYTES];
    if (file[0].fd < 0)
        return nenc_complain(command.name, NENC_EXIT_ENVIRONMENT, "listening on %s: %s", nenc_address_text(local, text),
                             strerror(errno));
    announce(options, file[0].fd);
    for (bool last = false; !last;) {
        nenc_stop_poll(file, count, options->until);
        last = is_over(options);
        for (unsigned i = count - 1; i > 0; i--) {
            if (drain(all, file[i].fd)) continue;
            close(file[i].fd);
            file[i] = file[--count];
        }
        const int fd = file[0].revents && count <= MOST_CONNECTIONS ? accept4(file[0].fd, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (fd >= 0) {
            file[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
            all->connections++;
        }
        if (!last) nenc_stop_sleep(nenc_now_ns() + pause_ns);
    }
    while (count) close(file[--count].fd);
    return NENC_EXIT_OK;
}

int nenc_sink_main(int argc, char **argv)
{
    sink_options options = {.until = INT64_MAX / 2, .netns = -1};
    counts all = {.packets = 0};
    nenc_address local;
    char why[200];
    int status;
    if (!nenc_options_read(&command, argc, argv, &options, &status)) return status;
    nenc_stop_prepare(options.die_with_parent);
    if (options.netns >= 0 && nenc_netns_enter((int)options.netns) < 0)
        return nenc_complain(command.name, NENC_EXIT_ENVIRONMENT, "--netns %d: cannot enter it: %s", (int)options.netns,
                             strerror(errno));
    if (!nenc_endpoint_resolve(&options.listen, &local, why, sizeof why))
        return nenc_complain(command.name, NENC_EXIT_INPUT, "--listen: %s", why);
    status = options.kind == KIND_UDP ? receive_udp(&options, &local, &all) : receive_tcp(&options, &local, &all);
    if (status) return status;
    if (options.kind == KIND_UDP)
        printf("{\"packets\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"wire_bytes\": %" PRIu64 ", \"expected\": %" PRIu64
               ", \"foreign\": %" PRIu64 ", \"overflowed\": %" PRIu64,
               all.packets, all.bytes, all.bytes + all.packets * (uint64_t)options.overhead, all.expected, all.foreign,
               all.overflowed);
    else printf("{\"bytes\": %" PRIu64 ", \"connections\": %" PRIu64, all.bytes, all.connections);
    printf(", \"from_ns\": %" PRId64 ", \"until_ns\": %" PRId64 ", \"signalled\": %s}\n", all.first_ns, all.last_ns,
           nenc_stop_asked() ? "true" : "false");
    return NENC_EXIT_OK;
}
