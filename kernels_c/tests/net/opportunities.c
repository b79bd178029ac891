/* opportunities.c - delivery opportunities (mahimahi): partial packets, wasted opportunities, repetition. */
#include "net.h"

enum { PACKETS = 200 };

typedef struct fate {
    int64_t start_ns, leave_ns;
} fate;

/* One opportunity after the other takes bytes from the front of what has arrived before it; what is left over is lost. */
static void brute_force(const int64_t *t_ns, int count, int64_t period_ns, int64_t start_ns, int64_t bytes,
                        const int64_t *arrivals, const int64_t *sizes, fate *fates)
{
    int head = 0;
    int64_t left = sizes[0];
    for (int i = 0; i < PACKETS; i++) fates[i] = (fate){-1, -1};
    for (int lap = 0; head < PACKETS && (lap == 0 || period_ns); lap++) {
        for (int i = 0; i < count && head < PACKETS; i++) {
            const int64_t t = start_ns + lap * period_ns + t_ns[i];
            int64_t budget = bytes;
            while (budget > 0 && head < PACKETS && arrivals[head] < t) {
                const int64_t used = budget < left ? budget : left;
                if (fates[head].start_ns < 0) fates[head].start_ns = t;
                left -= used;
                budget -= used;
                if (left) break;
                fates[head].leave_ns = t;
                if (++head < PACKETS) left = sizes[head];
            }
        }
    }
}

static void one_case(uint64_t seed)
{
    uint64_t random = seed;
    int64_t t_ns[64], t = 0;
    const int count = 1 + (int)check_below(&random, 64);
    for (int i = 0; i < count; i++) { /* mahimahi writes whole milliseconds, several lines of one for more than 12 Mbit/s */
        t += (int64_t)check_below(&random, 4) * ms_ns;
        t_ns[i] = t;
    }
    const int loops = seed % 4 != 0;
    const int64_t period_ns = loops ? t + (int64_t)check_below(&random, 3) * ms_ns + ms_ns : 0;
    const int64_t bytes = check_below(&random, 2) ? 1504 : 1 + (int64_t)check_below(&random, 4000);
    const int64_t start_ns = (int64_t)check_below(&random, 5) * ms_ns;

    nenc_vnet *net = nenc_vnet_create(seed, 10 * ms_ns, 1);
    const int link = add_link(net, plain_link(NENC_FORWARD, NENC_UNLIMITED, 3 * ms_ns));
    const int flow = add_flow(net, plain_flow(-1, -1));
    CHECK(nenc_vnet_set_opportunities(net, link, t_ns, (size_t)count, period_ns, start_ns, (double)bytes) == NENC_OK);
    unpace(net, flow);
    int64_t arrivals[PACKETS], sizes[PACKETS];
    t = 1;
    for (int i = 0; i < PACKETS; i++) {
        t += check_below(&random, 3) ? (int64_t)check_below(&random, 2000000) : 0;
        arrivals[i] = t % ms_ns ? t : t + 1; /* never at the instant of an opportunity */
        t = arrivals[i];
        const int64_t media = 1 + (int64_t)check_below(&random, MEDIA_BYTES);
        sizes[i] = media + HEADER_BYTES + OVERHEAD_BYTES;
        send_at(net, flow, arrivals[i], media);
    }
    fate fates[PACKETS];
    brute_force(t_ns, count, period_ns, start_ns, bytes, arrivals, sizes, fates);
    const int64_t end_ns = 2000 * second_ns;
    for (int64_t now = 0; now < end_ns && counters_of(net, flow).received_packets < PACKETS && now < 60 * second_ns;) {
        now += 1 + (int64_t)check_below(&random, 50000000);
        CHECK(nenc_vnet_advance(net, now) == NENC_OK);
        if (!loops && now > second_ns) break;
    }
    packet_log log = take_packets(net);
    int wrong = 0, left = 0;
    for (int i = 0; i < PACKETS; i++) {
        const nenc_packet_row *row = find_packet(&log, flow, i);
        left += row != NULL;
        if (fates[i].leave_ns < 0 || !row) wrong += fates[i].leave_ns >= 0 || row;
        else wrong += row->received_ns != fates[i].leave_ns + 3 * ms_ns || row->wait_ns != fates[i].start_ns - arrivals[i];
    }
    if (wrong) fprintf(stderr, "seed %llu: %d wrong of %d\n", (unsigned long long)seed, wrong, left);
    CHECK(!wrong);
    CHECK(!loops || left == PACKETS);
    free(log.rows);
    nenc_vnet_destroy(net);
}

/* With a queue that is never empty an opportunity stream carries exactly its bytes, and the path rows say so. */
static void full_use(void)
{
    const int64_t t_ns[] = {0, 0, 5 * ms_ns};
    nenc_vnet *net = nenc_vnet_create(1, 10 * ms_ns, 0);
    const int link = add_link(net, plain_link(NENC_FORWARD, 1e6, 0));
    const int flow = add_flow(net, plain_flow(-1, -1));
    CHECK(nenc_vnet_set_opportunities(net, link, t_ns, 3, 10 * ms_ns, 10 * ms_ns, 1504.0) == NENC_OK);
    unpace(net, flow);
    send_at(net, flow, 1, 4000 * MEDIA_BYTES);
    CHECK(nenc_vnet_advance(net, 10 * second_ns) == NENC_OK);
    /* 3 opportunities per 10 ms from 10 ms on up to and including 10 s: 999 whole periods and the two at 10 s. */
    const int64_t opportunities = 999 * 3 + 2;
    CHECK(counters_of(net, flow).received_packets == opportunities * 1504 / WIRE_BYTES);
    nenc_path_row rows[1000];
    const int count = nenc_vnet_take_path(net, rows, 1000);
    double bits = 0.0;
    for (int i = 0; i < count; i++) bits += rows[i].capacity_bps * 0.01;
    CHECK(count == 1000);
    CHECK_NEAR(bits, (double)opportunities * 1504 * 8, 1e-3);
    nenc_vnet_destroy(net);
}

int main(void)
{
    full_use();
    for (uint64_t seed = 1; seed <= 400; seed++) one_case(seed);
    return CHECK_END();
}
