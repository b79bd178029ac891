/* ring.h - samples from the network's thread to the controller's: whole, in order, never blocking; the oldest give way. */
#ifndef NENC_CORE_RING_H
#define NENC_CORE_RING_H

#include "core/alloc.h"
#include "core/seqlock.h"
#include "nenc/nenc.h"

#include <stdalign.h>

/* Over four seconds of feedback at 60 reports a second: a consumer that was held up that long has lost nothing. Checks that
 * walk through every execution make it smaller. */
#ifndef NENC_RING_SLOTS
#define NENC_RING_SLOTS 256
#endif

enum { NENC_SAMPLE_WORDS = sizeof(nenc_sample) / NENC_WORD };

_Static_assert(sizeof(nenc_sample) % NENC_WORD == 0, "a sample is whole words");
_Static_assert((NENC_RING_SLOTS & (NENC_RING_SLOTS - 1)) == 0, "slots are indexed by the low bits");

typedef struct nenc_ring_slot {
    alignas(NENC_CACHE_LINE) nenc_word sequence;
    nenc_word words[NENC_SAMPLE_WORDS];
} nenc_ring_slot;

/* Indices run freely (unsigned, they may wrap) and are compared by difference. All zero is an empty ring. */
typedef struct nenc_ring {
    alignas(NENC_CACHE_LINE) nenc_word head; /* producer: index of the next sample = samples pushed so far */
    alignas(NENC_CACHE_LINE) uint64_t tail;  /* consumer: index of the next sample to take */
    uint64_t overwritten;                    /* consumer: samples that were gone when it came for them */
    alignas(NENC_CACHE_LINE) nenc_ring_slot slots[NENC_RING_SLOTS];
} nenc_ring;

/* Producer only. Wait-free. */
void nenc_ring_push(nenc_ring *ring, const nenc_sample *sample);
/* Consumer only. False when the ring is empty. */
bool nenc_ring_pop(nenc_ring *ring, nenc_sample *sample);
/* Samples pushed so far; any thread. */
uint64_t nenc_ring_pushed(const nenc_ring *ring);

#endif
