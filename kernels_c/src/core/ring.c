/* ring.c - the lock-free ring. Each slot is a seqlock whose version names the index that was written to it. */
#include "core/ring.h"

static inline uint64_t version_of(uint64_t index) { return 2 * index + 2; }

void nenc_ring_push(nenc_ring *ring, const nenc_sample *sample)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    nenc_ring_slot *slot = &ring->slots[head % NENC_RING_SLOTS];
    nenc_seq_write(&slot->sequence, slot->words, NENC_SAMPLE_WORDS, sample, version_of(head));
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

bool nenc_ring_pop(nenc_ring *ring, nenc_sample *sample)
{
    for (;;) {
        uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
        uint64_t behind = head - ring->tail;
        if (behind == 0) return false;
        if (behind > NENC_RING_SLOTS) {
            ring->overwritten += behind - NENC_RING_SLOTS;
            ring->tail = head - NENC_RING_SLOTS;
        }
        const nenc_ring_slot *slot = &ring->slots[ring->tail % NENC_RING_SLOTS];
        if (nenc_seq_read(&slot->sequence, slot->words, NENC_SAMPLE_WORDS, sample, version_of(ring->tail))) {
            ring->tail++;
            return true;
        }
        /* The producer is writing this slot, so its sample is lost. Skip it; otherwise a preempted producer would block the
         * consumer. */
        ring->overwritten++;
        ring->tail++;
    }
}

uint64_t nenc_ring_pushed(const nenc_ring *ring) { return atomic_load_explicit(&ring->head, memory_order_relaxed); }
