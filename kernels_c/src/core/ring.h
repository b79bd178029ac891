/* ring.h - passes whole samples in order from the network's thread to the controller's, without blocking; the oldest are
 * overwritten. */
#ifndef NENC_CORE_RING_H
#define NENC_CORE_RING_H

#include "core/alloc.h"
#include "core/seqlock.h"
#include "nenc/nenc.h"

#include <stdalign.h>

/* Over four seconds of feedback at 60 reports per second, so that a consumer delayed that long loses nothing. Checks that
 * explore every interleaving make it smaller. */
#ifndef NENC_RING_SLOTS
#define NENC_RING_SLOTS 256
#endif

enum { NENC_SAMPLE_WORDS = sizeof(nenc_sample) / NENC_WORD };

_Static_assert(sizeof(nenc_sample) % NENC_WORD == 0, "a sample must consist of whole words");
_Static_assert((NENC_RING_SLOTS & (NENC_RING_SLOTS - 1)) == 0, "the size must be a power of two");

typedef struct nenc_ring_slot {
    alignas(NENC_CACHE_LINE) nenc_word sequence;
    nenc_word words[NENC_SAMPLE_WORDS];
} nenc_ring_slot;

/* Indices run freely (unsigned, they may wrap) and are compared by difference. All zero is an empty ring. */
typedef struct nenc_ring {
    alignas(NENC_CACHE_LINE) nenc_word head; /* producer: index of the next sample, which is the number pushed so far */
    alignas(NENC_CACHE_LINE) uint64_t tail;  /* consumer: index of the next sample to take */
    uint64_t overwritten;                    /* consumer: samples overwritten before they were taken */
    alignas(NENC_CACHE_LINE) nenc_ring_slot slots[NENC_RING_SLOTS];
} nenc_ring;

/* Producer only. Wait-free. */
void nenc_ring_push(nenc_ring *ring, const nenc_sample *sample);
/* Consumer only. False when the ring is empty. */
bool nenc_ring_pop(nenc_ring *ring, nenc_sample *sample);
/* Samples pushed so far; any thread. */
uint64_t nenc_ring_pushed(const nenc_ring *ring);

#endif
