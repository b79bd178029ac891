/* loss.c - loss models against their closed forms, and the independence of their streams. */
#include "net.h"

enum { PACKETS = 200000 };

/* Which of PACKETS packets, 10 us apart, are lost on one link with this set-up; 1: lost. Free the result. */
static unsigned char *lost_on(nenc_link_config config, uint64_t seed, int with_another_link, int with_cross)
{
    nenc_vnet *net = nenc_vnet_create(seed, 100 * ms_ns, 1);
    const int link = add_link(net, config);
    if (with_another_link) add_link(net, plain_link(NENC_FORWARD, 1e9, ms_ns));
    const int flow = add_flow(net, plain_flow(-1, -1));
    if (with_cross) {
        const nenc_cross_config cross = {.kind = cross_kind("onoff-exponential"),
                                         .direction = NENC_FORWARD,
                                         .first_link = 1,
                                         .last_link = 1,
                                         .values[0] = 30e6,
                                         .wire_bytes = 500,
                                         .stop_ns = INT64_MAX,
                                         .values[1] = 5 * ms_ns,
                                         .values[2] = 9 * ms_ns};
        CHECK(nenc_vnet_add_cross(net, &cross) == 0);
    }
    unpace(net, flow);
    for (int i = 0; i < PACKETS; i++) send_at(net, flow, i * 10000ll, MEDIA_BYTES);
    CHECK(nenc_vnet_advance(net, 10 * second_ns) == NENC_OK);
    packet_log log = take_packets(net);
    unsigned char *lost = calloc(PACKETS, 1);
    if (!lost) abort();
    CHECK(log.count == PACKETS);
    for (int i = 0; i < log.count; i++) lost[log.rows[i].sequence] = log.rows[i].fate == 2 && log.rows[i].link == link;
    free(log.rows);
    nenc_vnet_destroy(net);
    return lost;
}

typedef struct runs {
    double losses, bursts, longest;
} runs;

static runs count(const unsigned char *lost)
{
    runs r = {0};
    double length = 0;
    for (int i = 0; i < PACKETS; i++) {
        r.losses += lost[i];
        r.bursts += lost[i] && (!i || !lost[i - 1]);
        length = lost[i] ? length + 1 : 0;
        if (length > r.longest) r.longest = length;
    }
    return r;
}

static nenc_link_config lossy(uint32_t kind, double p, double r, double bad, double good, uint32_t at_entry)
{
    nenc_link_config config = plain_link(NENC_FORWARD, NENC_UNLIMITED, ms_ns);
    config.loss = (nenc_loss){.kind = kind, .at_entry = at_entry, .p = p, .r = r, .loss_bad = bad, .loss_good = good};
    return config;
}

/* All bounds are five standard deviations: with fixed seeds they hold or they do not, and by chance once in a million. */
static void bernoulli(void)
{
    const double ps[] = {0.005, 0.01, 0.1, 0.2, 0.85};
    for (size_t i = 0; i < sizeof ps / sizeof *ps; i++) {
        const double p = ps[i];
        for (uint32_t at_entry = 0; at_entry < 2; at_entry++) {
            unsigned char *lost = lost_on(lossy(NENC_LOSS_BERNOULLI, p, 1, 1, 0, at_entry), 10 + i, 0, 0);
            const runs r = count(lost);
            CHECK_NEAR(r.losses, PACKETS * p, 5 * sqrt(PACKETS * p * (1 - p)));
            /* Independence: a burst begins with probability p (1 - p), and pairs are as rare as p^2. */
            CHECK_NEAR(r.bursts, PACKETS * p * (1 - p), 5 * sqrt(PACKETS * p * (1 - p)));
            free(lost);
        }
    }
    unsigned char *none = lost_on(lossy(NENC_LOSS_BERNOULLI, 0, 1, 1, 0, 0), 1, 0, 0),
                  *all = lost_on(lossy(NENC_LOSS_BERNOULLI, 1, 1, 1, 0, 0), 1, 0, 0);
    CHECK(count(none).losses == 0 && count(all).losses == PACKETS);
    free(none);
    free(all);
}

