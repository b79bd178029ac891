/* ring.c - the ring of two slots: a producer pushes, a consumer pops meanwhile and then, joined, until it is empty. */
#include "core/ring.h"

#include "protocols.h"

static nenc_ring ring;
static uint64_t start, pushes, pops;

static uint64_t word_of(uint64_t n, size_t word) { return (n + 1) << 8 | word; }

static nenc_sample numbered(uint64_t n)
{
    uint64_t words[NENC_SAMPLE_WORDS];
    nenc_sample sample;
    for (size_t i = 0; i < NENC_SAMPLE_WORDS; i++) words[i] = word_of(n, i);
    memcpy(&sample, words, sizeof sample);
    return sample;
}

static void produce(void)
{
    for (uint64_t n = 0; n < pushes; n++) {
        nenc_sample sample = numbered(n);
        nenc_ring_push(&ring, &sample);
    }
}

/* All that the consumer remembers from one pop to the next, beside what is in the ring. */
static struct {
    uint64_t pops, delivered;
    uint64_t following; /* the number after the last one's */
    uint64_t tries;     /* of the pop under way */
    uint64_t tail, overwritten;
} consumer;

enum { NOTHING = 15 };

/* Each turn of pop's loop begins with a look at the head. */
static void consumer_turns(void)
{
    walk_check(consumer.tries == 0 || ring.tail != consumer.tail, "a turn that got nowhere");
    consumer.tries++;
    consumer.tail = ring.tail;
    consumer.overwritten = ring.overwritten;
    walk_forget(&consumer, sizeof consumer);
}

static void arrive(void)
{
    if (walk_self() == 1) consumer_turns();
}

static bool take(void)
{
    nenc_sample sample;
    uint64_t words[NENC_SAMPLE_WORDS];
    consumer.tries = 0;
    bool there = nenc_ring_pop(&ring, &sample);
    if (there) {
        memcpy(words, &sample, sizeof sample);
        uint64_t n = (words[0] >> 8) - 1;
        for (size_t i = 0; i < NENC_SAMPLE_WORDS; i++) walk_check(words[i] == word_of(n, i), "a torn sample");
        walk_check(n >= consumer.following, "out of order, or twice");
        walk_check(n == consumer.following || n + NENC_RING_SLOTS <= pushes, "lost, but nobody overwrites it");
        walk_check(start + n + 1 == ring.tail, "another sample than was asked for");
        consumer.following = n + 1;
        consumer.delivered++;
        walk_observe((unsigned)n + 1);
    } else {
        walk_observe(NOTHING);
    }
    walk_check(consumer.delivered + ring.overwritten == ring.tail - start,
               "delivered and counted as lost are not all that went by");
    consumer.pops++;
    return there;
}

static void consume(void)
{
    while (consumer.pops < pops) take();
    walk_join();
    while (take()) {
    }
    walk_check(consumer.delivered + ring.overwritten == pushes, "delivered and counted as lost are not all that was pushed");
    walk_check(consumer.following == pushes, "the newest sample was not delivered");
}

static void begin(unsigned thread)
{
    if (thread == 0) return;
    memset(&consumer, 0, sizeof consumer);
    ring.tail = start;
    ring.overwritten = 0;
}

static void set_up(uint64_t index, uint64_t to_push, uint64_t to_pop)
{
    memset(&ring, 0, sizeof ring);
    start = index;
    pushes = to_push;
    pops = to_pop;
    *(uint64_t *)&ring.head = index;
}

static void few(void) { set_up(0, NENC_RING_SLOTS + 1, 1); }
static void some(void) { set_up(0, NENC_RING_SLOTS + 2, 2); }
static void lapped(void) { set_up(0, 2 * NENC_RING_SLOTS + 1, 3); }
static void lapped_twice(void) { set_up(0, 3 * NENC_RING_SLOTS, 2); }
static void wrapping(void) { set_up(UINT64_MAX - 1, NENC_RING_SLOTS + 2, 2); }

#define RING(...) .program = {.begin = begin, .thread = {produce, consume}, .threads = 2, .longest = 120, __VA_ARGS__}
#define TURNS .at = &ring.head, .arrive = arrive

const protocol ring_protocols[] = {
    {RING(.name = "ring, one more than it holds, 1 pop", .one_way = true, TURNS), .set_up = few},
    {RING(.name = "  all orders of steps", TURNS), .set_up = few, .same = true},
    {RING(.name = "  all orders of steps, nothing forgotten"), .set_up = few, .same = true},
    {RING(.name = "ring, two more, 2 pops", .one_way = true, TURNS), .set_up = some},
    {RING(.name = "  all orders of steps", TURNS), .set_up = some, .same = true},
    {RING(.name = "ring, two more, the index wraps", .one_way = true, TURNS), .set_up = wrapping},
    {RING(.name = "ring, one lap more, 3 pops", .one_way = true, TURNS), .set_up = lapped, .large = true},
    {RING(.name = "  all orders of steps", TURNS), .set_up = lapped, .same = true, .large = true},
    {RING(.name = "ring, two laps more, 2 pops", .one_way = true, TURNS), .set_up = lapped_twice, .large = true},
    {.program = {.name = NULL}},
};
