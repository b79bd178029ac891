/* cross_tcp.c - TCP connections that always have data to send, under one of the kernel's congestion controls. */
#include "cross.h"

#include "stop.h"
#include "tool.h"

#include "core/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WRITE_BYTES = 65536, MOST_STREAMS = 64 };

typedef struct streams {
    struct pollfd file[MOST_STREAMS];
    unsigned count;
    unsigned lost; /* connections that ended with an error */
    int last_errno;
    int64_t first_ns;
    struct tcp_info sum; /* totals over all streams */
} streams;

static const uint8_t filling[WRITE_BYTES];
static const int64_t pause_ns =
    1000000; /* System calls can be slow (36 us in a User-Mode Linux guest), and one acknowledgement frees little room: wait a little between writes. */

/* Reads the congestion controls that an ordinary user may choose from, for the error message. */
static int unavailable(const char *algorithm)
{
    char allowed[200] = "";
    FILE *file = fopen("/proc/sys/net/ipv4/tcp_allowed_congestion_control", "re");
    if (file) {
        if (!fgets(allowed, sizeof allowed, file)) *allowed = '\0';
        fclose(file);
    }
    allowed[strcspn(allowed, "\n")] = '\0';
    return nenc_complain("cross", NENC_EXIT_ENVIRONMENT,
                         "TCP %s is not available to this user; allowed: %s. As root: modprobe tcp_%s, then add it to "
                         "/proc/sys/net/ipv4/tcp_allowed_congestion_control",
                         algorithm, *allowed ? allowed : "unknown", algorithm);
}

static int open_one(const cross_options *options, const nenc_address *to, const char *algorithm, int *fd)
{
    const int ip_and_tcp = 14 + (to->any.sa_family == AF_INET6 ? 40 : 20) + 20;
    const int largest = (int)options->wire_bytes - ip_and_tcp; /* includes room for TCP options */
    *fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0) return nenc_complain("cross", NENC_EXIT_ENVIRONMENT, "opening a TCP socket: %s", strerror(errno));
    if (setsockopt(*fd, IPPROTO_TCP, TCP_CONGESTION, algorithm, (socklen_t)strlen(algorithm)) < 0) return unavailable(algorithm);
    if (setsockopt(*fd, IPPROTO_TCP, TCP_MAXSEG, &largest, sizeof largest) < 0)
        return nenc_complain("cross", NENC_EXIT_INPUT, "--wire-bytes: %" PRId64 " is too small or too large for TCP: 142 to 1514",
                             options->wire_bytes);
    return NENC_EXIT_OK;
}

static void drop(streams *all, unsigned at, int error)
{
    if (error) {
        all->lost++;
        all->last_errno = error;
    }
    close(all->file[at].fd);
    all->file[at].fd = -1; /* poll() ignores negative descriptors */
}

/* Writes until the socket is full. The first write also tells whether the connection was established. */
static void feed(streams *all, unsigned at)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(all->file[at].fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error) {
        drop(all, at, error);
        return;
    }
    for (;;) {
        const ssize_t wrote = send(all->file[at].fd, filling, sizeof filling, MSG_NOSIGNAL);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (wrote < 0) {
            drop(all, at, errno);
            return;
        }
        if (!all->first_ns) all->first_ns = nenc_now_ns();
    }
}

/* Adds the kernel's counters, then resets the connection: data still queued would otherwise be sent after the stop time. */
static void finish(streams *all, unsigned at)
{
    struct tcp_info info = {.tcpi_state = 0};
    socklen_t size = sizeof info;
    const struct linger none = {.l_onoff = 1};
    const int fd = all->file[at].fd;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
        all->sum.tcpi_data_segs_out += info.tcpi_data_segs_out;
        all->sum.tcpi_bytes_sent += info.tcpi_bytes_sent;
        all->sum.tcpi_bytes_acked += info.tcpi_bytes_acked;
        all->sum.tcpi_total_retrans += info.tcpi_total_retrans;
        if (info.tcpi_rtt > all->sum.tcpi_rtt) all->sum.tcpi_rtt = info.tcpi_rtt;
    }
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    drop(all, at, 0);
}

int cross_tcp(const cross_options *options, const nenc_address *to, const char *algorithm)
{
    static streams all;
    char text[NENC_ADDRESS_TEXT_BYTES];
    for (; all.count < (unsigned)options->streams; all.count++) {
        all.file[all.count].events = POLLOUT;
        const int status = open_one(options, to, algorithm, &all.file[all.count].fd);
        if (status) return status;
    }
    if (nenc_stop_sleep(options->start_at) && options->start_at < options->stop_at) {
        for (unsigned i = 0; i < all.count; i++)
            if (connect(all.file[i].fd, &to->any, to->bytes) < 0 && errno != EINPROGRESS) drop(&all, i, errno);
        while (!nenc_stop_asked() && all.lost < all.count && nenc_now_ns() < options->stop_at) {
            if (nenc_stop_poll(all.file, all.count, options->stop_at) == 0) continue;
            for (unsigned i = 0; i < all.count; i++)
                if (all.file[i].fd >= 0 && all.file[i].revents) feed(&all, i);
            nenc_stop_sleep(nenc_now_ns() + pause_ns);
        }
    }
    const int64_t until_ns = nenc_now_ns();
    for (unsigned i = 0; i < all.count; i++)
        if (all.file[i].fd >= 0) finish(&all, i);
    const uint64_t headers =
        14 + (to->any.sa_family == AF_INET6 ? 40 : 20) + 32; /* with the time-stamp option, which Linux sends */
    printf("{\"stream\": %" PRId64 ", \"packets\": %u, \"bytes\": %llu, \"wire_bytes\": %llu, \"from_ns\": %" PRId64
           ", \"until_ns\": %" PRId64
           ", \"acked\": %llu, \"retransmits\": %u, \"rtt_us\": %u, \"streams\": %u, \"lost_streams\": %u"
           ", \"signalled\": %s}\n",
           options->stream, all.sum.tcpi_data_segs_out, (unsigned long long)all.sum.tcpi_bytes_sent,
           (unsigned long long)(all.sum.tcpi_bytes_sent + all.sum.tcpi_data_segs_out * headers), all.first_ns, until_ns,
           (unsigned long long)all.sum.tcpi_bytes_acked, all.sum.tcpi_total_retrans, all.sum.tcpi_rtt, all.count, all.lost,
           nenc_stop_asked() ? "true" : "false");
    if (all.lost == all.count)
        return nenc_complain("cross", NENC_EXIT_ENVIRONMENT, "TCP to %s: %s", nenc_address_text(to, text),
                             strerror(all.last_errno));
    return NENC_EXIT_OK;
}