/* Gilbert (everything lost in the bad state): loss rate p / (p + r), burst lengths geometric with mean 1 / r. The number of
 * losses is that of a Markov chain: variance n pi (1 - pi) (1 + l) / (1 - l), with l = 1 - p - r. */
static void gilbert(void)
{
    const double cases[][2] = {{0.01, 0.3}, {0.001, 0.05}, {0.2, 0.2}, {0.05, 0.9}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double p = cases[i][0], r = cases[i][1], rate = p / (p + r), l = 1 - p - r;
        unsigned char *lost = lost_on(lossy(NENC_LOSS_GILBERT_ELLIOTT, p, r, 1, 0, 0), 20 + i, 0, 0);
        const runs seen = count(lost);
        CHECK_NEAR(seen.losses, PACKETS * rate, 5 * sqrt(PACKETS * rate * (1 - rate) * (1 + l) / (1 - l)));
        const double mean = seen.losses / seen.bursts, spread = sqrt((1 - r) / (r * r) / seen.bursts);
        CHECK_NEAR(mean, 1 / r, 5 * spread);
        free(lost);
    }
}

/* Gilbert-Elliott with loss in both states: pi_good x loss_good + pi_bad x loss_bad. */
static void gilbert_elliott(void)
{
    const double p = 0.02, r = 0.1, bad = 0.6, good = 0.03, pi_bad = p / (p + r);
    const double rate = (1 - pi_bad) * good + pi_bad * bad, l = 1 - p - r;
    unsigned char *lost = lost_on(lossy(NENC_LOSS_GILBERT_ELLIOTT, p, r, bad, good, 0), 31, 0, 0);
    const double state = (bad - good) * (bad - good) * pi_bad * (1 - pi_bad) * (1 + l) / (1 - l); /* the chain's part */
    const double coin = (1 - pi_bad) * good * (1 - good) + pi_bad * bad * (1 - bad);
    CHECK_NEAR(count(lost).losses, PACKETS * rate, 5 * sqrt(PACKETS * (state + coin)));
    /* Neighbours: P(both lost) = sum over states; the chain remembers. */
    double pairs = 0;
    for (int i = 1; i < PACKETS; i++) pairs += lost[i] && lost[i - 1];
    const double expected = (1 - pi_bad) * good * ((1 - p) * good + p * bad) + pi_bad * bad * (r * good + (1 - r) * bad);
    CHECK_NEAR(pairs / PACKETS, expected, 0.05 * expected);
    free(lost);
}

static int same(unsigned char *a, unsigned char *b)
{
    const int equal = memcmp(a, b, PACKETS) == 0;
    free(b);
    return equal;
}

static void streams_are_independent(void)
{
    nenc_link_config config = lossy(NENC_LOSS_GILBERT_ELLIOTT, 0.01, 0.3, 1, 0, 0);
    unsigned char *lost = lost_on(config, 7, 0, 0);
    CHECK(count(lost).losses > 0);
    CHECK(same(lost, lost_on(config, 7, 0, 0)));
    CHECK(!same(lost, lost_on(config, 8, 0, 0)));
    for (uint32_t kind = NENC_JITTER_ORDERED; kind <= NENC_JITTER_REORDER; kind++) {
        nenc_link_config shaken = config;
        shaken.jitter_kind = kind;
        shaken.jitter_std_ns = 5 * ms_ns;
        shaken.jitter_max_ns = 15 * ms_ns;
        CHECK(same(lost, lost_on(shaken, 7, 0, 0)));
    }
    nenc_link_config slower = config;
    slower.delay_ns = 77 * ms_ns;
    slower.rate_bps = 2e9;
    CHECK(same(lost, lost_on(slower, 7, 0, 0)));
    CHECK(same(lost, lost_on(config, 7, 1, 0)));
    CHECK(same(lost, lost_on(config, 7, 1, 1))); /* cross traffic on another link */
    free(lost);
}

