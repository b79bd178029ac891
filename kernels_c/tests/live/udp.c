/* udp.c - datagrams in batches over loopback: order, content, time stamps, TOS, full buffers, packets that cannot go. */
#include "../core/check.h"

#include "core/clock.h"
#include "live/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PACKET = 1200, ROOM = 4 << 20 };

static nenc_address address_of(const char *text)
{
    nenc_endpoint endpoint;
    nenc_address address = {.bytes = 0};
    char why[200] = "";
    CHECK(nenc_endpoint_parse(text, &endpoint));
    CHECK(nenc_endpoint_resolve(&endpoint, &address, why, sizeof why));
    return address;
}

static bool same(const nenc_address *left, const nenc_address *right)
{
    char one[NENC_ADDRESS_TEXT_BYTES], other[NENC_ADDRESS_TEXT_BYTES];
    return strcmp(nenc_address_text(left, one), nenc_address_text(right, other)) == 0;
}

static nenc_address bound(int fd)
{
    nenc_address address = {.bytes = sizeof address.storage};
    CHECK(getsockname(fd, &address.any, &address.bytes) == 0);
    return address;
}

static int must_open(const nenc_address *local, const nenc_address *peer, int room, uint8_t tos)
{
    char why[200] = "";
    int fd = nenc_udp_open(&(nenc_udp_options){local, peer, room, room, tos}, why, sizeof why);
    if (fd < 0) fprintf(stderr, "%s\n", why);
    CHECK(fd >= 0);
    return fd;
}

static int64_t realtime_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int wait_for(int fd) { return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 2000) == 1; }

typedef struct numbered {
    uint32_t number;
    uint8_t rest[8];
} numbered;

/* Sends `count` packets to `text`'s family and looks at every one that comes. */
static void whole_and_in_order(const char *text, size_t count, uint8_t tos)
{
    const nenc_address any = address_of(text);
    int receiver = must_open(&any, NULL, ROOM, 0);
    const nenc_address to = bound(receiver);
    int sender = must_open(NULL, &to, ROOM, tos);
    const nenc_address from = bound(sender);
    static numbered head[1000];
    static uint8_t body[PACKET];
    static nenc_udp_packet packet[1000];
    for (size_t i = 0; i < count; i++) {
        head[i].number = (uint32_t)i;
        packet[i] =
            (nenc_udp_packet){.head = &head[i], .head_bytes = sizeof head[i], .body = body, .body_bytes = (uint32_t)(i % 1188)};
    }
    for (size_t i = 0; i < sizeof body; i++) body[i] = (uint8_t)(i * 7);
    nenc_udp_sent sent = {.packets = 0};
    nenc_udp_batch *batch = nenc_udp_batch_create(PACKET);
    size_t next = 0, done = 0;
    uint64_t bytes = 0;
    CHECK(nenc_udp_recv_batch(receiver, batch) == 0); /* nothing is there, and nobody waits */
    while (next < count && !check_failures) {
        const size_t now = count - done < 100 ? count - done : 100; /* more than a batch, fewer than the buffer holds */
        CHECK(nenc_udp_send_batch(sender, packet + done, now, &sent) == now);
        done += now;
        while (next < done && wait_for(receiver)) {
            CHECK(nenc_udp_recv_batch(receiver, batch) > 0);
            for (size_t i = 0; i < batch->count; i++, next++) {
                const nenc_udp_received *each = &batch->packet[i];
                numbered got;
                memcpy(&got, each->data, sizeof got);
                CHECK(got.number == next);
                CHECK(each->bytes == sizeof got + next % 1188 && !each->truncated);
                CHECK(memcmp(each->data + sizeof got, body, each->bytes - sizeof got) == 0);
                CHECK(each->tos == tos);
                CHECK(llabs(each->realtime_ns - realtime_ns()) < 50000000);
                CHECK(llabs(each->realtime_ns + nenc_udp_clock_offset_ns() - nenc_now_ns()) < 50000000);
                CHECK(same(&each->from, &from));
                bytes += each->bytes;
            }
        }
        CHECK(next == done);
    }
    CHECK(sent.packets == count && sent.bytes == bytes && sent.failed == 0 && sent.full == 0);
    CHECK(sent.calls <= count / 50 + 1); /* in batches */
    CHECK(batch->overflowed == 0);
    nenc_udp_batch_destroy(batch);
    close(sender);
    close(receiver);
}

