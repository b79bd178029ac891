/* sources.c - what every kind of cross traffic promises, asked of every row of the table; and a closed loop: a source that hears
 * what was delivered and lost, against its closed form. */
#include "net/source/source.h"
#include "net/vnet_state.h"
#include "oracle.h"

static nenc_cross_config default_config(uint32_t kind)
{
    const nenc_cross_kind *row = nenc_cross_kind_at(kind);
    nenc_cross_config config = {
        .kind = kind, .first_link = -1, .last_link = -1, .wire_bytes = 1000, .start_ns = 7 * ms_ns, .stop_ns = 30 * second_ns};
    for (uint32_t i = 0; i < row->parameter_count; i++) config.values[i] = row->parameters[i].value;
    return config;
}

/* Times never go back and lie within start and stop; a packet says when it was sent and whose it is; the same seed makes the
 * same packets; every parameter is refused outside its range. */
static void contract(uint32_t kind)
{
    const nenc_cross_config config = default_config(kind);
    const nenc_cross_kind *row = nenc_cross_kind_at(kind);
    CHECK(nenc_source_check(&config) == NENC_OK && row->about);
    for (uint32_t other = 0; other < kind; other++) CHECK(strcmp(row->name, nenc_cross_kind_at(other)->name) != 0);
    for (uint32_t i = 0; i < row->parameter_count; i++) {
        const double wrong[] = {NAN, nextafter(row->parameters[i].low, -INFINITY), nextafter(row->parameters[i].high, INFINITY)};
        for (size_t w = 0; w < 3; w++) {
            nenc_cross_config bad = config;
            bad.values[i] = wrong[w];
            CHECK(nenc_source_check(&bad) == NENC_EINVAL);
        }
    }
    int status = -1;
    nenc_source *one = nenc_source_create(nenc_source_ops_at(kind), 3, 5, &config, &status), *two;
    CHECK(one && status == NENC_OK);
    two = nenc_source_create(nenc_source_ops_at(kind), 3, 5, &config, &status);
    CHECK(one->next_ns == config.start_ns);
    int64_t last = 0, packets = 0;
    while (one->next_ns != INT64_MAX && packets < 1000000) {
        nenc_packet packet, twin;
        const int64_t due = one->next_ns;
        CHECK(due >= last && due >= config.start_ns && due < config.stop_ns && two->next_ns == due);
        const int sent = one->ops->send(one, &packet);
        CHECK(sent == two->ops->send(two, &twin));
        last = due;
        if (!sent) continue;
        packets++;
        CHECK(packet.t_ns == due && packet.sent_ns == due && packet.flow == 3 && packet.kind == NENC_PACKET_CROSS);
        CHECK(packet.wire_bytes > 0 && packet.wire_bytes <= config.wire_bytes && twin.wire_bytes == packet.wire_bytes);
    }
    CHECK(packets > 100);
    nenc_source_destroy(one);
    nenc_source_destroy(two);
    nenc_cross_config never = config;
    never.stop_ns = never.start_ns;
    one = nenc_source_create(nenc_source_ops_at(kind), 0, 5, &never, &status);
    CHECK(one && one->next_ns == INT64_MAX);
    nenc_source_destroy(one);
}

/* ---- a closed loop ---------------------------------------------------------------------------------------------- */

enum { ANSWER_BYTES = 64, LOST_NS = 400000000 };

/* Keeps `window` packets under way: each answer lets the next one go at once; what is not answered for LOST_NS is lost. */
typedef struct window {
    nenc_source source;
    int window, under_way;
    int64_t sent, answered, delivered, lost, timers, last_heard_ns, last_sent_ns;
    uint64_t hash; /* of every sending time */
} window;

static int asked_window;

static int window_begin(nenc_source *source)
{
    ((window *)source)->window = asked_window;
    return NENC_OK;
}

static int window_send(nenc_source *source, nenc_packet *packet)
{
    window *w = (window *)source;
    if (w->under_way == w->window) { /* a timer */
        w->timers++;
        w->under_way = 0;
        return 0;
    }
    *packet = nenc_source_packet(source);
    packet->sequence = w->sent++;
    w->last_sent_ns = source->next_ns;
    w->hash = (w->hash ^ (uint64_t)source->next_ns) * 0x100000001b3;
    if (++w->under_way == w->window) source->next_ns += LOST_NS;
    if (source->next_ns >= source->config.stop_ns) source->next_ns = INT64_MAX;
    return 1;
}

static int window_deliver(nenc_source *source, const nenc_packet *packet, nenc_packet *answer)
{
    window *w = (window *)source;
    CHECK(packet->flow == source->id && packet->t_ns >= w->last_heard_ns - LOST_NS);
    if (packet->kind == NENC_PACKET_CROSS) {
        w->delivered++;
        answer->wire_bytes = ANSWER_BYTES;
        answer->sequence = packet->sequence;
        return 1;
    }
    CHECK(packet->kind == NENC_PACKET_ANSWER && packet->wire_bytes == ANSWER_BYTES && packet->t_ns >= w->last_heard_ns);
    w->last_heard_ns = packet->t_ns;
    w->answered++;
    if (w->under_way) w->under_way--;
    source->next_ns = packet->t_ns < source->config.stop_ns ? packet->t_ns : INT64_MAX;
    return 0;
}

static void window_lose(nenc_source *source, const nenc_packet *packet, int dropped) { ((window *)source)->lost++; }

static const nenc_source_ops window_ops = {
    .kind = {.name = "window"},
    .size = sizeof(window),
    .begin = window_begin,
    .send = window_send,
    .deliver = window_deliver,
    .lose = window_lose,
};