/* A model that is changed in mid-run shifts no draw: those before and after are the ones of the runs without a change. */
static void change_shifts_nothing(void)
{
    unsigned char *fate[3];
    for (int change = 0; change < 3; change++) {
        nenc_vnet *net = nenc_vnet_create(5, second_ns, 1);
        const int link = add_link(net, lossy(NENC_LOSS_BERNOULLI, 0.1, 1, 1, 0, 0));
        const int flow = add_flow(net, plain_flow(-1, -1));
        unpace(net, flow);
        for (int i = 0; i < 30000; i++) {
            if (i == 10000 && change) {
                const nenc_loss other = {
                    .kind = change == 1 ? NENC_LOSS_NONE : NENC_LOSS_GILBERT_ELLIOTT, .p = 0.2, .r = 0.2, .loss_bad = 1};
                CHECK(nenc_vnet_set_loss(net, link, &other) == NENC_OK);
            }
            if (i == 20000 && change) {
                const nenc_loss back = {.kind = NENC_LOSS_BERNOULLI, .p = 0.1, .r = 1};
                CHECK(nenc_vnet_set_loss(net, link, &back) == NENC_OK);
            }
            send_at(net, flow, i * 1000ll, MEDIA_BYTES);
            CHECK(nenc_vnet_advance(net, i * 1000ll) == NENC_OK);
        }
        CHECK(nenc_vnet_advance(net, second_ns) == NENC_OK);
        packet_log log = take_packets(net);
        fate[change] = calloc(30000, 1);
        if (!fate[change]) abort();
        CHECK(log.count == 30000);
        for (int i = 0; i < log.count; i++) fate[change][log.rows[i].sequence] = log.rows[i].fate == 2;
        free(log.rows);
        nenc_vnet_destroy(net);
    }
    for (int change = 1; change < 3; change++) {
        CHECK(memcmp(fate[0], fate[change], 10000) == 0);
        CHECK(memcmp(fate[0] + 10000, fate[change] + 10000, 10000) != 0);
        CHECK(memcmp(fate[0] + 20000, fate[change] + 20000, 10000) == 0);
    }
    for (int change = 0; change < 3; change++) free(fate[change]);
}

/* Loss at the entry spares the queue, loss at the exit has taken its share of the capacity. */
static void entry_and_exit(void)
{
    double received[2];
    for (uint32_t at_entry = 0; at_entry < 2; at_entry++) {
        nenc_vnet *net = nenc_vnet_create(3, second_ns, 0);
        nenc_link_config config = lossy(NENC_LOSS_BERNOULLI, 0.5, 1, 1, 0, at_entry);
        config.rate_bps = WIRE_BYTES * 8 * 1000.0; /* 1000 packets a second, and 2000 come */
        config.queue.unit = NENC_QUEUE_PACKETS;
        config.queue.limit = 50;
        add_link(net, config);
        const int flow = add_flow(net, plain_flow(-1, -1));
        unpace(net, flow);
        for (int i = 0; i < 20000; i++) send_at(net, flow, i * 500000ll, MEDIA_BYTES);
        CHECK(nenc_vnet_advance(net, 20 * second_ns) == NENC_OK);
        const nenc_flow_counters counters = counters_of(net, flow);
        CHECK(counters.received_packets + counters.lost_packets + counters.dropped_packets == 20000);
        received[at_entry] = (double)counters.received_packets;
        nenc_vnet_destroy(net);
    }
    CHECK_NEAR(received[0], 5000, 5 * sqrt(10000 * 0.25) + 60); /* half of what the link carries */
    CHECK(received[1] > 8500);                                  /* nearly half of what was sent */
}

int main(void)
{
    bernoulli();
    gilbert();
    gilbert_elliott();
    streams_are_independent();
    change_shifts_nothing();
    entry_and_exit();
    return CHECK_END();
}
