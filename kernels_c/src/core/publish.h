/* publish.h - the state of the last tick, for any thread: two seqlocked copies written in turn, so that a reader finds one
 * whole copy even while the writer is held up in the other. */
#ifndef NENC_CORE_PUBLISH_H
#define NENC_CORE_PUBLISH_H

#include "core/alloc.h"
#include "core/seqlock.h"
#include "nenc/nenc.h"

#include <stdalign.h>

enum { NENC_STATE_WORDS = sizeof(nenc_state) / NENC_WORD };

_Static_assert(sizeof(nenc_state) % NENC_WORD == 0, "the state is whole words");

typedef struct nenc_publish {
    alignas(NENC_CACHE_LINE) nenc_word latest; /* number of the newest state; its copy is the one of its parity */
    struct {
        nenc_word sequence;
        nenc_word words[NENC_STATE_WORDS];
    } copy[2];
} nenc_publish;

/* One writer. */
static inline void nenc_publish_put(nenc_publish *publish, const nenc_state *state)
{
    uint64_t number = atomic_load_explicit(&publish->latest, memory_order_relaxed) + 1;
    nenc_seq_write(&publish->copy[number & 1].sequence, publish->copy[number & 1].words, NENC_STATE_WORDS, state, 2 * number);
    atomic_store_explicit(&publish->latest, number, memory_order_release);
}

/* Any thread, after the first put. Tries again only when the writer has published twice meanwhile. */
static inline void nenc_publish_get(const nenc_publish *publish, nenc_state *state)
{
    uint64_t number;
    do number = atomic_load_explicit(&publish->latest, memory_order_acquire);
    while (!nenc_seq_read(&publish->copy[number & 1].sequence, publish->copy[number & 1].words, NENC_STATE_WORDS, state,
                          2 * number));
}

#endif