typedef struct path {
    double rate_bps, reverse_bps, loss;
    int64_t delay_ns, reverse_ns, step_ns; /* the clock is moved on by this much at a time */
    int window, reverse_links;
    uint32_t direction;
} path;

static window run(const path *p)
{
    nenc_vnet *net = nenc_vnet_create(11, 10 * ms_ns, 0);
    const uint32_t back = p->direction == NENC_FORWARD ? NENC_REVERSE : NENC_FORWARD;
    nenc_link_config forth = plain_link(p->direction, p->rate_bps, p->delay_ns),
                     other = plain_link(back, p->reverse_bps, p->reverse_ns);
    forth.queue.limit = 40 * WIRE_BYTES;
    if (p->loss > 0) forth.loss = other.loss = (nenc_loss){.kind = NENC_LOSS_BERNOULLI, .p = p->loss, .r = 1, .loss_bad = 1};
    add_link(net, forth);
    for (int i = 0; i < p->reverse_links; i++) add_link(net, other);
    const nenc_cross_config config = {
        .direction = p->direction, .first_link = -1, .last_link = -1, .wire_bytes = WIRE_BYTES, .stop_ns = 20 * second_ns};
    asked_window = p->window;
    CHECK(nenc_vnet_add_source(net, &window_ops, &config) == 0);
    for (int64_t now = 0; now < 25 * second_ns; now += p->step_ns) CHECK(nenc_vnet_advance(net, now) == NENC_OK);
    CHECK(nenc_vnet_advance(net, 25 * second_ns) == NENC_OK);
    const window result = *(window *)net->crosses[0];
    nenc_vnet_destroy(net);
    return result;
}

/* One packet under way: each leaves exactly one round trip after the one before, whichever direction it is sent in. */
static void one_packet_a_round_trip(uint32_t direction)
{
    const int64_t service_ns = (int64_t)(WIRE_BYTES * 8e9 / 10e6), round_ns = 7 * ms_ns + service_ns + 3 * ms_ns;
    const path p = {.rate_bps = 10e6,
                    .reverse_bps = NENC_UNLIMITED,
                    .delay_ns = 7 * ms_ns,
                    .reverse_ns = 3 * ms_ns,
                    .step_ns = 25 * second_ns,
                    .window = 1,
                    .reverse_links = 1,
                    .direction = direction};
    const window w = run(&p);
    CHECK(w.sent == (20 * second_ns + round_ns - 1) / round_ns && w.last_sent_ns == (w.sent - 1) * round_ns);
    CHECK(w.answered == w.sent && w.delivered == w.sent && w.lost == 0 && w.timers == 0);
}

/* A window of several round trips' worth of capacity fills the link; a smaller one gives window / round trip. */
static void windows(void)
{
    path p = {.rate_bps = 10e6,
              .reverse_bps = 1e6,
              .delay_ns = 10 * ms_ns,
              .reverse_ns = 10 * ms_ns,
              .step_ns = 25 * second_ns,
              .window = 8,
              .reverse_links = 1};
    const double service_s = WIRE_BYTES * 8 / 10e6, round_s = 0.02 + service_s + ANSWER_BYTES * 8 / 1e6;
    CHECK_NEAR((double)run(&p).sent, 20 / round_s * 8, 16);
    p.window = 30; /* more than is under way on an empty path: the rest waits in the queue */
    CHECK_NEAR((double)run(&p).sent, 20 / service_s, 40);
}

/* Whoever moves the clock, and in whatever steps: the same packets at the same times, also with loss and no delay at all. */
static void steps_do_not_matter(void)
{
    for (int i = 0; i < 24; i++) {
        const uint32_t direction = i % 2 ? NENC_REVERSE : NENC_FORWARD;
        path p = {.rate_bps = i % 3 ? 10e6 : 2e6,
                  .reverse_bps = i % 4 ? 5e5 : NENC_UNLIMITED,
                  .loss = i % 5 ? 0.02 : 0.0,
                  .delay_ns = i % 6 ? 5 * ms_ns : 0,
                  .reverse_ns = i % 7 ? 9 * ms_ns : 0,
                  .step_ns = 25 * second_ns,
                  .window = 1 + i,
                  .reverse_links = 1 + i % 2,
                  .direction = direction};
        const window at_once = run(&p);
        p.step_ns = 1234567;
        const window by_and_by = run(&p);
        CHECK(at_once.hash == by_and_by.hash && at_once.sent == by_and_by.sent && at_once.sent > 100);
        CHECK(at_once.lost == by_and_by.lost && at_once.timers == by_and_by.timers);
        CHECK(at_once.sent + at_once.delivered == at_once.delivered + at_once.answered + at_once.lost);
        CHECK((at_once.lost > 0) >= (p.loss > 0));
    }
}

/* Without links on the way back an answer is there at once. */
static void no_way_back(void)
{
    const path p = {.rate_bps = 10e6, .delay_ns = 5 * ms_ns, .step_ns = 25 * second_ns, .window = 1};
    const window w = run(&p);
    const int64_t round_ns = 5 * ms_ns + (int64_t)(WIRE_BYTES * 8e9 / 10e6);
    CHECK(w.sent == (20 * second_ns + round_ns - 1) / round_ns && w.answered == w.sent);
}

int main(void)
{
    for (uint32_t kind = 0; nenc_cross_kind_at(kind); kind++) contract(kind);
    CHECK(nenc_cross_kind_at(0) && !nenc_cross_kind_at(1000));
    one_packet_a_round_trip(NENC_FORWARD);
    one_packet_a_round_trip(NENC_REVERSE);
    windows();
    steps_do_not_matter();
    no_way_back();
    return CHECK_END();
}
