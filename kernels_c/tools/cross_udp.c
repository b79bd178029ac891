/* cross_udp.c - UDP packets of one size on the schedule of the virtual network's source: the same seed gives the same times. */
#include "cross.h"

#include "stop.h"
#include "tool.h"

#include "core/clock.h"
#include "live/udp.h"
#include "net/histogram.h"
#include "net/source/source.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const int64_t wake_up_ns =
    1000000; /* System calls can be slow (36 us in a User-Mode Linux guest), so all packets that are due go in one call. */
static const int64_t grace_ns = 100000000; /* how long after the stop time late packets may still be sent */
enum { MOST_BATCHES = 32 };                /* longest time between checks of the clock and of signals */

typedef struct source {
    nenc_source *schedule; /* 0 = start_at */
    int64_t origin_ns;
    uint32_t stream;
    uint32_t payload;
    uint64_t next; /* number of the next packet to make */
    cross_head head[NENC_UDP_BATCH];
    nenc_udp_packet packet[NENC_UDP_BATCH];
    size_t waiting, first; /* packets made but not yet sent start at `first` */
    nenc_udp_sent sent;
    nenc_histogram late;
    int64_t late_max_ns, wake_ups, first_ns, last_ns;
} source;

static const uint8_t filling[65536];

static void make(source *self)
{
    const uint64_t number = self->next++;
    const size_t at = self->waiting++;
    const uint32_t room = self->payload < sizeof(cross_head) ? self->payload : (uint32_t)sizeof(cross_head);
    nenc_packet unused;
    self->head[at] =
        (cross_head){htonl(CROSS_MAGIC), htonl(self->stream), htonl((uint32_t)(number >> 32)), htonl((uint32_t)number)};
    self->packet[at] =
        (nenc_udp_packet){.head = &self->head[at], .head_bytes = room, .body = filling, .body_bytes = self->payload - room};
    self->schedule->ops->send(self->schedule, &unused);
}

/* Makes the packets that are due by now_ns. Returns false when one batch or the socket cannot take them all. */
static bool send_due(source *self, int fd, int64_t now_ns)
{
    for (int batches = 0; batches < MOST_BATCHES; batches++) {
        if (self->first == self->waiting) self->first = self->waiting = 0;
        while (self->waiting < NENC_UDP_BATCH && self->schedule->next_ns <= now_ns - self->origin_ns) make(self);
        const size_t wanted = self->waiting - self->first;
        if (!wanted) return true;
        const size_t done = nenc_udp_send_batch(fd, self->packet + self->first, wanted, &self->sent);
        if (done && !self->first_ns) self->first_ns = now_ns;
        if (done) self->last_ns = now_ns;
        self->first += done;
        if (done < wanted) return false;
    }
    return false;
}

static void run(source *self, int fd, int64_t stop_at)
{
    int64_t last_wake_ns = INT64_MIN / 2;
    while (self->schedule->next_ns != INT64_MAX || self->first < self->waiting) {
        const int64_t due_ns = self->first < self->waiting ? 0 : self->origin_ns + self->schedule->next_ns;
        const int64_t wake_ns = due_ns > last_wake_ns + wake_up_ns ? due_ns : last_wake_ns + wake_up_ns;
        if (!nenc_stop_sleep(wake_ns)) return;
        const int64_t now_ns = nenc_now_ns(), late_ns = now_ns - wake_ns;
        nenc_histogram_add(&self->late, late_ns);
        if (late_ns > self->late_max_ns) self->late_max_ns = late_ns;
        self->wake_ups++;
        last_wake_ns = now_ns;
        if (!send_due(self, fd, now_ns) && now_ns > stop_at + grace_ns) return;
    }
}

static int64_t late_p99_ns(const source *self)
{
    const int64_t wanted = self->wake_ups - self->wake_ups / 100;
    int64_t count = 0;
    for (int bin = self->late.first; bin <= self->late.last; bin++)
        if ((count += self->late.counts[bin]) >= wanted) return nenc_histogram_upper_ns(bin);
    return 0;
}

int cross_udp(const cross_options *options, const nenc_address *to)
{
    static source self;
    char why[200];
    const nenc_cross_config config = {
        .kind = (uint32_t)options->kind,
        .wire_bytes = (uint32_t)options->wire_bytes,
        .stop_ns = options->stop_at > options->start_at ? options->stop_at - options->start_at : 0,
        .values = {(double)options->rate_bps, (double)options->on_ns, (double)options->off_ns},
    };
    int status = nenc_source_check(&config);
    if (!status)
        self.schedule =
            nenc_source_create(nenc_source_ops_at(config.kind), (int)options->stream, (uint64_t)options->seed, &config, &status);
    if (status) return nenc_complain("cross", NENC_EXIT_INTERNAL, "the virtual network rejected the schedule");
    const int fd = nenc_udp_open(&(nenc_udp_options){.peer = to, .send_bytes = 1 << 20}, why, sizeof why);
    if (fd < 0) {
        nenc_source_destroy(self.schedule);
        return nenc_complain("cross", NENC_EXIT_ENVIRONMENT, "%s", why);
    }
    self.origin_ns = options->start_at;
    self.stream = (uint32_t)options->stream;
    self.payload = (uint32_t)(options->wire_bytes - options->overhead);
    nenc_histogram_clear(&self.late);
    run(&self, fd, options->stop_at);
    nenc_source_destroy(self.schedule);
    close(fd);
    printf("{\"stream\": %" PRId64 ", \"packets\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"wire_bytes\": %" PRIu64
           ", \"from_ns\": %" PRId64 ", \"until_ns\": %" PRId64 ", \"wake_ups\": %" PRId64 ", \"late_p99_ns\": %" PRId64
           ", \"late_max_ns\": %" PRId64 ", \"full\": %" PRIu64 ", \"refused\": %" PRIu64 ", \"failed\": %" PRIu64
           ", \"signalled\": %s}\n",
           options->stream, self.sent.packets, self.sent.bytes, self.sent.bytes + self.sent.packets * (uint64_t)options->overhead,
           self.first_ns, self.last_ns, self.wake_ups, late_p99_ns(&self), self.late_max_ns, self.sent.full, self.sent.refused,
           self.sent.failed, nenc_stop_asked() ? "true" : "false");
    if (self.sent.failed && !self.sent.packets)
        return nenc_complain("cross", NENC_EXIT_ENVIRONMENT, "no packet could be sent: %s", strerror(self.sent.last_errno));
    return NENC_EXIT_OK;
}