static void an_ipv4_sender_reaches_a_socket_of_both_families(void)
{
    const nenc_address any = address_of(":0");
    int receiver = must_open(&any, NULL, 0, 0);
    nenc_address to = address_of("127.0.0.1:9");
    const nenc_address here = bound(receiver);
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    memcpy(&four, &to.storage, sizeof four);
    memcpy(&six, &here.storage, sizeof six);
    four.sin_port = six.sin6_port; /* at the same place in both families */
    memcpy(&to.storage, &four, sizeof four);
    int sender = must_open(&(nenc_address){.any.sa_family = AF_INET, .bytes = sizeof four}, NULL, 0, NENC_ECN_ECT0);
    nenc_udp_sent sent = {.packets = 0};
    const nenc_udp_packet packet = {.head = "hello", .head_bytes = 5, .to = &to};
    CHECK(nenc_udp_send_batch(sender, &packet, 1, &sent) == 1);
    nenc_udp_batch *batch = nenc_udp_batch_create(PACKET);
    char text[NENC_ADDRESS_TEXT_BYTES];
    CHECK(wait_for(receiver) && nenc_udp_recv_batch(receiver, batch) == 1);
    CHECK(batch->packet[0].tos == NENC_ECN_ECT0);
    CHECK(strncmp(nenc_address_text(&batch->packet[0].from, text), "127.0.0.1:", 10) == 0);
    /* and back to where it came from */
    const nenc_udp_packet answer = {.head = "back", .head_bytes = 4, .to = &batch->packet[0].from};
    CHECK(nenc_udp_send_batch(receiver, &answer, 1, &sent) == 1);
    CHECK(wait_for(sender) && nenc_udp_recv_batch(sender, batch) == 1 && batch->packet[0].bytes == 4);
    nenc_udp_batch_destroy(batch);
    close(sender);
    close(receiver);
}

static void what_is_too_long_is_marked(void)
{
    const nenc_address any = address_of("127.0.0.1:0");
    int receiver = must_open(&any, NULL, 0, 0);
    const nenc_address to = bound(receiver);
    int sender = must_open(NULL, &to, 0, 0);
    static uint8_t body[200];
    nenc_udp_sent sent = {.packets = 0};
    const nenc_udp_packet packets[] = {{.body = body, .body_bytes = 101}, {.body = body, .body_bytes = 100}, {.body = body}};
    CHECK(nenc_udp_send_batch(sender, packets, 3, &sent) == 3);
    nenc_udp_batch *batch = nenc_udp_batch_create(100);
    CHECK(wait_for(receiver) && nenc_udp_recv_batch(receiver, batch) == 3);
    CHECK(batch->packet[0].truncated && batch->packet[0].bytes == 100);
    CHECK(!batch->packet[1].truncated && batch->packet[1].bytes == 100);
    CHECK(!batch->packet[2].truncated && batch->packet[2].bytes == 0);
    nenc_udp_batch_destroy(batch);
    close(sender);
    close(receiver);
}

/* One packet in the middle that no UDP datagram can hold: it alone is given up. */
static void a_packet_that_cannot_go_does_not_stop_the_others(void)
{
    const nenc_address any = address_of("127.0.0.1:0");
    int receiver = must_open(&any, NULL, ROOM, 0);
    const nenc_address to = bound(receiver);
    int sender = must_open(NULL, &to, ROOM, 0);
    static uint8_t huge[70000];
    nenc_udp_packet packets[10];
    nenc_udp_sent sent = {.packets = 0};
    for (int i = 0; i < 10; i++)
        packets[i] = (nenc_udp_packet){.head = huge, .head_bytes = i == 0 || i == 4 || i == 9 ? 70000 : 10};
    CHECK(nenc_udp_send_batch(sender, packets, 10, &sent) == 10);
    CHECK(sent.packets == 7 && sent.bytes == 70 && sent.failed == 3 && sent.last_errno == EMSGSIZE);
    nenc_udp_batch *batch = nenc_udp_batch_create(PACKET);
    CHECK(wait_for(receiver) && nenc_udp_recv_batch(receiver, batch) == 7);
    nenc_udp_batch_destroy(batch);
    close(sender);
    close(receiver);
}

/* A receiver that does not read: what it dropped is counted, and is what is missing. */
static void overflow_is_counted(void)
{
    const nenc_address any = address_of("127.0.0.1:0");
    int receiver = must_open(&any, NULL, 8192, 0);
    const nenc_address to = bound(receiver);
    int sender = must_open(NULL, &to, ROOM, 0);
    static uint8_t body[1000];
    nenc_udp_packet packets[200];
    nenc_udp_sent sent = {.packets = 0};
    for (int i = 0; i < 200; i++) packets[i] = (nenc_udp_packet){.body = body, .body_bytes = sizeof body};
    CHECK(nenc_udp_send_batch(sender, packets, 200, &sent) == 200);
    nenc_udp_batch *batch = nenc_udp_batch_create(PACKET);
    size_t came = 0;
    for (int got; (got = nenc_udp_recv_batch(receiver, batch)) > 0;) came += (size_t)got;
    CHECK(came < 200);
    CHECK(nenc_udp_send_batch(sender, packets, 1, &sent) == 1); /* the count comes with a packet that was not dropped */
    CHECK(wait_for(receiver) && nenc_udp_recv_batch(receiver, batch) == 1);
    CHECK(came + batch->overflowed == 200);
    nenc_udp_batch_destroy(batch);
    close(sender);
    close(receiver);
}

