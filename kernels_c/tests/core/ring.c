/* ring.c - the ring in one thread, against a model: random operations, and a producer held up in the middle. */
#include "core/ring.h"

#include "check.h"

/* Every field says which sample it belongs to, so that a torn one cannot go unseen. */
static nenc_sample numbered(uint64_t n)
{
    uint32_t low = (uint32_t)n;
    return (nenc_sample){
        .time_ns = (int64_t)n,
        .throughput_kbps = low,
        .rtt_ms = (float)(low & 0xffffff),
        .loss = (float)(low & 0xffff),
        .owd_ms = -(float)(low & 0xffffff),
        .ecn = (float)((low >> 8) & 0xffff),
        .bytes_in_flight = (float)(low & 0xfffff),
    };
}

static int same(const nenc_sample *a, const nenc_sample *b) { return memcmp(a, b, sizeof *a) == 0; }

static nenc_ring *new_ring(uint64_t index)
{
    nenc_ring *ring = nenc_alloc(sizeof *ring);
    if (!ring) exit(EXIT_FAILURE);
    atomic_store(&ring->head, index);
    ring->tail = index;
    return ring;
}

/* The model: samples first..next-1 exist, at most NENC_RING_SLOTS of them. */
static void random_operations(uint64_t start)
{
    nenc_ring *ring = new_ring(start);
    uint64_t random = 1, first = 0, next = 0, lost = 0;
    for (int round = 0; round < 4000; round++) {
        uint64_t pushes = check_below(&random, round % 10 == 0 ? 3 * NENC_RING_SLOTS : 8);
        for (uint64_t i = 0; i < pushes; i++) {
            nenc_sample sample = numbered(next++);
            nenc_ring_push(ring, &sample);
        }
        uint64_t pops = check_below(&random, round % 7 == 0 ? 2 * NENC_RING_SLOTS : 8);
        for (uint64_t i = 0; i < pops; i++) {
            nenc_sample got, expected;
            if (next - first > NENC_RING_SLOTS) {
                lost += next - first - NENC_RING_SLOTS;
                first = next - NENC_RING_SLOTS;
            }
            int there = nenc_ring_pop(ring, &got);
            CHECK(there == (first < next));
            if (!there) break;
            expected = numbered(first++);
            CHECK(same(&got, &expected));
            CHECK(ring->overwritten == lost);
        }
        CHECK(nenc_ring_pushed(ring) - start == next);
    }
    CHECK(lost > 0);
    nenc_free(ring);
}

static void full_ring_keeps_the_newest(void)
{
    nenc_ring *ring = new_ring(0);
    nenc_sample sample;
    CHECK(!nenc_ring_pop(ring, &sample));
    for (uint64_t n = 0; n < NENC_RING_SLOTS + 5; n++) {
        sample = numbered(n);
        nenc_ring_push(ring, &sample);
    }
    uint64_t taken = 0;
    for (; nenc_ring_pop(ring, &sample); taken++) CHECK(sample.time_ns == (int64_t)taken + 5);
    CHECK(taken == NENC_RING_SLOTS);
    CHECK(ring->overwritten == 5);
    nenc_free(ring);
}

/* A producer that stopped in the middle of a slot: what it was overwriting is lost, everything else is there. */
static void held_up_producer_blocks_nobody(void)
{
    nenc_ring *ring = new_ring(0);
    nenc_sample sample;
    for (uint64_t n = 0; n < NENC_RING_SLOTS; n++) {
        sample = numbered(n);
        nenc_ring_push(ring, &sample);
    }
    atomic_store(&ring->slots[0].sequence, 2 * NENC_RING_SLOTS + 1);
    CHECK(nenc_ring_pop(ring, &sample));
    CHECK(sample.time_ns == 1);
    CHECK(ring->overwritten == 1);
    nenc_free(ring);
}

static void layout(void)
{
    CHECK(offsetof(nenc_ring, head) / NENC_CACHE_LINE != offsetof(nenc_ring, tail) / NENC_CACHE_LINE);
    CHECK(offsetof(nenc_ring, slots) % NENC_CACHE_LINE == 0);
    CHECK(offsetof(nenc_ring, slots) / NENC_CACHE_LINE != offsetof(nenc_ring, tail) / NENC_CACHE_LINE);
    CHECK(sizeof(nenc_ring_slot) == NENC_CACHE_LINE);
}

int main(void)
{
    layout();
    full_ring_keeps_the_newest();
    held_up_producer_blocks_nobody();
    random_operations(0);
    random_operations(UINT64_MAX - 3000); /* the indices wrap on the way */
    return CHECK_END();
}