/* A socket pair stands for a device that takes no more: it says so, and takes the rest when there is room again. */
static void what_does_not_fit_stays_with_the_caller(void)
{
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) == 0);
    static uint8_t body[1000];
    static nenc_udp_packet packets[3000];
    nenc_udp_sent sent = {.packets = 0};
    for (int i = 0; i < 3000; i++) packets[i] = (nenc_udp_packet){.body = body, .body_bytes = sizeof body};
    size_t done = 0, came = 0, rounds = 0;
    while (done < 3000 && rounds++ < 3000) {
        const size_t took = nenc_udp_send_batch(ends[0], packets + done, 3000 - done, &sent);
        done += took;
        for (char buffer[1000]; recv(ends[1], buffer, sizeof buffer, 0) == 1000;) came++;
    }
    CHECK(done == 3000 && came == 3000 && sent.packets == 3000);
    CHECK(sent.full == rounds - 1 && sent.full > 0 && sent.failed == 0);
    close(ends[0]);
    close(ends[1]);
}

static void nobody_listening_is_counted(void)
{
    const nenc_address any = address_of("127.0.0.1:0");
    int receiver = must_open(&any, NULL, 0, 0);
    const nenc_address to = bound(receiver);
    close(receiver);
    int sender = must_open(NULL, &to, 0, 0);
    nenc_udp_sent sent = {.packets = 0};
    const nenc_udp_packet packet = {.head = "hello", .head_bytes = 5};
    for (int i = 0; i < 10; i++) CHECK(nenc_udp_send_batch(sender, &packet, 1, &sent) == 1);
    CHECK(sent.packets == 10 && sent.refused > 0 && sent.failed == 0);
    nenc_udp_batch *batch = nenc_udp_batch_create(PACKET);
    CHECK(nenc_udp_recv_batch(sender, batch) == 0 && batch->refused == 1);
    CHECK(nenc_udp_recv_batch(-1, batch) == -1 && errno == EBADF);
    nenc_udp_batch_destroy(batch);
    close(sender);
}

static void addresses(void)
{
    nenc_endpoint endpoint;
    nenc_address address;
    char text[NENC_ADDRESS_TEXT_BYTES], why[200];
    static const char *const good[] = {"127.0.0.1:5004", "[::1]:5004", "[fe80::1]:1", "0.0.0.0:65535"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        address = address_of(good[i]);
        CHECK(strcmp(nenc_address_text(&address, text), good[i]) == 0);
    }
    static const char *const bad[] = {"",       "127.0.0.1", "1.2.3.4:",  "1.2.3.4:65536", "1.2.3.4:x", "::1:5004",
                                      "[::1:5", "[]:5",      "[::1]5004", ":123456",       "a:-1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!nenc_endpoint_parse(bad[i], &endpoint));
    CHECK(nenc_endpoint_parse("no.such.host.invalid:1", &endpoint));
    CHECK(!nenc_endpoint_resolve(&endpoint, &address, why, sizeof why));
    CHECK(strstr(why, "no.such.host.invalid") != NULL);
    CHECK(nenc_endpoint_parse(":7", &endpoint) && !*endpoint.host && endpoint.port == 7);
}

static void a_port_that_is_taken_is_said(void)
{
    const nenc_address any = address_of("127.0.0.1:0");
    int first = must_open(&any, NULL, 0, 0);
    const nenc_address taken = bound(first);
    char why[200] = "", text[NENC_ADDRESS_TEXT_BYTES];
    CHECK(nenc_udp_open(&(nenc_udp_options){.local = &taken}, why, sizeof why) == -1 && errno == EADDRINUSE);
    CHECK(strstr(why, nenc_address_text(&taken, text)) != NULL);
    close(first);
}

/* User-mode emulators of another processor have no time stamps; every Linux has. */
static int emulated(void)
{
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    const int missing = setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &(int){1}, sizeof(int)) < 0 && errno == ENOPROTOOPT;
    close(fd);
    if (missing) fputs("SKIPPED: no SO_TIMESTAMPNS under this emulator\n", stderr);
    return missing;
}

int main(void)
{
    if (emulated()) return 77;
    const size_t count = check_quick() ? 100 : 1000;
    whole_and_in_order("127.0.0.1:0", count, NENC_ECN_NOT_ECT);
    whole_and_in_order("127.0.0.1:0", count, NENC_ECN_ECT1);
    if (address_of(":0").any.sa_family == AF_INET6) {
        whole_and_in_order("[::1]:0", count, NENC_ECN_ECT0);
        an_ipv4_sender_reaches_a_socket_of_both_families();
    } else {
        puts("no IPv6 here: only IPv4 was tried");
    }
    what_is_too_long_is_marked();
    a_packet_that_cannot_go_does_not_stop_the_others();
    overflow_is_counted();
    what_does_not_fit_stays_with_the_caller();
    nobody_listening_is_counted();
    addresses();
    a_port_that_is_taken_is_said();
    return CHECK_END();
}
